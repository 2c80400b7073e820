/**
 * Which byte of an original module a byte of its instrumented form stands for, so that a trap can be shown
 * where its author knows the code. Kept as pairs of offsets (instrumented, original), one for each piece that was
 * copied in one go; what stands between two pieces is ours and counts to the end of the one before.
 */

export class PositionRecorder {
  #pairs = new Uint32Array(1024);
  #length = 0;

  /** A piece starts at `instrumented`, copied from `original`. Both only grow. */
  add(instrumented: number, original: number): void {
    if (this.#length === this.#pairs.length) {
      const larger = new Uint32Array(this.#pairs.length * 2);
      larger.set(this.#pairs);
      this.#pairs = larger;
    }
    this.#pairs[this.#length++] = instrumented;
    this.#pairs[this.#length++] = original;
  }

  finish(): Uint32Array {
    return this.#pairs.slice(0, this.#length);
  }
}

/** Offset in the original of what stands at `instrumented`; `undefined` before the first piece. */
export function originalOffset(pairs: Uint32Array, instrumented: number): number | undefined {
  // First piece that starts behind the offset.
  let low = 0;
  let high = pairs.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pairs[2 * middle] as number) <= instrumented) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return undefined;
  const start = 2 * (low - 1);
  const offset = (pairs[start + 1] as number) + instrumented - (pairs[start] as number);
  return Math.min(offset, pairs[start + 3] ?? offset);
}
