/** A block in approval, its validators and their keys, for tests. Means nothing elsewhere. */
import { expectOk } from "@parahost/base";
import { MemoryKeystore } from "@parahost/crypto";
import {
  approvalPayload,
  asAssignmentId,
  asAuthorityDiscoveryId,
  asCoreIndex,
  asGroupIndex,
  asSessionIndex,
  asValidatorId,
  type CandidateReceipt,
  candidateHash,
  type Hash,
  type IndirectSignedApprovalVote,
  type SessionInfo,
  type Slot,
  type ValidatorIndex,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { type OwnAssignment, ownAssignments } from "../approval-criteria/assign.ts";
import type { ApprovalBlock } from "../approval-distribution/messages.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";

export const VALIDATORS = 6;
export const SLOT_MS = 6000;
export const SLOT = 100 as Slot;
export const BLOCK_MS: number = SLOT * SLOT_MS;

/** Keys of validator i at place i. */
export const keystores: readonly MemoryKeystore[] = Array.from(
  { length: VALIDATORS },
  (_, index) => {
    const keystore = new MemoryKeystore();
    for (const type of ["asgn", "para"] as const)
      expectOk(keystore.insert(type, `//approver//${index}`), "a key");
    return keystore;
  },
);

const keyOf = (index: number, type: "asgn" | "para") => keystores[index]?.publicKeys(type)[0] ?? "";

export const sessionInfo: SessionInfo = {
  activeValidatorIndices: [],
  randomSeed: new Uint8Array(32),
  disputePeriod: asSessionIndex(6),
  validators: keystores.map((_, index) => asValidatorId(keyOf(index, "para"))),
  discoveryKeys: keystores.map((_, index) => asAuthorityDiscoveryId(sampleHash(0x10 + index))),
  assignmentKeys: keystores.map((_, index) => asAssignmentId(keyOf(index, "asgn"))),
  validatorGroups: [[0, 1] as ValidatorIndex[], [2, 3] as ValidatorIndex[]],
  nCores: 2,
  zerothDelayTrancheWidth: 0,
  relayVrfModuloSamples: 2,
  nDelayTranches: 4,
  noShowSlots: 2,
  neededApprovals: 2,
};

export const receipts: readonly CandidateReceipt[] = [
  sampleReceipt({ paraId: 2000 }),
  sampleReceipt({ paraId: 2001 }),
];

/** Both cores' candidates become available in it. */
export function sampleBlock(number: number, hash: Hash, parentHash: Hash): ApprovalBlock {
  return {
    hash,
    number,
    parentHash,
    slot: SLOT,
    session: asSessionIndex(1),
    sessionInfo,
    story: new Uint8Array(32).fill(number),
    candidates: receipts.map((receipt, core) => ({
      candidate: candidateHash(receipt),
      core: asCoreIndex(core),
      group: asGroupIndex(core),
    })),
    equivocatedCores: new Set(),
  };
}

/** With as many samples as cores everybody checks everything it has not backed at once. */
export function assignmentOf(validator: number, block: ApprovalBlock): OwnAssignment {
  const criteria = { profile: "modern", isCompactOn: true } as const;
  const keystore = keystores[validator] ?? new MemoryKeystore();
  const [own] = ownAssignments(keystore, sessionInfo, block, criteria).byStory.values();
  if (own === undefined) throw new RangeError(`validator ${validator} checks nothing`);
  return own;
}

export function claimOf(validator: number, block: ApprovalBlock) {
  const { cert, cores } = assignmentOf(validator, block);
  const claimedCandidates = bitsAt(Math.max(...cores) + 1, cores);
  const index = validator as ValidatorIndex;
  return { assignment: { blockHash: block.hash, validator: index, cert }, claimedCandidates };
}

export function voteOf(
  validator: number,
  block: ApprovalBlock,
  indices: readonly number[],
): IndirectSignedApprovalVote {
  const hashes = indices.flatMap((index) => block.candidates[index]?.candidate ?? []);
  const publicKey = sessionInfo.validators[validator];
  const payload = approvalPayload(hashes, block.session);
  const signature =
    publicKey === undefined ? undefined : keystores[validator]?.sign("para", publicKey, payload);
  return {
    blockHash: block.hash,
    candidateIndices: bitsAt(Math.max(...indices) + 1, indices),
    validator: validator as ValidatorIndex,
    signature: signature ?? new Uint8Array(64),
  };
}
