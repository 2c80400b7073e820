/** What the validators of a session that we are sign. */
import type { Keystore } from "@parahost/crypto";
import {
  type DisputeVote,
  explicitDisputePayload,
  type SessionInfo,
  type ValidatorIndex,
} from "@parahost/primitives";
import { type CandidateVotes, hasVoted, isBacking } from "../dispute-votes/candidate-votes.ts";
import type { DisputeKey } from "./database.ts";

/** Those of us that have not voted. */
export function silentOnes(
  ours: readonly ValidatorIndex[],
  votes: CandidateVotes | undefined,
): readonly ValidatorIndex[] {
  return votes === undefined ? ours : ours.filter((index) => !hasVoted(votes, index));
}

/** Those of us whose vote others must hear from us: a backing vote is on chain already. */
export function votersToPublish(
  ours: readonly ValidatorIndex[],
  { valid, invalid }: CandidateVotes,
): readonly ValidatorIndex[] {
  return ours.filter((index) => {
    const vote = valid.get(index);
    return invalid.has(index) || (vote !== undefined && !isBacking(vote.kind));
  });
}

/** Explicit votes of the given validators, signed; none of those whose keys give no signature now. */
export function signVotes(
  keystore: Keystore,
  info: SessionInfo,
  voters: readonly ValidatorIndex[],
  { candidateHash, session }: DisputeKey,
  valid: boolean,
): readonly DisputeVote[] {
  const payload = explicitDisputePayload(valid, candidateHash, session);
  return voters.flatMap((validatorIndex): DisputeVote[] => {
    const key = info.validators[validatorIndex];
    const signature = key === undefined ? undefined : keystore.sign("para", key, payload);
    if (signature === undefined) return [];
    const value = { type: "explicit" } as const;
    const statement = valid
      ? ({ type: "valid", value } as const)
      : ({ type: "invalid", value } as const);
    return [{ statement, validatorIndex, signature }];
  });
}
