/**
 * How many approvals make it certain, and not only likely, that somebody honest has checked a candidate.
 * Fault catalogue, section 3.
 */
import { backingThreshold, byzantine, groupSizeMax, type SessionInfo } from "@parahost/primitives";

/** Networks up to this size are small enough for luck to matter. */
const SMALL_NETWORK_MAX = 100;

/**
 * Backers do not check again: of all that may be faulty, as many as had to back are none of the checkers.
 * `backingVotes`: those that the smallest quorum of any group takes.
 */
export const certainApprovals = (validatorCount: number, backingVotes: number): number =>
  Math.max(1, byzantine(validatorCount) - backingVotes + 1);

/** What to tell who starts a small network in which an invalid candidate may be lucky; `undefined` in others. */
export function approvalWarning(
  {
    validators,
    validatorGroups,
    neededApprovals,
  }: Pick<SessionInfo, "validators" | "validatorGroups" | "neededApprovals">,
  minimumBackingVotes: number,
): string | undefined {
  const count = validators.length;
  const quorums = validatorGroups
    .filter(({ length }) => length > 0)
    .map(({ length }) => backingThreshold(length, minimumBackingVotes));
  if (count > SMALL_NETWORK_MAX || quorums.length === 0) return undefined;
  const certain = certainApprovals(count, Math.min(...quorums));
  if (neededApprovals >= certain) return undefined;
  return (
    `with ${byzantine(count)} of ${count} validators faulty an invalid candidate may become final by bad luck: ` +
    `neededApprovals is ${neededApprovals}, ${certain} would make it impossible`
  );
}

/** What to tell who chose groups so large that a few checkers that stay silent stop finality; `undefined` otherwise. */
export function groupWarning({
  validators,
  validatorGroups,
}: Pick<SessionInfo, "validators" | "validatorGroups">): string | undefined {
  const count = validators.length;
  const largest = Math.max(0, ...validatorGroups.map(({ length }) => length));
  const most = groupSizeMax(count);
  if (largest <= most || byzantine(count) === 0) return undefined;
  return (
    `with ${byzantine(count)} of ${count} validators faulty finality may stop: a group has ${largest} validators, who do ` +
    `not check what they back; with ${most} at most (maxValidatorsPerCore) enough others are left`
  );
}
