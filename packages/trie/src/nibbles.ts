/**
 * Keys as the trie sees them. A storage key is `0x` hex text and a trie path is a run of nibbles, so
 * the digits of the text are the path: a prefix of the key is a prefix of the text, and the order of
 * texts is the byte-wise order of keys. No key is ever unpacked.
 */
import { assert, type Hex } from "@parahost/base";

/** Hex digits without `0x`: a path, or a part of one. */
export type Nibbles = string;

/** Where the path begins in the text of a key. */
export const PATH_START = 2;

/** The path of a whole key. */
export function pathOf(key: Hex): Nibbles {
  return key.slice(PATH_START);
}

/** The key at a path; a value at half a byte is no key. */
export function keyAt(path: Nibbles): Hex {
  assert(path.length % 2 === 0, `half a byte at the end of a key: ${path}`);
  return `0x${path}`;
}

/** The nibble, 0 to 15, at a position of hex text. */
export function nibbleAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  // Digits and letters differ in bit 6: "0" is 0x30, "a" is 0x61.
  return (code & 15) + 9 * (code >> 6);
}

export function digitOf(nibble: number): string {
  return "0123456789abcdef".charAt(nibble);
}

/** How many characters `a` from `aStart` on and `b` from `bStart` on have in common. */
export function sharedLength(a: string, aStart: number, b: string, bStart: number): number {
  const most = Math.min(a.length - aStart, b.length - bStart);
  let shared = 0;
  while (shared < most && a.charCodeAt(aStart + shared) === b.charCodeAt(bStart + shared)) shared++;
  return shared;
}
