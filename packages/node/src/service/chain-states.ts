/**
 * The states of the blocks that the node keeps: those of unfinalized blocks and of the last finalized
 * ones. They share what they have in common; a block costs what it changed.
 */
import { assert, type Hex, LruMap } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import type { Hash } from "@parahost/primitives";
import { bindVerifier } from "@parahost/runtime";
import {
  type ChildId,
  EMPTY_ROOT,
  LiveStates,
  NodeCache,
  Overlay,
  type StateVersion,
  TrieBackend,
} from "@parahost/trie";
import type { StateDatabase } from "./state-database.ts";

/** System version 1 and later: values above 32 bytes lie apart from their nodes. */
export const STATE_VERSION: StateVersion = 1;
/** Views of states kept open for questions; each holds what was read through it. */
const VIEWS_MAX = 64;

export class ChainStates {
  readonly #verifier: SignatureVerifier;
  readonly #database: StateDatabase;
  readonly #cache: NodeCache;
  readonly #live: LiveStates;
  readonly #roots = new Map<Hash, Hex>();
  readonly #views = new LruMap<Hash, Overlay>(VIEWS_MAX);
  /** How often each state is pinned. */
  readonly #pins = new Map<Hash, number>();
  /** Pinned states that the chain has let go of. */
  readonly #released = new Set<Hash>();

  /**
   * Signatures that the runtime asks about are checked by `verifier`. States that the database has from an
   * earlier run are there again.
   */
  constructor(verifier: SignatureVerifier, database: StateDatabase) {
    this.#verifier = verifier;
    this.#database = database;
    this.#cache = new NodeCache(database);
    this.#live = new LiveStates(database, database);
    const kept = database.records();
    this.#live.restore(kept);
    for (const [block, { root }] of kept) this.#roots.set(block, root);
  }

  /** Lets go of every state but these: what the last run had no time to. */
  retain(blocks: ReadonlySet<Hash>): void {
    for (const block of [...this.#roots.keys()]) if (!blocks.has(block)) this.release(block);
  }

  /** Whether the chain keeps the block's state. */
  has(block: Hash): boolean {
    return this.#roots.has(block) && !this.#released.has(block);
  }

  /** A node of any state that is kept, by its hash. */
  node(hash: Hex): Uint8Array | undefined {
    return this.#database.get(hash);
  }

  /** Keeps a whole state, that of genesis or one that was downloaded. Returns its root. */
  insertWhole(
    block: Hash,
    main: ReadonlyMap<Hex, Uint8Array>,
    children: ReadonlyMap<ChildId, ReadonlyMap<Hex, Uint8Array>> = new Map(),
  ): Hex {
    const backend = new TrieBackend(this.#cache, EMPTY_ROOT);
    const update = backend.update({ main, children }, STATE_VERSION);
    this.#live.insert(block, undefined, update);
    this.#roots.set(block, update.root);
    return update.root;
  }

  /** Keeps the state that executing `block` on its parent made of an overlay from `toExecuteOn`. */
  insert(block: Hash, parent: Hash, executed: Overlay): void {
    // A block that came back while somebody still looked at it.
    if (this.#released.delete(block)) return;
    const update = executed.commitment(STATE_VERSION);
    this.#live.insert(block, parent, update);
    this.#roots.set(block, update.root);
  }

  /** The chain has no use for the state any more: it goes, once nobody pins it. */
  release(block: Hash): void {
    if (!this.#roots.has(block)) return;
    if (this.#pins.has(block)) this.#released.add(block);
    else this.#drop(block);
  }

  /**
   * Keeps a state that is there for as long as somebody looks at it; the answer ends that. `undefined`
   * when it is gone. Whoever pins bounds how many.
   */
  pin(block: Hash): (() => void) | undefined {
    if (!this.#roots.has(block)) return undefined;
    this.#pins.set(block, (this.#pins.get(block) ?? 0) + 1);
    let isPinned = true;
    return () => {
      if (!isPinned) return;
      isPinned = false;
      const left = (this.#pins.get(block) ?? 1) - 1;
      if (left > 0) {
        this.#pins.set(block, left);
        return;
      }
      this.#pins.delete(block);
      if (this.#released.delete(block)) this.#drop(block);
    };
  }

  #drop(block: Hash): void {
    this.#roots.delete(block);
    this.#views.delete(block);
    this.#live.release(block);
  }

  /** A fresh overlay on the block's state, to execute a child on; `undefined` when the state is gone. */
  toExecuteOn(block: Hash): Overlay | undefined {
    const root = this.#roots.get(block);
    if (root === undefined) return undefined;
    const overlay = new Overlay(new TrieBackend(this.#cache, root));
    bindVerifier(overlay, this.#verifier);
    return overlay;
  }

  /** The block's state for questions, which leave it as it is; `undefined` when it is gone. */
  view(block: Hash): Overlay | undefined {
    const known = this.#views.get(block);
    if (known !== undefined) return known;
    const view = this.toExecuteOn(block);
    if (view !== undefined) this.#views.set(block, view);
    return view;
  }

  /** Reads of the block's state that remember nothing; `undefined` when it is gone. */
  reader(block: Hash): TrieBackend | undefined {
    const root = this.#roots.get(block);
    return root === undefined ? undefined : new TrieBackend(this.#cache, root);
  }

  /** The trie under a kept block's state, for proofs. */
  backend(block: Hash): { readonly cache: NodeCache; readonly root: Hex } {
    const root = this.#roots.get(block);
    assert(root !== undefined, `the state of ${block} is not kept`);
    return { cache: this.#cache, root };
  }
}
