/**
 * What an overlay stands on: something that answers reads of one unchanging state and can say what the
 * state would be with changes made. A trie over a store or over a proof, or another overlay.
 */
import type { Hex } from "@parahost/base";
import { type ChildId, childRootKey, childRootOf } from "./child-trie.ts";
import type { StateVersion } from "./node.ts";
import type { NodeCache } from "./node-cache.ts";
import type { StoredValue } from "./stored-value.ts";
import { type ProofRecorder, TrieReader } from "./trie-reader.ts";
import {
  applyChanges,
  applyStateChanges,
  type StateChanges,
  type TrieChanges,
  type TrieUpdate,
} from "./update.ts";

/** Reads of the main trie, or of a child trie where `child` is given. */
export interface StateBackend {
  value(key: Hex, child?: ChildId): StoredValue | undefined;
  /** The smallest key greater than `key`. */
  nextKey(key: Hex, child?: ChildId): Hex | undefined;
  /** Ascending, `prefix` itself included if it is a key. */
  keysWithPrefix(prefix: Hex, child?: ChildId): Iterable<Hex>;
  /** The state with the changes made; nothing is written. */
  update(changes: StateChanges, version: StateVersion): TrieUpdate;
  /** The root of one child trie with the changes made, that of an empty trie if nothing is left. */
  childRoot(id: ChildId, changes: TrieChanges, version: StateVersion): Hex;
}

/** The state under a root. All methods throw `TrieError` where nodes are missing or malformed. */
export class TrieBackend implements StateBackend {
  readonly root: Hex;
  readonly #reader: TrieReader;
  readonly #childRoots = new Map<ChildId, Hex>();

  /** With a recorder, what is read and what an update needs is recorded as a proof. */
  constructor(cache: NodeCache, root: Hex, recorder?: ProofRecorder) {
    this.root = root;
    this.#reader = new TrieReader(cache, recorder);
  }

  value(key: Hex, child?: ChildId): StoredValue | undefined {
    return this.#reader.get(this.#rootOf(child), key);
  }

  nextKey(key: Hex, child?: ChildId): Hex | undefined {
    return this.#reader.nextKey(this.#rootOf(child), key);
  }

  keysWithPrefix(prefix: Hex, child?: ChildId): Iterable<Hex> {
    return this.#reader.keysWithPrefix(this.#rootOf(child), prefix);
  }

  /**
   * Changes exactly when something under `prefix` does: the hash of the highest node there, or the node
   * itself where it is shorter. `undefined` when there is nothing.
   */
  merkleValue(prefix: Hex, child?: ChildId): Uint8Array | undefined {
    return this.#reader.merkleValue(this.#rootOf(child), prefix);
  }

  update(changes: StateChanges, version: StateVersion): TrieUpdate {
    return applyStateChanges(this.#reader, this.root, changes, version);
  }

  childRoot(id: ChildId, changes: TrieChanges, version: StateVersion): Hex {
    return applyChanges(this.#reader, this.#rootOf(id), changes, version).root;
  }

  #rootOf(child: ChildId | undefined): Hex {
    if (child === undefined) return this.root;
    const known = this.#childRoots.get(child);
    if (known !== undefined) return known;
    const root = childRootOf(this.#reader.get(this.root, childRootKey(child))?.bytes);
    this.#childRoots.set(child, root);
    return root;
  }
}
