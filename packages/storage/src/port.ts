/**
 * A key-value store with named columns and atomic batches. What is kept where is written down by the
 * room that keeps it; this room knows bytes only.
 *
 * Keys are byte strings in lexicographic order; values are byte strings. A batch is applied whole or
 * not at all. `durable` says that the batch, and every batch before it, must survive a loss of power before the
 * call returns: whoever is about to sign something that could conflict asks for it.
 */
/** Longest key; the shortest has one byte. */
export const KEY_BYTES_MAX = 511;

export type Change<Column extends string> =
  | { readonly column: Column; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly column: Column; readonly key: Uint8Array; readonly value?: undefined };

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface KeyValueStore<Column extends string> {
  get(column: Column, key: Uint8Array): Uint8Array | undefined;
  has(column: Column, key: Uint8Array): boolean;
  /**
   * Entries with `start <= key < end` in ascending order. The store may be changed while iterating;
   * what was in range when the iteration began is what is delivered.
   */
  range(column: Column, start: Uint8Array, end?: Uint8Array): Iterable<Entry>;
  /** Applies the changes in order, atomically. Throws `HostError` when the machine refuses. */
  write(changes: readonly Change<Column>[], options?: { readonly durable?: boolean }): void;
  close(): void;
}

/** The first key after every key that starts with `prefix`; `undefined` when there is none. */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  const end = prefix.slice();
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i] !== 0xff) {
      end[i] = (end[i] as number) + 1;
      return end.slice(0, i + 1);
    }
  }
  return undefined;
}

/** Entries whose key starts with `prefix`. */
export function withPrefix<Column extends string>(
  store: KeyValueStore<Column>,
  column: Column,
  prefix: Uint8Array,
): Iterable<Entry> {
  return store.range(column, prefix, prefixEnd(prefix));
}
