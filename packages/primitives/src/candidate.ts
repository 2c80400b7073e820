/** Candidates: descriptor, commitments, and the two forms of receipt. Reference: runtime 1.2. */
import { compareBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { encode, option, struct, u32, type ValueOf, vec } from "@parahost/scale";
import { CandidateDescriptor } from "./candidate-descriptor.ts";
import { HORIZONTAL_MESSAGES_MAX, UPWARD_MESSAGES_MAX } from "./constants.ts";
import { BlockNumber, type CandidateHash, Hash } from "./ids.ts";
import { memoByObject } from "./memo.ts";
import { OutboundHrmpMessage, UpwardMessage } from "./messages.ts";
import { HeadData, ValidationCode, type ValidationResult } from "./validation.ts";

/** What a candidate does to the relay chain's state when it is included. */
export const CandidateCommitments = struct(
  {
    upwardMessages: vec(UpwardMessage, UPWARD_MESSAGES_MAX),
    horizontalMessages: vec(OutboundHrmpMessage, HORIZONTAL_MESSAGES_MAX),
    newValidationCode: option(ValidationCode),
    headData: HeadData,
    /** How many messages of the downward queue the candidate has taken. */
    processedDownwardMessages: u32,
    /** Horizontal messages up to this relay block have been taken. */
    hrmpWatermark: BlockNumber,
  },
  ["polkadot_primitives", "v9", "CandidateCommitments"],
);
export type CandidateCommitments = ValueOf<typeof CandidateCommitments>;

/** The receipt that is hashed, and all that most of the node needs. */
export const CandidateReceipt = struct({ descriptor: CandidateDescriptor, commitmentsHash: Hash }, [
  "polkadot_primitives",
  "v9",
  "CandidateReceiptV2",
]);
export type CandidateReceipt = ValueOf<typeof CandidateReceipt>;

/** The receipt with the commitments themselves: what is gossiped first and goes on chain. */
export const CommittedCandidateReceipt = struct(
  { descriptor: CandidateDescriptor, commitments: CandidateCommitments },
  ["polkadot_primitives", "v9", "CommittedCandidateReceiptV2"],
);
export type CommittedCandidateReceipt = ValueOf<typeof CommittedCandidateReceipt>;

export const commitmentsHash: (commitments: CandidateCommitments) => Hash = memoByObject(
  (commitments) => blake2b256Hex(encode(CandidateCommitments, commitments)) as Hash,
);

/** The plain receipt, made once per committed one. */
export const toPlainReceipt: (receipt: CommittedCandidateReceipt) => CandidateReceipt =
  memoByObject(({ descriptor, commitments }) => ({
    descriptor,
    commitmentsHash: commitmentsHash(commitments),
  }));

const plainHash: (receipt: CandidateReceipt) => CandidateHash = memoByObject(
  (receipt) => blake2b256Hex(encode(CandidateReceipt, receipt)) as CandidateHash,
);

/** Hash of the plain receipt; both forms of one candidate have the same. Computed once per object. */
export function candidateHash(
  receipt: CandidateReceipt | CommittedCandidateReceipt,
): CandidateHash {
  return plainHash("commitments" in receipt ? toPlainReceipt(receipt) : receipt);
}

/** The commitments that a successful validation makes. */
export function commitmentsOf(result: ValidationResult): CandidateCommitments {
  return {
    upwardMessages: result.upwardMessages,
    horizontalMessages: result.horizontalMessages,
    newValidationCode: result.newValidationCode,
    headData: result.headData,
    processedDownwardMessages: result.processedDownwardMessages,
    hrmpWatermark: result.hrmpWatermark,
  };
}

/** Order of sorted lists of receipts: by para, then by head. */
export function compareCandidates(
  a: CommittedCandidateReceipt,
  b: CommittedCandidateReceipt,
): number {
  return (
    a.descriptor.paraId - b.descriptor.paraId ||
    compareBytes(a.commitments.headData, b.commitments.headData)
  );
}
