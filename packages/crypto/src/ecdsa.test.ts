import assert from "node:assert/strict";
import { test } from "node:test";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { asciiBytes, bytesToHex, concatBytes, expectOk, hexToBytes } from "@parahost/base";
import {
  ecdsaPairFromSecret,
  ecdsaRecover,
  ecdsaSign,
  ecdsaSignPrehashed,
  ecdsaUncompress,
  ecdsaVerify,
  ecdsaVerifyPrehashed,
  isEcdsaSecret,
} from "./ecdsa.ts";
import { blake2b256, keccak256 } from "./hash.ts";

const pair = ecdsaPairFromSecret(new Uint8Array(32).fill(1));
const message = asciiBytes("a message");
const hash = blake2b256(message);
const ORDER = secp256k1.Point.Fn.ORDER;
const bigEndian = (n: bigint): Uint8Array => hexToBytes(n.toString(16).padStart(64, "0"));

test("the secret one has the generator as public key", () => {
  const secret = new Uint8Array(32);
  secret[31] = 1;
  const one = ecdsaPairFromSecret(secret);
  assert.equal(
    one.publicKey,
    "0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
  );
  const point = ecdsaUncompress(hexToBytes(one.publicKey));
  assert.equal(
    point && bytesToHex(point),
    "0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
  );
});

test("a signature repeats, verifies and gives its key away", () => {
  const signature = ecdsaSign(pair, message);
  assert.deepEqual(ecdsaSign(pair, message), signature);
  assert.deepEqual(ecdsaSignPrehashed(pair, hash), signature);
  assert.ok(ecdsaVerify(pair.publicKey, message, signature));
  assert.ok(ecdsaVerifyPrehashed(pair.publicKey, hash, signature));
  assert.equal(bytesToHex(expectOk(ecdsaRecover(hash, signature), "ours")), pair.publicKey);
  const compact = signature.subarray(0, 64);
  assert.ok(secp256k1.verify(compact, hash, hexToBytes(pair.publicKey), { prehash: false }));
});

test("another message, key or form of signature does not verify", () => {
  const signature = ecdsaSign(pair, message);
  const other = ecdsaPairFromSecret(new Uint8Array(32).fill(2));
  assert.ok(!ecdsaVerify(pair.publicKey, asciiBytes("another"), signature));
  assert.ok(!ecdsaVerifyPrehashed(pair.publicKey, keccak256(message), signature));
  assert.ok(!ecdsaVerify(other.publicKey, message, signature));
  for (const length of [0, 64, 66])
    assert.ok(!ecdsaVerify(pair.publicKey, message, new Uint8Array(length)));
});

test("recovery takes v from 0 or from 27, verification only from 0", () => {
  const signature = ecdsaSign(pair, message);
  const shifted = signature.slice();
  shifted[64] = (shifted[64] as number) + 27;
  assert.equal(bytesToHex(expectOk(ecdsaRecover(hash, shifted), "ours")), pair.publicKey);
  assert.ok(!ecdsaVerify(pair.publicKey, message, shifted));
});

test("the mirrored signature with s in the upper half recovers the same key", () => {
  const signature = ecdsaSign(pair, message);
  const s = BigInt(bytesToHex(signature.subarray(32, 64)));
  const mirrored = concatBytes(
    signature.subarray(0, 32),
    bigEndian(ORDER - s),
    new Uint8Array([(signature[64] as number) ^ 1]),
  );
  assert.equal(bytesToHex(expectOk(ecdsaRecover(hash, mirrored), "ours")), pair.publicKey);
});

test("each way a recovery can fail has its error", () => {
  const signature = ecdsaSign(pair, message);
  const withV = (v: number): Uint8Array =>
    concatBytes(signature.subarray(0, 64), new Uint8Array([v]));
  const withR = (r: bigint): Uint8Array => concatBytes(bigEndian(r), signature.subarray(32));
  const code = (it: Uint8Array, overflow?: "refuse" | "reduce"): string => {
    const recovered = ecdsaRecover(hash, it, overflow);
    return recovered.ok ? "ok" : recovered.error.code;
  };
  for (const v of [4, 26, 31, 255]) assert.equal(code(withV(v)), "badV");
  assert.equal(code(withR(ORDER)), "badRs");
  assert.equal(code(withR(ORDER), "reduce"), "badSignature");
  assert.equal(code(withR(0n)), "badSignature");
  // x = 5 is on no point of the curve.
  assert.equal(code(withR(5n)), "badSignature");
  assert.equal(code(withR(ORDER + 1n)), "badRs");
  assert.equal(code(withR(ORDER + 1n), "reduce"), code(withR(1n)));
});

test("what is no secret or no point is told apart", () => {
  assert.ok(!isEcdsaSecret(new Uint8Array(32)));
  assert.ok(!isEcdsaSecret(bigEndian(ORDER)));
  assert.ok(!isEcdsaSecret(new Uint8Array(31)));
  assert.equal(ecdsaUncompress(new Uint8Array(33)), undefined);
  assert.equal(ecdsaUncompress(concatBytes(new Uint8Array([2]), bigEndian(5n))), undefined);
});
