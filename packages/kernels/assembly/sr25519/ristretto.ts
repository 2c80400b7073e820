/**
 * The Ristretto255 group: Edwards points of which those that differ by small order count as one, each with a
 * single encoding. Lanes of the pairs here belong to two unrelated points, since a square root has no
 * two things to do at once.
 *
 * Specification: RFC 9496, whose names the intermediate values bear.
 */
import {
  absolute, add, choose, constant, copy, fromBytes, isNegative, isZero, multiply,
  multiplySigns, ONE, PAIR, reduce, SQRT_MINUS_ONE, sqrtRatio, square, subtract, toBytes, zip,
} from "./field";
import { addPoints } from "./point";

const D = constant(
  memory.data(80, 16),
  0x75eb4dca135978a3, 0x00700a4d4141d8ab, 0x8cc740797779e898, 0x52036cee2b6ffe73,
);
const SQRT_AD_MINUS_ONE = constant(
  memory.data(80, 16),
  0x7e97f6a0497b2e1b, 0xaf9d8e0c1b7854bd, 0x0f3cfcc931f5d1fd, 0x376931bf2b8348ac,
);
const INVSQRT_A_MINUS_D = constant(
  memory.data(80, 16),
  0x99c8fdaa805d40ea, 0x9d2f16175a4172be, 0x16c27b91fe01d840, 0x786c8905cfaffca2,
);
const ONE_MINUS_D_SQ = constant(
  memory.data(80, 16),
  0xe27c09c1945fc176, 0x2c81a138cd5e350f, 0x9994abddbe70dfe4, 0x029072a8b2b3e0d7,
);
const D_MINUS_ONE_SQ = constant(
  memory.data(80, 16),
  0x31ad5aaa44ed4d20, 0xd29e4a2cb01e1999, 0x4cdcd32f529b4eeb, 0x5968b37af66c2241,
);

const S = memory.data(80, 16);
const SS = memory.data(80, 16);
const U1 = memory.data(80, 16);
const U2 = memory.data(80, 16);
const U2_SQUARED = memory.data(80, 16);
const V = memory.data(80, 16);
const INV_SQRT = memory.data(80, 16);
const X = memory.data(80, 16);
const Y = memory.data(80, 16);
const T = memory.data(80, 16);
const Z = memory.data(80, 16);
const BYTES = memory.data(32, 16);

/** Two points, one in each lane of X, Y, Z and T, written out. */
function scatter(first: usize, second: usize): void {
  zip(first, X, 0, Y, 0);
  zip(first + PAIR, T, 0, Z, 0);
  zip(second, X, 1, Y, 1);
  zip(second + PAIR, T, 1, Z, 1);
}

/** The opposite. */
function gather(first: usize, second: usize): void {
  zip(X, first, 0, second, 0);
  zip(Y, first, 1, second, 1);
  zip(T, first + PAIR, 0, second + PAIR, 0);
  zip(Z, first + PAIR, 1, second + PAIR, 1);
}

function isCanonical(bytes: usize, lane: usize): bool {
  toBytes(BYTES, S, lane);
  return (
    (load<u8>(bytes) & 1) == 0 &&
    load<u64>(bytes) == load<u64>(BYTES) &&
    load<u64>(bytes, 8) == load<u64>(BYTES, 8) &&
    load<u64>(bytes, 16) == load<u64>(BYTES, 16) &&
    load<u64>(bytes, 24) == load<u64>(BYTES, 24)
  );
}

/**
 * The points that two strings of 32 bytes encode. Bit 0 and 1 of the answer: whether the first and the second
 * is the encoding of one; where it is not, the point written is none. 4.3.1.
 */
export function decodePoints(first: usize, second: usize, firstBytes: usize, secondBytes: usize): i32 {
  fromBytes(S, 0, firstBytes);
  fromBytes(S, 1, secondBytes);
  reduce(S, S);
  let valid = (isCanonical(firstBytes, 0) as i32) | ((isCanonical(secondBytes, 1) as i32) << 1);

  square(SS, S, 1);
  subtract(U1, ONE, SS);
  reduce(U1, U1);
  add(U2, ONE, SS);
  reduce(U2, U2);
  square(U2_SQUARED, U2, 1);
  square(V, U1, 1);
  multiply(V, V, D);
  add(V, V, U2_SQUARED);
  reduce(V, V);
  multiplySigns(V, V, -1, -1);
  multiply(T, V, U2_SQUARED);
  valid &= sqrtRatio(INV_SQRT, ONE, T);

  multiply(X, INV_SQRT, U2);
  multiply(Y, INV_SQRT, X);
  multiply(Y, Y, V);
  multiply(X, X, S);
  add(X, X, X);
  absolute(X, X);
  reduce(X, X);
  multiply(Y, Y, U1);
  multiply(T, X, Y);
  copy(Z, ONE);
  if (isNegative(T, 0) || isZero(Y, 0)) valid &= 2;
  if (isNegative(T, 1) || isZero(Y, 1)) valid &= 1;
  scatter(first, second);
  return valid;
}

