/**
 * Agreed permutations: the validators of a session, the gossip grid, the cores of a compact
 * assignment. All are Fisher–Yates over a ChaCha20 stream. Reference: runtime 1.6, 1.8; node 3.5, 6.2.
 */
import { asciiBytes, concatBytes } from "@parahost/base";
import { blake2b256 } from "@parahost/crypto";
import { ChaChaStream } from "./chacha.ts";

/** The items in the order that `seed` (32 bytes) gives them. */
export function shuffled<T>(seed: Uint8Array, items: readonly T[]): T[] {
  const order = [...items];
  const stream = new ChaChaStream(seed);
  for (let i = order.length - 1; i > 0; i--) swap(order, i, stream.below(i + 1));
  return order;
}

/**
 * Draws `count` distinct numbers of `0..total`, all of them when there are fewer. In the order that
 * certificates are checked by.
 */
export function drawDistinct(seed: Uint8Array, count: number, total: number): number[] {
  const order = Array.from({ length: total }, (_, i) => i);
  const drawn = Math.min(count, total);
  const stream = new ChaChaStream(seed);
  for (let i = total - 1; i >= total - drawn; i--) swap(order, i, stream.below(i + 1));
  return order.slice(total - drawn);
}

function swap<T>(items: T[], i: number, j: number): void {
  const item = items[i] as T;
  items[i] = items[j] as T;
  items[j] = item;
}

/** Seed of a session's shuffle, from the randomness of the BABE epoch it begins with; zeros before there is any. */
export function sessionSeed(nextEpochRandomness: Uint8Array): Uint8Array {
  return blake2b256(concatBytes(asciiBytes("paras"), nextEpochRandomness));
}

/** Seed of the gossip grid, from the randomness of the current BABE epoch. */
export function gossipGridSeed(epochRandomness: Uint8Array): Uint8Array {
  return blake2b256(concatBytes(asciiBytes("gossipsu"), epochRandomness));
}
