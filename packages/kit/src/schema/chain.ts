/**
 * A parachain as its author declares it: pallets with storage, calls, events and errors. From this one declaration come
 * the guest's types and dispatch (`codegen`), the metadata that clients read, and the genesis state.
 *
 * Names are written as in TypeScript (`byAccount`, `transferKeepAlive`); on the wire and in metadata they
 * have Polkadot's form (`ByAccount`, `transfer_keep_alive`).
 */
import { assert, concatBytes } from "@parahost/base";
import { blake2b128, type StorageHasherName, twox64, twox128 } from "@parahost/crypto";
import { type Codec, encode } from "@parahost/scale";

// biome-ignore lint/suspicious/noExplicitAny: a codec is invariant in its value; only `any` holds all of them
export type AnyCodec = Codec<any>;

export interface StorageSchema {
  readonly docs: string;
  /** One per key; none for a plain value. */
  readonly keys: readonly StorageKeySchema[];
  /** `undefined` for a set: being there is all there is to know. */
  readonly value: AnyCodec | undefined;
  /** Encoding of what an absent entry reads as; `undefined` where absence can be told. */
  readonly fallback: Uint8Array | undefined;
}

/** Hashers from which a key can be recovered, so that maps can be walked. */
export type MapHasher = Extract<
  StorageHasherName,
  "blake2_128Concat" | "twox64Concat" | "identity"
>;

export interface StorageKeySchema {
  readonly hasher: MapHasher;
  readonly codec: AnyCodec;
}

export const HASHERS: Readonly<Record<MapHasher, (key: Uint8Array) => Uint8Array>> = {
  blake2_128Concat: (key) => concatBytes(blake2b128(key), key),
  twox64Concat: (key) => concatBytes(twox64(key), key),
  identity: (key) => key,
};

/** Keys that anybody may choose: spread over the trie whatever they are. */
export const blake2_128Concat = (codec: AnyCodec): StorageKeySchema => ({
  hasher: "blake2_128Concat",
  codec,
});

/** Keys that nobody outside can choose, such as running numbers: cheaper. */
export const twox64Concat = (codec: AnyCodec): StorageKeySchema => ({
  hasher: "twox64Concat",
  codec,
});

/** Keys that are hashes already. */
export const identity = (codec: AnyCodec): StorageKeySchema => ({ hasher: "identity", codec });

export function value<T>(docs: string, codec: Codec<T>, fallback?: T): StorageSchema {
  return { docs, keys: [], value: codec, fallback: encodedFallback(codec, fallback) };
}

/** One key, or several in a list. */
export function map<T>(
  docs: string,
  keys: StorageKeySchema | readonly StorageKeySchema[],
  codec: Codec<T>,
  fallback?: T,
): StorageSchema {
  return {
    docs,
    keys: "codec" in keys ? [keys] : keys,
    value: codec,
    fallback: encodedFallback(codec, fallback),
  };
}

export const set = (
  docs: string,
  keys: StorageKeySchema | readonly StorageKeySchema[],
): StorageSchema => ({
  docs,
  keys: "codec" in keys ? [keys] : keys,
  value: undefined,
  fallback: undefined,
});

const encodedFallback = <T>(codec: Codec<T>, fallback: T | undefined): Uint8Array | undefined =>
  fallback === undefined ? undefined : encode(codec, fallback);

export interface CallSchema {
  readonly index: number;
  readonly docs: string;
  readonly args: Readonly<Record<string, AnyCodec>>;
  /** Picoseconds of execution that the fee is reckoned from. */
  readonly weight: number;
}

/** A call costs this unless its declaration says otherwise: a few reads and writes. */
const CALL_WEIGHT = 100_000_000;

export const call = (
  index: number,
  docs: string,
  args: Readonly<Record<string, AnyCodec>> = {},
  weight: number = CALL_WEIGHT,
): CallSchema => ({ index, docs, args, weight });

export interface EventSchema {
  readonly index: number;
  readonly docs: string;
  readonly fields: Readonly<Record<string, AnyCodec>>;
}

export const event = (
  index: number,
  docs: string,
  fields: Readonly<Record<string, AnyCodec>> = {},
): EventSchema => ({ index, docs, fields });

export interface ErrorSchema {
  readonly index: number;
  readonly docs: string;
}

