/**
 * Which nodes to keep for the states of a tree of blocks.
 *
 * Each state is its parent's with some nodes added and some taken away. What a block added is in the
 * store from its import on. What it took away is still part of its parent, so it goes only when the
 * parent is released and this block alone carries on: hence dropping costs what changed, not what
 * the state holds, and states may be released in any order. A released state that others stand
 * on in several directions waits until at most one is left.
 *
 * Bounded by the blocks that are retained times what each of them changed.
 */
import { assert, type Hex } from "@parahost/base";
import { childRootOf, DEFAULT_CHILD_PREFIX } from "./child-trie.ts";
import { type LoadedNode, NodeCache } from "./node-cache.ts";
import type { NodeStore } from "./node-store.ts";
import { TrieReader } from "./trie-reader.ts";
import type { TrieUpdate } from "./update.ts";

interface LiveState {
  readonly id: Hex;
  readonly root: Hex;
  parent: LiveState | undefined;
  readonly children: Set<LiveState>;
  readonly inserted: readonly Hex[];
  readonly removed: readonly Hex[];
  released: boolean;
}

export class LiveStates {
  readonly #store: NodeStore;
  readonly #states = new Map<Hex, LiveState>();

  constructor(store: NodeStore) {
    this.#store = store;
  }

  get size(): number {
    return this.#states.size;
  }

  has(id: Hex): boolean {
    return this.#states.get(id)?.released === false;
  }

  /**
   * Keeps a state under the id of its block. Without a parent the update must be the whole state
   * (genesis, or a state that was downloaded). A block whose parent is not kept has no business here.
   */
  insert(id: Hex, parent: Hex | undefined, update: TrieUpdate): void {
    assert(!this.#states.has(id), `state ${id} is kept already`);
    const below = parent === undefined ? undefined : this.#states.get(parent);
    assert(
      parent === undefined || below?.released === false,
      `state ${parent} of the parent is not kept`,
    );
    assert(below !== undefined || update.removed.length === 0, "a first state takes nothing away");
    this.#store.apply({ inserted: update.inserted, removed: [] });
    const state: LiveState = {
      id,
      root: update.root,
      parent: below,
      children: new Set(),
      inserted: update.inserted.map(([hash]) => hash),
      removed: update.removed,
      released: false,
    };
    below?.children.add(state);
    this.#states.set(id, state);
  }

  /** The state is no longer wanted. */
  release(id: Hex): void {
    const state = this.#states.get(id);
    assert(state?.released === false, `state ${id} is not kept`);
    state.released = true;
    this.#settle(state);
  }

  /** Lets go of what a released state alone needs, once that is known. */
  #settle(state: LiveState): void {
    let at: LiveState | undefined = state;
    while (at?.released === true) {
      const [child] = at.children;
      if (child === undefined) {
        const removed = at.parent === undefined ? placesOf(this.#store, at.root) : at.inserted;
        this.#store.apply({ inserted: [], removed });
        this.#states.delete(at.id);
        at.parent?.children.delete(at);
        at = at.parent;
      } else if (at.parent === undefined && at.children.size === 1) {
        this.#store.apply({ inserted: [], removed: child.removed });
        this.#states.delete(at.id);
        child.parent = undefined;
        at = child;
      } else return;
    }
  }
}

/** Every place where a node or a value of the state stands apart, child tries included. */
export function placesOf(store: NodeStore, root: Hex): Hex[] {
  const reader = new TrieReader(new NodeCache(store, 1024));
  const places: Hex[] = [];
  collectPlaces(reader, root, places);
  for (const key of reader.keysWithPrefix(root, DEFAULT_CHILD_PREFIX))
    collectPlaces(reader, childRootOf(reader.get(root, key)?.bytes), places);
  return places;
}

function collectPlaces(reader: TrieReader, root: Hex, places: Hex[]): void {
  const top = reader.root(root);
  if (top === undefined) return;
  places.push(root);
  const waiting: LoadedNode[] = [top];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const valueHash = at.valueHash();
    if (valueHash !== undefined) places.push(valueHash);
    for (let nibble = 0; nibble < 16; nibble++) {
      const child = reader.child(at, nibble);
      if (child === undefined) continue;
      const hash = at.childHash(nibble);
      if (hash !== undefined) places.push(hash);
      waiting.push(child);
    }
  }
}
