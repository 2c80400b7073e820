/**
 * How authors' claims become the randomness of epochs. Each primary claim contributes 32 bytes; at the end
 * of epoch e all contributions of the epoch are hashed into the randomness of epoch e + 2.
 *
 * Reference: consensus-and-sync.md 3.4, 3.8. Contributions are kept in segments; Polkadot consumes only
 * completed segments before the last, so that in short epochs some linger. Here all are consumed.
 */
import { u64Bytes } from "@parahost/base";
import { blake2b256Concat, makeBytes, Transcript, vrfVerify } from "@parahost/crypto";
import { BABE_VRF_LABELS, type BabePreDigest, type Randomness } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { storage } from "./storage.ts";

/** Contributions of one storage item. */
const SEGMENT_LENGTH = 256;

/** The transcript of a slot claim. */
export function slotTranscript(slot: number, epoch: number, randomness: Randomness): Transcript {
  const transcript = new Transcript(BABE_VRF_LABELS.transcript);
  transcript.appendU64(BABE_VRF_LABELS.slot, BigInt(slot));
  transcript.appendU64(BABE_VRF_LABELS.epoch, BigInt(epoch));
  transcript.appendMessage(BABE_VRF_LABELS.randomness, randomness);
  return transcript;
}

/**
 * The randomness that a claim of the current epoch proves: `undefined` for a false proof or an unknown
 * author.
 */
export function provenRandomness(
  state: State,
  claim: Exclude<BabePreDigest, { readonly type: "secondaryPlain" }>,
): Randomness | undefined {
  const { authorityIndex, slot, vrfSignature } = claim.value;
  const author = storage.authorities.get(state)[authorityIndex];
  if (author === undefined) return undefined;
  const epoch = storage.epochIndex.get(state);
  const transcript = slotTranscript(slot, epoch, storage.randomness.get(state));
  const points = vrfVerify(author.id, transcript, vrfSignature);
  return points === undefined ? undefined : makeBytes(points, BABE_VRF_LABELS.contribution, 32);
}

/** Adds a contribution to the randomness after next. */
export function contribute(state: State, contribution: Randomness): void {
  const index = storage.segmentIndex.get(state);
  const segment = storage.underConstruction.get(state, index);
  if (segment.length < SEGMENT_LENGTH) {
    storage.underConstruction.set(state, index, [...segment, contribution]);
    return;
  }
  storage.segmentIndex.set(state, index + 1);
  storage.underConstruction.set(state, index + 1, [contribution]);
}

/**
 * Moves the next epoch's randomness to the current one and makes that of epoch `nextEpoch` from the
 * contributions so far. Returns the new one.
 */
export function rotateRandomness(state: State, nextEpoch: number): Randomness {
  const current = storage.nextRandomness.get(state);
  storage.randomness.set(state, current);
  const segments = storage.segmentIndex.take(state) + 1;
  const contributions = Array.from({ length: segments }, (_, i) =>
    storage.underConstruction.take(state, i),
  ).flat();
  const next = blake2b256Concat(current, u64Bytes(nextEpoch), ...contributions);
  storage.nextRandomness.set(state, next);
  return next;
}
