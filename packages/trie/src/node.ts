/**
 * A trie node and its encoding: header, partial key, bitmap of children, value, children.
 *
 * A child is named by its merkle value: its encoding if that is shorter than 32 bytes, else the
 * BLAKE2b-256 hash of it. Under state version 1 a value longer than 32 bytes is named by its hash
 * and lies apart.
 *
 * Reference: consensus and sync, 2.2 and 2.3.
 */
import { bytesToHex, type Hex } from "@parahost/base";
import { malformedNode } from "./error.ts";
import { type Nibbles, nibbleAt } from "./nibbles.ts";
import { StoredValue } from "./stored-value.ts";

/** 0: values always stand in their nodes. 1: values longer than 32 bytes lie apart. */
export type StateVersion = 0 | 1;

export const HASH_LENGTH = 32;
/** The longest value that state version 1 leaves in its node. */
export const INLINE_VALUE_MAX = 32;

/** The encoding of the trie without entries; its hash is `EMPTY_ROOT`. */
export const EMPTY_NODE: Uint8Array = new Uint8Array([0]);
export const EMPTY_ROOT: Hex = "0x03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314";

/** First byte in compact proofs: the value follows as an item of its own. */
export const COMPACT_ESCAPE = 0x01;

/** Bit pattern of the first byte and the number of low bits left for the nibble count. */
interface Kind {
  readonly pattern: number;
  readonly countBits: number;
}
const LEAF: Kind = { pattern: 0b0100_0000, countBits: 6 };
const BRANCH: Kind = { pattern: 0b1000_0000, countBits: 6 };
const BRANCH_WITH_VALUE: Kind = { pattern: 0b1100_0000, countBits: 6 };
const LEAF_HASHED: Kind = { pattern: 0b0010_0000, countBits: 5 };
const BRANCH_HASHED: Kind = { pattern: 0b0001_0000, countBits: 4 };

// Encoding

/** What stands in the value part of a node. */
export type ValueForm = "none" | "inline" | "hashed";

/** Builds the encodings of nodes, one after the other, in one memory. */
export class NodeWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** Header and partial key: the digits `from..to` of `path`. Discards the node before. */
  begin(isBranch: boolean, value: ValueForm, path: string, from: number, to: number): void {
    const kind = isBranch
      ? value === "hashed"
        ? BRANCH_HASHED
        : value === "inline"
          ? BRANCH_WITH_VALUE
          : BRANCH
      : value === "hashed"
        ? LEAF_HASHED
        : LEAF;
    const count = to - from;
    this.#length = 0;
    this.#reserve(count + 8);
    const most = (1 << kind.countBits) - 1;
    if (count < most) this.#bytes[this.#length++] = kind.pattern | count;
    else {
      this.#bytes[this.#length++] = kind.pattern | most;
      let rest = count - most;
      for (; rest >= 255; rest -= 255) this.#bytes[this.#length++] = 255;
      this.#bytes[this.#length++] = rest;
    }
    const bytes = this.#bytes;
    let length = this.#length;
    let at = from;
    if (count % 2 !== 0) bytes[length++] = nibbleAt(path, at++);
    for (; at < to; at += 2) bytes[length++] = (nibbleAt(path, at) << 4) | nibbleAt(path, at + 1);
    this.#length = length;
  }

  /** Which of the sixteen children there are; the first part of a branch after its key. */
  bitmap(bits: number): void {
    this.#reserve(2);
    this.#bytes[this.#length++] = bits & 255;
    this.#bytes[this.#length++] = bits >> 8;
  }

  inlineValue(value: Uint8Array): void {
    this.#compactLength(value.length);
    this.raw(value);
  }

  /** A hashed value, or children encoded already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** One child, in ascending order of nibbles. Merkle values have at most 32 bytes. */
  child(merkleValue: Uint8Array): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = merkleValue.length << 2;
    this.raw(merkleValue);
  }

  /** The encoding, valid until the next `begin`. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #compactLength(length: number): void {
    this.#reserve(4);
    if (length < 1 << 6) this.#bytes[this.#length++] = length << 2;
    else if (length < 1 << 14) {
      this.#bytes[this.#length++] = (length << 2) | 1;
      this.#bytes[this.#length++] = length >> 6;
    } else {
      const mode = (length * 4 + 2) >>> 0;
      for (let shift = 0; shift < 32; shift += 8) this.#bytes[this.#length++] = mode >>> shift;
    }
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

// Decoding

/** The value part of a decoded node. */
export type NodeValue =
  | { readonly type: "inline"; readonly stored: StoredValue }
  | { readonly type: "hashed"; readonly hash: Uint8Array };