export const error = (index: number, docs: string): ErrorSchema => ({ index, docs });

export interface ConstantSchema {
  readonly docs: string;
  readonly codec: AnyCodec;
  readonly value: unknown;
}

export const constant = <T>(docs: string, codec: Codec<T>, value: T): ConstantSchema => ({
  docs,
  codec,
  value,
});

export interface PalletSchema {
  /** First byte of its calls and events. */
  readonly index: number;
  readonly docs?: string;
  readonly storage?: Readonly<Record<string, StorageSchema>>;
  readonly calls?: Readonly<Record<string, CallSchema>>;
  readonly events?: Readonly<Record<string, EventSchema>>;
  readonly errors?: Readonly<Record<string, ErrorSchema>>;
  readonly constants?: Readonly<Record<string, ConstantSchema>>;
  /**
   * Functions that the module exports beside its calls: `onInitialize` and `onFinalize` run in every block, and
   * `fee(declared: U128): U128` says what is to be paid instead of what the declaration says.
   */
  readonly hooks?: readonly ("onInitialize" | "onFinalize" | "fee")[];
}

export interface TokenSchema {
  readonly symbol: string;
  readonly decimals: number;
  /** An account with less than this does not exist. */
  readonly existentialDeposit: bigint;
}

/** What a transaction costs: `base + bytes x perByte + weight x perWeight / 10^6`, and a tip. All of it is burned. */
export interface FeeSchema {
  readonly base: bigint;
  readonly perByte: bigint;
  /** For 10^6 picoseconds. */
  readonly perMegaWeight: bigint;
}

export interface ChainSchema {
  /** Lower case, of letters, digits and dashes. */
  readonly name: string;
  /** Goes up with every change of the code. */
  readonly specVersion: number;
  /** Goes up when a transaction's bytes change their meaning. */
  readonly transactionVersion: number;
  readonly token: TokenSchema;
  readonly fees: FeeSchema;
  /** By name as in metadata: `Counter`. */
  readonly pallets: Readonly<Record<string, PalletSchema>>;
}

/** Indices below this are the kit's own. */
export const AUTHOR_PALLET_INDEX_MIN = 40;

/** Checks a declaration as far as types do not; a message names what is wrong. */
export function declareChain(schema: ChainSchema): ChainSchema {
  assert(/^[a-z][a-z0-9-]{0,31}$/.test(schema.name), `${schema.name} is not a name for a chain`);
  const indices = new Set<number>();
  for (const [name, pallet] of Object.entries(schema.pallets)) {
    assert(/^[A-Z][A-Za-z0-9]*$/.test(name), `the pallet ${name} needs a name like Counter`);
    assert(
      pallet.index >= AUTHOR_PALLET_INDEX_MIN && pallet.index < 256,
      `${name} has the index ${pallet.index}: indices from ${AUTHOR_PALLET_INDEX_MIN} to 255 are free`,
    );
    assert(!indices.has(pallet.index), `${name} has the index of another pallet`);
    indices.add(pallet.index);
    checkIndices(name, "call", pallet.calls ?? {});
    checkIndices(name, "event", pallet.events ?? {});
    checkIndices(name, "error", pallet.errors ?? {});
  }
  return schema;
}

function checkIndices(
  pallet: string,
  kind: string,
  entries: Readonly<Record<string, { readonly index: number }>>,
): void {
  const names = new Map<number, string>();
  for (const [name, { index }] of Object.entries(entries)) {
    const other = names.get(index);
    assert(
      other === undefined,
      `${pallet}: the ${kind}s ${other} and ${name} share index ${index}`,
    );
    assert(Number.isInteger(index) && index >= 0 && index < 256, `${pallet}.${name}: bad index`);
    names.set(index, name);
  }
}

/** `byAccount` → `ByAccount`. */
export const pascalCase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** `Counter` → `counter`. */
export const camelCase = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const ascii = new TextEncoder();

/** twox128(pallet) ++ twox128(item): the key of a value, the beginning of a map's keys. */
export function storagePrefix(pallet: string, item: string): Uint8Array {
  const prefix = new Uint8Array(32);
  prefix.set(twox128(ascii.encode(pallet)));
  prefix.set(twox128(ascii.encode(pascalCase(item))), 16);
  return prefix;
}
