/** Who authors a slot that nobody won. Reference: consensus 3.5. */
import { concatBytes, u64Bytes } from "@parahost/base";
import { blake2b256 } from "@parahost/crypto";
import type { Randomness, Slot } from "@parahost/primitives";

/** Index of the authority whose turn the slot is; `undefined` without authorities. */
export function secondaryAuthor(
  slot: Slot,
  randomness: Randomness,
  authorityCount: number,
): number | undefined {
  if (authorityCount === 0) return undefined;
  const hash = blake2b256(concatBytes(randomness, u64Bytes(slot)));
  // The hash as one big-endian number modulo the count, byte by byte: counts are far below 2^40.
  let rest = 0;
  for (const byte of hash) rest = (rest * 256 + byte) % authorityCount;
  return rest;
}
