/**
 * Storage items as declarations: a name, what it means, hashers, codecs and perhaps a default give the key, the typed
 * accessors and what metadata says about the item. `"Pallet.Item"` becomes
 * twox128(pallet) ++ twox128(item), followed by each key through its hasher.
 *
 * Values read from storage are shared with the state's cache: they are deeply read-only, and `set`
 * replaces them.
 *
 * Reference: consensus-and-sync.md 2.1.
 */
import { assert, bytesToHex, concatBytes, type Hex, hexToBytes } from "@parahost/base";
import { type StorageHasherName, storageHasher, twox128 } from "@parahost/crypto";
import { type Codec, encode, option, Reader, type TypeDescription } from "@parahost/scale";
import type { State } from "./state.ts";

/** What metadata and iteration need to know of an item. */
export interface StorageEntry {
  /** The pallet's name, for example `Balances`. */
  readonly pallet: string;
  /** The item's name, for example `TotalIssuance`. */
  readonly item: string;
  /** What the item means, for people: metadata shows it. */
  readonly docs: string;
  /** twox128(pallet) ++ twox128(item): the whole key of a value, the prefix of a map. */
  readonly prefix: Hex;
  /** One per key; none for a plain value. */
  readonly hashers: readonly StorageHasherName[];
  readonly keyTypes: readonly TypeDescription[];
  readonly valueType: TypeDescription;
  /** Encoding of the default; `undefined` for an optional item. */
  readonly fallback: Uint8Array | undefined;
}

/** How many bytes the hasher puts before the key itself; `undefined` when the key cannot be recovered. */
const KEY_OFFSET: Readonly<Partial<Record<StorageHasherName, number>>> = {
  identity: 0,
  twox64Concat: 8,
  blake2_128Concat: 16,
};

const ascii = new TextEncoder();

function itemPrefix(name: string): { pallet: string; item: string; prefix: Hex } {
  const [pallet, item, ...rest] = name.split(".");
  assert(
    pallet !== undefined && item !== undefined && rest.length === 0,
    `${name} is not "Pallet.Item"`,
  );
  const prefix = bytesToHex(
    concatBytes(twox128(ascii.encode(pallet)), twox128(ascii.encode(item))),
  );
  return { pallet, item, prefix };
}

function keyPart<K>(hasher: StorageHasherName, codec: Codec<K>, key: K): string {
  return bytesToHex(storageHasher(hasher)(encode(codec, key))).slice(2);
}

/** Reads a key that stands behind its hash in `reader`. */
function recoverKey<K>(hasher: StorageHasherName, codec: Codec<K>, reader: Reader): K {
  const offset = KEY_OFFSET[hasher];
  assert(offset !== undefined, `keys hashed with ${hasher} cannot be recovered`);
  reader.take(offset);
  return codec.read(reader);
}

function removeWithPrefix(state: State, prefix: Hex, limit: number): number {
  let removed = 0;
  for (const key of [...state.keysWithPrefix(prefix)]) {
    if (removed === limit) break;
    state.delete(key);
    removed += 1;
  }
  return removed;
}

// Plain values

/** `Got` is `T` for an item with a default, `T | undefined` without. */
export interface StorageValue<T, Got = T | undefined> extends StorageEntry {
  key(): Hex;
  get(state: State): Got;
  set(state: State, value: T): void;
  /** Replaces the value by what `change` makes of it. */
  update(state: State, change: (value: Got) => T): void;
  has(state: State): boolean;
  remove(state: State): void;
  /** Reads and removes. */
  take(state: State): Got;
}

export function storageValue<T>(name: string, docs: string, codec: Codec<T>): StorageValue<T>;
export function storageValue<T>(
  name: string,
  docs: string,
  codec: Codec<T>,
  fallback: T,
): StorageValue<T, T>;
export function storageValue<T>(
  name: string,
  docs: string,
  codec: Codec<T>,
  fallback?: T,
): StorageValue<T, T | undefined> {
  const { pallet, item, prefix } = itemPrefix(name);
  const get = (state: State): T | undefined => state.read(prefix, codec) ?? fallback;
  return {
    pallet,
    item,
    docs,
    prefix,
    hashers: [],
    keyTypes: [],
    valueType: codec.type,
    fallback: fallback === undefined ? undefined : encode(codec, fallback),
    key: () => prefix,
    get,
    set: (state, next) => state.write(prefix, next, codec),
    update: (state, change) => state.write(prefix, change(get(state)), codec),
    has: (state) => state.has(prefix),
    remove: (state) => state.delete(prefix),
    take: (state) => {
      const taken = get(state);
      state.delete(prefix);
      return taken;
    },
  };
}

/**
 * An option that is stored as one, `None` included, and is `None` until it is set: clients see a default. An item
 * that `storageValue` makes without a default is absent instead.
 */
export const storageOption = <T>(
  name: string,
  docs: string,
  codec: Codec<T>,
): StorageValue<T | undefined> => ({
  ...storageValue(name, docs, option(codec)),
  fallback: encode(option(codec), undefined),
});

