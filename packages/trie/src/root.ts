/**
 * The root of a trie built in one go, in one pass over the sorted entries and with the open branches
 * of the current path as the only memory. For genesis checks, extrinsics roots and host functions; a
 * block's state goes through `update.ts`.
 */
import { bytesToHex, type Hex } from "@parahost/base";
import { blake2b256 } from "@parahost/crypto";
import { nibbleAt, PATH_START, sharedLength } from "./nibbles.ts";
import {
  EMPTY_NODE,
  HASH_LENGTH,
  INLINE_VALUE_MAX,
  NodeWriter,
  type StateVersion,
} from "./node.ts";

/** A hash of 32 bytes; BLAKE2b-256 everywhere but in host functions that ask for another. */
export type Hasher = (bytes: Uint8Array) => Uint8Array;

/** A branch whose children are still arriving. */
class OpenBranch {
  /** Where in the text of the key its path ends. */
  depth = 0;
  value: Uint8Array | undefined;
  bitmap = 0;
  /** Length-prefixed merkle values, ascending. */
  readonly children = new Uint8Array(16 * (1 + HASH_LENGTH));
  childrenLength = 0;

  open(depth: number, value: Uint8Array | undefined): void {
    this.depth = depth;
    this.value = value;
    this.bitmap = 0;
    this.childrenLength = 0;
  }

  add(nibble: number, merkleValue: Uint8Array): void {
    this.bitmap |= 1 << nibble;
    this.children[this.childrenLength] = merkleValue.length << 2;
    this.children.set(merkleValue, this.childrenLength + 1);
    this.childrenLength += 1 + merkleValue.length;
  }
}

class RootBuilder {
  readonly #writer = new NodeWriter();
  readonly #version: StateVersion;
  readonly #hash: Hasher;
  /** Open branches of the current path, outermost first; those from `#open` on are spare. */
  readonly #branches: OpenBranch[] = [];
  #open = 0;

  constructor(version: StateVersion, hash: Hasher) {
    this.#version = version;
    this.#hash = hash;
  }

  root(entries: readonly (readonly [Hex, Uint8Array])[]): Uint8Array {
    // What a key has in common with its neighbours says where its leaf hangs; the positions
    // before the first and after the last key stand for "nothing shared", above the root.
    let before = PATH_START - 1;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as readonly [Hex, Uint8Array];
      const key = entry[0];
      const value = entry[1];
      const following = entries[i + 1]?.[0];
      const after = following === undefined ? PATH_START - 1 : sharedLength(key, 0, following, 0);
      if (after === key.length) this.#push(after, value);
      else {
        if (after > before) this.#push(after, undefined);
        const parent = Math.max(before, after);
        const encoded = this.#leaf(key, parent + 1, value);
        if (parent < PATH_START) return this.#hash(encoded);
        this.#top().add(nibbleAt(key, parent), this.#merkleValue(encoded));
        const root = this.#close(key, after);
        if (root !== undefined) return root;
      }
      before = after;
    }
    return this.#hash(EMPTY_NODE);
  }

  /** Finishes the branches deeper than `depth`; the hash of the root when none is left. */
  #close(key: Hex, depth: number): Uint8Array | undefined {
    while (this.#top().depth > depth) {
      const branch = this.#top();
      this.#open -= 1;
      const outer = this.#open > 0 ? this.#top().depth : PATH_START - 1;
      const parent = Math.max(outer, depth);
      const encoded = this.#branch(branch, key, parent + 1);
      if (parent < PATH_START) return this.#hash(encoded);
      const merkleValue = this.#merkleValue(encoded);
      // The new branch takes the place of the one just finished.
      if (outer < depth) this.#push(depth, undefined);
      this.#top().add(nibbleAt(key, parent), merkleValue);
    }
    return undefined;
  }

  #push(depth: number, value: Uint8Array | undefined): void {
    if (this.#open === this.#branches.length) this.#branches.push(new OpenBranch());
    this.#open += 1;
    this.#top().open(depth, value);
  }

  #top(): OpenBranch {
    return this.#branches[this.#open - 1] as OpenBranch;
  }

  #leaf(key: Hex, from: number, value: Uint8Array): Uint8Array {
    const hashed = this.#isHashed(value);
    this.#writer.begin(false, hashed ? "hashed" : "inline", key, from, key.length);
    this.#value(value, hashed);
    return this.#writer.view();
  }

  #branch(branch: OpenBranch, key: Hex, from: number): Uint8Array {
    const { value } = branch;
    const hashed = value !== undefined && this.#isHashed(value);
    const form = value === undefined ? "none" : hashed ? "hashed" : "inline";
    this.#writer.begin(true, form, key, from, branch.depth);
    this.#writer.bitmap(branch.bitmap);
    if (value !== undefined) this.#value(value, hashed);
    this.#writer.raw(branch.children.subarray(0, branch.childrenLength));
    return this.#writer.view();
  }

  #isHashed(value: Uint8Array): boolean {
    return this.#version === 1 && value.length > INLINE_VALUE_MAX;
  }

  #value(value: Uint8Array, hashed: boolean): void {
    if (hashed) this.#writer.raw(this.#hash(value));
    else this.#writer.inlineValue(value);
  }

  #merkleValue(encoded: Uint8Array): Uint8Array {
    return encoded.length < HASH_LENGTH ? encoded : this.#hash(encoded);
  }
}

/** Ascending by key; of entries with the same key the last one counts. */
function sortedEntries(
  entries: Iterable<readonly [Hex, Uint8Array]>,
): readonly (readonly [Hex, Uint8Array])[] {
  const list = [...entries];
  let ascending = true;
  for (let i = 1; ascending && i < list.length; i++)
    ascending = (list[i - 1]?.[0] as Hex) < (list[i]?.[0] as Hex);
  if (ascending) return list;
  list.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  return list.filter((entry, i) => entry[0] !== list[i + 1]?.[0]);
}

/** The root of a trie with exactly these entries. Keys are lower-case hex; order is free. */
export function trieRoot(
  entries: Iterable<readonly [Hex, Uint8Array]>,
  version: StateVersion,
  hash: Hasher = blake2b256,
): Hex {
  return bytesToHex(new RootBuilder(version, hash).root(sortedEntries(entries)));
}

/** The root of a list: keys are the SCALE compact encodings of the positions. */
export function orderedTrieRoot(
  values: readonly Uint8Array[],
  version: StateVersion,
  hash: Hasher = blake2b256,
): Hex {
  return trieRoot(
    values.map((value, index) => [compactIndexKey(index), value] as const),
    version,
    hash,
  );
}

function compactIndexKey(index: number): Hex {
  if (index < 1 << 6) return bytesToHex(new Uint8Array([index << 2]));
  if (index < 1 << 14) return bytesToHex(new Uint8Array([(index << 2) | 1, index >> 6]));
  return bytesToHex(new Uint8Array([(index << 2) | 2, index >> 6, index >> 14, index >> 22]));
}
