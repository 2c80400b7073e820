/** Votes in disputes for tests, with real signatures. */
import { type Sr25519Pair, sr25519Sign } from "@parahost/crypto";
import {
  asHash,
  asSessionIndex,
  asValidatorIndex,
  type CandidateHash,
  type DisputeStatement,
  type DisputeStatementSet,
  type DisputeVote,
  disputePayload,
  type Hash,
  type SessionIndex,
  ZERO_HASH,
} from "@parahost/primitives";
import { type TestChain, validatorPair } from "../../testing/chain.ts";
import { sessionInfo } from "../session-info.ts";

/** Who signs: a `Scenario`, or what `votersOf` makes of a whole chain. */
export interface Voters {
  pairIn(session: SessionIndex, validator: number): Sr25519Pair;
}

export const votersOf = ({ state }: TestChain): Voters => ({
  pairIn: (session, validator) =>
    validatorPair(sessionInfo(state, session)?.validators[validator] ?? ""),
});

/** A relay parent that backing statements of made-up candidates are signed for. */
export const SOME_PARENT: Hash = asHash(`0x${"07".repeat(32)}`);

/** What a validator says. */
export const SAYS = {
  valid: { type: "valid", value: { type: "explicit" } },
  seconded: { type: "valid", value: { type: "backingSeconded", value: SOME_PARENT } },
  backed: { type: "valid", value: { type: "backingValid", value: SOME_PARENT } },
  approved: { type: "valid", value: { type: "approvalChecking" } },
  invalid: { type: "invalid", value: { type: "explicit" } },
} as const satisfies Record<string, DisputeStatement>;

/** A vote and its voter. */
export type Vote = readonly [validator: number, says: keyof typeof SAYS | DisputeStatement];

export interface VoteChanges {
  /** Session of the candidate; 0 unless given. */
  readonly session?: number;
  /** Signs in place of the validators. */
  readonly signer?: Sr25519Pair;
}

export function disputeVote(
  voters: Voters,
  candidate: CandidateHash,
  [validator, says]: Vote,
  { session = 0, signer }: VoteChanges = {},
): DisputeVote {
  const statement = typeof says === "string" ? SAYS[says] : says;
  const index = asSessionIndex(session);
  const message = disputePayload(statement, candidate, index) ?? new Uint8Array();
  return {
    statement,
    validatorIndex: asValidatorIndex(validator),
    signature: sr25519Sign(signer ?? voters.pairIn(index, validator), message),
  };
}

export const disputeSet = (
  voters: Voters,
  candidate: CandidateHash,
  votes: readonly Vote[],
  changes: VoteChanges = {},
): DisputeStatementSet => ({
  candidateHash: candidate,
  session: asSessionIndex(changes.session ?? 0),
  statements: votes.map((vote) => disputeVote(voters, candidate, vote, changes)),
});

/** The same thing said by several validators, `from` to `to`, `to` not included. */
export const all = (from: number, to: number, says: Vote[1]): Vote[] =>
  Array.from({ length: to - from }, (_, i) => [from + i, says] as const);

/** A candidate that this chain knows nothing of. */
export const someCandidate = (byte: number): CandidateHash =>
  (ZERO_HASH.slice(0, -2) + byte.toString(16).padStart(2, "0")) as CandidateHash;
