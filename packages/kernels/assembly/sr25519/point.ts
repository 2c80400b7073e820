/**
 * The curve -x² + y² = 1 + d·x²·y² under Ed25519 and Ristretto255. A point is two pairs, (X, Y) and (T, Z)
 * with x = X/Z, y = Y/Z, xy = T/Z: one operation on points is a few operations on pairs, both lanes busy.
 * An "addend" is a point prepared for being added: (Y - X, Y + X) and (2d·T, 2·Z). Both have 160 bytes.
 * Coordinates are reduced; additions are complete.
 *
 * Source: Hisil, Wong, Carter, Dawson, "Twisted Edwards curves revisited", sections 3.1 to 3.3.
 */
import { add, constant, multiply, ONE, PAIR, reduce, square, ZERO, zip } from "./field";

/** Bytes of a point or an addend. */
export const POINT: usize = 2 * PAIR;

const A = memory.data(80, 16);
const B = memory.data(80, 16);
const C = memory.data(80, 16);

// @ts-ignore: decorator
@inline
function swapped(v: v128): v128 {
  return i64x2.shuffle(v, v, 1, 0);
}

/** (u, v) becomes (v - u, u + v). */
// @ts-ignore: decorator
@inline
function spread(v: v128): v128 {
  return f64x2.add(swapped(v), v128.xor(v, i64x2(i64.MIN_VALUE, 0)));
}

// @ts-ignore: decorator
@inline
function spreadPair(out: usize, a: usize): void {
  v128.store(out, spread(v128.load(a)));
  v128.store(out, spread(v128.load(a, 16)), 16);
  v128.store(out, spread(v128.load(a, 32)), 32);
  v128.store(out, spread(v128.load(a, 48)), 48);
  v128.store(out, spread(v128.load(a, 64)), 64);
}

/** Lane 0 of `a` and lane 1 of `b`. */
// @ts-ignore: decorator
@inline
function mixed(a: v128, b: v128): v128 {
  return i64x2.shuffle(a, b, 0, 3);
}

