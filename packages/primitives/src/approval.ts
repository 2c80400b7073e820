/** Approval checking: assignment certificates and approval votes. Reference: runtime 1.3, 1.6. */
import { asciiBytes, assert, concatBytes, hexToBytes, u32Bytes } from "@parahost/base";
import {
  bitVec,
  encode,
  fixedBytes,
  struct,
  u32,
  type ValueOf,
  variant,
  vec,
} from "@parahost/scale";
import { APPROVAL_BITFIELD_MAX_BITS, PAYLOAD_MAGIC } from "./constants.ts";
import {
  CandidateHash,
  CoreIndex,
  Hash,
  type SessionIndex,
  ValidatorIndex,
  ValidatorSignature,
} from "./ids.ts";

/** A VRF signature by schnorrkel. */
export const VrfSignature = struct({ preOutput: fixedBytes(32), proof: fixedBytes(64) });
export type VrfSignature = ValueOf<typeof VrfSignature>;

/** Bits over cores, the last of them set. */
export const CoreBitfield = bitVec(APPROVAL_BITFIELD_MAX_BITS);
export type CoreBitfield = ValueOf<typeof CoreBitfield>;

/** Bits over the candidates of a block, in the order of its inclusion events. */
export const CandidateBitfield = bitVec(APPROVAL_BITFIELD_MAX_BITS);
export type CandidateBitfield = ValueOf<typeof CandidateBitfield>;

export const AssignmentCertKindV1 = variant({
  /** Tranche 0: the core drawn with this sample number. */
  relayVRFModulo: [0, struct({ sample: u32 })],
  /** A later tranche, drawn for this core. */
  relayVRFDelay: [1, struct({ coreIndex: CoreIndex })],
});
export type AssignmentCertKindV1 = ValueOf<typeof AssignmentCertKindV1>;

export const AssignmentCertKind = variant({
  /** Tranche 0: all of the validator's cores in one certificate. */
  relayVRFModuloCompact: [0, struct({ coreBitfield: CoreBitfield })],
  relayVRFDelay: [1, struct({ coreIndex: CoreIndex })],
  relayVRFModulo: [2, struct({ sample: u32 })],
  /** Ours: for a candidate that only one of two blocks of a slot includes. */
  equivocation: [3, struct({ coreIndex: CoreIndex })],
  /** Ours, profile `anv`: one candidate per validator and block. */
  oneShot: 4,
});
export type AssignmentCertKind = ValueOf<typeof AssignmentCertKind>;

export const AssignmentCertV1 = struct({ kind: AssignmentCertKindV1, vrf: VrfSignature });
export type AssignmentCertV1 = ValueOf<typeof AssignmentCertV1>;

export const AssignmentCert = struct({ kind: AssignmentCertKind, vrf: VrfSignature });
export type AssignmentCert = ValueOf<typeof AssignmentCert>;

export const IndirectAssignmentCertV1 = struct({
  blockHash: Hash,
  validator: ValidatorIndex,
  cert: AssignmentCertV1,
});
export type IndirectAssignmentCertV1 = ValueOf<typeof IndirectAssignmentCertV1>;

/** An assignment, by the block whose VRF it was drawn from. */
export const IndirectAssignmentCert = struct({
  blockHash: Hash,
  validator: ValidatorIndex,
  cert: AssignmentCert,
});
export type IndirectAssignmentCert = ValueOf<typeof IndirectAssignmentCert>;

export const IndirectSignedApprovalVoteV1 = struct({
  blockHash: Hash,
  candidateIndex: u32,
  validator: ValidatorIndex,
  signature: ValidatorSignature,
});
export type IndirectSignedApprovalVoteV1 = ValueOf<typeof IndirectSignedApprovalVoteV1>;

/** One signature for all candidates of the block that the bits name. */
export const IndirectSignedApprovalVote = struct({
  blockHash: Hash,
  candidateIndices: CandidateBitfield,
  validator: ValidatorIndex,
  signature: ValidatorSignature,
});
export type IndirectSignedApprovalVote = ValueOf<typeof IndirectSignedApprovalVote>;

const CandidateHashes = vec(CandidateHash);

/**
 * What a validator signs with its `para` key to approve candidates of one session. A single candidate
 * is signed without a count.
 */
export function approvalPayload(
  candidates: readonly CandidateHash[],
  session: SessionIndex,
): Uint8Array {
  const [first] = candidates;
  assert(first !== undefined, "an approval names a candidate");
  return concatBytes(
    asciiBytes(PAYLOAD_MAGIC.approval),
    candidates.length === 1 ? hexToBytes(first) : encode(CandidateHashes, candidates),
    u32Bytes(session),
  );
}
