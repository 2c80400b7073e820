/**
 * Era points: what a validator has done in the era, in parts of what all have done. Rewards are divided by
 * them.
 *
 * Reference: runtime-and-primitives.md 4.8.
 */
import type { AccountId } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { activeEra, storage } from "./storage.ts";

/** For building a block. */
export const AUTHORSHIP_POINTS = 20;

/** For a vote that backed a candidate which became available. */
export const BACKING_POINTS = 20;

/** For a vote that found a candidate available. */
export const INCLUSION_POINTS = 1;

/** For a vote in a dispute. */
export const DISPUTE_POINTS = 20;

/** Counts points in the active era. On a chain without staking nobody is rewarded. */
export function rewardPoints(
  state: State,
  earned: readonly (readonly [validator: AccountId, points: number])[],
): void {
  const era = activeEra(state);
  if (era === undefined || earned.length === 0) return;
  storage.erasRewardPoints.update(state, era, ({ total, individual }) => {
    const next = new Map(individual);
    let sum = total;
    for (const [validator, points] of earned) {
      next.set(validator, (next.get(validator) ?? 0) + points);
      sum += points;
    }
    return { total: sum, individual: next };
  });
}
