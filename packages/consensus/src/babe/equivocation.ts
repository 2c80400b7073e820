/**
 * Two different headers of one slot by one author. Reference: consensus 3.9.
 *
 * Bound: headers of the last `WINDOW_SLOTS` slots, `AUTHORS_PER_SLOT_MAX` in each; only headers whose
 * seal was verified come here, so a slot has as many as authors had the right to it.
 */
import { hexToBytes } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import {
  type BabeEquivocationProof,
  type BabeId,
  type Header,
  headerHash,
  type Slot,
} from "@parahost/primitives";
import { preDigestOf, unseal } from "./digest.ts";

/** How far back a second header is still noticed. */
export const WINDOW_SLOTS = 1000;

/** Authors remembered in a slot. Several win a slot now and then; dozens never do. */
export const AUTHORS_PER_SLOT_MAX = 64;

export class EquivocationDetector {
  readonly #headers = new Map<Slot, Map<BabeId, Header>>();

  /**
   * Notes a header whose seal by `author` was verified. Returns the proof when the author had already
   * sealed another one for the slot. Headers older than the window, seen from `nowSlot`, are not noted.
   */
  note(
    header: Header,
    slot: Slot,
    author: BabeId,
    nowSlot: Slot,
  ): BabeEquivocationProof | undefined {
    const oldest = nowSlot - WINDOW_SLOTS;
    for (const known of this.#headers.keys()) if (known < oldest) this.#headers.delete(known);
    if (slot < oldest) return undefined;
    let authors = this.#headers.get(slot);
    if (authors === undefined) {
      authors = new Map();
      this.#headers.set(slot, authors);
    }
    const first = authors.get(author);
    if (first === undefined) {
      if (authors.size < AUTHORS_PER_SLOT_MAX) authors.set(author, header);
      return undefined;
    }
    if (headerHash(first) === headerHash(header)) return undefined;
    return { offender: author, slot, firstHeader: first, secondHeader: header };
  }
}

/** Whether the proof convicts: two headers, one slot, one authority index, both sealed by the offender. */
export function isEquivocation(proof: BabeEquivocationProof, verifier: SignatureVerifier): boolean {
  const { offender, slot, firstHeader, secondHeader } = proof;
  if (headerHash(firstHeader) === headerHash(secondHeader)) return false;
  const first = preDigestOf(firstHeader);
  const second = preDigestOf(secondHeader);
  if (!first.ok || !second.ok) return false;
  if (first.value.value.slot !== slot || second.value.value.slot !== slot) return false;
  if (first.value.value.authorityIndex !== second.value.value.authorityIndex) return false;
  return [firstHeader, secondHeader].every((header) => {
    const unsealed = unseal(header);
    return (
      unsealed.ok &&
      verifier.verify({
        scheme: "sr25519",
        publicKey: offender,
        message: hexToBytes(unsealed.value.preHash),
        signature: unsealed.value.seal,
      })
    );
  });
}
