/**
 * `npm run bench [-- <part of a name>]`: every comparison of the rooms, ours and a named peer in turns in
 * one process. A comparison whose outputs are wrong does not run. Ratios are medians of rounds, with the
 * lowest and the highest; above 1 means that ours is faster. Wants an idle machine.
 */
import { globSync } from "node:fs";
import { join } from "node:path";
import { Bench as Timer } from "tinybench";
import type { Bench } from "../test/bench.ts";

const SIDES = ["ours", "theirs"] as const;
type Side = (typeof SIDES)[number];

const ROUNDS = 9;
const ROUND_MS = 120;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** So many calls that they take about a millisecond, against which reading the clock is nothing. */
function callsPerSample(run: () => void): number {
  run();
  for (let calls = 1; ; calls *= 2) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run();
    if (performance.now() - start > 1) return calls;
  }
}

const repeated = (run: () => void, calls: number) => (): void => {
  for (let i = 0; i < calls; i++) run();
};

/** Milliseconds of one call of each side, over about `ROUND_MS` each, one after the other. */
function measureRound(bench: Bench, calls: Readonly<Record<Side, number>>): Record<Side, number> {
  const round = new Timer({ time: ROUND_MS, iterations: 1, warmup: false, throws: true });
  for (const side of SIDES)
    round.add(
      side,
      repeated(() => bench[side](), calls[side]),
    );
  round.runSync();
  const timeOf = (side: Side): number => {
    const result = round.getTask(side)?.result;
    if (result?.state !== "completed") throw new RangeError(`${bench.name} was not measured`);
    return result.latency.p50 / calls[side];
  };
  return { ours: timeOf("ours"), theirs: timeOf("theirs") };
}

const show = (ms: number): string => {
  if (ms >= 1) return `${ms.toFixed(2)} ms`;
  return ms >= 0.001 ? `${(ms * 1000).toFixed(2)} us` : `${(ms * 1e6).toFixed(0)} ns`;
};

function compare(bench: Bench): string {
  bench.check();
  const calls = {
    ours: callsPerSample(() => bench.ours()),
    theirs: callsPerSample(() => bench.theirs()),
  };
  const rounds = Array.from({ length: ROUNDS }, () => measureRound(bench, calls));
  const ours = rounds.map((round) => round.ours);
  const theirs = rounds.map((round) => round.theirs);
  const ratios = ours.map((time, round) => (theirs[round] ?? Number.NaN) / time);
  const range = `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`;
  return [
    bench.name.padEnd(58),
    show(median(ours)).padStart(11),
    show(median(theirs)).padStart(11),
    `${median(ratios).toFixed(2)}x`.padStart(9),
    `(${range})`.padEnd(16),
    (bench.budgetMs === undefined ? "" : show(bench.budgetMs)).padStart(10),
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
    `Node ${process.version}, ${ROUNDS} rounds, time of a call: ours, peer, ratio, lowest..highest, budget if any, peer's name\n`,
  );
  for (const bench of chosen) process.stdout.write(`${compare(bench)}\n`);
}
