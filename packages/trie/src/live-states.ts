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

/** What is to be kept of a state beside its nodes, so that it can be taken up again after a restart. */
export interface StateRecord {
  readonly root: Hex;
  /** `undefined` for a state that was inserted whole. A parent that has no record is gone. */
  readonly parent: Hex | undefined;
  /** Places that the block added; none for a whole state. */
  readonly inserted: readonly Hex[];
  /** Places of the parent that the block took away. */
  readonly removed: readonly Hex[];
}

/** Where the records are kept: written in one batch with the nodes of the same call. */
export interface StateRecords {
  put(id: Hex, record: StateRecord): void;
  delete(id: Hex): void;
}

export class LiveStates {
  readonly #store: NodeStore;
  readonly #records: StateRecords | undefined;
  readonly #states = new Map<Hex, LiveState>();

  constructor(store: NodeStore, records?: StateRecords) {
    this.#store = store;
    this.#records = records;
  }

  /** Takes up the states whose records and nodes were kept. None counts as released. */
  restore(kept: ReadonlyMap<Hex, StateRecord>): void {
    assert(this.#states.size === 0, "states are taken up once, before others come");
    for (const [id, record] of kept) {
      const { root, inserted, removed } = record;
      const released = false;
      const children = new Set<LiveState>();
      this.#states.set(id, { id, root, parent: undefined, children, inserted, removed, released });
    }
    for (const [id, { parent }] of kept) {
      const state = this.#states.get(id);
      const below = parent === undefined ? undefined : this.#states.get(parent);
      if (state === undefined || below === undefined) continue;
      state.parent = below;
      below.children.add(state);
    }
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
    const { root, removed } = update;
    // What a whole state consists of is found from its root.
    const inserted = below === undefined ? [] : update.inserted.map(([hash]) => hash);
    const released = false;
    const children = new Set<LiveState>();
    const state: LiveState = { id, root, parent: below, children, inserted, removed, released };
    below?.children.add(state);
    this.#states.set(id, state);
    this.#records?.put(id, { root, parent, inserted, removed });
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
        this.#forget(at);
        at.parent?.children.delete(at);
        at = at.parent;
      } else if (at.parent === undefined && at.children.size === 1) {
        this.#store.apply({ inserted: [], removed: child.removed });
        this.#forget(at);
        child.parent = undefined;
        at = child;
      } else return;
    }
  }

  #forget({ id }: LiveState): void {
    this.#states.delete(id);
    this.#records?.delete(id);
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
