/**
 * How many checkers a candidate needs. The stake of fishermen who call it bad adds to them, up to all
 * validators that did not back it. Node-side reference, 7.2, 7.3.
 */
import type { ApprovalProfile } from "../approval-criteria/criteria.ts";

/** Checkers beside the backers that anybody's doubt is worth, and that `anv` asks for always. */
const DOUBTED_CHECKS = 2;
/** A stake that calls more than these calls everybody. */
const EXTRA_CHECKS_MAX = 8;

export interface CheckerSupply {
  readonly profile: ApprovalProfile;
  /** The session's. */
  readonly configured: number;
  /** Validators that did not back the candidate. */
  readonly checkers: number;
}

/** `extra` is what reports call for; `undefined` without any. */
export function neededApprovals(
  { profile, configured, checkers }: CheckerSupply,
  extra: number | undefined,
): number {
  if (extra === undefined && profile === "modern") return configured;
  const called = extra ?? 0;
  const wanted = called > EXTRA_CHECKS_MAX ? checkers : DOUBTED_CHECKS + called;
  return Math.max(configured, Math.min(wanted, checkers));
}
