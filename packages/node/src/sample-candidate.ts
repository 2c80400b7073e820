/** Candidates and hashes for tests: distinct, well-formed, meaning nothing. */
import {
  asCoreIndex,
  asGroupIndex,
  asHash,
  asParaId,
  asSessionIndex,
  asValidationCodeHash,
  type CandidateReceipt,
  type CoreState,
  candidateHash,
  type Hash,
} from "@parahost/primitives";

/** A hash that tells its number. */
export function sampleHash(number: number): Hash {
  return asHash(`0x${number.toString(16).padStart(64, "0")}`);
}

export interface SampleFields {
  readonly paraId?: number;
  readonly relayParent?: Hash;
  readonly povHash?: Hash;
  readonly erasureRoot?: Hash;
}

export function sampleReceipt(fields: SampleFields = {}): CandidateReceipt {
  return {
    descriptor: {
      version: 2,
      paraId: asParaId(fields.paraId ?? 2000),
      relayParent: fields.relayParent ?? sampleHash(0xa1),
      coreIndex: asCoreIndex(0),
      sessionIndex: asSessionIndex(1),
      persistedValidationDataHash: sampleHash(0xa2),
      povHash: fields.povHash ?? sampleHash(0xa3),
      erasureRoot: fields.erasureRoot ?? sampleHash(0xa4),
      paraHead: sampleHash(0xa5),
      validationCodeHash: asValidationCodeHash(sampleHash(0xa6)),
    },
    commitmentsHash: sampleHash(0xa7),
  };
}

/** A core on which the candidate waits to become available. */
export function sampleOccupiedCore(
  receipt: CandidateReceipt,
  validatorCount: number,
  group = 0,
): CoreState {
  return {
    type: "occupied",
    value: {
      nextUpOnAvailable: undefined,
      occupiedSince: 1,
      timeOutAt: 5,
      nextUpOnTimeOut: undefined,
      availability: {
        length: validatorCount,
        bytes: new Uint8Array(Math.ceil(validatorCount / 8)),
      },
      groupResponsible: asGroupIndex(group),
      candidateHash: candidateHash(receipt),
      candidateDescriptor: receipt.descriptor,
    },
  };
}
