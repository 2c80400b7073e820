/**
 * The Ristretto255 group: each element has a single encoding of 32 bytes, and its order is prime. Points come
 * from outside only through `decodePoint`. Scalars are canonical; the arithmetic is the kernel's.
 *
 * Specification: RFC 9496.
 */
import type { Point } from "@parahost/kernels";
import { kernel } from "./kernel.ts";
import { encodeScalar } from "./scalar.ts";

export type { Point } from "@parahost/kernels";

/** The point that `bytes` encodes, or `undefined` when it is not the encoding of one. */
export const decodePoint = (bytes: Uint8Array): Point | undefined => kernel.decodePoint(bytes);

/** The 32 bytes of a point's encoding. */
export const encodePoint = (point: Point): Uint8Array => kernel.encodePoint(point);

/** As `encodePoint` of two, at the price of one. */
export const encodePoints = (
  first: Point,
  second: Point,
): readonly [first: Uint8Array, second: Uint8Array] => kernel.encodePoints(first, second);

/** Whether this is the neutral element of the group. */
export const isIdentity = (point: Point): boolean => kernel.isIdentity(point);

/** Maps 64 uniform bytes to a point whose discrete logarithm nobody knows. */
export const pointFromUniformBytes = (bytes: Uint8Array): Point => kernel.pointFromUniform(bytes);

export const addPoints = (p: Point, q: Point): Point => kernel.addPoints(p, q);

/** `scalar`·`p` for a secret scalar: what runs and which memory it touches does not depend on it. */
export const multiplyBySecret = (p: Point, scalar: bigint): Point =>
  kernel.multiplySecret(p, encodeScalar(scalar));

/** `scalar`·B, B being the base point; for secret scalars too. */
export const multipleOfBase = (scalar: bigint): Point =>
  kernel.multiplyBaseSecret(encodeScalar(scalar));

/** `multipleOfBase`, encoded. */
export const encodedMultipleOfBase = (scalar: bigint): Uint8Array =>
  encodePoint(multipleOfBase(scalar));

/** `s`·`p` + `t`·`q` for public scalars: its time depends on them. */
export const doubleMultiply = (s: bigint, p: Point, t: bigint, q: Point): Point =>
  kernel.sumOfMultiples(encodeScalar(s), p, encodeScalar(t), q);

/** `s`·B + `t`·`q` for public scalars. */
export const doubleMultiplyBase = (s: bigint, t: bigint, q: Point): Point =>
  kernel.sumWithBase(encodeScalar(s), encodeScalar(t), q);
