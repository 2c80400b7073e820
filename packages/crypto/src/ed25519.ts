/**
 * Ed25519, which GRANDPA votes with. Every node must accept the same signatures, so acceptance is
 * ZIP-215's: points in any encoding, the equation times eight, scalars below the order.
 *
 * The platform's verification is fast and accepts a subset of that; what it refuses is looked at
 * again. So an honest signature costs one platform call, and a forged one more than ten times that.
 */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as platformSign,
  verify as platformVerify,
} from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { assert, bytesToHex, concatBytes, type Hex, hexToBytes, LruMap } from "@parahost/base";

export interface Ed25519Pair {
  readonly scheme: "ed25519";
  /** 32 bytes. */
  readonly publicKey: Hex;
  /** 32 bytes. */
  readonly seed: Uint8Array;
}

/** DER in front of the 32 bytes of a key (RFC 8410). */
const PRIVATE_KEY_HEADER = hexToBytes("302e020100300506032b657004220420");
const PUBLIC_KEY_HEADER = hexToBytes("302a300506032b6570032100");

export const ed25519PairFromSeed = (seed: Uint8Array): Ed25519Pair => ({
  scheme: "ed25519",
  publicKey: ed25519PublicKey(seed),
  seed,
});

/** The public key of a 32-byte seed. */
export function ed25519PublicKey(seed: Uint8Array): Hex {
  const exported = createPublicKey(privateKey(seed)).export({ format: "der", type: "spki" });
  return bytesToHex(exported.subarray(PUBLIC_KEY_HEADER.length));
}

function privateKey(seed: Uint8Array): KeyObject {
  assert(seed.length === 32, `a seed has 32 bytes, not ${seed.length}`);
  const key = concatBytes(PRIVATE_KEY_HEADER, seed);
  return createPrivateKey({ key: Buffer.from(key), format: "der", type: "pkcs8" });
}

/** Importing a key costs a third of a signature. */
const signingKeys = new WeakMap<Ed25519Pair, KeyObject>();

/** A 64-byte signature, determined by pair and message (RFC 8032). */
export function ed25519Sign(pair: Ed25519Pair, message: Uint8Array): Uint8Array {
  let key = signingKeys.get(pair);
  if (key === undefined) {
    key = privateKey(pair.seed);
    signingKeys.set(pair, key);
  }
  return new Uint8Array(platformSign(null, message, key));
}

/** Whether the bytes are a point that signatures can be verified with. */
export const isEd25519PublicKey = (publicKey: Hex): boolean =>
  ed25519.utils.isValidPublicKey(hexToBytes(publicKey), true);

/** Imported public keys: twice the authorities of the largest network. */
const verifyingKeys = new LruMap<Hex, KeyObject>(2_048);

/** Whether `signature` is one of `message` by `publicKey`, as ZIP-215 decides it. */
export function ed25519Verify(publicKey: Hex, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 66 || signature.length !== 64) return false;
  let key = verifyingKeys.get(publicKey);
  if (key === undefined) {
    const der = concatBytes(PUBLIC_KEY_HEADER, hexToBytes(publicKey));
    key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    verifyingKeys.set(publicKey, key);
  }
  return (
    platformVerify(null, message, key, signature) ||
    ed25519.verify(signature, message, hexToBytes(publicKey), { zip215: true })
  );
}
