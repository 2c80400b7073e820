/** Claiming slots with our own keys. Reference: consensus 3.5. */
import type { Keystore } from "@parahost/crypto";
import type { BabeEpoch, BabeId, BabePreDigest, Slot } from "@parahost/primitives";
import { secondaryAuthor } from "./secondary.ts";
import { authorityThreshold } from "./threshold.ts";
import { slotScore, slotTranscript } from "./vrf.ts";

export interface SlotClaim {
  readonly preDigest: BabePreDigest;
  /** The key that seals the block. */
  readonly author: BabeId;
}

/**
 * A claim to the slot with any of our keys that is an authority of the epoch: a primary one if some key
 * won, else the secondary one if it is our turn and the epoch allows it.
 */
export function claimSlot(slot: Slot, epoch: BabeEpoch, keystore: Keystore): SlotClaim | undefined {
  const { authorities, config } = epoch;
  const transcript = slotTranscript(slot, epoch);
  const ours = [...authorities.entries()].filter(([, { id }]) => keystore.has("babe", id));
  for (const [authorityIndex, { id }] of ours) {
    const value = keystore.vrfInOut("babe", id, transcript);
    if (value === undefined) continue;
    if (slotScore(value) >= authorityThreshold(epoch, authorityIndex)) continue;
    const claim = vrfClaim(authorityIndex, id);
    if (claim !== undefined) return { preDigest: { type: "primary", value: claim }, author: id };
  }
  if (config.allowedSlots.type === "primarySlots") return undefined;
  const due = secondaryAuthor(slot, epoch.randomness, authorities.length);
  const turn = ours.find(([authorityIndex]) => authorityIndex === due);
  if (turn === undefined) return undefined;
  const [authorityIndex, { id }] = turn;
  if (config.allowedSlots.type === "primaryAndSecondaryPlainSlots") {
    const preDigest = { type: "secondaryPlain", value: { authorityIndex, slot } } as const;
    return { preDigest, author: id };
  }
  const claim = vrfClaim(authorityIndex, id);
  if (claim === undefined) return undefined;
  return { preDigest: { type: "secondaryVRF", value: claim }, author: id };

  function vrfClaim(index: number, id: BabeId) {
    const vrfSignature = keystore.vrfSign("babe", id, transcript);
    if (vrfSignature === undefined) return undefined;
    return { authorityIndex: index, slot, vrfSignature };
  }
}
