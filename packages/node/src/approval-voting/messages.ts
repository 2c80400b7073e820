/** Which candidates are approved, and by whom. Guide: Approval Voting. */
import type {
  BlockNumber,
  CandidateHash,
  Hash,
  IndirectSignedApprovalVote,
  ValidatorIndex,
  ValidatorSignature,
} from "@parahost/primitives";
import type { CheckedCert } from "../approval-criteria/check.ts";
import type { BlockDescription } from "../dispute-coordinator/messages.ts";
import type { Reply } from "../overseer/reply.ts";

/** An approval vote; its signature covers all the candidates that it names. */
export interface ApprovalSignature {
  readonly candidateHashes: readonly CandidateHash[];
  readonly signature: ValidatorSignature;
}

/** How far finality may go. */
export interface ApprovedAncestor {
  readonly hash: Hash;
  readonly number: BlockNumber;
  /** The blocks above the floor up to this one, ascending. */
  readonly descriptions: readonly BlockDescription[];
}

export type ApprovalVotingMessage =
  /** An assignment whose certificate was found good. */
  | {
      readonly type: "importAssignment";
      readonly blockHash: Hash;
      readonly validator: ValidatorIndex;
      /** Indices of the candidates that it is for. */
      readonly candidates: readonly number[];
      readonly cert: CheckedCert;
    }
  /** A vote whose signature was found good. */
  | { readonly type: "importApproval"; readonly vote: IndirectSignedApprovalVote }
  /**
   * The highest block from `hash` down to above `floor` up to which everything above the floor is
   * approved; `undefined` when there is none.
   */
  | {
      readonly type: "approvedAncestor";
      readonly hash: Hash;
      readonly floor: BlockNumber;
      readonly reply: Reply<ApprovedAncestor | undefined>;
    }
  /** Whether the candidate is approved in an open block that includes it. */
  | {
      readonly type: "isApproved";
      readonly blockHash: Hash;
      readonly candidateHash: CandidateHash;
      readonly reply: Reply<boolean>;
    }
  /** The approvals of the candidate on any fork, for those who dispute it. */
  | {
      readonly type: "getApprovalSignaturesForCandidate";
      readonly candidateHash: CandidateHash;
      readonly reply: Reply<ReadonlyMap<ValidatorIndex, ApprovalSignature>>;
    };
