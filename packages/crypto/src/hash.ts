/**
 * Hash functions of the chain. All are synchronous: the Wasm modules behind them are instantiated
 * once while this module loads. Each takes a byte string and returns fresh bytes; none keeps state
 * between calls.
 *
 * Reference: runtime-and-primitives.md 1.0 (BLAKE2b everywhere), 3.3 (what a PVF may call).
 */
import type { Hex } from "@parahost/base";
import { Blake2bKernel } from "@parahost/kernels";
import { createKeccak, createSHA256, type IHasher } from "hash-wasm";
import xxhash from "xxhash-wasm";

const [keccakShort, keccakLong, sha2, xx] = await Promise.all([
  createKeccak(256),
  createKeccak(512),
  createSHA256(),
  xxhash(),
]);
const blake2b = new Blake2bKernel();

const digest = (hasher: IHasher, bytes: Uint8Array): Uint8Array =>
  hasher.init().update(bytes).digest("binary");

/** Unkeyed BLAKE2b of 8 bytes. */
export const blake2b64 = (bytes: Uint8Array): Uint8Array => blake2b.hash(bytes, 8);

/** Unkeyed BLAKE2b of 16 bytes. */
export const blake2b128 = (bytes: Uint8Array): Uint8Array => blake2b.hash(bytes, 16);

/** Unkeyed BLAKE2b of 32 bytes: the hash of blocks, candidates, code, trie nodes. */
export const blake2b256 = (bytes: Uint8Array): Uint8Array => blake2b.hash(bytes, 32);

/** Unkeyed BLAKE2b of 64 bytes. */
export const blake2b512 = (bytes: Uint8Array): Uint8Array => blake2b.hash(bytes, 64);

/** `blake2b256` as an identity: `0x` and 64 lower-case digits. */
export const blake2b256Hex = (bytes: Uint8Array): Hex => blake2b.hashHex(bytes, 32);

/** `blake2b256` of the parts laid end to end, without joining them in memory. */
export const blake2b256Concat = (...parts: readonly Uint8Array[]): Uint8Array =>
  blake2b.hashParts(parts, 32);

/** Keccak-256 as Ethereum uses it (original padding, not SHA-3's). */
export const keccak256 = (bytes: Uint8Array): Uint8Array => digest(keccakShort, bytes);

/** Keccak-512 with the original padding. */
export const keccak512 = (bytes: Uint8Array): Uint8Array => digest(keccakLong, bytes);

export const sha256 = (bytes: Uint8Array): Uint8Array => digest(sha2, bytes);

const SEEDS = [0n, 1n, 2n, 3n] as const;
const twoxWords = new BigUint64Array(SEEDS.length);
const twoxBytes = new Uint8Array(twoxWords.buffer);

/** xxHash64 under the seeds 0, 1, … one after the other, little-endian. Not collision resistant. */
function twox(bytes: Uint8Array, words: number): Uint8Array {
  for (let seed = 0; seed < words; seed++) twoxWords[seed] = xx.h64Raw(bytes, SEEDS[seed]);
  return twoxBytes.slice(0, 8 * words);
}

/** 8 bytes of xxHash: for storage keys that nobody can choose. */
export const twox64 = (bytes: Uint8Array): Uint8Array => twox(bytes, 1);

/** 16 bytes of xxHash: pallet and storage item names. */
export const twox128 = (bytes: Uint8Array): Uint8Array => twox(bytes, 2);

/** 32 bytes of xxHash. */
export const twox256 = (bytes: Uint8Array): Uint8Array => twox(bytes, 4);
