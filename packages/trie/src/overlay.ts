/**
 * The changes that a block makes, over a state that does not change: reads find the latest write, or
 * go to the backend once; writes wait here, in nested transactions, until somebody commits the
 * changes. The root is computed from them on demand and remembered until the next write.
 *
 * An overlay may stand on another one (a runtime API looks into the future of a state and forgets
 * it); the lower one must not be written to meanwhile. Memory is bounded by what is read and
 * written through it.
 *
 * Reference: consensus and sync, 2.6.
 */
import { assert, type Hex } from "@parahost/base";
import type { Codec } from "@parahost/scale";
import { CHILD_STORAGE_PREFIX, type ChildId } from "./child-trie.ts";
import type { StateVersion } from "./node.ts";
import { PendingEntries, type PendingEntry } from "./pending-entries.ts";
import type { ChildState, ClearedPrefix, State, StateEntries } from "./state.ts";
import type { StateBackend } from "./state-backend.ts";
import { StoredValue } from "./stored-value.ts";
import type { StateChanges, TrieChanges, TrieUpdate } from "./update.ts";

const NO_CHANGES: TrieChanges = new Map();
const NOTHING_CLEARED: ClearedPrefix = { next: undefined, backend: 0, unique: 0, loops: 0 };

interface OpenTransaction {
  readonly id: number;
  /** Length of the journal when it was opened. */
  readonly mark: number;
}

/** What a write replaced, to be put back by a rollback. */
interface Replaced {
  readonly entries: PendingEntries;
  readonly key: Hex;
  readonly before: PendingEntry | undefined;
}

/** The transactions of an overlay, common to all its tries. */
class Journal {
  readonly #open: OpenTransaction[] = [];
  readonly #replaced: Replaced[] = [];
  #lastId = 0;
  /** Counts writes and rollbacks: what was computed under another count is stale. */
  revision = 0;

  put(entries: PendingEntries, key: Hex, value: StoredValue | undefined): void {
    const transaction = this.#open.at(-1)?.id ?? 0;
    const before = entries.get(key);
    // The first write of a transaction to a key keeps what was there for a rollback.
    if (transaction !== 0 && before?.transaction !== transaction)
      this.#replaced.push({ entries, key, before });
    entries.set(key, { value, transaction });
    this.revision += 1;
  }

  begin(): void {
    this.#lastId += 1;
    this.#open.push({ id: this.#lastId, mark: this.#replaced.length });
  }