// Maps

export interface StorageMap<K, T, Got = T | undefined> extends StorageEntry {
  key(key: K): Hex;
  get(state: State, key: K): Got;
  set(state: State, key: K, value: T): void;
  update(state: State, key: K, change: (value: Got) => T): void;
  has(state: State, key: K): boolean;
  remove(state: State, key: K): void;
  take(state: State, key: K): Got;
  /**
   * Every entry, in the order of storage keys (hashed, so not the order of keys unless the hasher is
   * `identity`). Taken before the first is given out: changes during the loop do not disturb it.
   */
  entries(state: State): (readonly [key: K, value: T])[];
  keys(state: State): K[];
  /** Removes at most `limit` entries; returns how many were removed. */
  clear(state: State, limit?: number): number;
}

export function storageMap<K, T>(
  name: string,
  docs: string,
  hasher: StorageHasherName,
  keyCodec: Codec<K>,
  codec: Codec<T>,
): StorageMap<K, T>;
export function storageMap<K, T>(
  name: string,
  docs: string,
  hasher: StorageHasherName,
  keyCodec: Codec<K>,
  codec: Codec<T>,
  fallback: T,
): StorageMap<K, T, T>;
export function storageMap<K, T>(
  name: string,
  docs: string,
  hasher: StorageHasherName,
  keyCodec: Codec<K>,
  codec: Codec<T>,
  fallback?: T,
): StorageMap<K, T, T | undefined> {
  const { pallet, item, prefix } = itemPrefix(name);
  const keyOf = (key: K): Hex => `${prefix}${keyPart(hasher, keyCodec, key)}`;
  const get = (state: State, key: K): T | undefined => state.read(keyOf(key), codec) ?? fallback;
  const recover = (storageKey: Hex): K => {
    const reader = new Reader(hexToBytes(storageKey.slice(prefix.length)));
    return recoverKey(hasher, keyCodec, reader);
  };
  return {
    pallet,
    item,
    docs,
    prefix,
    hashers: [hasher],
    keyTypes: [keyCodec.type],
    valueType: codec.type,
    fallback: fallback === undefined ? undefined : encode(codec, fallback),
    key: keyOf,
    get,
    set: (state, key, next) => state.write(keyOf(key), next, codec),
    update: (state, key, change) => {
      const storageKey = keyOf(key);
      const before = state.read(storageKey, codec) ?? fallback;
      state.write(storageKey, change(before), codec);
    },
    has: (state, key) => state.has(keyOf(key)),
    remove: (state, key) => state.delete(keyOf(key)),
    take: (state, key) => {
      const taken = get(state, key);
      state.delete(keyOf(key));
      return taken;
    },
    entries: (state) =>
      [...state.keysWithPrefix(prefix)].map((storageKey) => {
        const stored = state.read(storageKey, codec);
        assert(stored !== undefined, `${name} lost a value while it was listed`);
        return [recover(storageKey), stored] as const;
      }),
    keys: (state) => [...state.keysWithPrefix(prefix)].map(recover),
    clear: (state, limit = Number.POSITIVE_INFINITY) => removeWithPrefix(state, prefix, limit),
  };
}

// Double maps

export interface StorageDoubleMap<K1, K2, T, Got = T | undefined> extends StorageEntry {
  key(first: K1, second: K2): Hex;
  /** What the storage keys of all entries under `first` begin with. */
  firstKeyPrefix(first: K1): Hex;
  get(state: State, first: K1, second: K2): Got;
  set(state: State, first: K1, second: K2, value: T): void;
  update(state: State, first: K1, second: K2, change: (value: Got) => T): void;
  has(state: State, first: K1, second: K2): boolean;
  remove(state: State, first: K1, second: K2): void;
  take(state: State, first: K1, second: K2): Got;
  /** Every entry in the order of storage keys; see `StorageMap.entries`. */
  entries(state: State): (readonly [first: K1, second: K2, value: T])[];
  /** The entries under one first key. */
  entriesOf(state: State, first: K1): (readonly [second: K2, value: T])[];
  /** Removes at most `limit` entries; returns how many were removed. */
  clear(state: State, limit?: number): number;
  /** Removes at most `limit` entries under one first key; returns how many were removed. */
  clearOf(state: State, first: K1, limit?: number): number;
}

