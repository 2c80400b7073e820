/**
 * `npm run bench [-- <part of a name>]`: every comparison of the rooms, ours and a named peer in turns in
 * one process. A comparison whose outputs are wrong does not run. Ratios are medians of rounds, with the
 * lowest and the highest; above 1 means that ours is faster.
 */
import { globSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../test/bench.ts";

const ROUNDS = 9;
/** CPU time is counted in steps of about 4 ms: shorter rounds would measure the step. */
const ROUND_MS = 120;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Milliseconds of CPU that one call takes, over about `ROUND_MS`. */
function measure(run: () => void, calls: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < calls; i++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / calls;
}

/** So many calls that a round takes about `ROUND_MS`. */
function calibrate(run: () => void): number {
  run();
  for (let calls = 1; ; calls *= 2) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run();
    const elapsed = performance.now() - start;
    if (elapsed > 20) return Math.max(1, Math.ceil((calls * ROUND_MS) / elapsed));
  }
}

const show = (ms: number): string => {
  if (ms >= 1) return `${ms.toFixed(2)} ms`;
  return ms >= 0.001 ? `${(ms * 1000).toFixed(2)} us` : `${(ms * 1e6).toFixed(0)} ns`;
};

function compare(bench: Bench): string {
  bench.check();
  const calls = { ours: calibrate(() => bench.ours()), theirs: calibrate(() => bench.theirs()) };
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(measure(() => bench.ours(), calls.ours));
    theirs.push(measure(() => bench.theirs(), calls.theirs));
  }
  const ratios = ours.map((time, round) => (theirs[round] ?? Number.NaN) / time);
  const range = `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`;
  return [
    bench.name.padEnd(58),
    show(median(ours)).padStart(11),
    show(median(theirs)).padStart(11),
    `${median(ratios).toFixed(2)}x`.padStart(9),
    `(${range})`.padEnd(16),
    bench.peer,
  ].join(" ");
}

const wanted = process.argv[2]?.toLowerCase() ?? "";
const root = join(import.meta.dirname, "..");
const files = globSync("packages/*/bench/*.bench.ts", { cwd: root }).sort();
const benches: Bench[] = [];
for (const file of files) {
  const module = (await import(join(root, file))) as { readonly benches: readonly Bench[] };
  benches.push(...module.benches);
}
const chosen = benches.filter(({ name }) => name.toLowerCase().includes(wanted));
if (chosen.length === 0) {
  process.stderr.write(`no benchmark is named like "${wanted}"; there are:\n`);
  for (const { name } of benches) process.stderr.write(`  ${name}\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(
    `Node ${process.version}, ${ROUNDS} rounds, CPU time a call: ours, peer, ratio, lowest..highest, peer's name\n`,
  );
  for (const bench of chosen) process.stdout.write(`${compare(bench)}\n`);
}
