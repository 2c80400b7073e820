/** The VRF of a slot claim and what is drawn from it. Reference: consensus 3.4. */
import { u64Bytes } from "@parahost/base";
import { makeBytes, Transcript, type VrfInOut } from "@parahost/crypto";
import { BABE_VRF_LABELS, type BabeEpoch, type Slot } from "@parahost/primitives";

/** What a claim of `slot` in `epoch` is a VRF of. */
export function slotTranscript(slot: Slot, epoch: BabeEpoch): Transcript {
  const transcript = new Transcript(BABE_VRF_LABELS.transcript);
  transcript.appendMessage(BABE_VRF_LABELS.slot, u64Bytes(slot));
  transcript.appendMessage(BABE_VRF_LABELS.epoch, u64Bytes(epoch.epochIndex));
  transcript.appendMessage(BABE_VRF_LABELS.randomness, epoch.randomness);
  return transcript;
}

/** The 128-bit number that wins the slot when it is below the threshold. */
export function slotScore(value: VrfInOut): bigint {
  const bytes = makeBytes(value, BABE_VRF_LABELS.score, 16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return view.getBigUint64(0, true) | (view.getBigUint64(8, true) << 64n);
}

/** What a primary block adds to the randomness of a later epoch, 32 bytes. */
export function randomnessContribution(value: VrfInOut): Uint8Array {
  return makeBytes(value, BABE_VRF_LABELS.contribution, 32);
}
