/** The state as a state machine sees it: what the runtime's modules are given as `state`. */
import type { Hex } from "@parahost/base";
import type { Codec } from "@parahost/scale";
import type { ChildId } from "./child-trie.ts";
import type { StateVersion } from "./node.ts";

/** One trie's entries: of the main trie, or of a child trie. */
export interface StateEntries {
  get(key: Hex): Uint8Array | undefined;
  has(key: Hex): boolean;
  /** Takes the bytes as they are; they must not change afterwards. */
  set(key: Hex, value: Uint8Array): void;
  delete(key: Hex): void;
  /**
   * The value decoded: the same object as long as the value stays and the codec is the same object.
   * It is shared, hence never changed in place. Throws `DecodeError` on bytes that are no encoding.
   */
  read<T>(key: Hex, codec: Codec<T>): T | undefined;
  /** Stores a value that is encoded once its bytes are asked for, at the latest for the root. */
  write<T>(key: Hex, value: T, codec: Codec<T>): void;
  /** The smallest key greater than `key`. */
  nextKey(key: Hex): Hex | undefined;
  /**
   * Keys that begin with `prefix`, ascending, `prefix` itself included. Entries may be changed while
   * it runs: it goes on after the last key it gave.
   */
  keysWithPrefix(prefix: Hex): Iterable<Hex>;
  /**
   * Deletes what begins with `prefix`: everything written since the backend's state, and of the
   * backend's own keys the first `limit`.
   */
  clearPrefix(prefix: Hex, limit?: number): ClearedPrefix;
}

export interface ClearedPrefix {
  /** The first key of the backend beyond the limit, where the next call goes on. */
  readonly next: Hex | undefined;
  /** Keys of the backend deleted by this call. */
  readonly backend: number;
  /** All keys deleted by this call. */
  readonly unique: number;
  /** Keys looked at: what a caller pays for. */
  readonly loops: number;
}

/** Changes are kept in nested transactions; `rollback` undoes the innermost open one. */
export interface State extends StateEntries {
  begin(): void;
  commit(): void;
  rollback(): void;
  /** A child trie; it need not exist. Its writes belong to the open transaction too. */
  child(id: ChildId): ChildState;
  /** The root of the state as it is now. Computes, writes nothing. */
  root(version: StateVersion): Hex;
}

export interface ChildState extends StateEntries {
  root(version: StateVersion): Hex;
}
