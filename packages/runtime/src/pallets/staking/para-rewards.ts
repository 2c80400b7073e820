/**
 * Era points for the work on parachains: for votes that backed a candidate which was then included, and for
 * the votes that found it available. To be called when a candidate is included.
 *
 * Guide: runtime/inclusion.md. Reference: runtime-and-primitives.md 4.8.
 */
import type { SessionIndex } from "@parahost/primitives";
import { type BitVec, onesOf } from "@parahost/scale";
import type { State } from "../../framework/index.ts";
import { sessionAccounts } from "../../parachains/session-info.ts";
import { BACKING_POINTS, INCLUSION_POINTS, rewardPoints } from "./points.ts";

/**
 * Rewards the session's validators for a candidate that is included: `backers` and `availabilityVotes` are
 * bits over all of them.
 */
export function rewardIncluded(
  state: State,
  session: SessionIndex,
  backers: BitVec,
  availabilityVotes: BitVec,
): void {
  reward(state, session, [
    ...[...onesOf(backers)].map((index) => [index, BACKING_POINTS] as const),
    ...[...onesOf(availabilityVotes)].map((index) => [index, INCLUSION_POINTS] as const),
  ]);
}

/** Sessions that are forgotten, and validators that they did not have, earn nothing. */
function reward(
  state: State,
  session: SessionIndex,
  earned: readonly (readonly [validator: number, points: number])[],
): void {
  const accounts = sessionAccounts(state, session) ?? [];
  rewardPoints(
    state,
    earned.flatMap(([index, points]) => {
      const account = accounts[index];
      return account === undefined ? [] : [[account, points] as const];
    }),
  );
}
