/** Whether votes were signed by those whose votes they are said to be. */
import { err, ok, type Result } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import {
  type CandidateHash,
  type DisputeVote,
  disputePayload,
  type SessionIndex,
  type SessionInfo,
  type ValidatorIndex,
} from "@parahost/primitives";

export interface BadVote {
  readonly code: "noSuchValidator" | "badSignature";
  readonly validator: ValidatorIndex;
}

/** Every voter is one of the session; for votes whose signatures somebody we trust has checked. */
export function checkVoters(
  votes: readonly DisputeVote[],
  { validators }: SessionInfo,
): Result<void, BadVote> {
  const stranger = votes.find(({ validatorIndex }) => validatorIndex >= validators.length);
  return stranger === undefined
    ? ok(undefined)
    : err({ code: "noSuchValidator", validator: stranger.validatorIndex });
}

/** Every voter is one of the session and has signed its vote on this candidate. */
export function checkVotes(
  votes: readonly DisputeVote[],
  candidate: CandidateHash,
  session: SessionIndex,
  { validators }: SessionInfo,
  verifier: SignatureVerifier,
): Result<void, BadVote> {
  for (const { statement, validatorIndex: validator, signature } of votes) {
    const publicKey = validators[validator];
    if (publicKey === undefined) return err({ code: "noSuchValidator", validator });
    const message = disputePayload(statement, candidate, session);
    const isGood =
      message !== undefined &&
      verifier.verify({ scheme: "sr25519", publicKey, message, signature });
    if (!isGood) return err({ code: "badSignature", validator });
  }
  return ok(undefined);
}
