/**
 * Sequential Phragmén: fills seats one by one so that the stake behind each is as even as it can be. A
 * seat costs its backers a load of 1 together; a voter's load is what its seats have cost so far, per unit
 * of its stake. In each round the candidate wins whose backers would end up with the least load:
 *
 *   score(c) = (1 + Σ stake(v) · load(v)) / Σ stake(v)        over the voters v of c
 *
 * and every voter of the winner then has that load. A voter's stake is divided among its winners as its
 * load is.
 *
 * Loads and scores are fixed-point numbers. Work is bounded by
 * seats × candidates + Σ over voters of (elected targets × targets): only candidates that share a voter with
 * the winner are scored anew.
 *
 * Ties go to the candidate that is listed first.
 */
import { assert } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";

/** Stakes have up to 90 bits or so: this leaves loads far more digits than stakes can tell apart. */
const ONE = 1n << 160n;

export interface Voter {
  readonly who: AccountId;
  readonly stake: Balance;
  /** Without repetition; those that are no candidates do not count. */
  readonly targets: readonly AccountId[];
}

/** A winner and whose stake stands behind it, in the order of voters. */
export interface Winner {
  readonly who: AccountId;
  readonly backers: readonly { readonly who: AccountId; readonly value: Balance }[];
}

interface Candidate {
  readonly who: AccountId;
  readonly voters: Ballot[];
  /** Σ stake over its voters. */
  approval: bigint;
  /** Σ stake · load over its voters. */
  burden: bigint;
  score: bigint;
  isElected: boolean;
}

interface Ballot {
  readonly who: AccountId;
  readonly stake: bigint;
  readonly targets: Candidate[];
  load: bigint;
  /** What each winner added to the load. */
  readonly shares: { readonly winner: Candidate; readonly load: bigint }[];
}

/** At most `seats` winners, in the order of their election. Candidates without any stake are not elected. */
export function sequentialPhragmen(
  seats: number,
  candidates: readonly AccountId[],
  voters: readonly Voter[],
): Winner[] {
  const { field, ballots } = readBallots(candidates, voters);
  const winners: Candidate[] = [];
  while (winners.length < seats) {
    const winner = leastScore(field);
    if (winner === undefined) break;
    elect(winner);
    winners.push(winner);
  }
  return divideStakes(winners, ballots);
}

function readBallots(candidates: readonly AccountId[], voters: readonly Voter[]) {
  const field = new Map<AccountId, Candidate>();
  for (const who of candidates)
    field.set(who, { who, voters: [], approval: 0n, burden: 0n, score: 0n, isElected: false });
  assert(field.size === candidates.length, "a candidate stands once");
  const ballots: Ballot[] = [];
  for (const { who, stake, targets } of voters) {
    if (stake === 0n) continue;
    const known = targets.flatMap((target) => field.get(target) ?? []);
    const ballot: Ballot = { who, stake, targets: known, load: 0n, shares: [] };
    for (const candidate of known) {
      candidate.voters.push(ballot);
      candidate.approval += stake;
    }
    ballots.push(ballot);
  }
  for (const candidate of field.values())
    if (candidate.approval > 0n) candidate.score = ONE / candidate.approval;
  return { field: [...field.values()].filter(({ approval }) => approval > 0n), ballots };
}

function leastScore(field: readonly Candidate[]): Candidate | undefined {
  let least: Candidate | undefined;
  for (const candidate of field)
    if (!candidate.isElected && (least === undefined || candidate.score < least.score))
      least = candidate;
  return least;
}

function elect(winner: Candidate): void {
  winner.isElected = true;
  const touched = new Set<Candidate>();
  for (const ballot of winner.voters) {
    // Rounding may put a score below a load that is equal to it.
    const load = winner.score > ballot.load ? winner.score - ballot.load : 0n;
    ballot.shares.push({ winner, load });
    ballot.load += load;
    for (const candidate of ballot.targets) {
      candidate.burden += ballot.stake * load;
      touched.add(candidate);
    }
  }
  for (const candidate of touched)
    if (!candidate.isElected) candidate.score = (ONE + candidate.burden) / candidate.approval;
}

/** Each voter's whole stake goes to its winners; the last takes what rounding leaves. */
function divideStakes(winners: readonly Candidate[], ballots: readonly Ballot[]): Winner[] {
  const backers = new Map<Candidate, { who: AccountId; value: Balance }[]>();
  for (const winner of winners) backers.set(winner, []);
  for (const { who, stake, load, shares } of ballots) {
    let left = stake;
    shares.forEach((share, i) => {
      const isLast = i === shares.length - 1;
      const value = isLast ? left : (stake * share.load) / load;
      left -= value;
      if (value > 0n) backers.get(share.winner)?.push({ who, value });
    });
  }
  return winners.map((winner) => ({ who: winner.who, backers: backers.get(winner) ?? [] }));
}
