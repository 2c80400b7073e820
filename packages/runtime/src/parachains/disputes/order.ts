/**
 * The order of sets in a block: what was included on this chain first, the oldest inclusion before all, since
 * the chain goes back furthest for it; then by session and hash. Each dispute once.
 *
 * Reference: 4.6, step 3.
 */
import type { DisputeStatementSet } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { includedIn } from "./storage.ts";

interface Placed {
  readonly set: DisputeStatementSet;
  /** Infinite for candidates that were not included here. */
  readonly inclusion: number;
}

const placed = (state: State, set: DisputeStatementSet): Placed => ({
  set,
  inclusion: includedIn(state, set.session, set.candidateHash) ?? Number.POSITIVE_INFINITY,
});

function compare(a: Placed, b: Placed): number {
  if (a.inclusion !== b.inclusion) return a.inclusion < b.inclusion ? -1 : 1;
  if (a.set.session !== b.set.session) return a.set.session - b.set.session;
  if (a.set.candidateHash === b.set.candidateHash) return 0;
  return a.set.candidateHash < b.set.candidateHash ? -1 : 1;
}

/** The sets in their order; of several on one dispute the first that is given. */
export function sortedSets(
  state: State,
  sets: readonly DisputeStatementSet[],
): readonly DisputeStatementSet[] {
  const sorted = sets.map((set) => placed(state, set)).sort(compare);
  return sorted
    .filter((entry, i) => i === 0 || compare(sorted[i - 1] as Placed, entry) !== 0)
    .map(({ set }) => set);
}

/** Whether the sets are in their order, each dispute once. */
export function areSorted(state: State, sets: readonly DisputeStatementSet[]): boolean {
  const given = sets.map((set) => placed(state, set));
  return given.every((entry, i) => i === 0 || compare(given[i - 1] as Placed, entry) < 0);
}
