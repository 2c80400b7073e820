/** The state that every routine of the runtime takes first: the trie's overlay with its transactions. */
import type { Hex } from "@parahost/base";

export interface State {
  get(key: Hex): Uint8Array | undefined;
  set(key: Hex, value: Uint8Array): void;
  delete(key: Hex): void;
  has(key: Hex): boolean;
  /** The first key after `key` in byte order. */
  nextKey(key: Hex): Hex | undefined;
  keysWithPrefix(prefix: Hex): Iterable<Hex>;
  /** Opens a nested transaction. */
  begin(): void;
  /** Keeps the innermost transaction's changes in the one around it. */
  commit(): void;
  /** Drops the innermost transaction's changes. */
  rollback(): void;
  root(version: 0 | 1): Hex;
  /** The decoded value, from the cache when the same key was read or written before. */
  read<T>(key: Hex, decode: (bytes: Uint8Array) => T): T | undefined;
  /** Keeps the decoded value; encodes it when its bytes are needed. */
  write<T>(key: Hex, value: T, encode: (value: T) => Uint8Array): void;
}
