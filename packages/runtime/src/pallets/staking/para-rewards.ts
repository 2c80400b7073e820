/**
 * Era points for the work on parachains: for votes that backed a candidate which was then included, and for
 * the votes that found it available.
 *
 * Guide: runtime/inclusion.md. Reference: runtime-and-primitives.md 4.8.
 */
import type { SessionIndex } from "@parahost/primitives";
import { type BitVec, onesOf } from "@parahost/scale";
import type { State } from "../../framework/index.ts";
import { sessionAccounts } from "../../parachains/session-info.ts";
import { BACKING_POINTS, INCLUSION_POINTS, rewardPoints } from "./points.ts";

/** Who worked for a candidate: one bit per validator of its session. */
interface IncludedCandidate {
  readonly backers: BitVec;
  readonly availabilityVotes: BitVec;
}

/**
 * Rewards the session's validators for the candidates that a block includes, all at once. Sessions that are
 * forgotten, and validators that they did not have, earn nothing.
 */
export function rewardIncluded(
  state: State,
  session: SessionIndex,
  candidates: readonly IncludedCandidate[],
): void {
  if (candidates.length === 0) return;
  const accounts = sessionAccounts(state, session) ?? [];
  const points = new Uint32Array(accounts.length);
  const earn = (votes: BitVec, worth: number): void => {
    for (const index of onesOf(votes))
      if (index < points.length) points[index] = (points[index] as number) + worth;
  };
  for (const { backers, availabilityVotes } of candidates) {
    earn(backers, BACKING_POINTS);
    earn(availabilityVotes, INCLUSION_POINTS);
  }
  rewardPoints(
    state,
    accounts.flatMap((account, index) => {
      const earned = points[index] as number;
      return earned === 0 ? [] : [[account, earned] as const];
    }),
  );
}
