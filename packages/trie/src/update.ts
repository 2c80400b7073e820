/**
 * A changed trie from the one before: only the nodes on the paths of changed keys are loaded, changed
 * and encoded again. The outcome names the nodes that came and went, place by place, and writes
 * nothing.
 *
 * Values are set before others are deleted, so that a sibling is looked up for a merge only where
 * the final trie has that merge: a proof of the update needs no more nodes than that.
 *
 * Reference: consensus and sync, 2.3 (what a version change does) and 2.4.
 */
import { assert, bytesToHex, equalBytes, type Hex, hexToBytes } from "@parahost/base";
import { blake2b256 } from "@parahost/crypto";
import { type ChildId, childRootKey, childRootOf } from "./child-trie.ts";
import { digitOf, type Nibbles, nibbleAt, pathOf, sharedLength } from "./nibbles.ts";
import {
  EMPTY_ROOT,
  HASH_LENGTH,
  INLINE_VALUE_MAX,
  NodeWriter,
  type StateVersion,
} from "./node.ts";
import type { LoadedNode } from "./node-cache.ts";
import type { NodeBatch } from "./node-store.ts";
import type { TrieReader } from "./trie-reader.ts";

/** Bounds the depth of the recursions below; keys of Polkadot's pallets stay under 300 bytes. */
export const STORAGE_KEY_MAX_BYTES = 1024;

/** New values by key; `undefined` deletes. */
export type TrieChanges = ReadonlyMap<Hex, Uint8Array | undefined>;

/** Changes of the main trie and of child tries. */
export interface StateChanges {
  readonly main: TrieChanges;
  readonly children: ReadonlyMap<ChildId, TrieChanges>;
}

/** The new root, and the nodes to put into and take out of a store (`NodeStore.apply`). */
export interface TrieUpdate extends NodeBatch {
  readonly root: Hex;
}

type DraftValue =
  | { readonly type: "inline"; readonly bytes: Uint8Array }
  /** `bytes` are there when the value is new. */
  | { readonly type: "hashed"; readonly hash: Uint8Array };

/** A node under change. */
class Draft {
  partial: Nibbles;
  value: DraftValue | undefined;
  /** A merkle value where nothing has been looked at, a draft where something has. */
  children: (Uint8Array | Draft | undefined)[] | undefined;
  /** How the node is named; `undefined` once it differs from what was loaded. */
  merkleValue: Uint8Array | undefined;
  /** What the draft was loaded as, for following its children. */
  readonly loaded: LoadedNode | undefined;

  constructor(partial: Nibbles, value: DraftValue | undefined, loaded?: LoadedNode) {
    this.partial = partial;
    this.value = value;
    this.loaded = loaded;
  }

  static of(loaded: LoadedNode, merkleValue: Uint8Array): Draft {
    const { partial, value, children } = loaded.node;
    const draft = new Draft(
      partial,
      value?.type === "inline" ? { type: "inline", bytes: value.stored.bytes } : value,
      loaded,
    );
    draft.children = children?.slice();
    draft.merkleValue = merkleValue;
    return draft;
  }
}

class Update {
  readonly inserted: [Hex, Uint8Array][] = [];
  readonly removed: Hex[] = [];
  readonly #reader: TrieReader;
  readonly #version: StateVersion;
  readonly #writer = new NodeWriter();

  constructor(reader: TrieReader, version: StateVersion) {
    this.#reader = reader;
    this.#version = version;
  }

  /** Applies the changes of one trie; the nodes are added to `inserted` and `removed`. */
  apply(root: Hex, changes: TrieChanges): Hex {
    const loaded = this.#reader.root(root);
    let top = loaded === undefined ? undefined : Draft.of(loaded, hexToBytes(root));
    for (const [key, value] of changes) {
      if (value === undefined) continue;
      const path = checkedPath(key);
      const draft = this.#draftValue(value);
      top =
        top === undefined
          ? this.#leaf(path, draft, value)
          : this.#insert(top, path, 0, draft, value);
    }
    for (const [key, value] of changes)
      if (value === undefined && top !== undefined) top = this.#remove(top, checkedPath(key), 0);
    if (top === undefined) return EMPTY_ROOT;
    if (top.merkleValue !== undefined) return root;
    const encoded = this.#encode(top);
    return bytesToHex(this.#store(encoded));
  }

  #draftValue(bytes: Uint8Array): DraftValue {
    return this.#version === 1 && bytes.length > INLINE_VALUE_MAX
      ? { type: "hashed", hash: blake2b256(bytes) }
      : { type: "inline", bytes };
  }

