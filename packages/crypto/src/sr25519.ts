/**
 * sr25519: Schnorr signatures on Ristretto255 over Merlin transcripts, as in Polkadot (schnorrkel).
 *
 * Signing draws nothing from the system: the nonce is a pseudorandom function of the key's secret
 * nonce seed, its public key, the context and the message, as in Ed25519. Seals are part of block
 * hashes, so a run of the simulator repeats only if signatures do. Verification cannot tell.
 *
 * Reference: consensus-and-sync.md 3.4.
 */

import { createHash } from "node:crypto";
import { asciiBytes, assert, bytesToHex, equalBytes, type Hex, hexToBytes } from "@parahost/base";
import type { Claim } from "@parahost/kernels";
import { kernel } from "./kernel.ts";
import {
  doubleMultiplyBase,
  encodedMultipleOfBase,
  encodePoint,
  multiplyBySecret,
  type Point,
} from "./ristretto.ts";
import {
  decodeScalar,
  encodeScalar,
  littleEndian,
  reduceScalar,
  scalarFromWideBytes,
} from "./scalar.ts";
import { Transcript } from "./transcript.ts";

export interface Sr25519Pair {
  readonly scheme: "sr25519";
  /** 32 bytes. */
  readonly publicKey: Hex;
  /** 64 bytes: the secret scalar times eight, then the nonce seed ("Ed25519-expanded"). */
  readonly secret: Uint8Array;
}

/** Everything that substrate signs is signed in this context. */
const SUBSTRATE = "substrate";

/** Set in the last byte, it tells sr25519 signatures from Ed25519's. */
const MARKER = 0x80;

/** The pair that a 32-byte seed ("mini secret") expands to, the way Ed25519 expands its seeds. */
export function sr25519PairFromSeed(seed: Uint8Array): Sr25519Pair {
  assert(seed.length === 32, `a seed has 32 bytes, not ${seed.length}`);
  const secret = new Uint8Array(createHash("sha512").update(seed).digest());
  secret[0] = (secret[0] as number) & 0xf8;
  secret[31] = ((secret[31] as number) & 0x3f) | 0x40;
  return sr25519PairFromSecret(secret);
}

/** The pair of a 64-byte expanded secret. */
export const sr25519PairFromSecret = (secret: Uint8Array): Sr25519Pair => ({
  scheme: "sr25519",
  publicKey: sr25519PublicKey(secret),
  secret,
});

/** The public key of a 64-byte expanded secret. */
export const sr25519PublicKey = (secret: Uint8Array): Hex =>
  bytesToHex(encodedMultipleOfBase(secretScalar(secret)));

/** The scalar that an expanded secret stores times eight. */
export function secretScalar(secret: Uint8Array): bigint {
  assert(secret.length === 64, `an expanded secret has 64 bytes, not ${secret.length}`);
  return reduceScalar(littleEndian(secret.subarray(0, 32)) >> 3n);
}

/**
 * A scalar that nobody without the secret can tell from a random one, and that differs whenever the
 * key or anything said in the transcript does: the nonce of a signature or proof.
 */
export const secretNonce = (pair: Sr25519Pair, transcript: Transcript): bigint =>
  scalarFromWideBytes(witnessBytes(pair, transcript, "nonce", 64));

/** As `secretNonce`, for the 32 bytes from which a derived key will make its nonces. */
export const secretNonceSeed = (pair: Sr25519Pair, transcript: Transcript): Uint8Array =>
  witnessBytes(pair, transcript, "nonce-seed", 32);

function witnessBytes(
  pair: Sr25519Pair,
  transcript: Transcript,
  purpose: string,
  length: number,
): Uint8Array {
  const witness = transcript.clone();
  witness.appendMessage("witness-pk", hexToBytes(pair.publicKey));
  witness.appendMessage("witness-secret", pair.secret.subarray(32));
  return witness.challengeBytes(purpose, length);
}

function signingTranscript(context: string, message: Uint8Array): Transcript {
  const transcript = new Transcript("SigningContext");
  transcript.appendMessage("", asciiBytes(context));
  transcript.appendMessage("sign-bytes", message);
  return transcript;
}

