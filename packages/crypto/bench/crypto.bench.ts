/** Hashes, signatures and VRFs against npm packages of the same purpose. */
import assert from "node:assert/strict";
import { ed25519 } from "@noble/curves/ed25519.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { keccakP } from "@noble/hashes/sha3.js";
import { asciiBytes, concatBytes, EMPTY_BYTES, hexToBytes } from "@parahost/base";
import * as wasmCrypto from "@polkadot/wasm-crypto";
import { sr25519_verify } from "@polkadot-labs/schnorrkel-wasm";
import * as scure from "@scure/sr25519";
import { createBLAKE2b } from "hash-wasm";
import type { Bench } from "../../../test/bench.ts";
import {
  blake2b256,
  CachingVerifier,
  DirectVerifier,
  ed25519PairFromSeed,
  ed25519Sign,
  ed25519Verify,
  type SignatureItem,
  type SignatureVerifier,
  sr25519PairFromSeed,
  sr25519Sign,
  sr25519Verify,
  Transcript,
  vrfSign,
  vrfVerify,
} from "../src/index.ts";
import { kernel } from "../src/kernel.ts";
import { WorkerVerifier } from "../src/worker-verifier.ts";

await wasmCrypto.waitReady();

const sample = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 167 + 13) & 255);

const NOBLE_HASHES = "@noble/hashes 2.4.0";
const NOBLE_CURVES = "@noble/curves 2.4.0";
const WASM_CRYPTO = "@polkadot/wasm-crypto 7.5.4";
const SCHNORRKEL_WASM = "@polkadot-labs/schnorrkel-wasm 0.0.7";
const SCURE = "@scure/sr25519 2.3.0";

const hasher = await createBLAKE2b(256);

function hashing(name: string, bytes: Uint8Array): Bench[] {
  const peers = [
    [NOBLE_HASHES, () => blake2b(bytes, { dkLen: 32 })],
    ["hash-wasm 4.13.0", () => hasher.init().update(bytes).digest("binary")],
  ] as const;
  return peers.map(([peer, theirs]) => ({
    name: `blake2b-256 of ${name}`,
    peer,
    ours: () => blake2b256(bytes),
    theirs,
    check: () => assert.deepEqual(blake2b256(bytes), theirs()),
  }));
}

const pair = sr25519PairFromSeed(sample(32));
const key = hexToBytes(pair.publicKey);
const message = sample(140);
const signature = sr25519Sign(pair, message);
const remembering = new CachingVerifier(new DirectVerifier());
const claim = { scheme: "sr25519", publicKey: pair.publicKey, message, signature } as const;

/** As many signers as signatures, as when every validator signs a bitfield. */
const claims = Array.from({ length: 1_000 }, (_, i): SignatureItem => {
  const signer = sr25519PairFromSeed(blake2b256(new Uint8Array([i & 255, i >> 8])));
  const signed = sample(140).map((byte) => byte ^ i);
  return {
    scheme: "sr25519",
    publicKey: signer.publicKey,
    message: signed,
    signature: sr25519Sign(signer, signed),
  };
});
const theirClaims = claims.map(({ publicKey, message, signature }) => ({
  key: hexToBytes(publicKey),
  message,
  signature,
}));
const direct = new DirectVerifier();
const threads = new WorkerVerifier();
// Wakes the thread.
await threads.verifyBatch(claims);

function batch(name: string, verifier: SignatureVerifier, peer: string, verify: Verify): Bench {
  const ours = (): boolean => verifier.verifyAll(claims).every(Boolean);
  const theirs = (): boolean =>
    theirClaims.every(({ key, message, signature }) => verify(key, message, signature));
  return { name, peer, ours, theirs, check: () => assert.ok(ours() && theirs()) };
}
type Verify = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
const ofWasmCrypto: Verify = (key, message, signature) =>
  wasmCrypto.sr25519Verify(signature, message, key);

const grandpaPair = ed25519PairFromSeed(sample(32));
const grandpaKey = hexToBytes(grandpaPair.publicKey);
const vote = ed25519Sign(grandpaPair, message);

