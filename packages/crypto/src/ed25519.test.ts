import assert from "node:assert/strict";
import { test } from "node:test";
import { ed25519 } from "@noble/curves/ed25519.js";
import { asciiBytes, bytesToHex, concatBytes, type Hex, hexToBytes } from "@parahost/base";
import {
  ed25519PairFromSeed,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  isEd25519PublicKey,
} from "./ed25519.ts";
import { encodeScalar, littleEndian } from "./scalar.ts";

const message = asciiBytes("a message");

test("RFC 8032's second test has its key and signature", () => {
  const pair = ed25519PairFromSeed(
    hexToBytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
  );
  assert.equal(
    pair.publicKey,
    "0x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
  );
  assert.equal(
    bytesToHex(ed25519Sign(pair, new Uint8Array([0x72]))),
    "0x92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  );
});

test("a GRANDPA precommit is signed as published", () => {
  const pair = ed25519PairFromSeed(new Uint8Array(32).fill(0x64));
  assert.equal(
    pair.publicKey,
    "0x2bc2800b3316e009209ffd757dab19ccf0ae84bc7ae90654e1e81712d270f653",
  );
  const precommit = hexToBytes(`01${"aa".repeat(32)}0500000002000000000000000100000000000000`);
  const signature = ed25519Sign(pair, precommit);
  assert.equal(
    bytesToHex(signature),
    "0x7894f3d01ebd535ca5234284c69637f9c2961df71c88e40d23c46143d718027c14140abdf96d21cf095ba5474ba83037fc31a6a0f9d795ecc98f8913e603da07",
  );
  assert.ok(ed25519Verify(pair.publicKey, precommit, signature));
});

test("other messages, keys, lengths and changed bits are refused", () => {
  const pair = ed25519PairFromSeed(new Uint8Array(32).fill(1));
  const signature = ed25519Sign(pair, message);
  assert.ok(ed25519Verify(pair.publicKey, message, signature));
  assert.ok(!ed25519Verify(pair.publicKey, asciiBytes("another"), signature));
  assert.ok(!ed25519Verify(`0x${"ff".repeat(32)}`, message, signature));
  for (const key of ["0x", `0x${"00".repeat(31)}`, `0x${"00".repeat(33)}`] as Hex[])
    assert.ok(!ed25519Verify(key, message, signature));
  for (const length of [0, 63, 65])
    assert.ok(!ed25519Verify(pair.publicKey, message, new Uint8Array(length)));
  for (const byte of [0, 31, 32, 63]) {
    const changed = signature.slice();
    changed[byte] = (changed[byte] as number) ^ 1;
    assert.ok(!ed25519Verify(pair.publicKey, message, changed));
  }
  const scalar = littleEndian(signature.subarray(32)) + ed25519.Point.Fn.ORDER;
  const large = concatBytes(signature.subarray(0, 32), encodeScalar(scalar));
  assert.ok(!ed25519Verify(pair.publicKey, message, large));
});

test("what the platform refuses and ZIP-215 accepts is accepted", () => {
  // Key and commitment of order four, scalar zero: the equation holds times eight.
  const lowOrder: Hex = `0x${"00".repeat(32)}`;
  const signature = new Uint8Array(64);
  assert.ok(ed25519Verify(lowOrder, message, signature));
  // The identity, encoded as p + 1.
  const aboveModulus: Hex = `0xee${"ff".repeat(30)}7f`;
  const overlong = concatBytes(hexToBytes(aboveModulus), new Uint8Array(32));
  assert.ok(ed25519Verify(aboveModulus, message, overlong));
});

test("a public key is a point of the curve, in any encoding", () => {
  assert.ok(isEd25519PublicKey(ed25519PublicKey(new Uint8Array(32).fill(7))));
  assert.ok(isEd25519PublicKey(`0xee${"ff".repeat(30)}7f`), "the identity, encoded as p + 1");
  assert.ok(!isEd25519PublicKey(`0x02${"00".repeat(31)}`), "y = 2 is on no point");
  assert.ok(!isEd25519PublicKey(`0x${"01".repeat(33)}`), "too long");
});
