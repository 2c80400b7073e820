import assert from "node:assert/strict";
import { test } from "node:test";
import { hexToBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { ChaChaStream } from "./chacha.ts";
import { drawDistinct, gossipGridSeed, sessionSeed, shuffled } from "./shuffle.ts";

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

test("the key stream of key 0 is the published one", () => {
  // RFC 8439, A.1, test vectors 1 and 2: blocks 0 and 1.
  const expected = hexToBytes(
    "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7" +
      "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586" +
      "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed" +
      "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
  );
  const words = new DataView(expected.buffer);
  const stream = new ChaChaStream(filled(0));
  for (let at = 0; at < expected.length; at += 4)
    assert.equal(stream.nextU32(), words.getUint32(at, true));
});

test("a draw is below its range for small, odd and the largest ranges", () => {
  const stream = new ChaChaStream(filled(7));
  for (const range of [1, 2, 3, 1000, 0x8000_0000, 0xffff_fffe, 0xffff_ffff])
    for (let i = 0; i < 100; i++) {
      const drawn = stream.below(range);
      assert.ok(Number.isInteger(drawn) && drawn >= 0 && drawn < range, `${drawn} of ${range}`);
    }
});

test("a draw takes the high word of the product exactly", () => {
  for (const range of [3, 12_345_678, 0xffff_fff1]) {
    const words = new ChaChaStream(filled(9));
    const draws = new ChaChaStream(filled(9));
    const zone = (BigInt(range) << BigInt(Math.clz32(range))) - 1n;
    for (let i = 0; i < 200; i++) {
      let product = BigInt(words.nextU32()) * BigInt(range);
      while ((product & 0xffff_ffffn) > zone) product = BigInt(words.nextU32()) * BigInt(range);
      assert.equal(draws.below(range), Number(product >> 32n));
    }
  }
});

test("validators are shuffled as in Polkadot", () => {
  assert.deepEqual(shuffled(filled(0x01), [0, 1, 2, 3, 4]), [4, 1, 2, 3, 0]);
  assert.deepEqual(shuffled(filled(0x63), [0, 1, 2, 3, 4, 5, 6]), [3, 5, 4, 2, 0, 1, 6]);
});

test("shuffling leaves the given list alone and takes empty and single lists", () => {
  const given = [1, 2, 3];
  shuffled(filled(1), given);
  assert.deepEqual(given, [1, 2, 3]);
  assert.deepEqual(shuffled(filled(1), []), []);
  assert.deepEqual(shuffled(filled(1), ["a"]), ["a"]);
});

test("cores of a compact assignment are drawn as in Polkadot", () => {
  const seed = hexToBytes("010034000000000001000a001620000002003731000b0000030000000000025c");
  assert.equal(seed.length, 32);
  assert.deepEqual(drawDistinct(seed, 6, 100), [19, 79, 17, 75, 66, 30]);
  assert.deepEqual(drawDistinct(seed, 6, 7), [0, 3, 6, 5, 4, 2]);
  assert.deepEqual(drawDistinct(seed, 6, 12), [2, 4, 7, 5, 11, 3]);
});

test("more draws than numbers give every number once", () => {
  assert.deepEqual(drawDistinct(filled(2), 40, 5).toSorted(), [0, 1, 2, 3, 4]);
  assert.deepEqual(drawDistinct(filled(2), 6, 0), []);
});

test("seeds of the session shuffle and of the gossip grid are hashes with their own openings", () => {
  const randomness = filled(3);
  const opened = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    const joined = new Uint8Array(bytes.length + 32);
    joined.set(bytes);
    joined.set(randomness, bytes.length);
    return hexToBytes(blake2b256Hex(joined));
  };
  assert.deepEqual(sessionSeed(randomness), opened("paras"));
  assert.deepEqual(gossipGridSeed(randomness), opened("gossipsu"));
});