  commit(): void {
    assert(this.#open.length > 0, "commit without begin");
    this.#open.pop();
    if (this.#open.length === 0) this.#replaced.length = 0;
  }

  rollback(): void {
    const transaction = this.#open.pop();
    assert(transaction !== undefined, "rollback without begin");
    while (this.#replaced.length > transaction.mark) {
      const { entries, key, before } = this.#replaced.pop() as Replaced;
      if (before === undefined) entries.forget(key);
      else entries.set(key, before);
    }
    this.revision += 1;
  }
}

/** The entries of one trie: pending writes over the backend. */
class LayeredEntries implements StateEntries {
  readonly pending = new PendingEntries();
  readonly #backend: StateBackend;
  readonly #journal: Journal;
  readonly #child: ChildId | undefined;
  /** What the backend answered; `undefined` for keys it does not have. */
  readonly #answers = new Map<Hex, StoredValue | undefined>();

  constructor(backend: StateBackend, journal: Journal, child: ChildId | undefined) {
    this.#backend = backend;
    this.#journal = journal;
    this.#child = child;
  }

  value(key: Hex): StoredValue | undefined {
    const pending = this.pending.get(key);
    if (pending !== undefined) return pending.value;
    const answer = this.#answers.get(key);
    if (answer !== undefined || this.#answers.has(key)) return answer;
    const value = this.#backend.value(key, this.#child);
    this.#answers.set(key, value);
    return value;
  }

  get(key: Hex): Uint8Array | undefined {
    return this.value(key)?.bytes;
  }

  has(key: Hex): boolean {
    return this.value(key) !== undefined;
  }

  read<T>(key: Hex, codec: Codec<T>): T | undefined {
    return this.value(key)?.as(codec);
  }

  set(key: Hex, value: Uint8Array): void {
    this.#put(key, StoredValue.ofBytes(value));
  }

  write<T>(key: Hex, value: T, codec: Codec<T>): void {
    this.#put(key, StoredValue.of(value, codec));
  }

  delete(key: Hex): void {
    this.#put(key, undefined);
  }

  nextKey(key: Hex): Hex | undefined {
    let below = this.#backend.nextKey(key, this.#child);
    while (below !== undefined && this.#isDeleted(below))
      below = this.#backend.nextKey(below, this.#child);
    const above = this.pending.firstLiveAfter(key);
    if (above === undefined) return below;
    return below === undefined || above < below ? above : below;
  }

  *keysWithPrefix(prefix: Hex): Generator<Hex, void, void> {
    const backend = this.#backend.keysWithPrefix(prefix, this.#child)[Symbol.iterator]();
    let below = backend.next();
    let last: Hex | undefined;
    for (;;) {
      while (
        below.done !== true &&
        ((last !== undefined && below.value <= last) || this.#isDeleted(below.value))
      )
        below = backend.next();
      let above =
        last === undefined ? this.pending.firstLiveFrom(prefix) : this.pending.firstLiveAfter(last);
      if (above?.startsWith(prefix) !== true) above = undefined;
      if (below.done === true) {
        if (above === undefined) return;
        last = above;
      } else last = above !== undefined && above < below.value ? above : below.value;
      yield last;
    }
  }

  clearPrefix(prefix: Hex, limit: number = Infinity): ClearedPrefix {
    if (this.#child === undefined && touchesChildRoots(prefix)) return NOTHING_CLEARED;
    // Writes of this overlay go first and do not count against the limit, nor, once they are gone,
    // among the deleted keys of the backend.
    const written = this.pending.liveWithPrefix(prefix);
    for (const key of written) this.#put(key, undefined);
    let next: Hex | undefined;
    let backend = 0;
    let seen = 0;
    for (const key of this.#backend.keysWithPrefix(prefix, this.#child)) {
      if (seen >= limit) {
        next = key;
        break;
      }
      seen += 1;
      if (this.#isDeleted(key)) continue;
      this.#put(key, undefined);
      backend += 1;
    }
    return { next, backend, unique: written.length + backend, loops: written.length + seen };
  }

  /** The writes, encoded. */
  changes(): TrieChanges {
    const changes = new Map<Hex, Uint8Array | undefined>();
    for (const [key, { value }] of this.pending.entries()) changes.set(key, value?.bytes);
    return changes;
  }

  #isDeleted(key: Hex): boolean {
    const pending = this.pending.get(key);
    return pending !== undefined && pending.value === undefined;
  }

  #put(key: Hex, value: StoredValue | undefined): void {
    if (this.#child === undefined && key.startsWith(CHILD_STORAGE_PREFIX)) return;
    this.#journal.put(this.pending, key, value);
  }
}

export class Overlay implements State, StateBackend {
  readonly #backend: StateBackend;
  readonly #journal = new Journal();
  readonly #main: LayeredEntries;
  readonly #children = new Map<ChildId, LayeredEntries>();
  #computed:
    | { readonly revision: number; readonly version: StateVersion; readonly update: TrieUpdate }
    | undefined;

  constructor(backend: StateBackend) {
    this.#backend = backend;
    this.#main = new LayeredEntries(backend, this.#journal, undefined);
  }

  get(key: Hex): Uint8Array | undefined {
    return this.#main.get(key);
  }

  has(key: Hex): boolean {
    return this.#main.has(key);
  }

  read<T>(key: Hex, codec: Codec<T>): T | undefined {
    return this.#main.read(key, codec);
  }

  /** As in Polkadot's host, a write under `:child_storage:` has no effect: child roots are derived. */
  set(key: Hex, value: Uint8Array): void {
    this.#main.set(key, value);
  }

  write<T>(key: Hex, value: T, codec: Codec<T>): void {
    this.#main.write(key, value, codec);
  }

  delete(key: Hex): void {
    this.#main.delete(key);
  }

  clearPrefix(prefix: Hex, limit?: number): ClearedPrefix {
    return this.#main.clearPrefix(prefix, limit);
  }

  begin(): void {
    this.#journal.begin();
  }

  commit(): void {
    this.#journal.commit();
  }

  rollback(): void {
    this.#journal.rollback();
  }

  child(id: ChildId): ChildState {
    const entries = this.#entriesOf(id);
    return {
      get: (key) => entries.get(key),
      has: (key) => entries.has(key),
      read: (key, codec) => entries.read(key, codec),
      set: (key, value) => entries.set(key, value),
      write: (key, value, codec) => entries.write(key, value, codec),
      delete: (key) => entries.delete(key),
      nextKey: (key) => entries.nextKey(key),
      keysWithPrefix: (prefix) => entries.keysWithPrefix(prefix),
      clearPrefix: (prefix, limit) => entries.clearPrefix(prefix, limit),
      root: (version) => this.childRoot(id, NO_CHANGES, version),
    };
  }

  root(version: StateVersion): Hex {
    return this.commitment(version).root;
  }

  /** The root with the nodes that a store must take in and let go for it. */
  commitment(version: StateVersion): TrieUpdate {
    const { revision } = this.#journal;
    if (this.#computed?.revision === revision && this.#computed.version === version)
      return this.#computed.update;
    const update = this.#backend.update(this.changes(), version);
    this.#computed = { revision, version, update };
    return update;
  }

  /** Everything written, encoded. */
  changes(): StateChanges {
    const children = new Map<ChildId, TrieChanges>();
    for (const [id, entries] of this.#children)
      if (entries.pending.size > 0) children.set(id, entries.changes());
    return { main: this.#main.changes(), children };
  }

  // What another overlay on this one asks.

  value(key: Hex, child?: ChildId): StoredValue | undefined {
    return this.#entriesOf(child).value(key);
  }

  nextKey(key: Hex, child?: ChildId): Hex | undefined {
    return this.#entriesOf(child).nextKey(key);
  }

  keysWithPrefix(prefix: Hex, child?: ChildId): Iterable<Hex> {
    return this.#entriesOf(child).keysWithPrefix(prefix);
  }

  update(changes: StateChanges, version: StateVersion): TrieUpdate {
    return this.#backend.update(mergedChanges(this.changes(), changes), version);
  }

  childRoot(id: ChildId, changes: TrieChanges, version: StateVersion): Hex {
    const merged = new Map([...this.#entriesOf(id).changes(), ...changes]);
    return this.#backend.childRoot(id, merged, version);
  }

  #entriesOf(child: ChildId | undefined): LayeredEntries {
    if (child === undefined) return this.#main;
    let entries = this.#children.get(child);
    if (entries === undefined) {
      entries = new LayeredEntries(this.#backend, this.#journal, child);
      this.#children.set(child, entries);
    }
    return entries;
  }
}

/** Polkadot's host refuses to clear a prefix that child roots begin with, or that begins with theirs. */
function touchesChildRoots(prefix: Hex): boolean {
  return prefix.startsWith(CHILD_STORAGE_PREFIX) || CHILD_STORAGE_PREFIX.startsWith(prefix);
}

/** The later changes over the earlier ones. */
function mergedChanges(earlier: StateChanges, later: StateChanges): StateChanges {
  const children = new Map(earlier.children);
  for (const [id, changes] of later.children)
    children.set(id, new Map([...(children.get(id) ?? []), ...changes]));
  return { main: new Map([...earlier.main, ...later.main]), children };
}