/** `out` = (lane 0 of a, lane 1 of b), which may be `a` or `b`. */
// @ts-ignore: decorator
@inline
function mixPair(out: usize, a: usize, b: usize): void {
  v128.store(out, mixed(v128.load(a), v128.load(b)));
  v128.store(out, mixed(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, mixed(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, mixed(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, mixed(v128.load(a, 64), v128.load(b, 64)), 64);
}

// @ts-ignore: decorator
@inline
function swapPair(out: usize, a: usize): void {
  v128.store(out, swapped(v128.load(a)));
  v128.store(out, swapped(v128.load(a, 16)), 16);
  v128.store(out, swapped(v128.load(a, 32)), 32);
  v128.store(out, swapped(v128.load(a, 48)), 48);
  v128.store(out, swapped(v128.load(a, 64)), 64);
}

/** X = E·F, Y = G·H, T = E·H, Z = F·G, given A = (E, G) and B = (F, H), one of them reduced. */
// @ts-ignore: decorator
@inline
function combine(out: usize): void {
  swapPair(C, B);
  multiply(out, B, A);
  multiply(out + PAIR, C, A);
}

/** Adds an addend to a point. */
export function addTo(out: usize, p: usize, addend: usize): void {
  addParts(out, p, addend, addend + PAIR);
}

/** `first` and `second` are the addend's pairs. */
// @ts-ignore: decorator
@inline
function addParts(out: usize, p: usize, first: usize, second: usize): void {
  spreadPair(A, p);
  multiply(A, A, first);
  multiply(B, p + PAIR, second);
  spreadPair(A, A); // (E, H)
  spreadPair(B, B); // (F, G)
  mixPair(C, A, B); // (E, G)
  mixPair(B, B, A); // (F, H)
  reduce(A, C);
  combine(out);
}

const FIRST = memory.data(80, 16);
const SECOND = memory.data(80, 16);

/** Takes an addend from a point: the opposite has Y - X and Y + X exchanged, and T of the other sign. */
export function takeFrom(out: usize, p: usize, addend: usize): void {
  swapPair(FIRST, addend);
  negateFirst(SECOND, addend + PAIR);
  addParts(out, p, FIRST, SECOND);
}

// @ts-ignore: decorator
@inline
function negateFirst(out: usize, a: usize): void {
  const sign = i64x2(i64.MIN_VALUE, 0);
  v128.store(out, v128.xor(v128.load(a), sign));
  v128.store(out, v128.xor(v128.load(a, 16), sign), 16);
  v128.store(out, v128.xor(v128.load(a, 32), sign), 32);
  v128.store(out, v128.xor(v128.load(a, 48), sign), 48);
  v128.store(out, v128.xor(v128.load(a, 64), sign), 64);
}

/** The opposite of a point. */
export function negatePoint(out: usize, p: usize): void {
  negateFirst(out, p);
  negateFirst(out + PAIR, p + PAIR);
}

export function doublePoint(out: usize, p: usize): void {
  // (Z, X + Y)
  zip(B, p + PAIR, 1, p, 1);
  zip(C, ZERO, 0, p, 0);
  add(B, B, C);
  reduce(B, B);
  square(A, p, 1);
  square(B, B, 1);
  spreadPair(A, A); // (G, H) = (Y² - X², X² + Y²)
  doubleLess(B, A); // (F, E) = (2·Z² - G, (X + Y)² - H)
  // (E, G) and (F, H)
  zip(C, B, 1, A, 0);
  mixPair(B, B, A);
  reduce(A, C);
  reduce(B, B);
  combine(out);
}

/** (2·u, v) less `a`'s lanes. */
// @ts-ignore: decorator
@inline
function doubleLess(out: usize, a: usize): void {
  const twice = f64x2(2, 1);
  v128.store(out, f64x2.sub(f64x2.mul(v128.load(out), twice), v128.load(a)));
  v128.store(out, f64x2.sub(f64x2.mul(v128.load(out, 16), twice), v128.load(a, 16)), 16);
  v128.store(out, f64x2.sub(f64x2.mul(v128.load(out, 32), twice), v128.load(a, 32)), 32);
  v128.store(out, f64x2.sub(f64x2.mul(v128.load(out, 48), twice), v128.load(a, 48)), 48);
  v128.store(out, f64x2.sub(f64x2.mul(v128.load(out, 64), twice), v128.load(a, 64)), 64);
}

/** Prepares a point for being added. */
export function toAddend(out: usize, p: usize): void {
  multiply(out + PAIR, p + PAIR, TWICE_D_AND_TWO);
  spreadPair(out, p);
  reduce(out, out);
}

/** Adds two points. */
export function addPoints(out: usize, p: usize, q: usize): void {
  toAddend(ADDEND, q);
  addTo(out, p, ADDEND);
}

export function setIdentity(out: usize): void {
  zip(out, ZERO, 0, ONE, 0);
  zip(out + PAIR, ZERO, 0, ONE, 0);
}

const ADDEND = memory.data(160, 16);
const TWICE_D_AND_TWO = memory.data(80, 16);
constant(A, 0xebd69b9426b2f159, 0x00e0149a8283b156, 0x198e80f2eef3d130, 0x2406d9dc56dffce7);
constant(B, 2, 0, 0, 0);
zip(TWICE_D_AND_TWO, A, 0, B, 0);

/** The generator: y = 4/5. */
export const BASE = memory.data(160, 16);
constant(A, 0xc9562d608f25d51a, 0x692cc7609525a7b2, 0xc0a4e231fdd6dc5c, 0x216936d3cd6e53fe);
constant(B, 0x6666666666666658, 0x6666666666666666, 0x6666666666666666, 0x6666666666666666);
zip(BASE, A, 0, B, 0);
multiply(C, A, B);
zip(BASE + PAIR, C, 0, ONE, 0);
