/**
 * Where a dispute stands: active, confirmed by more than the faulty could cast, concluded. Concluding
 * against is final; what concluded otherwise still turns against when votes of double voters carry that
 * side over. Guide: Dispute Coordinator; node-side reference, 5.23, 8.2, 8.3.
 */
import {
  BlockNumber,
  type DisputeTally,
  disputeVerdict,
  isDisputeConfirmed,
  SPLIT_SETTLE_BLOCKS,
} from "@parahost/primitives";
import { u64Number, type ValueOf, variant } from "@parahost/scale";
import type { DisputeOutcome } from "../events.ts";

/** How long after its conclusion a dispute still counts as active: others may need our votes. */
export const ACTIVE_AFTER_CONCLUSION_MS = 180_000;

export const DisputeStatus = variant({
  active: 0,
  /** Height of our best leaf when it happened. */
  confirmed: [1, BlockNumber],
  /** Unix milliseconds, as in the two below. */
  concludedFor: [2, u64Number],
  concludedAgainst: [3, u64Number],
  /** Neither side won in time; treated as invalid, and nobody is punished. */
  concludedSplit: [4, u64Number],
});
export type DisputeStatus = ValueOf<typeof DisputeStatus>;

export interface Now {
  /** Unix milliseconds. */
  readonly ms: number;
  /** Height of our best leaf. */
  readonly height: BlockNumber;
}

/** The status after these votes; call it for disputed candidates only. */
export function nextStatus(
  before: DisputeStatus,
  tally: DisputeTally,
  validatorCount: number,
  now: Now,
): DisputeStatus {
  const verdict = disputeVerdict(tally, validatorCount);
  if (before.type === "concludedAgainst") return before;
  if (verdict === "against") return { type: "concludedAgainst", value: now.ms };
  if (isConcluded(before)) return before;
  if (verdict === "for") return { type: "concludedFor", value: now.ms };
  if (!isDisputeConfirmed(tally, validatorCount)) return before;
  if (before.type !== "confirmed") return { type: "confirmed", value: now.height };
  return verdict === "split" && now.height >= before.value + SPLIT_SETTLE_BLOCKS
    ? { type: "concludedSplit", value: now.ms }
    : before;
}

/** How it ended; `undefined` while it goes on. */
export function outcomeOf({ type }: DisputeStatus): DisputeOutcome | undefined {
  switch (type) {
    case "active":
    case "confirmed":
      return undefined;
    case "concludedFor":
      return "valid";
    case "concludedAgainst":
      return "invalid";
    case "concludedSplit":
      return "split";
  }
}

export function isConcluded(status: DisputeStatus): boolean {
  return outcomeOf(status) !== undefined;
}

/** More than the faulty took part: nobody can have made the dispute up. */
export function isConfirmed(status: DisputeStatus): boolean {
  return status.type !== "active";
}

/** The candidate lost: blocks that include it go. */
export function isLost(status: DisputeStatus): boolean {
  const outcome = outcomeOf(status);
  return outcome === "invalid" || outcome === "split";
}

/** Open, or concluded so short a time ago that others may not know it. */
export function isActive(status: DisputeStatus, nowMs: number): boolean {
  if (status.type === "active" || status.type === "confirmed") return true;
  return nowMs < status.value + ACTIVE_AFTER_CONCLUSION_MS;
}
