/**
 * Disputes under load. Fault catalogue, section 10: Q01 (f validators dispute everything), Q02 and Q03 (one raises
 * more disputes than anybody could look at).
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { NodeColumn } from "@parahost/node/service/node";
import { byzantine, supermajority } from "@parahost/primitives";
import type { MemoryStore } from "@parahost/storage";
import { Observer } from "../observer/observer.ts";
import { Simulation } from "../simulation.ts";
import type { Role } from "../strategies/villain.ts";

export interface LoadOptions {
  readonly seed: number;
  readonly validators: number;
  readonly paras: number;
  /** Relay chain slots under load. */
  readonly slots: number;
  readonly slotMs?: number;
}

export interface Throughput {
  /** Candidates that final blocks include. */
  readonly included: number;
  /** Blocks by which finality is behind, at most, `QUIET_SLOTS` after the load. */
  readonly lag: number;
  readonly violations: readonly string[];
  /** How often the load took effect. */
  readonly effects: number;
  /** Disputes that an honest validator keeps, at most. */
  readonly disputes: number;
  /** What the whole network holds in memory when nothing is left to collect, MiB. */
  readonly heapMib: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapMib(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** L2: finality has caught up so many slots after a disturbance. */
export const QUIET_SLOTS = 20;

/** What a network does while validators play a strategy all the time; with none, what it does undisturbed. */
export async function underLoad(
  { seed, validators, paras, slots, slotMs = 6_000 }: LoadOptions,
  strategy?: { readonly id: string; readonly players: number },
): Promise<Throughput> {
  const roles = Array.from(
    { length: strategy?.players ?? 0 },
    (_, index): Role => ({
      validator: validators - 1 - index,
      strategy: strategy?.id ?? "",
      share: 1,
      fromSlot: 2,
      toSlot: slots,
    }),
  );
  const simulation = new Simulation({ seed, validators, paras, slotMs, roles });
  const observer = new Observer(simulation);
  let included = 0;
  const [first] = simulation.validators;
  first?.events.subscribe((event) => {
    if (event.event === "candidate.included") included += 1;
  });
  await simulation.run(slots * slotMs);
  const underway = included;
  await simulation.run(QUIET_SLOTS * slotMs);
  const honest = simulation.validators.slice(0, supermajority(validators));
  const lag = Math.max(
    ...honest.map(({ chain }) => chain.best().number - chain.finalized().number),
  );
  const disputes = Math.max(...honest.map((node) => kept(simulation.store(node))));
  const effects = simulation.cast.effects().get(strategy?.id ?? "") ?? 0;
  const heap = heapMib();
  await simulation.stop();
  const violations = observer.violations.map(({ property, text }) => `${property}: ${text}`);
  return { included: underway, lag, violations, effects, disputes, heapMib: heap };
}

const kept = (store: MemoryStore<NodeColumn>): number =>
  [...store.range("recentDisputes", new Uint8Array(0))].length;

/** Slots under load of the full runs. */
export const LOAD_SLOTS = 200;
/** The run in which one validator raises 60,000 disputes is so much longer: it raises 20 at each block. */
const SPAM_TIMES = 15;
/** L2, and Q01. */
const LAG_MAX = 5;
const THROUGHPUT_PERCENT_MIN = 80;
/** R1. */
const HEAP_PERCENT_MAX = 110;

/** The full runs with a load of so many slots, a line for each as it ends; whether all of them held. */
export async function playLoad(slots: number, say: (line: string) => void): Promise<boolean> {
  const violations: string[] = [];
  const run = async (name: string, ...what: Parameters<typeof underLoad>): Promise<Throughput> => {
    const startedAt = performance.now();
    const outcome = await underLoad(...what);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    violations.push(...outcome.violations);
    say(
      `${name}: ${outcome.effects} disputes, ${outcome.included} candidates included in ${what[0].slots} slots, finality ` +
        `${outcome.lag} blocks behind ${QUIET_SLOTS} slots later, ${outcome.disputes} disputes kept, ${outcome.heapMib.toFixed(0)} MiB (${seconds} s)`,
    );
    return outcome;
  };
  const many = { seed: 1, validators: 15, paras: 5, slots };
  const few = { seed: 1, validators: 4, paras: 1, slots: SPAM_TIMES * slots };
  const spam = [
    await run("Q03 undisturbed", few),
    await run("Q03 one disputes what never was", few, { id: "B08", players: 1 }),
  ] as const;
  const faulty = byzantine(many.validators);
  const valid = [
    await run("Q01 undisturbed", many),
    await run(`Q01 ${faulty} dispute everything`, many, { id: "B06", players: faulty }),
  ] as const;
  const percentOf = (of: (outcome: Throughput) => number, [before, after]: typeof spam): number =>
    Math.floor((100 * of(after)) / of(before));
  const throughput = percentOf(({ included }) => included, valid);
  const heap = percentOf(({ heapMib: its }) => its, spam);
  say(`Q01 leaves ${throughput} % of the throughput; Q03 takes ${heap} % of the memory`);
  for (const violation of violations) say(violation);
  return (
    violations.length === 0 &&
    throughput >= THROUGHPUT_PERCENT_MIN &&
    heap <= HEAP_PERCENT_MAX &&
    [...valid, ...spam].every(({ lag }) => lag <= LAG_MAX)
  );
}
