/**
 * The Ristretto255 group: Edwards points of which those that differ by small order count as one, each with a
 * single encoding. Lanes of the pairs here belong to two unrelated points, since a square root has no
 * two things to do at once.
 *
 * Specification: RFC 9496, whose names the intermediate values bear.
 */
import {
  absolute, add, choose, constant, copy, fromBytes, invert, isNegative, isZero, multiply,
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

// Encodings of doubled points, for which a root is not needed, but an inverse, and many share one.

/** Two points on the way to the encodings of their doubles: E, F, G, H, their product, the running product, the bytes. */
export const DOUBLES: usize = 6 * PAIR + 64;
const E: usize = 0;
const F: usize = PAIR;
const G: usize = 2 * PAIR;
const H: usize = 3 * PAIR;
const OF_ALL: usize = 4 * PAIR;
const RUNNING: usize = 5 * PAIR;
/** Where the two encodings are in the end. */
export const DOUBLES_BYTES: usize = 6 * PAIR;

/** The first step: what doubling takes, E = 2XY, F = Z² + dT², G = X² + Y², H = Z² - dT². */
export function prepareDoubles(at: usize, first: usize, second: usize): void {
  gather(first, second);
  add(S, Y, Y);
  multiply(at + E, S, X);
  square(SS, T, 1);
  multiply(SS, SS, D);
  square(V, Z, 1);
  add(S, V, SS);
  reduce(at + F, S);
  subtract(S, V, SS);
  reduce(at + H, S);
  square(SS, X, 1);
  square(V, Y, 1);
  add(S, V, SS);
  reduce(at + G, S);
  multiply(S, at + E, at + G);
  multiply(SS, at + F, at + H);
  multiply(at + OF_ALL, S, SS);
}

/** The second: encodes the doubles of the prepared ones at `count` addresses in `list`. */
export function encodeDoubles(list: usize, count: i32): void {
  copy(U1, ONE);
  for (let i = 0; i < count; i++) {
    const at = load<u32>(list + 4 * i);
    copy(at + RUNNING, U1);
    // Of the neutral element the product is zero, and must not be a factor.
    choose(X, ONE, at + OF_ALL, isZero(at + OF_ALL, 0), isZero(at + OF_ALL, 1));
    multiply(U1, U1, X);
  }
  invert(U2, U1);
  for (let i = count - 1; i >= 0; i--) {
    const at = load<u32>(list + 4 * i);
    multiply(INV_SQRT, U2, at + RUNNING);
    choose(X, ONE, at + OF_ALL, isZero(at + OF_ALL, 0), isZero(at + OF_ALL, 1));
    multiply(U2, U2, X);
    encodeDouble(at);
  }
}

/** `INV_SQRT` has the inverse of E·F·G·H. Where that is zero the encoding is, as it should, 0. */
function encodeDouble(at: usize): void {
  multiply(DEN1, at + E, at + G);
  multiply(DEN2, at + F, at + H);
  multiply(Z_INVERSE, DEN1, INV_SQRT);
  multiply(DEN2, DEN2, INV_SQRT); // 1/T
  multiply(PRODUCT, DEN1, Z_INVERSE);
  const rotatesFirst = isNegative(PRODUCT, 0);
  const rotatesSecond = isNegative(PRODUCT, 1);
  multiplySigns(IX, at + E, -1, -1);
  multiply(IY, at + F, SQRT_MINUS_ONE);
  choose(X, at + G, at + E, rotatesFirst, rotatesSecond);
  choose(Y, IX, at + G, rotatesFirst, rotatesSecond);
  choose(Z, IY, at + H, rotatesFirst, rotatesSecond);
  choose(T, SQRT_MINUS_ONE, INVSQRT_A_MINUS_D, rotatesFirst, rotatesSecond);

  multiply(PRODUCT, Z, X);
  multiply(PRODUCT, PRODUCT, Z_INVERSE);
  multiplySigns(Y, Y, isNegative(PRODUCT, 0) ? -1 : 1, isNegative(PRODUCT, 1) ? -1 : 1);
  multiply(PRODUCT, Y, DEN2);
  multiply(PRODUCT, PRODUCT, T);
  subtract(S, Z, Y);
  multiply(S, S, PRODUCT);
  absolute(S, S);
  toBytes(at + DOUBLES_BYTES, S, 0);
  toBytes(at + DOUBLES_BYTES + 32, S, 1);
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