  /** The value `bytes` takes its place in a node. */
  #settle(value: DraftValue, bytes: Uint8Array): DraftValue {
    if (value.type === "hashed") this.inserted.push([bytesToHex(value.hash), bytes]);
    return value;
  }

  #dropValue(value: DraftValue | undefined): void {
    if (value?.type === "hashed") this.removed.push(bytesToHex(value.hash));
  }

  #leaf(path: Nibbles, value: DraftValue, bytes: Uint8Array): Draft {
    return new Draft(path, this.#settle(value, bytes));
  }

  /** The node is about to differ from what the store has. */
  #touch(draft: Draft): void {
    if (draft.merkleValue?.length === HASH_LENGTH) this.removed.push(bytesToHex(draft.merkleValue));
    draft.merkleValue = undefined;
  }

  #child(parent: Draft, nibble: number): Draft | undefined {
    const child = parent.children?.[nibble];
    if (child === undefined || child instanceof Draft) return child;
    // A merkle value stands where it was when the parent was loaded.
    assert(parent.loaded !== undefined, "a node made here has only drafts for children");
    const loaded = this.#reader.child(parent.loaded, nibble);
    assert(loaded !== undefined, "a merkle value names a child");
    const draft = Draft.of(loaded, child);
    (parent.children as (Uint8Array | Draft | undefined)[])[nibble] = draft;
    return draft;
  }

  /** The subtree with the value at `path` from `at` on. */
  #insert(draft: Draft, path: Nibbles, at: number, value: DraftValue, bytes: Uint8Array): Draft {
    const shared = sharedLength(draft.partial, 0, path, at);
    const end = at + shared;
    if (shared < draft.partial.length) {
      this.#touch(draft);
      const branch = new Draft(draft.partial.slice(0, shared), undefined);
      branch.children = new Array<Draft | undefined>(16).fill(undefined);
      branch.children[nibbleAt(draft.partial, shared)] = draft;
      draft.partial = draft.partial.slice(shared + 1);
      if (end === path.length) branch.value = this.#settle(value, bytes);
      else branch.children[nibbleAt(path, end)] = this.#leaf(path.slice(end + 1), value, bytes);
      return branch;
    }
    if (end === path.length) {
      if (draft.value !== undefined && sameValue(draft.value, value)) return draft;
      this.#touch(draft);
      this.#dropValue(draft.value);
      draft.value = this.#settle(value, bytes);
      return draft;
    }
    const nibble = nibbleAt(path, end);
    const child = this.#child(draft, nibble);
    const next =
      child === undefined
        ? this.#leaf(path.slice(end + 1), value, bytes)
        : this.#insert(child, path, end + 1, value, bytes);
    if (next.merkleValue === undefined) this.#touch(draft);
    draft.children ??= new Array<Draft | undefined>(16).fill(undefined);
    draft.children[nibble] = next;
    return draft;
  }

  /** The subtree without a value at `path` from `at` on. */
  #remove(draft: Draft, path: Nibbles, at: number): Draft | undefined {
    if (!path.startsWith(draft.partial, at)) return draft;
    const end = at + draft.partial.length;
    if (end === path.length) {
      if (draft.value === undefined) return draft;
      this.#touch(draft);
      this.#dropValue(draft.value);
      draft.value = undefined;
      return this.#collapse(draft);
    }
    const nibble = nibbleAt(path, end);
    const child = this.#child(draft, nibble);
    if (child === undefined) return draft;
    const next = this.#remove(child, path, end + 1);
    if (next?.merkleValue !== undefined) return draft;
    this.#touch(draft);
    (draft.children as (Uint8Array | Draft | undefined)[])[nibble] = next;
    return next === undefined ? this.#collapse(draft) : draft;
  }

  /** Canonical form after a loss: a branch has a value or two children, a leaf has a value. */
  #collapse(draft: Draft): Draft | undefined {
    const nibbles = occupied(draft);
    if (draft.value !== undefined) {
      if (nibbles.length === 0) draft.children = undefined;
      return draft;
    }
    const only = nibbles[0];
    if (only === undefined) return undefined;
    if (nibbles.length > 1) return draft;
    const child = this.#child(draft, only);
    assert(child !== undefined, "an occupied place has a child");
    this.#touch(child);
    child.partial = draft.partial + digitOf(only) + child.partial;
    return child;
  }

  /** Encodes a changed node and the changed nodes below it; valid until the next node is written. */
  #encode(draft: Draft): Uint8Array {
    const { partial, value, children } = draft;
    let bitmap = 0;
    if (children !== undefined)
      for (let nibble = 0; nibble < 16; nibble++) {
        const child = children[nibble];
        if (child === undefined) continue;
        bitmap |= 1 << nibble;
        if (child instanceof Draft) children[nibble] = child.merkleValue ?? this.#name(child);
      }
    const writer = this.#writer;
    writer.begin(children !== undefined, value?.type ?? "none", partial, 0, partial.length);
    if (children !== undefined) writer.bitmap(bitmap);
    if (value?.type === "inline") writer.inlineValue(value.bytes);
    else if (value !== undefined) writer.raw(value.hash);
    if (children !== undefined)
      for (const child of children) if (child !== undefined) writer.child(child as Uint8Array);
    return writer.view();
  }

  /** The merkle value of a changed node. */
  #name(draft: Draft): Uint8Array {
    const encoded = this.#encode(draft);
    return encoded.length < HASH_LENGTH ? encoded.slice() : this.#store(encoded);
  }

  #store(encoded: Uint8Array): Uint8Array {
    const hash = blake2b256(encoded);
    this.inserted.push([bytesToHex(hash), encoded.slice()]);
    return hash;
  }
}