export function storageDoubleMap<K1, K2, T>(
  name: string,
  docs: string,
  firstHasher: StorageHasherName,
  firstCodec: Codec<K1>,
  secondHasher: StorageHasherName,
  secondCodec: Codec<K2>,
  codec: Codec<T>,
): StorageDoubleMap<K1, K2, T>;
export function storageDoubleMap<K1, K2, T>(
  name: string,
  docs: string,
  firstHasher: StorageHasherName,
  firstCodec: Codec<K1>,
  secondHasher: StorageHasherName,
  secondCodec: Codec<K2>,
  codec: Codec<T>,
  fallback: T,
): StorageDoubleMap<K1, K2, T, T>;
export function storageDoubleMap<K1, K2, T>(
  name: string,
  docs: string,
  firstHasher: StorageHasherName,
  firstCodec: Codec<K1>,
  secondHasher: StorageHasherName,
  secondCodec: Codec<K2>,
  codec: Codec<T>,
  fallback?: T,
): StorageDoubleMap<K1, K2, T, T | undefined> {
  const { pallet, item, prefix } = itemPrefix(name);
  const firstKeyPrefix = (first: K1): Hex => `${prefix}${keyPart(firstHasher, firstCodec, first)}`;
  const keyOf = (first: K1, second: K2): Hex =>
    `${firstKeyPrefix(first)}${keyPart(secondHasher, secondCodec, second)}`;
  const get = (state: State, first: K1, second: K2): T | undefined =>
    state.read(keyOf(first, second), codec) ?? fallback;
  const list = (state: State, under: Hex): (readonly [K1, K2, T])[] =>
    [...state.keysWithPrefix(under)].map((storageKey) => {
      const reader = new Reader(hexToBytes(storageKey.slice(prefix.length)));
      const first = recoverKey(firstHasher, firstCodec, reader);
      const second = recoverKey(secondHasher, secondCodec, reader);
      const stored = state.read(storageKey, codec);
      assert(stored !== undefined, `${name} lost a value while it was listed`);
      return [first, second, stored] as const;
    });
  return {
    pallet,
    item,
    docs,
    prefix,
    hashers: [firstHasher, secondHasher],
    keyTypes: [firstCodec.type, secondCodec.type],
    valueType: codec.type,
    fallback: fallback === undefined ? undefined : encode(codec, fallback),
    key: keyOf,
    firstKeyPrefix,
    get,
    set: (state, first, second, next) => state.write(keyOf(first, second), next, codec),
    update: (state, first, second, change) => {
      const storageKey = keyOf(first, second);
      const before = state.read(storageKey, codec) ?? fallback;
      state.write(storageKey, change(before), codec);
    },
    has: (state, first, second) => state.has(keyOf(first, second)),
    remove: (state, first, second) => state.delete(keyOf(first, second)),
    take: (state, first, second) => {
      const taken = get(state, first, second);
      state.delete(keyOf(first, second));
      return taken;
    },
    entries: (state) => list(state, prefix),
    entriesOf: (state, first) =>
      list(state, firstKeyPrefix(first)).map(([, second, stored]) => [second, stored] as const),
    clear: (state, limit = Number.POSITIVE_INFINITY) => removeWithPrefix(state, prefix, limit),
    clearOf: (state, first, limit = Number.POSITIVE_INFINITY) =>
      removeWithPrefix(state, firstKeyPrefix(first), limit),
  };
}

// Triple maps

export interface StorageTripleMap<K1, K2, K3, T, Got = T | undefined> extends StorageEntry {
  key(first: K1, second: K2, third: K3): Hex;
  get(state: State, first: K1, second: K2, third: K3): Got;
  set(state: State, first: K1, second: K2, third: K3, value: T): void;
  has(state: State, first: K1, second: K2, third: K3): boolean;
  remove(state: State, first: K1, second: K2, third: K3): void;
  /** Removes at most `limit` entries under one first key; returns how many were removed. */
  clearOf(state: State, first: K1, limit?: number): number;
}

/** A map of three keys, all through the same hasher. */
export function storageTripleMap<K1, K2, K3, T>(
  name: string,
  docs: string,
  hasher: StorageHasherName,
  keyCodecs: readonly [Codec<K1>, Codec<K2>, Codec<K3>],
  codec: Codec<T>,
): StorageTripleMap<K1, K2, K3, T> {
  const { pallet, item, prefix } = itemPrefix(name);
  const [firstCodec, secondCodec, thirdCodec] = keyCodecs;
  const keyOf = (first: K1, second: K2, third: K3): Hex =>
    `${prefix}${keyPart(hasher, firstCodec, first)}${keyPart(hasher, secondCodec, second)}${keyPart(hasher, thirdCodec, third)}`;
  return {
    pallet,
    item,
    docs,
    prefix,
    hashers: [hasher, hasher, hasher],
    keyTypes: keyCodecs.map(({ type }) => type),
    valueType: codec.type,
    fallback: undefined,
    key: keyOf,
    get: (state, first, second, third) => state.read(keyOf(first, second, third), codec),
    set: (state, first, second, third, next) =>
      state.write(keyOf(first, second, third), next, codec),
    has: (state, first, second, third) => state.has(keyOf(first, second, third)),
    remove: (state, first, second, third) => state.delete(keyOf(first, second, third)),
    clearOf: (state, first, limit = Number.POSITIVE_INFINITY) =>
      removeWithPrefix(state, `${prefix}${keyPart(hasher, firstCodec, first)}`, limit),
  };
}
