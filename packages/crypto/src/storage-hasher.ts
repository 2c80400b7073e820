/**
 * How a map's key becomes part of a storage key. The names are those of the runtime metadata.
 *
 * Reference: consensus-and-sync.md 2.1.
 */
import { concatBytes } from "@parahost/base";
import { blake2b128, blake2b256, twox64, twox128, twox256 } from "./hash.ts";

export type StorageHasher = (key: Uint8Array) => Uint8Array;

/** The `Concat` hashers end with the key itself, so that iteration can recover it. */
const STORAGE_HASHERS = {
  identity: (key) => key,
  blake2_128: blake2b128,
  blake2_256: blake2b256,
  blake2_128Concat: (key) => concatBytes(blake2b128(key), key),
  twox128,
  twox256,
  twox64Concat: (key) => concatBytes(twox64(key), key),
} as const satisfies Record<string, StorageHasher>;

export type StorageHasherName = keyof typeof STORAGE_HASHERS;

/** The function that encoded map keys of this hasher pass through. */
export const storageHasher = (name: StorageHasherName): StorageHasher => STORAGE_HASHERS[name];
