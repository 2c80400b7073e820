/** How much memory a piece of work takes, garbage included. */

const RUNS = 50;
const ROUNDS = 8;

/** Bytes of heap and buffers that one call of `work` allocates, after it has been warmed up. */
export function allocatedBytes(work: () => void): number {
  for (let i = 0; i < RUNS; i++) work();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = used();
    for (let i = 0; i < RUNS; i++) work();
    const grown = used() - before;
    // A collection in between makes the number meaningless.
    if (grown >= 0) least = Math.min(least, grown / RUNS);
  }
  return least;
}

function used(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
