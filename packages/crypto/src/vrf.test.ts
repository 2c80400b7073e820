import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asciiBytes,
  bytesToHex,
  concatBytes,
  EMPTY_BYTES,
  type Hex,
  hexToBytes,
} from "@parahost/base";
import * as independent from "@scure/sr25519";
import { encodeScalar, GROUP_ORDER, littleEndian } from "./scalar.ts";
import { sr25519PairFromSeed } from "./sr25519.ts";
import { Transcript } from "./transcript.ts";
import { makeBytes, type VrfSignature, vrfInOut, vrfSign, vrfVerify } from "./vrf.ts";

const pair = sr25519PairFromSeed(new Uint8Array(32).fill(1));
const other = sr25519PairFromSeed(new Uint8Array(32).fill(2));

/** BABE's input for slot 42 of epoch 3 under the randomness of 32 sevens. */
function slotClaim(slot = 42n): Transcript {
  const transcript = new Transcript("BABE");
  transcript.appendU64("slot number", slot);
  transcript.appendU64("current epoch", 3n);
  transcript.appendMessage("chain randomness", new Uint8Array(32).fill(7));
  return transcript;
}

/** The transcript that libraries with a fixed one use. */
function signingContext(context: string, message: Uint8Array): Transcript {
  const transcript = new Transcript("SigningContext");
  transcript.appendMessage("", asciiBytes(context));
  transcript.appendMessage("sign-bytes", message);
  return transcript;
}

test("a BABE claim has the value that smoldot accepts", () => {
  const value = vrfInOut(pair, slotClaim());
  assert.equal(
    bytesToHex(value.input),
    "0x2cb32e29774b50bc5fc08df0cc6c04afa8c113b9b401879949a92427937f951a",
  );
  assert.equal(
    bytesToHex(value.output),
    "0xa6270c444421e49cceeb8ef5cb7135c42f3312037f76fe8b4516f021b432d226",
  );
  assert.equal(
    bytesToHex(makeBytes(value, "substrate-babe-vrf", 16)),
    "0xced619d0eb5b37e5c93f5330d59df7a9",
  );
  assert.equal(
    bytesToHex(makeBytes(value, "BabeVRFInOutContext", 32)),
    "0xbe834658102d9c1cfddb64c72b3c47be63c1f811d159a16d9bbafb7201734ede",
  );
});

test("a proof proves the value, and repeats", () => {
  const signature = vrfSign(pair, slotClaim());
  assert.deepEqual(vrfVerify(pair.publicKey, slotClaim(), signature), vrfInOut(pair, slotClaim()));
  assert.deepEqual(vrfSign(pair, slotClaim()), signature);
});

test("transcripts are read, not changed", () => {
  const transcript = slotClaim();
  const extra = new Transcript("extra");
  const signature = vrfSign(pair, transcript, extra);
  vrfVerify(pair.publicKey, transcript, signature, extra);
  vrfInOut(pair, transcript);
  assert.deepEqual(transcript.challengeBytes("c", 8), slotClaim().challengeBytes("c", 8));
  assert.deepEqual(extra.challengeBytes("c", 8), new Transcript("extra").challengeBytes("c", 8));
});

test("an independent library takes our proofs, and we its", () => {
  const message = asciiBytes("meow");
  const transcript = signingContext("yo!", message);
  const key = hexToBytes(pair.publicKey);
  const ours = vrfSign(pair, transcript);
  assert.ok(
    independent.vrf.verify(
      message,
      concatBytes(ours.preOutput, ours.proof),
      key,
      asciiBytes("yo!"),
    ),
  );
  const theirs = independent.vrf.sign(message, pair.secret, asciiBytes("yo!"), EMPTY_BYTES);
  const signature = { preOutput: theirs.slice(0, 32), proof: theirs.slice(32) };
  assert.deepEqual(vrfVerify(pair.publicKey, transcript, signature), vrfInOut(pair, transcript));
});

test("a proof is good for its key, input, output and extra transcript only", () => {
  const extra = new Transcript("extra");
  const signature = vrfSign(pair, slotClaim(), extra);
  const check = (key: Hex, input: Transcript, it: VrfSignature, bound?: Transcript): boolean =>
    vrfVerify(key, input, it, bound) !== undefined;
  assert.ok(check(pair.publicKey, slotClaim(), signature, extra));
  assert.ok(!check(other.publicKey, slotClaim(), signature, extra));
  assert.ok(!check(pair.publicKey, slotClaim(43n), signature, extra));
  assert.ok(!check(pair.publicKey, slotClaim(), signature));
  assert.ok(!check(pair.publicKey, slotClaim(), signature, new Transcript("other")));
  const { preOutput } = vrfSign(pair, slotClaim(43n), extra);
  assert.ok(!check(pair.publicKey, slotClaim(), { ...signature, preOutput }, extra));
  for (let byte = 0; byte < 64; byte++) {
    const proof = signature.proof.slice();
    proof[byte] = (proof[byte] as number) ^ 1;
    assert.ok(!check(pair.publicKey, slotClaim(), { ...signature, proof }, extra), `byte ${byte}`);
  }
});

test("malformed keys, outputs and proofs are refused", () => {
  const signature = vrfSign(pair, slotClaim());
  const check = (key: Hex, it: VrfSignature): boolean =>
    vrfVerify(key, slotClaim(), it) !== undefined;
  assert.ok(!check(`0x${"ff".repeat(32)}`, signature));
  assert.ok(!check(`0x${"00".repeat(32)}`, signature));
  assert.ok(!check("0x", signature));
  for (const preOutput of [0, 255].map((byte) => new Uint8Array(32).fill(byte)))
    assert.ok(!check(pair.publicKey, { ...signature, preOutput }));
  for (const length of [0, 32, 63, 65, 96])
    assert.ok(!check(pair.publicKey, { ...signature, proof: new Uint8Array(length) }));
  for (const half of [0, 32]) {
    const proof = signature.proof.slice();
    const scalar = littleEndian(proof.subarray(half, half + 32));
    proof.set(encodeScalar(scalar + GROUP_ORDER), half);
    assert.ok(!check(pair.publicKey, { ...signature, proof }), "a scalar not below the order");
  }
});