export interface TrieNode {
  /** What the node was decoded from; all byte strings below are views of it. */
  readonly encoded: Uint8Array;
  readonly partial: Nibbles;
  readonly value: NodeValue | undefined;
  /** Sixteen merkle values of a branch; a leaf has none. */
  readonly children: readonly (Uint8Array | undefined)[] | undefined;
}

/** Reads one encoding; refuses what no encoder writes. */
class NodeReader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw malformedNode(`ends at ${this.at}`);
    this.at += 1;
    return byte;
  }

  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.at)
      throw malformedNode(`ends at ${this.bytes.length}, wanted ${length} bytes at ${this.at}`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  compactLength(): number {
    const first = this.byte();
    switch (first & 3) {
      case 0:
        return first >> 2;
      case 1: {
        const length = (first >> 2) | (this.byte() << 6);
        if (length < 1 << 6) throw malformedNode("a length longer than needed");
        return length;
      }
      case 2: {
        const length =
          (first >> 2) | (this.byte() << 6) | (this.byte() << 14) | (this.byte() << 22);
        if (length < 1 << 14) throw malformedNode("a length longer than needed");
        return length;
      }
      default:
        throw malformedNode("a length of a gigabyte or more");
    }
  }

  partial(kind: Kind, first: number): Nibbles {
    const most = (1 << kind.countBits) - 1;
    let count = first & most;
    if (count === most) {
      for (;;) {
        const more = this.byte();
        count += more;
        if (more < 255) break;
        if (count > 2 * this.bytes.length) throw malformedNode("a partial key beyond the node");
      }
    }
    const packed = this.take((count + 1) >> 1);
    const digits = bytesToHex(packed);
    if (count % 2 === 0) return digits.slice(2);
    if (digits.charCodeAt(2) !== 48) throw malformedNode("padding of the partial key is set");
    return digits.slice(3);
  }
}

function kindOf(first: number): Kind {
  if (first >= 0xc0) return BRANCH_WITH_VALUE;
  if (first >= 0x80) return BRANCH;
  if (first >= 0x40) return LEAF;
  if (first >= 0x20) return LEAF_HASHED;
  if (first >= 0x10) return BRANCH_HASHED;
  throw malformedNode(`unknown kind ${first}`);
}

/** The node of an encoding, all of it. Throws a `TrieError` of code `malformedNode`. */
export function decodeNode(encoded: Uint8Array): TrieNode {
  const reader = new NodeReader(encoded);
  const first = reader.byte();
  const kind = kindOf(first);
  const partial = reader.partial(kind, first);
  const isBranch = kind === BRANCH || kind === BRANCH_WITH_VALUE || kind === BRANCH_HASHED;
  let bitmap = 0;
  if (isBranch) {
    bitmap = reader.byte();
    bitmap |= reader.byte() << 8;
    if (bitmap === 0) throw malformedNode("a branch without a child");
  }
  let value: NodeValue | undefined;
  if (kind === LEAF_HASHED || kind === BRANCH_HASHED)
    value = { type: "hashed", hash: reader.take(HASH_LENGTH) };
  else if (kind !== BRANCH)
    value = { type: "inline", stored: StoredValue.ofBytes(reader.take(reader.compactLength())) };
  let children: (Uint8Array | undefined)[] | undefined;
  if (isBranch) {
    children = [];
    for (let nibble = 0; nibble < 16; nibble++) {
      if (((bitmap >> nibble) & 1) === 0) {
        children.push(undefined);
        continue;
      }
      const length = reader.compactLength();
      if (length > HASH_LENGTH) throw malformedNode(`a child reference of ${length} bytes`);
      children.push(reader.take(length));
    }
  }
  if (reader.at !== encoded.length)
    throw malformedNode(`${encoded.length - reader.at} bytes left over`);
  return { encoded, partial, value, children };
}
