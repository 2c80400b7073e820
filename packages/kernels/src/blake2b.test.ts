import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex, randomBytes, SeededRandom } from "@parahost/base";
import { Blake2bKernel } from "./blake2b.ts";

const kernel = new Blake2bKernel();
const message = randomBytes(new SeededRandom("blake2b"), 200_000);

/** Around the blocks of the hash and the input that is taken at once. */
const LENGTHS = [
  0, 1, 63, 64, 127, 128, 129, 255, 256, 257, 1_000, 65_535, 65_536, 65_537, 131_072, 131_073,
  200_000,
];

test("digests are an independent library's", () => {
  for (const length of LENGTHS) {
    const bytes = message.subarray(0, length);
    for (const dkLen of [8, 16, 20, 32, 64]) {
      const expected = blake2b(bytes, { dkLen });
      assert.deepEqual(kernel.hash(bytes, dkLen), expected, `${length} to ${dkLen}`);
      assert.equal(kernel.hashHex(bytes, dkLen), bytesToHex(expected));
    }
  }
});

test("parts hash like what they make together", () => {
  for (const length of LENGTHS) {
    const bytes = message.subarray(0, length);
    const expected = kernel.hash(bytes, 32);
    for (const cut of [0, 1, 128, 65_536, 65_600, 131_072]) {
      const parts = [bytes.subarray(0, cut), new Uint8Array(), bytes.subarray(cut)];
      assert.deepEqual(kernel.hashParts(parts, 32), expected, `${length} at ${cut}`);
    }
  }
  assert.deepEqual(kernel.hashParts([], 32), kernel.hash(new Uint8Array(), 32));
});

test("a longer message before leaves nothing behind", () => {
  const expected = kernel.hash(new Uint8Array([1]), 32);
  kernel.hash(message, 32);
  assert.deepEqual(kernel.hash(new Uint8Array([1]), 32), expected);
});
