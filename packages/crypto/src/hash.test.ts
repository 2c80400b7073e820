import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { blake2b } from "@noble/hashes/blake2.js";
import { sha256 as sha256Noble } from "@noble/hashes/sha2.js";
import { keccak_256, keccak_512 } from "@noble/hashes/sha3.js";
import { asciiBytes, bytesToHex, concatBytes, EMPTY_BYTES } from "@parahost/base";
import {
  blake2b64,
  blake2b128,
  blake2b256,
  blake2b256Concat,
  blake2b256Hex,
  blake2b512,
  keccak256,
  keccak512,
  sha256,
  twox64,
  twox128,
  twox256,
} from "./hash.ts";

/** Lengths at the edges of the functions' blocks and of the Wasm modules' buffers. */
const LENGTHS = [0, 1, 63, 64, 71, 72, 127, 128, 129, 135, 136, 256, 16_384, 16_385, 50_000];
const sample = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);

test("hashes agree with an independent library at every block edge", () => {
  for (const bytes of LENGTHS.map(sample)) {
    assert.deepEqual(blake2b64(bytes), blake2b(bytes, { dkLen: 8 }));
    assert.deepEqual(blake2b128(bytes), blake2b(bytes, { dkLen: 16 }));
    assert.deepEqual(blake2b256(bytes), blake2b(bytes, { dkLen: 32 }));
    assert.deepEqual(blake2b512(bytes), blake2b(bytes, { dkLen: 64 }));
    assert.deepEqual(keccak256(bytes), keccak_256(bytes));
    assert.deepEqual(keccak512(bytes), keccak_512(bytes));
    assert.deepEqual(sha256(bytes), sha256Noble(bytes));
    assert.deepEqual(sha256(bytes), new Uint8Array(createHash("sha256").update(bytes).digest()));
  }
});

test("a hash as identity is its lower-case hex", () => {
  assert.equal(blake2b256Hex(sample(100)), bytesToHex(blake2b256(sample(100))));
});

test("parts hash as what they make together", () => {
  const parts = [sample(3), EMPTY_BYTES, sample(200), sample(1)];
  assert.deepEqual(blake2b256Concat(...parts), blake2b256(concatBytes(...parts)));
  assert.deepEqual(blake2b256Concat(), blake2b256(EMPTY_BYTES));
});

test("bytes are hashed as the view shows them", () => {
  const view = sample(100).subarray(10, 20);
  assert.deepEqual(blake2b256(view), blake2b256(view.slice()));
  assert.deepEqual(twox128(view), twox128(view.slice()));
});

test("results are fresh bytes", () => {
  const first = twox64(asciiBytes("a"));
  const kept = first.slice();
  twox64(asciiBytes("b"));
  assert.deepEqual(first, kept);
  assert.equal(first.buffer.byteLength, 8);
});

test("names hash to the prefixes of Polkadot's storage", () => {
  assert.equal(bytesToHex(twox128(asciiBytes("System"))), "0x26aa394eea5630e07c48ae0c9558cef7");
  assert.equal(bytesToHex(twox128(asciiBytes("Account"))), "0xb99d880ec681799c0cf30e8886371da9");
  assert.equal(bytesToHex(twox64(asciiBytes("abc"))), "0x990977adf52cbc44");
  assert.equal(
    bytesToHex(twox256(asciiBytes("abc"))),
    "0x990977adf52cbc440889329981caa9bef7da5770b2b8a05303b75d95360dd62b",
  );
});
