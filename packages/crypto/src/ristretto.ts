/**
 * The Ristretto255 group as our protocols use it. Points come from outside only through
 * `decodePoint`, which knows a single encoding for each.
 *
 * Specification: RFC 9496.
 */
import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { assert } from "@parahost/base";
import { sr25519_pubkey } from "@polkadot-labs/schnorrkel-wasm";
import { encodeScalar } from "./scalar.ts";

export type RistrettoPoint = InstanceType<typeof ristretto255.Point>;

/** The generator B. */
export const BASE_POINT: RistrettoPoint = ristretto255.Point.BASE;

/** The point that `bytes` encodes, or `undefined` when it is not a canonical encoding of one. */
export function decodePoint(bytes: Uint8Array): RistrettoPoint | undefined {
  if (bytes.length !== 32) return undefined;
  try {
    return ristretto255.Point.fromBytes(bytes);
  } catch (notAPoint) {
    if (notAPoint instanceof Error) return undefined;
    throw notAPoint;
  }
}

export const encodePoint = (point: RistrettoPoint): Uint8Array => point.toBytes();

export const isIdentity = (point: RistrettoPoint): boolean => point.is0();

export const negate = (point: RistrettoPoint): RistrettoPoint => point.negate();

export const addPoints = (a: RistrettoPoint, b: RistrettoPoint): RistrettoPoint => a.add(b);

/** Maps 64 uniform bytes to a point of unknown discrete logarithm. */
export function pointFromUniformBytes(bytes: Uint8Array): RistrettoPoint {
  const { deriveToCurve } = ristretto255_hasher;
  assert(deriveToCurve !== undefined, "ristretto255 has an element derivation");
  return deriveToCurve(bytes);
}

/** `scalar`·B, encoded. Suits secret scalars: the Wasm module walks a table in constant time. */
export function encodedMultipleOfBase(scalar: bigint): Uint8Array {
  // The module takes secrets as Ed25519 expands them, scalar times eight, followed by a nonce seed
  // that the public key does not depend on.
  const secret = new Uint8Array(64);
  secret.set(encodeScalar(scalar << 3n));
  return sr25519_pubkey(secret);
}

/** `scalar`·`point` for a secret scalar. */
export const multiplyBySecret = (point: RistrettoPoint, scalar: bigint): RistrettoPoint =>
  scalar === 0n ? ristretto255.Point.ZERO : point.multiply(scalar);

/** `a`·`p` + `b`·`q` for public scalars: its time depends on them. */
export const doubleMultiply = (
  a: bigint,
  p: RistrettoPoint,
  b: bigint,
  q: RistrettoPoint,
): RistrettoPoint => mulAddUnsafe(ristretto255.Point, [p, q], [a, b]);
