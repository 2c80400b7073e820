/**
 * The Ristretto255 group: Edwards points of which those that differ by small order count as one, each
 * with a single encoding. Points come from outside only through `decodePoint`.
 *
 * Specification: RFC 9496, whose names the intermediate values bear.
 */
import { sr25519_pubkey } from "@polkadot-labs/schnorrkel-wasm";
import { addPoints, CURVE_D, createPoint, type Point } from "./edwards25519.ts";
import {
  absolute,
  add,
  copy,
  createElement,
  elementFromBigint,
  elementFromBytes,
  elementToBytes,
  type FieldElement,
  isNegative,
  isZero,
  multiply,
  negate,
  ONE,
  reduce,
  SQRT_MINUS_ONE,
  sqrtRatio,
  square,
  subtract,
} from "./field25519.ts";
import { encodeScalar } from "./scalar.ts";

const D = elementFromBigint(CURVE_D);
const SQRT_AD_MINUS_ONE =
  elementFromBigint(25063068953384623474111414158702152701244531502492656460079210482610430750235n);
const INVSQRT_A_MINUS_D =
  elementFromBigint(54469307008909316920995813868745141605393597292927456921205312896311721017578n);
const ONE_MINUS_D_SQ =
  elementFromBigint(1159843021668779879193775521855586647937357759715417654439879720876111806838n);
const D_MINUS_ONE_SQ =
  elementFromBigint(40440834346308536858101042469323190826248399146238708352240133220865137265952n);

/** The point that `bytes` encodes, or `undefined` when it is not the encoding of one. RFC 9496, 4.3.1. */
export function decodePoint(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 32) return undefined;
  const s = createElement();
  elementFromBytes(s, bytes);
  if (isNegative(s) || !isEncodingOf(bytes, s)) return undefined;

  const ss = createElement();
  square(ss, s);
  const u1 = createElement();
  subtract(u1, ONE, ss); // 2
  const u2 = createElement();
  add(u2, ONE, ss); // 2
  const u2Squared = createElement();
  square(u2Squared, u2);
  const v = createElement();
  square(v, u1);
  multiply(v, v, D);
  add(v, v, u2Squared); // 2
  negate(v, v);
  const underRoot = createElement();
  multiply(underRoot, v, u2Squared);
  const invSqrt = createElement();
  const wasSquare = sqrtRatio(invSqrt, ONE, underRoot);

  const { x, y, z, t } = createPoint();
  multiply(x, invSqrt, u2);
  multiply(y, invSqrt, x);
  multiply(y, y, v);
  multiply(x, x, s);
  add(x, x, x); // 2
  absolute(x, x);
  reduce(x);
  multiply(y, y, u1);
  multiply(t, x, y);
  if (!wasSquare || isNegative(t) || isZero(y)) return undefined;
  return { x, y, z, t };
}

/** Whether these are the number's canonical bytes: below p, top bit clear. */
function isEncodingOf(bytes: Uint8Array, element: FieldElement): boolean {
  const canonical = elementToBytes(element);
  return canonical.every((byte, i) => byte === bytes[i]);
}

/** The encoding of a point. RFC 9496, 4.3.2. */
export function encodePoint(point: Point): Uint8Array {
  const { x: x0, y: y0, z: z0, t: t0 } = point;
  const u1 = createElement();
  add(u1, z0, y0); // 2
  const s = createElement();
  subtract(s, z0, y0); // 2
  multiply(u1, u1, s);
  const u2 = createElement();
  multiply(u2, x0, y0);
  const underRoot = createElement();
  square(underRoot, u2);
  multiply(underRoot, underRoot, u1);
  const invSqrt = createElement();
  sqrtRatio(invSqrt, ONE, underRoot);
  const den1 = createElement();
  multiply(den1, invSqrt, u1);
  const den2 = createElement();
  multiply(den2, invSqrt, u2);
  const zInverse = createElement();
  multiply(zInverse, den1, den2);
  multiply(zInverse, zInverse, t0);

  const x = createElement();
  const y = createElement();
  const denominatorInverse = createElement();
  const product = createElement();
  multiply(product, t0, zInverse);
  if (isNegative(product)) {
    multiply(x, y0, SQRT_MINUS_ONE);
    multiply(y, x0, SQRT_MINUS_ONE);
    multiply(denominatorInverse, den1, INVSQRT_A_MINUS_D);
  } else {
    copy(x, x0);
    copy(y, y0);
    copy(denominatorInverse, den2);
  }
  multiply(product, x, zInverse);
  if (isNegative(product)) negate(y, y);
  subtract(s, z0, y); // 2
  multiply(s, s, denominatorInverse);
  absolute(s, s);
  return elementToBytes(s);
}

/** Whether this is the neutral element of the group. RFC 9496, 4.3.3 with (0, 1). */
export const isIdentity = (point: Point): boolean => isZero(point.x) || isZero(point.y);

/** Maps 64 uniform bytes to a point whose discrete logarithm nobody knows. RFC 9496, 4.3.4. */
export const pointFromUniformBytes = (bytes: Uint8Array): Point =>
  addPoints(elligator(bytes.subarray(0, 32)), elligator(bytes.subarray(32, 64)));

/** The function MAP of RFC 9496, 4.3.4. */
function elligator(bytes: Uint8Array): Point {
  const t = createElement();
  elementFromBytes(t, bytes);
  const r = createElement();
  square(r, t);
  multiply(r, r, SQRT_MINUS_ONE);
  const u = createElement();
  add(u, r, ONE); // 2
  multiply(u, u, ONE_MINUS_D_SQ);
  const v = createElement();
  multiply(v, r, D);
  add(v, v, ONE); // 2
  negate(v, v);
  const factor = createElement();
  add(factor, r, D); // 2
  multiply(v, v, factor);

  const s = createElement();
  const wasSquare = sqrtRatio(s, u, v);
  const n = createElement();
  subtract(n, r, ONE); // 2
  if (wasSquare) negate(n, n);
  else {
    multiply(s, s, t);
    absolute(s, s);
    negate(s, s);
    multiply(n, n, r);
  }
  multiply(n, n, D_MINUS_ONE_SQ);
  subtract(n, n, v); // 2

  const w0 = createElement();
  multiply(w0, s, v);
  add(w0, w0, w0); // 2
  const w1 = createElement();
  multiply(w1, n, SQRT_AD_MINUS_ONE);
  const ss = createElement();
  square(ss, s);
  const w2 = createElement();
  subtract(w2, ONE, ss); // 2
  const w3 = createElement();
  add(w3, ONE, ss); // 2
  const { x, y, z, t: product } = createPoint();
  multiply(x, w0, w3);
  multiply(y, w2, w1);
  multiply(z, w1, w3);
  multiply(product, w0, w2);
  return { x, y, z, t: product };
}

/** `scalar`·B, encoded. For secret scalars too: the Wasm module takes the same time for all of them. */
export function encodedMultipleOfBase(scalar: bigint): Uint8Array {
  // The module takes secrets as Ed25519 expands them, scalar times eight, followed by a nonce seed
  // that the public key does not depend on.
  const secret = new Uint8Array(64);
  secret.set(encodeScalar(scalar << 3n));
  return sr25519_pubkey(secret);
}
