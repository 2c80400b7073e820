/**
 * When a core whose candidate is not becoming available is taken away from it.
 *
 * Candidates may time out only in the first blocks after a rotation of groups: a new group then gets
 * its cores soon, while the group that backed a candidate late still has its whole period.
 *
 * Guide: runtime/scheduler.md, `availability_timeout_predicate`. Reference: 4.4 step 8.
 */
import { type BlockNumber, type GroupRotationInfo, lastRotationAt } from "@parahost/primitives";
import { blocksAfter } from "../block-time.ts";

/** What a core is for; each kind has its own period. */
export type CoreKind = "parachain" | "parathread";

export interface AvailabilityPeriods {
  /** Blocks that a parachain's candidate may take (the guide's `chain_availability_period`). */
  readonly parachain: number;
  /** Blocks that a parathread's candidate may take (`thread_availability_period`). */
  readonly parathread: number;
}

/** True when the candidate that has occupied a core of this kind since `since` is to be dropped. */
export type TimeoutPredicate = (kind: CoreKind | undefined, since: BlockNumber) => boolean;

/**
 * The predicate of block `rotation.now`; `undefined` while no core can time out. The kind of a core
 * that is unknown or not occupied is `undefined`: nothing may be pending there, so it times out at once.
 */
export function availabilityTimeoutPredicate(
  rotation: GroupRotationInfo,
  periods: AvailabilityPeriods,
): TimeoutPredicate | undefined {
  const sinceRotation = rotation.now - (lastRotationAt(rotation) ?? rotation.now);
  if (sinceRotation >= Math.max(periods.parachain, periods.parathread)) return undefined;
  return (kind, since) => {
    if (kind === undefined) return true;
    const period = periods[kind];
    return sinceRotation < period && rotation.now - since >= period;
  };
}

/**
 * The first block at which the predicate can fire for a core occupied at `since`, as runtime APIs
 * report it in `timeOutAt`.
 */
export function timeOutAt(
  rotation: GroupRotationInfo,
  period: number,
  since: BlockNumber,
): BlockNumber {
  const due = blocksAfter(since, period);
  const lastRotation = lastRotationAt(rotation);
  if (lastRotation === undefined || due < lastRotation + period) return due;
  return Math.max(due, blocksAfter(lastRotation, rotation.groupRotationFrequency));
}
