/** Writes to one trie that have not reached it, with their keys in order. */
import type { Hex } from "@parahost/base";
import type { StoredValue } from "./stored-value.ts";

/** A pending write; without a value it is a deletion. */
export interface PendingEntry {
  readonly value: StoredValue | undefined;
  /** The transaction that wrote it, 0 outside of any. */
  readonly transaction: number;
}

export class PendingEntries {
  readonly #entries = new Map<Hex, PendingEntry>();
  /** Ascending keys of `#entries`, less those of `#unsorted`. */
  #sorted: Hex[] = [];
  #unsorted: Hex[] = [];
  /** Keys have gone: both lists are to be made again. */
  #forgotten = false;

  get size(): number {
    return this.#entries.size;
  }

  get(key: Hex): PendingEntry | undefined {
    return this.#entries.get(key);
  }

  set(key: Hex, entry: PendingEntry): void {
    if (!this.#entries.has(key)) this.#unsorted.push(key);
    this.#entries.set(key, entry);
  }

  /** Takes a write back altogether. */
  forget(key: Hex): void {
    this.#entries.delete(key);
    this.#forgotten = true;
  }

  entries(): MapIterator<[Hex, PendingEntry]> {
    return this.#entries.entries();
  }

  /** The smallest key above `key` that has a value. */
  firstLiveAfter(key: Hex): Hex | undefined {
    const keys = this.#inOrder();
    let at = lowerBound(keys, key);
    if (keys[at] === key) at += 1;
    return this.#firstLive(keys, at);
  }

  /** The smallest key not below `key` that has a value. */
  firstLiveFrom(key: Hex): Hex | undefined {
    const keys = this.#inOrder();
    return this.#firstLive(keys, lowerBound(keys, key));
  }

  /** Keys that begin with `prefix` and have a value, as they are now. */
  liveWithPrefix(prefix: Hex): Hex[] {
    const keys = this.#inOrder();
    const live: Hex[] = [];
    for (let at = lowerBound(keys, prefix); keys[at]?.startsWith(prefix) === true; at++) {
      const key = keys[at] as Hex;
      if (this.#entries.get(key)?.value !== undefined) live.push(key);
    }
    return live;
  }

  #firstLive(keys: readonly Hex[], from: number): Hex | undefined {
    for (let at = from; at < keys.length; at++) {
      const key = keys[at] as Hex;
      if (this.#entries.get(key)?.value !== undefined) return key;
    }
    return undefined;
  }

  /** Sorting waits until somebody asks for order; a single new key is put in place. */
  #inOrder(): readonly Hex[] {
    if (this.#forgotten) {
      this.#sorted = [];
      this.#unsorted = [...this.#entries.keys()];
      this.#forgotten = false;
    }
    const [first, second] = this.#unsorted;
    if (first === undefined) return this.#sorted;
    if (second === undefined) this.#sorted.splice(lowerBound(this.#sorted, first), 0, first);
    else this.#sorted = [...this.#sorted, ...this.#unsorted].sort();
    this.#unsorted = [];
    return this.#sorted;
  }
}

/** The position of the first key that is not below `key`. */
function lowerBound(keys: readonly Hex[], key: Hex): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as Hex) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
