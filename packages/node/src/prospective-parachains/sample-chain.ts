/** Candidates of one para that follow one another, for tests: each head is one byte. */
import {
  asCoreIndex,
  asParaId,
  asSessionIndex,
  asValidationCodeHash,
  type BackingState,
  type CandidateCommitments,
  type CommittedCandidateReceipt,
  type Constraints,
  candidateHash,
  type Hash,
  type PersistedValidationData,
  paraHeadHash,
  persistedValidationDataHash,
  type ValidationCodeHash,
} from "@parahost/primitives";
import { sampleHash } from "../sample-candidate.ts";
import { type RelayParent, validationDataOn } from "./constraints.ts";
import type { ProspectiveCandidate } from "./fragment-chain.ts";

export const PARA = asParaId(2000);
export const CODE = asValidationCodeHash(sampleHash(0xc0de));
export const FUTURE_CODE = asValidationCodeHash(sampleHash(0xc0df));

/** The relay chain block of this number. */
export const relayBlock = (number: number): RelayParent => ({
  hash: sampleHash(number),
  number,
  storageRoot: sampleHash(0x1000 + number),
});

export const head = (byte: number): Uint8Array => new Uint8Array([byte]);
export const headHash = (byte: number): Hash => paraHeadHash(head(byte));

/** Bounds on a candidate behind head 0 at relay parents from block 5 on. */
export const CONSTRAINTS: Constraints = {
  minRelayParentNumber: 5,
  maxPovSize: 1000,
  maxCodeSize: 100,
  maxHeadDataSize: 8,
  umpRemaining: 3,
  umpRemainingBytes: 10,
  maxUmpNumPerCandidate: 2,
  dmpRemainingMessages: [],
  hrmpInbound: { validWatermarks: [] },
  hrmpChannelsOut: [
    { recipient: asParaId(3000), limitations: { bytesRemaining: 10, messagesRemaining: 2 } },
  ],
  maxHrmpNumPerCandidate: 2,
  requiredParent: head(0),
  validationCodeHash: CODE,
  upgradeRestriction: undefined,
  futureValidationCode: undefined,
};

export interface LinkFields {
  readonly relayParent?: number;
  readonly code?: ValidationCodeHash;
  readonly commitments?: Partial<CandidateCommitments>;
  readonly isBacked?: boolean;
  readonly salt?: number;
}

/** The candidate that leads from one head to another. */
export function link(from: number, to: number, fields: LinkFields = {}): ProspectiveCandidate {
  const { relayParent = 7, code = CODE, commitments, isBacked = true, salt = 0 } = fields;
  const persistedValidationData: PersistedValidationData = validationDataOn(
    CONSTRAINTS,
    head(from),
    relayBlock(relayParent),
  );
  const all: CandidateCommitments = {
    upwardMessages: [],
    horizontalMessages: [],
    newValidationCode: undefined,
    headData: head(to),
    processedDownwardMessages: 0,
    hrmpWatermark: relayParent,
    ...commitments,
  };
  const receipt: CommittedCandidateReceipt = {
    descriptor: {
      version: 2,
      paraId: PARA,
      relayParent: sampleHash(relayParent),
      coreIndex: asCoreIndex(0),
      sessionIndex: asSessionIndex(1),
      persistedValidationDataHash: persistedValidationDataHash(persistedValidationData),
      povHash: sampleHash(0x2000 + salt),
      erasureRoot: sampleHash(0xa4),
      paraHead: paraHeadHash(all.headData),
      validationCodeHash: code,
    },
    commitments: all,
  };
  return {
    hash: candidateHash(receipt),
    receipt,
    persistedValidationData,
    parentHeadHash: headHash(from),
    headHash: paraHeadHash(all.headData),
    isBacked,
  };
}

/** The para's state behind head 0, with these candidates waiting for availability. */
export const backingState = (
  waiting: readonly ProspectiveCandidate[] = [],
  constraints: Partial<Constraints> = {},
): BackingState => ({
  constraints: { ...CONSTRAINTS, ...constraints },
  pendingAvailability: waiting.map(({ hash, receipt, persistedValidationData }) => ({
    candidateHash: hash,
    descriptor: receipt.descriptor,
    commitments: receipt.commitments,
    relayParentNumber: persistedValidationData.relayParentNumber,
    maxPovSize: 1000,
  })),
});
