/**
 * From a collation to a candidate: what its receipt says, computed from what it is.
 * Node-side reference, 5.6; runtime reference, 1.2, 2.3.
 */
import { err, type Hex, ok, type Result } from "@parahost/base";
import type { EncodeError } from "@parahost/erasure";
import {
  AvailableData,
  type CandidateCommitments,
  type CandidateReceipt,
  type CollatorId,
  type CollatorSignature,
  type CoreIndex,
  collatorSignaturePayload,
  commitmentsHash,
  type Hash,
  type ParaId,
  type PersistedValidationData,
  PoV,
  paraHeadHash,
  persistedValidationDataHash,
  povHash,
  type SessionIndex,
  type ValidationCodeHash,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { Collation } from "./messages.ts";

/** What the candidate is for. */
export interface CandidateContext {
  readonly paraId: ParaId;
  readonly relayParent: Hash;
  readonly coreIndex: CoreIndex;
  readonly sessionIndex: SessionIndex;
  /** Validators of the session: as many chunks as the data is coded into. */
  readonly validatorCount: number;
  readonly validationData: PersistedValidationData;
  readonly validationCodeHash: ValidationCodeHash;
  /** Version 2 descriptors name core and session, version 1 the collator. */
  readonly descriptorVersion: 1 | 2;
}

export interface BuiltCandidate {
  readonly receipt: CandidateReceipt;
  readonly pov: PoV;
}

export type CandidateBuildError =
  | { readonly code: "povTooLarge"; readonly bytes: number; readonly bytesMax: number }
  | { readonly code: "headTooLarge"; readonly bytes: number; readonly bytesMax: number }
  | { readonly code: "notEncodable"; readonly reason: string }
  | { readonly code: "keyNotOurs" };

/** Signs with the collator's key; `undefined` when the keystore does not have it. */
export type SignAsCollator = (message: Uint8Array) => CollatorSignature | undefined;

/** Larger heads are refused by every configuration. */
const HEAD_BYTES_MAX = 1024 * 1024;

/** What the candidate's erasure root commits to. `collation.pov` is taken as it travels: compressed, if it is to be. */
export function dataOfCollation(
  { validationData }: CandidateContext,
  collation: Collation,
): Result<Uint8Array, CandidateBuildError> {
  const { pov } = collation;
  const povBytes = encode(PoV, pov).length;
  if (povBytes > validationData.maxPovSize)
    return err({ code: "povTooLarge", bytes: povBytes, bytesMax: validationData.maxPovSize });
  if (collation.headData.length > HEAD_BYTES_MAX)
    return err({
      code: "headTooLarge",
      bytes: collation.headData.length,
      bytesMax: HEAD_BYTES_MAX,
    });
  return ok(encode(AvailableData, { pov, validationData }));
}

/** `erasureRoot` is that of `dataOfCollation` for the session's validators. */
export function buildCandidate(
  context: CandidateContext,
  collation: Collation,
  erasureRoot: Result<Hex, EncodeError>,
  collator: CollatorId,
  sign: SignAsCollator,
): Result<BuiltCandidate, CandidateBuildError> {
  if (!erasureRoot.ok) return err({ code: "notEncodable", reason: erasureRoot.error.code });
  const { pov } = collation;
  const { validationData } = context;
  const commitments: CandidateCommitments = {
    upwardMessages: collation.upwardMessages,
    horizontalMessages: collation.horizontalMessages,
    newValidationCode: collation.newValidationCode,
    headData: collation.headData,
    processedDownwardMessages: collation.processedDownwardMessages,
    hrmpWatermark: collation.hrmpWatermark,
  };
  const common = {
    paraId: context.paraId,
    relayParent: context.relayParent,
    persistedValidationDataHash: persistedValidationDataHash(validationData),
    povHash: povHash(pov),
    erasureRoot: erasureRoot.value as Hash,
    paraHead: paraHeadHash(collation.headData),
    validationCodeHash: context.validationCodeHash,
  };
  if (context.descriptorVersion === 2) {
    const { coreIndex, sessionIndex } = context;
    const descriptor = { version: 2, ...common, coreIndex, sessionIndex } as const;
    return ok({ receipt: { descriptor, commitmentsHash: commitmentsHash(commitments) }, pov });
  }
  const signature = sign(collatorSignaturePayload(common));
  if (signature === undefined) return err({ code: "keyNotOurs" });
  const descriptor = { version: 1, ...common, collator, signature } as const;
  return ok({ receipt: { descriptor, commitmentsHash: commitmentsHash(commitments) }, pov });
}
