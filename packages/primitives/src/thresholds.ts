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