function sameValue(a: DraftValue, b: DraftValue): boolean {
  if (a.type === "inline") return b.type === "inline" && equalBytes(a.bytes, b.bytes);
  return b.type === "hashed" && equalBytes(a.hash, b.hash);
}

function occupied({ children }: Draft): number[] {
  const nibbles: number[] = [];
  children?.forEach((child, nibble) => {
    if (child !== undefined) nibbles.push(nibble);
  });
  return nibbles;
}

function checkedPath(key: Hex): Nibbles {
  assert(
    key.length <= 2 + 2 * STORAGE_KEY_MAX_BYTES,
    `a storage key of ${key.length / 2 - 1} bytes`,
  );
  return pathOf(key);
}

/**
 * The trie of `root` with the changes made. Throws `TrieError` when a node on the way is missing,
 * which over a proof means that the proof does not cover the update.
 */
export function applyChanges(
  reader: TrieReader,
  root: Hex,
  changes: TrieChanges,
  version: StateVersion,
): TrieUpdate {
  const update = new Update(reader, version);
  const after = update.apply(root, changes);
  return { root: after, inserted: update.inserted, removed: update.removed };
}

/** The same for a state with child tries: their new roots become changes of the main trie. */
export function applyStateChanges(
  reader: TrieReader,
  root: Hex,
  { main, children }: StateChanges,
  version: StateVersion,
): TrieUpdate {
  const update = new Update(reader, version);
  const all = new Map(main);
  for (const [id, changes] of children) {
    const key = childRootKey(id);
    const childRoot = childRootOf(reader.get(root, key)?.bytes);
    const after = update.apply(childRoot, changes);
    if (after === childRoot) continue;
    all.set(key, after === EMPTY_ROOT ? undefined : hexToBytes(after));
  }
  const after = update.apply(root, all);
  return { root: after, inserted: update.inserted, removed: update.removed };
}