const DEN1 = memory.data(80, 16);
const DEN2 = memory.data(80, 16);
const Z_INVERSE = memory.data(80, 16);
const PRODUCT = memory.data(80, 16);
const IX = memory.data(80, 16);
const IY = memory.data(80, 16);

/** The encodings of two points, 32 bytes each. 4.3.2. */
export function encodePoints(firstBytes: usize, secondBytes: usize, first: usize, second: usize): void {
  gather(first, second);
  add(U1, Z, Y);
  reduce(U1, U1);
  subtract(S, Z, Y);
  multiply(U1, S, U1);
  multiply(U2, X, Y);
  square(S, U2, 1);
  multiply(S, S, U1);
  sqrtRatio(INV_SQRT, ONE, S);
  multiply(DEN1, INV_SQRT, U1);
  multiply(DEN2, INV_SQRT, U2);
  multiply(Z_INVERSE, DEN1, DEN2);
  multiply(Z_INVERSE, Z_INVERSE, T);

  multiply(PRODUCT, T, Z_INVERSE);
  multiply(IX, X, SQRT_MINUS_ONE);
  multiply(IY, Y, SQRT_MINUS_ONE);
  multiply(DEN1, DEN1, INVSQRT_A_MINUS_D);
  const rotatesFirst = isNegative(PRODUCT, 0);
  const rotatesSecond = isNegative(PRODUCT, 1);
  choose(X, IY, X, rotatesFirst, rotatesSecond);
  choose(Y, IX, Y, rotatesFirst, rotatesSecond);
  choose(DEN2, DEN1, DEN2, rotatesFirst, rotatesSecond);

  multiply(PRODUCT, X, Z_INVERSE);
  multiplySigns(Y, Y, isNegative(PRODUCT, 0) ? -1 : 1, isNegative(PRODUCT, 1) ? -1 : 1);
  subtract(S, Z, Y);
  multiply(S, S, DEN2);
  absolute(S, S);
  toBytes(firstBytes, S, 0);
  toBytes(secondBytes, S, 1);
}

/** Whether a point counts as the neutral element: x = 0 or y = 0. 4.5 with (0, 1). */
export function isIdentity(p: usize): bool {
  return isZero(p, 0) || isZero(p, 1);
}

/** Whether two points count as one: x1·y2 = y1·x2 or y1·y2 = x1·x2. 4.5. */
export function equalPoints(p: usize, q: usize): bool {
  zip(U1, q, 1, q, 0);
  multiply(U1, p, U1); // (x1·y2, y1·x2)
  multiply(U2, p, q); // (x1·x2, y1·y2)
  return lanesEqual(U1) || lanesEqual(U2);
}

function lanesEqual(a: usize): bool {
  zip(SS, a, 1, a, 1);
  subtract(SS, SS, a);
  return isZero(SS, 0);
}

const SECOND_HALF = memory.data(160, 16);

/** Maps 64 uniform bytes to a point whose discrete logarithm nobody knows. 4.3.4. */
export function pointFromUniform(out: usize, bytes: usize): void {
  elligators(out, SECOND_HALF, bytes, bytes + 32);
  addPoints(out, out, SECOND_HALF);
}

/** The function MAP of 4.3.4, of two strings of 32 bytes. */
function elligators(first: usize, second: usize, firstBytes: usize, secondBytes: usize): void {
  fromBytes(T, 0, firstBytes);
  fromBytes(T, 1, secondBytes);
  reduce(T, T);
  const r = SS;
  square(r, T, 1);
  multiply(r, r, SQRT_MINUS_ONE);
  add(U1, r, ONE);
  multiply(U1, U1, ONE_MINUS_D_SQ);
  multiply(V, r, D);
  add(V, V, ONE);
  reduce(V, V);
  multiplySigns(V, V, -1, -1);
  add(U2, r, D);
  multiply(V, U2, V);

  const wasSquare = sqrtRatio(S, U1, V);
  const firstWas = (wasSquare & 1) != 0;
  const secondWas = (wasSquare & 2) != 0;
  // Otherwise s = -|s·t| and c = r; else c = -1.
  multiply(X, S, T);
  absolute(X, X);
  multiplySigns(X, X, -1, -1);
  choose(S, S, X, firstWas, secondWas);
  multiplySigns(Y, ONE, -1, -1);
  choose(Y, Y, r, firstWas, secondWas);
  subtract(X, r, ONE);
  multiply(Y, X, Y);
  multiply(Y, Y, D_MINUS_ONE_SQ);
  subtract(Y, Y, V); // N

  multiply(U1, S, V);
  add(U1, U1, U1);
  reduce(U1, U1); // w0
  multiply(U2, Y, SQRT_AD_MINUS_ONE); // w1
  square(S, S, 1);
  subtract(V, ONE, S); // w2
  reduce(V, V);
  add(IX, ONE, S); // w3
  multiply(X, IX, U1);
  multiply(Y, V, U2);
  multiply(Z, IX, U2);
  multiply(T, V, U1);
  scatter(first, second);
}
