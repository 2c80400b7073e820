/**
 * Proofs as the trie host functions take them: the nodes from the root to the key, in that order, with the
 * proven value and the references to the nodes that follow left out (empty). The verifier puts in what it
 * knows and hashes its way back up, so such a proof proves one entry and nothing else. This is not the
 * storage proof of the network, which has whole nodes in any order.
 *
 * The walk down is a loop; its depth is bounded by the length of the key.
 */

import { bytesToHex, concatBytes, equalBytes } from "@parahost/base";
import { decodeNode, type Hasher, type StateVersion, type TrieNode, tryRead } from "@parahost/trie";

export interface ProvenEntry {
  /** 32 bytes. */
  readonly root: Uint8Array;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly version: StateVersion;
}

const HASH_BYTES = 32;
/** Longest value that state version 1 leaves in its node. */
const INLINE_VALUE_MAX = 32;

/** A node on the path and which of its children the path goes on to. */
interface Step {
  readonly node: TrieNode;
  readonly nibble: number;
  /** The node lies within its parent; others are named by their hash. */
  readonly isInline: boolean;
}

export function verifyCompactProof(
  entry: ProvenEntry,
  proof: readonly Uint8Array[],
  hash: Hasher,
): boolean {
  const path = bytesToHex(entry.key).slice(2);
  const steps: Step[] = [];
  let used = 0;
  let depth = 0;
  let encoded = proof[used++];
  let isInline = false;
  for (;;) {
    if (encoded === undefined) return false;
    const node = decoded(encoded);
    if (node === undefined || !path.startsWith(node.partial, depth)) return false;
    depth += node.partial.length;
    if (depth === path.length) {
      const { value } = node;
      // The place of the value must be there and empty.
      if (value?.type !== "inline" || value.stored.bytes.length > 0) return false;
      if (used < proof.length) return false;
      const full = encodeNode(node, fullValue(entry, hash), undefined);
      const root = foldUp(steps, full, isInline, hash);
      return root !== undefined && equalBytes(root, entry.root);
    }
    const nibble = Number.parseInt(path.charAt(depth), 16);
    const child = node.children?.[nibble];
    // A reference that is written out cannot be followed: its node is not in the proof.
    if (child === undefined || child.length === HASH_BYTES) return false;
    steps.push({ node, nibble, isInline });
    isInline = child.length > 0;
    encoded = isInline ? child : proof[used++];
    depth += 1;
  }
}

function decoded(encoded: Uint8Array): TrieNode | undefined {
  const node = tryRead(() => decodeNode(encoded));
  return node.ok ? node.value : undefined;
}

interface FullValue {
  readonly isHashed: boolean;
  readonly bytes: Uint8Array;
}

const fullValue = ({ value, version }: ProvenEntry, hash: Hasher): FullValue =>
  version === 1 && value.length > INLINE_VALUE_MAX
    ? { isHashed: true, bytes: hash(value) }
    : { isHashed: false, bytes: value };

/** The hash of the root, from the full encoding of the last node; `undefined` if a node does not fit. */
function foldUp(
  steps: readonly Step[],
  last: Uint8Array,
  lastIsInline: boolean,
  hash: Hasher,
): Uint8Array | undefined {
  let encoded = last;
  let isInline = lastIsInline;
  for (const { node, nibble, isInline: parentIsInline } of steps.toReversed()) {
    if (isInline && encoded.length > HASH_BYTES) return undefined;
    const reference = isInline ? encoded : hash(encoded);
    encoded = encodeNode(node, ownValue(node), { nibble, reference });
    isInline = parentIsInline;
  }
  return hash(encoded);
}

function ownValue(node: TrieNode): FullValue | undefined {
  if (node.value === undefined) return undefined;
  return node.value.type === "hashed"
    ? { isHashed: true, bytes: node.value.hash }
    : { isHashed: false, bytes: node.value.stored.bytes };
}

/** The node with this value and with one child replaced. */
function encodeNode(
  node: TrieNode,
  value: FullValue | undefined,
  replaced: { readonly nibble: number; readonly reference: Uint8Array } | undefined,
): Uint8Array {
  const parts = [encodedHeader(node, value), packedNibbles(node.partial)];
  const { children } = node;
  if (children !== undefined) {
    let bitmap = 0;
    for (let nibble = 0; nibble < 16; nibble++)
      if (children[nibble] !== undefined) bitmap |= 1 << nibble;
    parts.push(new Uint8Array([bitmap, bitmap >> 8]));
  }
  if (value !== undefined) {
    if (!value.isHashed) parts.push(compactLength(value.bytes.length));
    parts.push(value.bytes);
  }
  children?.forEach((child, nibble) => {
    const reference = nibble === replaced?.nibble ? replaced.reference : child;
    if (reference !== undefined) parts.push(compactLength(reference.length), reference);
  });
  return concatBytes(...parts);
}

/** Kind of the node and number of nibbles of its partial key. */
function encodedHeader(node: TrieNode, value: FullValue | undefined): Uint8Array {
  const isBranch = node.children !== undefined;
  let pattern: number;
  let bits = 6;
  if (value?.isHashed === true) {
    pattern = isBranch ? 0x10 : 0x20;
    bits = isBranch ? 4 : 5;
  } else if (isBranch) {
    pattern = value === undefined ? 0x80 : 0xc0;
  } else {
    pattern = 0x40;
  }
  const most = (1 << bits) - 1;
  const count = node.partial.length;
  if (count < most) return new Uint8Array([pattern | count]);
  const header = [pattern | most];
  let rest = count - most;
  for (; rest >= 255; rest -= 255) header.push(255);
  header.push(rest);
  return Uint8Array.from(header);
}

function packedNibbles(nibbles: string): Uint8Array {
  const even = nibbles.length % 2 === 0 ? nibbles : `0${nibbles}`;
  const packed = new Uint8Array(even.length / 2);
  for (let at = 0; at < packed.length; at++)
    packed[at] = Number.parseInt(even.slice(2 * at, 2 * at + 2), 16);
  return packed;
}

function compactLength(length: number): Uint8Array {
  if (length < 1 << 6) return new Uint8Array([length << 2]);
  if (length < 1 << 14) return new Uint8Array([(length << 2) | 1, length >> 6]);
  const word = length * 4 + 2;
  return new Uint8Array([word, word >>> 8, word >>> 16, word >>> 24]);
}
