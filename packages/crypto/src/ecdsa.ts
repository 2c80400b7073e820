/**
 * ECDSA on secp256k1 with recoverable signatures of 65 bytes: r, s (big-endian, 32 bytes each), v.
 * BEEFY and Ethereum-style accounts use it, and PVFs may call it. A signature is checked by recovering
 * the key that made it, as Substrate does.
 *
 * Reference: runtime-and-primitives.md 3.3.
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { assert, bytesToHex, err, type Hex, ok, type Result } from "@parahost/base";
import { blake2b256 } from "./hash.ts";

export interface EcdsaPair {
  readonly scheme: "ecdsa";
  /** Compressed point, 33 bytes. */
  readonly publicKey: Hex;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** In the order of the host interface's error numbers. */
export type EcdsaRecoverError =
  | { readonly code: "badRs" }
  | { readonly code: "badV"; readonly v: number }
  | { readonly code: "badSignature" };

/**
 * What is done with r and s not below the group order: version 2 of the host functions refuses them,
 * version 1 reduces them.
 */
export type EcdsaOverflow = "refuse" | "reduce";

const ORDER = secp256k1.Point.Fn.ORDER;

/** Whether 32 bytes are a secret key: a number from 1 to the group order less one. */
export const isEcdsaSecret = (secret: Uint8Array): boolean =>
  secp256k1.utils.isValidSecretKey(secret);

export function ecdsaPairFromSecret(secret: Uint8Array): EcdsaPair {
  assert(isEcdsaSecret(secret), "not a secp256k1 secret");
  return { scheme: "ecdsa", publicKey: ecdsaPublicKey(secret), secret };
}

/** The compressed public key of a valid secret. */
export const ecdsaPublicKey = (secret: Uint8Array): Hex =>
  bytesToHex(secp256k1.getPublicKey(secret, true));

/** Signs the BLAKE2b-256 of `message`. */
export const ecdsaSign = (pair: EcdsaPair, message: Uint8Array): Uint8Array =>
  ecdsaSignPrehashed(pair, blake2b256(message));

/** Signs a 32-byte hash: the nonce is RFC 6979's, s is in the lower half. */
export function ecdsaSignPrehashed(pair: EcdsaPair, hash: Uint8Array): Uint8Array {
  assert(hash.length === 32, `a hash has 32 bytes, not ${hash.length}`);
  const made = secp256k1.sign(hash, pair.secret, { prehash: false, format: "recovered" });
  const signature = new Uint8Array(65);
  signature.set(made.subarray(1));
  signature[64] = made[0] as number;
  return signature;
}

/** Whether `signature` is one of BLAKE2b-256 of `message` by `publicKey`; v must be 0 to 3. */
export const ecdsaVerify = (
  publicKey: Hex,
  message: Uint8Array,
  signature: Uint8Array,
  overflow: EcdsaOverflow = "refuse",
): boolean => ecdsaVerifyPrehashed(publicKey, blake2b256(message), signature, overflow);

/** As `ecdsaVerify`, for a 32-byte hash. */
export function ecdsaVerifyPrehashed(
  publicKey: Hex,
  hash: Uint8Array,
  signature: Uint8Array,
  overflow: EcdsaOverflow = "refuse",
): boolean {
  if (signature.length !== 65 || (signature[64] as number) > 3) return false;
  const recovered = ecdsaRecover(hash, signature, overflow);
  return recovered.ok && bytesToHex(recovered.value) === publicKey;
}

/** The compressed key whose signature of the 32-byte `hash` this is. v is 0 to 3, or 27 to 30. */
export function ecdsaRecover(
  hash: Uint8Array,
  signature: Uint8Array,
  overflow: EcdsaOverflow = "refuse",
): Result<Uint8Array, EcdsaRecoverError> {
  assert(hash.length === 32, `a hash has 32 bytes, not ${hash.length}`);
  assert(signature.length === 65, `a signature has 65 bytes, not ${signature.length}`);
  const v = signature[64] as number;
  const recoveryId = v > 26 ? v - 27 : v;
  if (recoveryId > 3) return err({ code: "badV", v });
  let r = bigEndian(signature.subarray(0, 32));
  let s = bigEndian(signature.subarray(32, 64));
  if (overflow === "reduce") {
    r %= ORDER;
    s %= ORDER;
  }
  if (r >= ORDER || s >= ORDER) return err({ code: "badRs" });
  if (r === 0n || s === 0n) return err({ code: "badSignature" });
  try {
    const parsed = new secp256k1.Signature(r, s, recoveryId);
    return ok(parsed.recoverPublicKey(hash).toBytes(true));
  } catch (noSuchPoint) {
    if (noSuchPoint instanceof Error) return err({ code: "badSignature" });
    throw noSuchPoint;
  }
}

/** The 64 bytes x, y of a compressed key, or `undefined` when it is no point of the curve. */
export function ecdsaUncompress(publicKey: Uint8Array): Uint8Array | undefined {
  if (!secp256k1.utils.isValidPublicKey(publicKey, true)) return undefined;
  return secp256k1.Point.fromBytes(publicKey).toBytes(false).subarray(1);
}

const bigEndian = (bytes: Uint8Array): bigint => BigInt(bytesToHex(bytes));
