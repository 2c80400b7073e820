/** The transactions that carry a dispute to a chain that does not have it. Reference: runtime 4.7.1. */
import type {
  CandidateHash,
  Hash,
  OpaqueExtrinsic,
  RemoteDispute,
  SessionIndex,
  ValidationCode,
  ValidatorIndex,
  ValidatorSignature,
} from "@parahost/primitives";
import { encodeBare } from "@parahost/runtime";
import { type CandidateVotes, disputeVotesOf } from "../dispute-votes/candidate-votes.ts";

/** What the other chain is told; `code` where it does not know the candidate's. */
export function remoteDisputeOf(
  { receipt, valid, invalid }: CandidateVotes,
  session: SessionIndex,
  sessionKeysHash: Hash,
  code: ValidationCode | undefined,
): RemoteDispute {
  const backing: RemoteDispute["backing"][number][] = [];
  const secondaryChecks: RemoteDispute["secondaryChecks"][number][] = [];
  for (const [validatorIndex, { kind, signature }] of valid)
    if (kind.type === "backingSeconded" || kind.type === "backingValid") {
      const type = kind.type === "backingSeconded" ? "implicit" : "explicit";
      backing.push({ validatorIndex, attestation: { type, value: signature } });
    } else secondaryChecks.push({ validatorIndex, signature, kind });
  const invalidVotes = [...invalid].map(([validatorIndex, { kind, signature }]) => ({
    validatorIndex,
    signature,
    kind,
  }));
  return { receipt, session, backing, code, secondaryChecks, invalidVotes, sessionKeysHash };
}

export const escalation = (dispute: RemoteDispute): OpaqueExtrinsic =>
  encodeBare({ type: "remoteDisputes", value: { type: "remoteDispute", value: { dispute } } });

/** All votes of a dispute that they decide. */
export const rollUp = (votes: CandidateVotes, session: SessionIndex): OpaqueExtrinsic =>
  encodeBare({
    type: "remoteDisputes",
    value: {
      type: "remoteConcluded",
      value: { receipt: votes.receipt, session, votes: disputeVotesOf(votes) },
    },
  });

export const availabilityVote = (vote: {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
  readonly validatorIndex: ValidatorIndex;
  readonly signature: ValidatorSignature;
}): OpaqueExtrinsic =>
  encodeBare({ type: "remoteDisputes", value: { type: "remoteAvailability", value: vote } });
