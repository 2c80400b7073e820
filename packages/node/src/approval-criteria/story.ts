/**
 * The relay VRF story of a block: 32 bytes of its author's BABE VRF, which nobody can choose. Primary
 * and secondary VRF claims have one, plain secondary claims none. Node-side reference, 2.2.
 */

import { preDigestOf, slotTranscript } from "@parahost/consensus";
import { makeBytes, vrfVerify } from "@parahost/crypto";
import { ASSIGNMENT_LABELS, type BabeEpoch, type Header, type Slot } from "@parahost/primitives";

export interface RelayVrf {
  readonly story: Uint8Array;
  readonly slot: Slot;
  /** Index in the epoch's authorities. */
  readonly author: number;
}

/** `epoch` is the one the block is in. `undefined` when the header has no VRF of that epoch. */
export function relayVrf(header: Header, epoch: BabeEpoch): RelayVrf | undefined {
  const claim = preDigestOf(header);
  if (!claim.ok || claim.value.type === "secondaryPlain") return undefined;
  const { authorityIndex, slot, vrfSignature } = claim.value.value;
  const author = epoch.authorities[authorityIndex];
  if (author === undefined) return undefined;
  const value = vrfVerify(author.id, slotTranscript(slot, epoch), vrfSignature);
  if (value === undefined) return undefined;
  return { story: makeBytes(value, ASSIGNMENT_LABELS.story, 32), slot, author: authorityIndex };
}