const input = new Transcript("SigningContext");
input.appendMessage("", asciiBytes("bench"));
input.appendMessage("sign-bytes", message);
const proof = vrfSign(pair, input);
const packedProof = concatBytes(proof.preOutput, proof.proof);
const context = asciiBytes("bench");
const proofSeen = (): boolean => vrfVerify(pair.publicKey, input, proof) !== undefined;

const state = new Uint8Array(200).fill(0x5a);
const theirLanes = new Uint32Array(state.slice().buffer);

export const benches: Bench[] = [
  ...hashing("64 bytes", sample(64)),
  ...hashing("1 MB", sample(1 << 20)),
  {
    name: "Keccak-f[1600], under every transcript",
    peer: NOBLE_HASHES,
    ours: () => kernel.keccakF1600(state),
    theirs: () => keccakP(theirLanes),
    check: () => {
      const ours = state.slice();
      const theirs = new Uint32Array(state.slice().buffer);
      kernel.keccakF1600(ours);
      keccakP(theirs);
      assert.deepEqual(new Uint32Array(ours.buffer), theirs);
    },
  },
  {
    name: "sr25519 verify, 140 bytes",
    peer: WASM_CRYPTO,
    ours: () => sr25519Verify(pair.publicKey, message, signature),
    theirs: () => wasmCrypto.sr25519Verify(signature, message, key),
    check: () => {
      assert.ok(sr25519Verify(pair.publicKey, message, signature));
      assert.ok(wasmCrypto.sr25519Verify(signature, message, key));
    },
  },
  {
    name: "sr25519 verify, 140 bytes",
    peer: SCHNORRKEL_WASM,
    ours: () => sr25519Verify(pair.publicKey, message, signature),
    theirs: () => sr25519_verify(key, message, signature),
    check: () => assert.ok(sr25519_verify(key, message, signature)),
  },
  batch("sr25519 verify, 1,000 at once", direct, SCHNORRKEL_WASM, sr25519_verify),
  batch("sr25519 verify, 1,000 at once", direct, WASM_CRYPTO, ofWasmCrypto),
  batch("sr25519 verify, 1,000 at once in two threads", threads, SCHNORRKEL_WASM, sr25519_verify),
  {
    name: "sr25519 verify, seen before",
    peer: WASM_CRYPTO,
    ours: () => remembering.verify(claim),
    theirs: () => wasmCrypto.sr25519Verify(signature, message, key),
    check: () => assert.ok(remembering.verify(claim) && remembering.verify(claim)),
  },
  {
    name: "sr25519 sign, 140 bytes",
    peer: WASM_CRYPTO,
    ours: () => sr25519Sign(pair, message),
    theirs: () => wasmCrypto.sr25519Sign(key, pair.secret, message),
    check: () => assert.ok(wasmCrypto.sr25519Verify(sr25519Sign(pair, message), message, key)),
  },
  {
    name: "VRF verify",
    peer: SCURE,
    ours: () => proofSeen(),
    theirs: () => scure.vrf.verify(message, packedProof, key, context),
    check: () => {
      assert.ok(proofSeen());
      assert.ok(scure.vrf.verify(message, packedProof, key, context));
    },
  },
  {
    name: "VRF verify",
    peer: WASM_CRYPTO,
    ours: () => proofSeen(),
    theirs: () => wasmCrypto.vrfVerify(key, context, message, EMPTY_BYTES, packedProof),
    check: () => {
      assert.ok(proofSeen());
      assert.ok(wasmCrypto.vrfVerify(key, context, message, EMPTY_BYTES, packedProof));
    },
  },
  {
    name: "VRF sign",
    peer: WASM_CRYPTO,
    ours: () => vrfSign(pair, input),
    theirs: () => wasmCrypto.vrfSign(pair.secret, context, message, EMPTY_BYTES),
    check: () => assert.ok(wasmCrypto.vrfVerify(key, context, message, EMPTY_BYTES, packedProof)),
  },
  {
    name: "ed25519 verify, 140 bytes",
    peer: NOBLE_CURVES,
    ours: () => ed25519Verify(grandpaPair.publicKey, message, vote),
    theirs: () => ed25519.verify(vote, message, grandpaKey),
    check: () => {
      assert.ok(ed25519Verify(grandpaPair.publicKey, message, vote));
      assert.ok(ed25519.verify(vote, message, grandpaKey));
    },
  },
];
