/** How many votes decide what. Defined once, used everywhere. Reference: node 1.1. */

/** The most faulty validators that n can tolerate: f. A dispute is confirmed by more than f votes. */
export function byzantine(n: number): number {
  return n === 0 ? 0 : Math.floor((n - 1) / 3);
}

/** Votes that decide availability, disputes and finality: the guide's "more than two thirds". */
export function supermajority(n: number): number {
  return n - byzantine(n);
}

/** Distinct chunks that rebuild the data. */
export function recoveryThreshold(n: number): number {
  return byzantine(n) + 1;
}

/** True when so many approved that some honest validator did. */
export function approvedByThird(approvals: number, n: number): boolean {
  return 3 * approvals > n;
}

/** Votes of a group that back a candidate: its majority, and `minimumBackingVotes` where that is more. */
export function backingThreshold(groupSize: number, minimumBackingVotes: number): number {
  return Math.max(Math.floor(groupSize / 2) + 1, Math.min(groupSize, minimumBackingVotes));
}

/**
 * The largest backing group with which finality cannot be stopped: a candidate whose checkers stay silent is
 * approved by more than a third of all, and backers do not check. So more than a third must be left when the
 * group and all that may be faulty are taken away. At least 1.
 */
export function groupSizeMax(n: number): number {
  return Math.max(1, n - byzantine(n) - Math.floor(n / 3) - 1);
}

/** How many validators of a session voted in a dispute. */
export interface DisputeTally {
  readonly votesFor: number;
  readonly votesAgainst: number;
  /** Distinct voters: who votes on both sides is one of them. */
  readonly participants: number;
}

export type DisputeVerdict = "open" | "for" | "against" | "split";

/** Whether so many take part that one of them is honest: a dispute that nobody can make up. */
export function isDisputeConfirmed({ participants }: DisputeTally, n: number): boolean {
  return participants > byzantine(n);
}

/** Blocks from the confirmation of a dispute until it may be called split. Reference: node 8.3. */
export const SPLIT_SETTLE_BLOCKS = 25;

/**
 * What the votes of a dispute amount to. "Against" wins where double voters carry both sides over. It is
 * split when a supermajority has voted, neither side has one and each has more than a third: whoever acts
 * on that first waits for stragglers. Reference: node 8.2, 8.3.
 */
export function disputeVerdict(tally: DisputeTally, n: number): DisputeVerdict {
  const { votesFor, votesAgainst, participants } = tally;
  const needed = supermajority(n);
  if (votesAgainst >= needed) return "against";
  if (votesFor >= needed) return "for";
  const isSplit = participants >= needed && 3 * votesFor > n && 3 * votesAgainst > n;
  return isSplit ? "split" : "open";
}
