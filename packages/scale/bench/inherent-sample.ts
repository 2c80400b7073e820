/** A parachains inherent of full size: 1000 bitfields of 100 bits, 100 candidates with 5 votes each. */
import { bytesToHex } from "@parahost/base";
import {
  asCandidateHash,
  asCollatorId,
  asHash,
  asParaId,
  asValidationCodeHash,
  asValidatorIndex,
  type ParachainsInherentData,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";

/** Distinct bytes for each place they are used in. */
function bytes(length: number, seed: number): Uint8Array {
  const made = new Uint8Array(length);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    made[i] = state >>> 24;
  }
  return made;
}

const hash = (seed: number) => asHash(bytesToHex(bytes(32, seed)));

export function inherentSample(): ParachainsInherentData {
  return {
    bitfields: Array.from({ length: 1000 }, (_, i) => ({
      payload: bitsAt(100, [i % 100, (i * 7) % 100]),
      validatorIndex: asValidatorIndex(i),
      signature: bytes(64, i),
    })),
    backedCandidates: Array.from({ length: 100 }, (_, i) => ({
      candidate: {
        descriptor: {
          version: 1,
          paraId: asParaId(2000 + i),
          relayParent: hash(1),
          collator: asCollatorId(hash(10_000 + i)),
          persistedValidationDataHash: hash(20_000 + i),
          povHash: hash(30_000 + i),
          erasureRoot: hash(40_000 + i),
          signature: bytes(64, 50_000 + i),
          paraHead: hash(60_000 + i),
          validationCodeHash: asValidationCodeHash(hash(70_000 + i)),
        },
        commitments: {
          upwardMessages: [],
          horizontalMessages: [],
          newValidationCode: undefined,
          headData: bytes(420, 80_000 + i),
          processedDownwardMessages: 0,
          hrmpWatermark: 20_000_000,
        },
      },
      validityVotes: Array.from({ length: 5 }, (_, vote) => ({
        type: vote === 0 ? ("implicit" as const) : ("explicit" as const),
        value: bytes(64, 90_000 + 5 * i + vote),
      })),
      validatorIndices: bitsAt(13, [0, 1, 2, 3, 4]),
    })),
    disputes: [
      {
        candidateHash: asCandidateHash(hash(100_000)),
        session: 5 as never,
        statements: Array.from({ length: 10 }, (_, i) => ({
          statement:
            i === 0
              ? { type: "invalid" as const, value: { type: "explicit" as const } }
              : {
                  type: "valid" as const,
                  value: { type: "backingValid" as const, value: hash(2) },
                },
          validatorIndex: asValidatorIndex(i),
          signature: bytes(64, 110_000 + i),
        })),
      },
    ],
    parentHeader: {
      parentHash: hash(3),
      number: 20_000_000,
      stateRoot: hash(4),
      extrinsicsRoot: hash(5),
      digest: [
        { type: "preRuntime", value: { engine: "BABE", data: bytes(109, 6) } },
        { type: "seal", value: { engine: "BABE", data: bytes(64, 7) } },
      ],
    },
  };
}
