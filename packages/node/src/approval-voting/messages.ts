/** Which candidates are approved, and by whom. Guide: Approval Voting. */
import type { CandidateHash, ValidatorIndex, ValidatorSignature } from "@parahost/primitives";
import type { Reply } from "../overseer/reply.ts";

/** An approval vote; its signature covers all the candidates that it names. */
export interface ApprovalSignature {
  readonly candidateHashes: readonly CandidateHash[];
  readonly signature: ValidatorSignature;
}

export type ApprovalVotingMessage =
  /** The approvals of the candidate on any fork, for those who dispute it. */
  {
    readonly type: "getApprovalSignaturesForCandidate";
    readonly candidateHash: CandidateHash;
    readonly reply: Reply<ReadonlyMap<ValidatorIndex, ApprovalSignature>>;
  };
