/**
 * The vote in which validators check that new code compiles before any para may use it.
 *
 * Guide: runtime/paras.md (PVF pre-checking). Reference: 4.3.
 */
import { assert } from "@parahost/base";
import { BlockNumber, ParaId, SessionIndex, supermajority } from "@parahost/primitives";
import {
  bitAt,
  bitsAt,
  bitVec,
  countOnes,
  struct,
  type ValueOf,
  variant,
  vec,
  withBit,
} from "@parahost/scale";

/** How an accepted upgrade is put into force. */
export const UpgradeStrategy = variant(
  {
    /** The para is told to go ahead; its first candidate that could have seen that switches. */
    setGoAheadSignal: 0,
    /** At the expected block, whether the para makes progress or not. */
    applyAtExpectedBlock: 1,
  },
  ["polkadot_runtime_parachains", "paras", "UpgradeStrategy"],
);
export type UpgradeStrategy = ValueOf<typeof UpgradeStrategy>;

/** What waits for the vote. */
export const PvfCheckCause = variant(
  {
    onboarding: [0, ParaId],
    upgrade: [
      1,
      struct({
        id: ParaId,
        /** Block that included the candidate with the new code. */
        includedAt: BlockNumber,
        upgradeStrategy: UpgradeStrategy,
      }),
    ],
  },
  ["polkadot_runtime_parachains", "paras", "PvfCheckCause"],
);
export type PvfCheckCause = ValueOf<typeof PvfCheckCause>;

export const PvfCheckActiveVoteState = struct(
  {
    /** One bit per active validator; so are the rejections. */
    votesAccept: bitVec(),
    votesReject: bitVec(),
    /** Session changes that the vote has seen. */
    age: SessionIndex,
    createdAt: BlockNumber,
    /** At least one. */
    causes: vec(PvfCheckCause),
  },
  ["polkadot_runtime_parachains", "paras", "PvfCheckActiveVoteState"],
);
export type PvfCheckActiveVoteState = ValueOf<typeof PvfCheckActiveVoteState>;

export const causePara = (cause: PvfCheckCause): ParaId =>
  cause.type === "onboarding" ? cause.value : cause.value.id;

export function newVote(
  now: BlockNumber,
  validatorCount: number,
  cause: PvfCheckCause,
): PvfCheckActiveVoteState {
  const noVotes = bitsAt(validatorCount, []);
  return {
    votesAccept: noVotes,
    votesReject: noVotes,
    age: 0 as SessionIndex,
    createdAt: now,
    causes: [cause],
  };
}

export const hasVoted = (vote: PvfCheckActiveVoteState, validator: number): boolean =>
  bitAt(vote.votesAccept, validator) || bitAt(vote.votesReject, validator);

export function withVote(
  vote: PvfCheckActiveVoteState,
  validator: number,
  accept: boolean,
): PvfCheckActiveVoteState {
  assert(!hasVoted(vote, validator), `validator ${validator} votes twice`);
  return accept
    ? { ...vote, votesAccept: withBit(vote.votesAccept, validator, true) }
    : { ...vote, votesReject: withBit(vote.votesReject, validator, true) };
}

/** Accepted by a supermajority; rejected as soon as there can be none any more. */
export function outcomeOf(vote: PvfCheckActiveVoteState): "accepted" | "rejected" | undefined {
  const validatorCount = vote.votesAccept.length;
  const needed = supermajority(validatorCount);
  if (countOnes(vote.votesAccept) >= needed) return "accepted";
  return countOnes(vote.votesReject) > validatorCount - needed ? "rejected" : undefined;
}

/** The vote in the next session, with fresh ballots; `undefined` when it has become too old. */
export function inNextSession(
  vote: PvfCheckActiveVoteState,
  validatorCount: number,
  ttlSessions: number,
): PvfCheckActiveVoteState | undefined {
  const age = (vote.age + 1) as SessionIndex;
  if (age >= ttlSessions) return undefined;
  const noVotes = bitsAt(validatorCount, []);
  return { ...vote, votesAccept: noVotes, votesReject: noVotes, age };
}

/**
 * The session at which a para whose code was accepted is onboarded: the delay of any queued action
 * counts from the registration, and the next session is the earliest.
 */
export function onboardingSession(
  current: SessionIndex,
  sessionDelay: number,
  sessionsObserved: number,
): SessionIndex {
  return (current + Math.max(sessionDelay - sessionsObserved, 1)) as SessionIndex;
}
