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
import { Sr25519Kernel } from "@parahost/kernels";
import * as independent from "@scure/sr25519";
import { encodeScalar, GROUP_ORDER, littleEndian } from "./scalar.ts";
import { sr25519PairFromSeed } from "./sr25519.ts";
import { Transcript } from "./transcript.ts";
import {
  makeBytes,
  type VrfItem,
  type VrfSignature,
  vrfInOut,
  vrfSign,
  vrfVerify,
  vrfVerifyAll,
} from "./vrf.ts";

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

// Many at once

const signers = Array.from({ length: 7 }, (_, i) =>
  sr25519PairFromSeed(new Uint8Array(32).fill(i)),
);

/** Proofs by several keys, about several inputs, some bound to something more. */
const honest: readonly VrfItem[] = Array.from({ length: 150 }, (_, i) => {
  const signer = signers[i % signers.length] ?? pair;
  const transcript = slotClaim(BigInt(i % 40));
  const extra = i % 3 === 0 ? undefined : new Transcript(`extra ${i % 4}`);
  const signature = vrfSign(signer, transcript, extra);
  return { publicKey: signer.publicKey, transcript, signature, ...(extra && { extra }) };
});

const withProof = (item: VrfItem, change: (proof: Uint8Array) => void): VrfItem => {
  const proof = item.signature.proof.slice();
  change(proof);
  return { ...item, signature: { ...item.signature, proof } };
};

const falsehoods: readonly ((item: VrfItem) => VrfItem)[] = [
  (item) => withProof(item, (proof) => proof.fill(1, 0, 1)),
  (item) => withProof(item, (proof) => proof.fill(255)),
  (item) => ({ ...item, transcript: slotClaim(99n) }),
  (item) => ({ ...item, publicKey: `0x${"ff".repeat(32)}` }),
  (item) => ({ ...item, extra: new Transcript("something else") }),
  (item) => ({ ...item, signature: { ...item.signature, preOutput: new Uint8Array(32) } }),
  (item) => ({ ...item, signature: { ...item.signature, proof: new Uint8Array(63) } }),
];

const provenBy = ({ publicKey, transcript, signature, extra }: VrfItem) =>
  vrfVerify(publicKey, transcript, signature, extra);

test("many proofs are answered as each is by itself, whatever stands beside them", () => {
  const mixed = honest.map((item, i) =>
    i % 5 === 2 ? (falsehoods[i % falsehoods.length] ?? assert.fail())(item) : item,
  );
  for (const items of [honest, mixed, mixed.slice(0, 1), mixed.slice(2, 3), []])
    assert.deepEqual(vrfVerifyAll(items), items.map(provenBy));
  assert.ok(vrfVerifyAll(honest).every((value) => value !== undefined));
  assert.deepEqual(
    vrfVerifyAll(mixed).map((value) => value === undefined),
    mixed.map((_, i) => i % 5 === 2),
  );
});

test("the portable kernel answers the same", () => {
  const kernel = new Sr25519Kernel("portable");
  const bare = new Transcript("VRF");
  const inputs = kernel.verifyVrfs(
    honest.slice(0, 5).map(({ publicKey, transcript, signature, extra = bare }) => ({
      publicKey,
      input: transcript.state(),
      proving: extra.state(),
      output: signature.preOutput,
      proof: signature.proof,
    })),
  );
  assert.deepEqual(
    inputs,
    honest.slice(0, 5).map((item) => provenBy(item)?.input),
  );
});

test("a proof whose commitments are the identity is as good as any", () => {
  const transcript = signingContext("yo!", asciiBytes("a nonce of zero"));
  const value = vrfInOut(pair, transcript);
  const proving = new Transcript("VRF");
  proving.appendMessage("proto-name", asciiBytes("DLEQProof"));
  proving.appendMessage("vrf:h", value.input);
  proving.appendMessage("vrf:R=g^r", new Uint8Array(32));
  proving.appendMessage("vrf:h^r", new Uint8Array(32));
  proving.appendMessage("vrf:pk", hexToBytes(pair.publicKey));
  proving.appendMessage("vrf:h^sk", value.output);
  const challenge = littleEndian(proving.challengeBytes("prove", 64)) % GROUP_ORDER;
  const secret = littleEndian(pair.secret.subarray(0, 32)) >> 3n;
  const response = GROUP_ORDER - ((challenge * secret) % GROUP_ORDER);
  const proof = concatBytes(encodeScalar(challenge), encodeScalar(response));
  assert.ok(
    independent.vrf.verify(
      asciiBytes("a nonce of zero"),
      concatBytes(value.output, proof),
      hexToBytes(pair.publicKey),
      asciiBytes("yo!"),
    ),
  );
  const item = {
    publicKey: pair.publicKey,
    transcript,
    signature: { preOutput: value.output, proof },
  };
  assert.deepEqual(vrfVerifyAll([...honest.slice(0, 3), item]).at(-1), value);
});

test("more keys than the kernel keeps come and go", () => {
  const [first] = honest;
  assert.ok(first !== undefined);
  const kernel = new Sr25519Kernel();
  const claim = {
    publicKey: first.publicKey,
    input: first.transcript.state(),
    proving: new Transcript("VRF").state(),
    output: first.signature.preOutput,
    proof: first.signature.proof,
  };
  const isTrue = () => kernel.verifyVrfs([claim])[0] !== undefined;
  assert.ok(isTrue());
  const one = kernel.pointFromUniform(new Uint8Array(64).fill(1));
  let at = one;
  for (let batch = 0; batch < 33; batch++) {
    const strangers = Array.from({ length: 64 }, () => {
      at = kernel.addPoints(at, one);
      return { ...claim, publicKey: bytesToHex(kernel.encodePoint(at)) };
    });
    assert.ok(kernel.verifyVrfs(strangers).every((input) => input === undefined));
  }
  assert.ok(isTrue());
});
