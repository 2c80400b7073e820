/**
 * Disputes under load. Fault catalogue, section 10: Q01 (f validators dispute everything), Q02 and Q03 (one raises
 * more disputes than anybody could look at).
 */

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
  await simulation.stop();
  const violations = observer.violations.map(({ property, text }) => `${property}: ${text}`);
  return { included: underway, lag, violations, effects, disputes };
}

const kept = (store: MemoryStore<NodeColumn>): number =>
  [...store.range("recentDisputes", new Uint8Array(0))].length;

/** How long the full runs are, relay chain slots; disputes that one validator raises in the longer. */
const FULL_SLOTS = 200;
const SPAM_SLOTS = 3_000;

/** The full runs, a line for each; whether all of them held. */
export async function playLoad(say: (line: string) => void): Promise<boolean> {
  const size = { seed: 1, validators: 15, paras: 5, slots: FULL_SLOTS };
  const undisturbed = await underLoad(size);
  const disturbed = await underLoad(size, { id: "B06", players: byzantine(size.validators) });
  const percent = Math.floor((100 * disturbed.included) / undisturbed.included);
  say(
    `Q01: ${disturbed.effects} disputes in ${FULL_SLOTS} slots: ${disturbed.included} of ${undisturbed.included} candidates included (${percent} %), ` +
      `finality ${disturbed.lag} blocks behind ${QUIET_SLOTS} slots later`,
  );
  const before = process.memoryUsage().heapUsed;
  const spam = { seed: 1, validators: 4, paras: 1, slots: SPAM_SLOTS };
  const flooded = await underLoad(spam, { id: "B08", players: 1 });
  const grown = Math.round((process.memoryUsage().heapUsed - before) / 2 ** 20);
  say(
    `Q03: one validator raised ${flooded.effects} disputes about nothing: ${flooded.disputes} are kept, ` +
      `finality ${flooded.lag} blocks behind, the heap of all nodes grew by ${grown} MiB`,
  );
  const violations = [undisturbed, disturbed, flooded].flatMap((run) => run.violations);
  for (const violation of violations) say(violation);
  return violations.length === 0 && percent >= 80 && Math.max(disturbed.lag, flooded.lag) <= 5;
}
