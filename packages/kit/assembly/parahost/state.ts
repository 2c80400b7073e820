/**
 * The state while a block is executed: the parent's trie, and above it what the block has changed so far. Changes
 * can be taken back to a mark, as a failed call needs it; the trie is touched once, at the end.
 */

import { Bytes } from "./bytes";
import { PartialTrie } from "./partial-trie";
import { Writer } from "./scale";

/** A key that was looked at, with what stands there now. */
class Entry {
  isChanged: bool = false;

  constructor(
    readonly key: Bytes,
    public value: Bytes | null,
  ) {}
}

/** What an entry was before a change. */
class Undo {
  constructor(
    readonly entry: Entry,
    readonly value: Bytes | null,
    readonly isChanged: bool,
  ) {}
}

export class State {
  /** Ascending by key. */
  private readonly entries: Array<Entry> = new Array<Entry>();
  private readonly undos: Array<Undo> = new Array<Undo>();
  /** Of the code that executes this block, where it is another than its parent's. */
  private newCodeHash: Bytes | null = null;

  constructor(private readonly trie: PartialTrie) {}

  get(key: Bytes): Bytes | null {
    return this.entry(key).value;
  }

  /** Keeps key and value: both must be memory that nobody writes to any more. */
  set(key: Bytes, value: Bytes): void {
    this.change(key, value);
  }

  remove(key: Bytes): void {
    this.change(key, null);
  }

  /**
   * The code that executes this block has this hash. As in chains of Polkadot it stands under a key of its own; no
   * block looks at it, so that it is known here, and shown in a witness, by its hash alone.
   */
  setCodeHash(hash: Bytes): void {
    const known = this.trie.valueHash(codeKey());
    if (!known || !known.equals(hash)) this.newCodeHash = hash;
  }

  get isCodeChanged(): bool {
    return this.newCodeHash != null;
  }

  /** A mark to which changes from now on can be taken back. */
  mark(): i32 {
    return this.undos.length;
  }

  rollback(mark: i32): void {
    while (this.undos.length > mark) {
      const undo = this.undos.pop();
      undo.entry.value = undo.value;
      undo.entry.isChanged = undo.isChanged;
    }
  }

  /** The smallest key behind `key` that begins with `prefix` and has a value, `null` if there is none. */
  next(key: Bytes, prefix: Bytes): Bytes | null {
    let stored = this.trie.next(key, prefix);
    while (stored && !this.entry(stored).value) stored = this.trie.next(stored, prefix);
    let at = this.position(key);
    if (at < this.entries.length && this.entries[at].key.equals(key)) at += 1;
    for (; at < this.entries.length; at++) {
      const entry = this.entries[at];
      if (stored && entry.key.compare(stored) >= 0) return stored;
      if (!entry.key.startsWith(prefix)) {
        if (entry.key.compare(prefix) > 0) return stored;
        continue;
      }
      if (entry.value) return entry.key;
    }
    return stored;
  }

  /** A vector of keys, each with an option of the value that it has now; for the code, of its hash. */
  changes(): Bytes {
    const codeHash = this.newCodeHash;
    let count = codeHash ? 1 : 0;
    for (let index = 0; index < this.entries.length; index++)
      if (this.entries[index].isChanged) count += 1;
    const list = new Writer(64 * count + 4);
    list.compact(count);
    if (codeHash) {
      list.blob(codeKey());
      list.bool(true);
      list.blob(codeHash);
    }
    for (let index = 0; index < this.entries.length; index++) {
      const entry = this.entries[index];
      if (!entry.isChanged) continue;
      list.blob(entry.key);
      const value = entry.value;
      list.bool(value != null);
      if (value) list.blob(value);
    }
    return list.view();
  }

  /** Writes all changes into the trie and gives its root. */
  root(): Bytes {
    const codeHash = this.newCodeHash;
    if (codeHash) this.trie.setHash(codeKey(), codeHash);
    for (let index = 0; index < this.entries.length; index++) {
      const entry = this.entries[index];
      if (!entry.isChanged) continue;
      const value = entry.value;
      if (value) this.trie.set(entry.key, value);
      else this.trie.remove(entry.key);
    }
    return this.trie.rootHash();
  }

  private change(key: Bytes, value: Bytes | null): void {
    const entry = this.entry(key);
    this.undos.push(new Undo(entry, entry.value, entry.isChanged));
    entry.value = value;
    entry.isChanged = true;
  }

  private entry(key: Bytes): Entry {
    const at = this.position(key);
    if (at < this.entries.length) {
      const there = this.entries[at];
      if (there.key.equals(key)) return there;
    }
    const entry = new Entry(key, this.trie.get(key));
    this.entries.push(entry);
    this.entries.copyWithin(at + 1, at, this.entries.length - 1);
    this.entries[at] = entry;
    return entry;
  }

  /** Of the first entry whose key is not below `key`. */
  private position(key: Bytes): i32 {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle].key.compare(key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** `:code`. */
function codeKey(): Bytes {
  return new Bytes(memory.data<u8>([0x3a, 0x63, 0x6f, 0x64, 0x65]), 5);
}

// @ts-ignore: decorator
@lazy let current: State | null = null;

/** The state of the block that is being executed. */
export function state(): State {
  return current as State;
}

export function enter(entered: State): void {
  current = entered;
}