/** A 64-byte signature of `message`; the same for the same pair, message and context. */
export function sr25519Sign(
  pair: Sr25519Pair,
  message: Uint8Array,
  context: string = SUBSTRATE,
): Uint8Array {
  const transcript = signingTranscript(context, message);
  const nonce = secretNonce(pair, transcript);
  const commitment = encodedMultipleOfBase(nonce);
  const challenge = signatureChallenge(transcript, hexToBytes(pair.publicKey), commitment);
  const signature = new Uint8Array(64);
  signature.set(commitment);
  signature.set(encodeScalar(reduceScalar(challenge * secretScalar(pair.secret) + nonce)), 32);
  signature[63] = (signature[63] as number) | MARKER;
  return signature;
}

function signatureChallenge(
  transcript: Transcript,
  publicKey: Uint8Array,
  commitment: Uint8Array,
): bigint {
  transcript.appendMessage("proto-name", asciiBytes("Schnorr-sig"));
  transcript.appendMessage("sign:pk", publicKey);
  transcript.appendMessage("sign:R", commitment);
  return scalarFromWideBytes(transcript.challengeBytes("sign:c", 64));
}

/**
 * Whether `signature` is one of `message` by the holder of `publicKey`. Keys that are no point or the
 * identity, which anybody could sign for, signatures without the marker bit and scalars not below the
 * group order are refused.
 */
export function sr25519Verify(
  publicKey: Hex,
  message: Uint8Array,
  signature: Uint8Array,
  context: string = SUBSTRATE,
): boolean {
  if (context === SUBSTRATE) return kernel.verify({ publicKey, message, signature });
  const scalar = signatureScalar(signature, MARKER);
  const point = sr25519Point(publicKey);
  if (scalar === undefined || point === undefined) return false;
  const key = hexToBytes(publicKey);
  const commitment = signature.subarray(0, 32);
  const challenge = signatureChallenge(signingTranscript(context, message), key, commitment);
  return equationHolds(point, commitment, scalar, challenge);
}

/** `sr25519Verify` of each claim; a third of the price when there are hundreds, and few are false. */
export const sr25519VerifyAll = (claims: readonly Claim[]): readonly boolean[] =>
  kernel.verifyAll(claims);

/**
 * As `sr25519Verify`, and also accepts what early testnets signed: no marker bit, the context as the
 * transcript's label, other labels for the points. Only `ext_crypto_sr25519_verify_version_1` does so.
 */
export function sr25519VerifyDeprecated(
  publicKey: Hex,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const scalar = signatureScalar(signature, 0);
  if (scalar === undefined) return sr25519Verify(publicKey, message, signature);
  const point = sr25519Point(publicKey);
  if (point === undefined) return false;
  const commitment = signature.subarray(0, 32);
  const transcript = new Transcript(SUBSTRATE);
  transcript.appendMessage("sign-bytes", message);
  transcript.appendMessage("proto-name", asciiBytes("Schnorr-sig"));
  transcript.appendMessage("pk", hexToBytes(publicKey));
  transcript.appendMessage("no", commitment);
  const challenge = scalarFromWideBytes(transcript.challengeBytes("", 64));
  return equationHolds(point, commitment, scalar, challenge);
}

/** The second half of a signature whose top bit is `marker`, if canonical without it. */
function signatureScalar(signature: Uint8Array, marker: number): bigint | undefined {
  if (signature.length !== 64 || ((signature[63] as number) & MARKER) !== marker) return undefined;
  const bytes = signature.slice(32);
  bytes[31] = (bytes[31] as number) & ~MARKER;
  return decodeScalar(bytes);
}

/** R = s·B − c·X. */
function equationHolds(
  publicKey: Point,
  commitment: Uint8Array,
  scalar: bigint,
  challenge: bigint,
): boolean {
  const expected = doubleMultiplyBase(scalar, reduceScalar(-challenge), publicKey);
  return equalBytes(encodePoint(expected), commitment);
}

/** The point of a public key, or `undefined` for what is no encoding or that of the identity. */
export const sr25519Point = (publicKey: Hex): Point | undefined => kernel.publicKeyPoint(publicKey);

/** Whether signatures and proofs of this key can be checked at all. */
export const isSr25519PublicKey = (publicKey: Hex): boolean =>
  sr25519Point(publicKey) !== undefined;

/** The secret that `pair` shares with the holder of `publicKey`; `undefined` for a bad key. */
export function sr25519Agree(pair: Sr25519Pair, publicKey: Hex): Uint8Array | undefined {
  const point = sr25519Point(publicKey);
  if (point === undefined) return undefined;
  return encodePoint(multiplyBySecret(point, secretScalar(pair.secret)));
}
