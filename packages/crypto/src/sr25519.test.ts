import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes, bytesToHex, concatBytes, type Hex, hexToBytes } from "@parahost/base";
import { sr25519_sign, sr25519_verify } from "@polkadot-labs/schnorrkel-wasm";
import * as independent from "@scure/sr25519";
import { encodedMultipleOfBase } from "./ristretto.ts";
import { encodeScalar, GROUP_ORDER, littleEndian, scalarFromWideBytes } from "./scalar.ts";
import {
  isSr25519PublicKey,
  secretScalar,
  sr25519Agree,
  sr25519PairFromSeed,
  sr25519Sign,
  sr25519Verify,
  sr25519VerifyDeprecated,
} from "./sr25519.ts";
import { Transcript } from "./transcript.ts";

const pair = sr25519PairFromSeed(new Uint8Array(32).fill(1));
const other = sr25519PairFromSeed(new Uint8Array(32).fill(2));
const message = asciiBytes("a message");

test("the seed of 32 ones has the published key", () => {
  assert.equal(
    pair.publicKey,
    "0x189dac29296d31814dc8c56cf3d36a0543372bba7538fa322a4aebfebc39e056",
  );
});

test("our signatures verify elsewhere, and others' here", () => {
  const key = hexToBytes(pair.publicKey);
  for (const length of [0, 1, 73, 132, 1000]) {
    const bytes = new Uint8Array(length).fill(length);
    const ours = sr25519Sign(pair, bytes);
    assert.ok(sr25519_verify(key, bytes, ours));
    assert.ok(independent.verify(bytes, ours, key));
    assert.ok(sr25519Verify(pair.publicKey, bytes, ours));
    assert.ok(sr25519Verify(pair.publicKey, bytes, sr25519_sign(key, pair.secret, bytes)));
    assert.ok(sr25519Verify(pair.publicKey, bytes, independent.sign(pair.secret, bytes)));
  }
});

test("a signature repeats, and differs with message, key and context", () => {
  const signature = sr25519Sign(pair, message);
  assert.deepEqual(sr25519Sign(pair, message), signature);
  const commitments = [
    signature,
    sr25519Sign(pair, asciiBytes("another")),
    sr25519Sign(other, message),
    sr25519Sign(pair, message, "other context"),
    // The same nonce seed under another scalar must not give the same nonce.
    sr25519Sign(
      { ...other, secret: concatBytes(other.secret.slice(0, 32), pair.secret.slice(32)) },
      message,
    ),
  ].map((it) => bytesToHex(it.subarray(0, 32)));
  assert.equal(new Set(commitments).size, commitments.length);
});

test("a signature of a context verifies in that context only", () => {
  const signature = sr25519Sign(pair, message, "other context");
  assert.ok(sr25519Verify(pair.publicKey, message, signature, "other context"));
  assert.ok(!sr25519Verify(pair.publicKey, message, signature));
  assert.ok(!sr25519Verify(pair.publicKey, message, sr25519Sign(pair, message), "other context"));
});

test("any changed bit makes a signature bad", () => {
  const signature = sr25519Sign(pair, message);
  for (let byte = 0; byte < 64; byte++)
    for (const bit of [1, 128]) {
      const changed = signature.slice();
      changed[byte] = (changed[byte] as number) ^ bit;
      assert.ok(!sr25519Verify(pair.publicKey, message, changed), `byte ${byte}`);
    }
  assert.ok(!sr25519Verify(other.publicKey, message, signature));
});

test("signatures of wrong length, without marker or with a large scalar are refused", () => {
  const signature = sr25519Sign(pair, message);
  for (const length of [0, 63, 65])
    assert.ok(!sr25519Verify(pair.publicKey, message, new Uint8Array(length)));
  const unmarked = signature.slice();
  unmarked[63] = (unmarked[63] as number) & 0x7f;
  assert.ok(!sr25519Verify(pair.publicKey, message, unmarked));
  const scalar = littleEndian(unmarked.subarray(32)) + GROUP_ORDER;
  const large = concatBytes(signature.subarray(0, 32), encodeScalar(scalar));
  large[63] = (large[63] as number) | 0x80;
  assert.ok(!sr25519Verify(pair.publicKey, message, large));
});

test("what is no public key is refused, the identity included", () => {
  const notKeys: Hex[] = [
    `0x${"ff".repeat(32)}`,
    `0x01${"00".repeat(31)}`,
    `0x${"00".repeat(32)}`,
    `0x${"00".repeat(31)}`,
    "0x",
  ];
  // Anybody can sign for the identity: R = s·B.
  const forged = concatBytes(encodedMultipleOfBase(5n), encodeScalar(5n));
  forged[63] = 0x80;
  for (const key of notKeys) {
    assert.ok(!isSr25519PublicKey(key));
    assert.ok(!sr25519Verify(key, message, forged), key);
    assert.ok(!sr25519VerifyDeprecated(key, message, forged), key);
    assert.equal(sr25519Agree(pair, key), undefined);
  }
});

test("thousands of bad keys leave verification working", () => {
  const signature = sr25519Sign(pair, message);
  for (let i = 0; i < 2_000; i++) {
    const key: Hex = `0x${"ff".repeat(30)}${i.toString(16).padStart(4, "0")}`;
    sr25519Verify(key, message, signature);
  }
  assert.ok(sr25519Verify(pair.publicKey, message, signature));
});

test("only the deprecated verification takes the deprecated form", () => {
  const nonce = 123_456_789n;
  const commitment = encodedMultipleOfBase(nonce);
  const transcript = new Transcript("substrate");
  transcript.appendMessage("sign-bytes", message);
  transcript.appendMessage("proto-name", asciiBytes("Schnorr-sig"));
  transcript.appendMessage("pk", hexToBytes(pair.publicKey));
  transcript.appendMessage("no", commitment);
  const challenge = scalarFromWideBytes(transcript.challengeBytes("", 64));
  const scalar = (nonce + challenge * secretScalar(pair.secret)) % GROUP_ORDER;
  const old = concatBytes(commitment, encodeScalar(scalar));
  assert.ok(sr25519VerifyDeprecated(pair.publicKey, message, old));
  assert.ok(!sr25519VerifyDeprecated(pair.publicKey, asciiBytes("another"), old));
  assert.ok(!sr25519Verify(pair.publicKey, message, old));
  assert.ok(sr25519VerifyDeprecated(pair.publicKey, message, sr25519Sign(pair, message)));
});

test("two parties agree on a secret", () => {
  const shared = sr25519Agree(pair, other.publicKey);
  assert.ok(shared !== undefined);
  assert.deepEqual(sr25519Agree(other, pair.publicKey), shared);
  assert.deepEqual(independent.getSharedSecret(pair.secret, hexToBytes(other.publicKey)), shared);
});
