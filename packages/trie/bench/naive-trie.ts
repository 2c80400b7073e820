/** A state trie written straight from its definition over a hash in plain JavaScript: the peer to beat. */
import { blake2b } from "@noble/hashes/blake2.js";
import { concatBytes } from "@parahost/base";

type Entry = readonly [nibbles: readonly number[], value: Uint8Array];

const hash = (bytes: Uint8Array): Uint8Array => blake2b(bytes, { dkLen: 32 });

function compact(length: number): Uint8Array {
  if (length < 64) return new Uint8Array([length << 2]);
  return new Uint8Array([(length << 2) | 1, length >> 6]);
}

function header(pattern: number, nibbles: readonly number[]): Uint8Array {
  const bytes =
    nibbles.length < 63 ? [pattern | nibbles.length] : [pattern | 63, nibbles.length - 63];
  let at = 0;
  if (nibbles.length % 2 === 1) bytes.push(nibbles[at++] as number);
  for (; at < nibbles.length; at += 2)
    bytes.push(((nibbles[at] as number) << 4) | (nibbles[at + 1] as number));
  return new Uint8Array(bytes);
}

/** The encoding of the subtree with these sorted entries below `depth`. */
function encode(entries: readonly Entry[], depth: number): Uint8Array {
  const [first, value] = entries[0] as Entry;
  const [last] = entries.at(-1) as Entry;
  let end = depth;
  while (end < first.length && first[end] === last[end]) end += 1;
  const partial = first.slice(depth, end);
  if (entries.length === 1) return concatBytes(header(0x40, partial), compact(value.length), value);
  const hasValue = first.length === end;
  const children: Uint8Array[] = [];
  let bitmap = 0;
  for (let nibble = 0; nibble < 16; nibble++) {
    const below = entries.filter(([key]) => key[end] === nibble);
    if (below.length === 0) continue;
    bitmap |= 1 << nibble;
    const encoded = encode(below, end + 1);
    const merkleValue = encoded.length < 32 ? encoded : hash(encoded);
    children.push(compact(merkleValue.length), merkleValue);
  }
  return concatBytes(
    header(hasValue ? 0xc0 : 0x80, partial),
    new Uint8Array([bitmap, bitmap >> 8]),
    ...(hasValue ? [compact(value.length), value] : []),
    ...children,
  );
}

/** The root, state version 0, of keys without repetition and values under 16 KiB. */
export function naiveTrieRoot(entries: readonly (readonly [Uint8Array, Uint8Array])[]): Uint8Array {
  const nibbles = entries.map(
    ([key, value]): Entry => [[...key].flatMap((byte) => [byte >> 4, byte & 15]), value],
  );
  nibbles.sort(([a], [b]) => {
    const at = a.findIndex((nibble, i) => nibble !== b[i]);
    return at < 0 ? -1 : (a[at] as number) - (b[at] ?? -1);
  });
  return hash(encode(nibbles, 0));
}
