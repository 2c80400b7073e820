/**
 * Decoded nodes over a reader of encodings. Nodes never change, so one cache serves the states of all
 * blocks, and with a node stay the decoded values in it: a value that a block did not touch is not
 * decoded again by the next.
 */
import { bytesToHex, type Hex } from "@parahost/base";
import { missingNode } from "./error.ts";
import { decodeNode, HASH_LENGTH, type TrieNode } from "./node.ts";
import type { NodeReader } from "./node-store.ts";
import { RecentMap } from "./recent-map.ts";
import { StoredValue } from "./stored-value.ts";

/** About the upper levels and the hot leaves of a state of a million keys. */
const CAPACITY_NODES = 65_536;
/** Larger values are read again each time, so that their number bounds the memory they hold. */
const CACHED_VALUE_MAX_BYTES = 65_536;

/** A decoded node with what has been found below it so far. */
export class LoadedNode {
  readonly node: TrieNode;
  /** Hashes of children as text, and children that are embedded; made when first followed. */
  readonly #hashes: (Hex | undefined)[] = [];
  readonly #embedded: (LoadedNode | undefined)[] = [];
  #valueHash: Hex | undefined;

  constructor(node: TrieNode) {
    this.node = node;
  }

  /** The hash of a child that stands apart; `undefined` when it is embedded or not there. */
  childHash(nibble: number): Hex | undefined {
    const known = this.#hashes[nibble];
    if (known !== undefined) return known;
    const reference = this.node.children?.[nibble];
    if (reference?.length !== HASH_LENGTH) return undefined;
    const hash = bytesToHex(reference);
    this.#hashes[nibble] = hash;
    return hash;
  }

  /** A child that stands in this node. Throws `malformedNode`. */
  embeddedChild(nibble: number): LoadedNode | undefined {
    const known = this.#embedded[nibble];
    if (known !== undefined) return known;
    const reference = this.node.children?.[nibble];
    if (reference === undefined || reference.length === HASH_LENGTH) return undefined;
    const child = new LoadedNode(decodeNode(reference));
    this.#embedded[nibble] = child;
    return child;
  }

  /** The hash of a value that lies apart. */
  valueHash(): Hex | undefined {
    const { value } = this.node;
    if (value?.type !== "hashed") return undefined;
    this.#valueHash ??= bytesToHex(value.hash);
    return this.#valueHash;
  }
}

export class NodeCache {
  readonly #reader: NodeReader;
  readonly #nodes: RecentMap<Hex, LoadedNode>;
  readonly #values: RecentMap<Hex, StoredValue>;

  constructor(reader: NodeReader, capacityNodes: number = CAPACITY_NODES) {
    this.#reader = reader;
    this.#nodes = new RecentMap(capacityNodes);
    this.#values = new RecentMap(Math.max(1, capacityNodes >> 2));
  }

  /** Throws `missingNode` or `malformedNode`. */
  node(hash: Hex): LoadedNode {
    const known = this.#nodes.get(hash);
    if (known !== undefined) return known;
    const loaded = new LoadedNode(decodeNode(this.#encoded(hash)));
    this.#nodes.set(hash, loaded);
    return loaded;
  }

  /** A value that lies apart from its node. Throws `missingNode`. */
  value(hash: Hex): StoredValue {
    const known = this.#values.get(hash);
    if (known !== undefined) return known;
    const stored = StoredValue.ofBytes(this.#encoded(hash));
    if (stored.bytes.length <= CACHED_VALUE_MAX_BYTES) this.#values.set(hash, stored);
    return stored;
  }

  #encoded(hash: Hex): Uint8Array {
    const encoded = this.#reader.get(hash);
    if (encoded === undefined) throw missingNode(hash);
    return encoded;
  }
}
