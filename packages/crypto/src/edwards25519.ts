/**
 * The curve −x² + y² = 1 + d·x²·y² modulo 2^255 − 19, under Ed25519 and Ristretto255: adding, doubling,
 * and multiplying by scalars, in one way for secret scalars and in another for public ones.
 *
 * Results go to `out`, the first argument, which may be an operand. Coordinates are always reduced; the
 * numbers in comments are how many reduced terms an intermediate value adds up (`field25519.ts`).
 *
 * Source: Hisil, Wong, Carter, Dawson, "Twisted Edwards curves revisited", sections 3.1 to 3.3.
 */
import {
  add,
  copy,
  createElement,
  elementFromBigint,
  type FieldElement,
  MODULUS,
  multiply,
  negate,
  ONE,
  square,
  subtract,
  ZERO,
} from "./field25519.ts";
import { encodeScalar } from "./scalar.ts";

/** x = X/Z, y = Y/Z, x·y = T/Z. */
export interface Point {
  readonly x: FieldElement;
  readonly y: FieldElement;
  readonly z: FieldElement;
  readonly t: FieldElement;
}

/** A point prepared for being added to others: Y + X (2), Y − X (2), 2·Z (2), 2·d·T (1). */
interface Addend {
  readonly yPlusX: FieldElement;
  readonly yMinusX: FieldElement;
  readonly z2: FieldElement;
  readonly t2d: FieldElement;
}

export const CURVE_D: bigint =
  37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const TWICE_D = elementFromBigint((2n * CURVE_D) % MODULUS);

/** The neutral element. */
export function createPoint(): Point {
  const point = {
    x: createElement(),
    y: createElement(),
    z: createElement(),
    t: createElement(),
  };
  setIdentity(point);
  return point;
}

function setIdentity(out: Point): void {
  copy(out.x, ZERO);
  copy(out.y, ONE);
  copy(out.z, ONE);
  copy(out.t, ZERO);
}

/** The generator of the subgroup of prime order, y = 4/5. */
export const BASE: Point = {
  x: elementFromBigint(
    15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  ),
  y: elementFromBigint(
    46316835694926478169428394003475163141307993866256225615783033603165251855960n,
  ),
  z: elementFromBigint(1n),
  t: createElement(),
};
multiply(BASE.t, BASE.x, BASE.y);

export function negatePoint(point: Point): Point {
  const opposite = { ...point, x: createElement(), t: createElement() };
  negate(opposite.x, point.x);
  negate(opposite.t, point.t);
  return opposite;
}

export function addPoints(a: Point, b: Point): Point {
  const addend = createAddend();
  prepare(addend, b);
  const sum = createPoint();
  addPrepared(sum, a, addend);
  return sum;
}

const createAddend = (): Addend => ({
  yPlusX: createElement(),
  yMinusX: createElement(),
  z2: createElement(),
  t2d: createElement(),
});

function prepare(out: Addend, point: Point): void {
  add(out.yPlusX, point.y, point.x);
  subtract(out.yMinusX, point.y, point.x);
  add(out.z2, point.z, point.z);
  multiply(out.t2d, point.t, TWICE_D);
}

const a = createElement();
const b = createElement();
const c = createElement();
const d = createElement();
const e = createElement();
const f = createElement();
const g = createElement();
const h = createElement();

/** `p` plus a prepared point. */
function addPrepared(out: Point, p: Point, q: Addend): void {
  subtract(a, p.y, p.x); // 2
  multiply(a, a, q.yMinusX);
  add(b, p.y, p.x); // 2
  multiply(b, b, q.yPlusX);
  combine(out, p, q, false);
}

/** `p` less a prepared point, whose opposite has the two sums exchanged and T negative. */
function subtractPrepared(out: Point, p: Point, q: Addend): void {
  subtract(a, p.y, p.x); // 2
  multiply(a, a, q.yPlusX);
  add(b, p.y, p.x); // 2
  multiply(b, b, q.yMinusX);
  combine(out, p, q, true);
}

/** The second half of an addition, given its first two products in `a` and `b`. */
function combine(out: Point, p: Point, q: Addend, opposite: boolean): void {
  multiply(c, p.t, q.t2d);
  multiply(d, p.z, q.z2);
  subtract(e, b, a); // 2
  add(h, b, a); // 2
  subtract(opposite ? g : f, d, c); // 2
  add(opposite ? f : g, d, c); // 2
  multiply(out.x, e, f);
  multiply(out.y, g, h);
  multiply(out.z, f, g);
  multiply(out.t, e, h);
}

/** 2·`p`. Its T, which a next doubling does not need, is left out unless asked for. */
function double(out: Point, p: Point, withT: boolean): void {
  add(e, p.x, p.y); // 2
  square(a, p.x);
  square(b, p.y);
  square(c, p.z);
  square(e, e);
  add(c, c, c); // 2
  add(h, a, b); // 2
  subtract(e, h, e); // 3
  subtract(g, a, b); // 2
  add(f, c, g); // 4
  multiply(out.x, e, f);
  multiply(out.y, g, h);
  multiply(out.z, f, g);
  if (withT) multiply(out.t, e, h);
}

/** Odd multiples of a point, 1·P, 3·P, …: what a public multiplication of it looks up. */
export interface OddMultiples {
  /** Bits that one lookup covers; 2^(window − 2) multiples. */
  readonly window: number;
  readonly multiples: readonly Addend[];
}

export function oddMultiples(point: Point, window: number): OddMultiples {
  const doubled = createPoint();
  double(doubled, point, true);
  const step = createAddend();
  prepare(step, doubled);
  const current = createPoint();
  copyPoint(current, point);
  const multiples: Addend[] = [];
  for (let i = 0; i < 1 << (window - 2); i++) {
    if (i > 0) addPrepared(current, current, step);
    const multiple = createAddend();
    prepare(multiple, current);
    multiples.push(multiple);
  }
  return { window, multiples };
}

function copyPoint(out: Point, point: Point): void {
  copy(out.x, point.x);
  copy(out.y, point.y);
  copy(out.z, point.z);
  copy(out.t, point.t);
}

/** Fits the second-level cache, and takes a millisecond to make. */
const BASE_MULTIPLES = oddMultiples(BASE, 8);

/** Window for points met once: eight multiples. */
const WINDOW = 5;

/** `s`·`p` + `t`·`q` for public scalars: its time depends on them. */
export const doubleMultiply = (s: bigint, p: Point, t: bigint, q: Point): Point =>
  sumOfMultiples(s, oddMultiples(p, WINDOW), t, oddMultiples(q, WINDOW));

/** `s`·B + `t`·`q` for public scalars, B being the base point. */
export const doubleMultiplyBase = (s: bigint, t: bigint, q: Point): Point =>
  sumOfMultiples(s, BASE_MULTIPLES, t, oddMultiples(q, WINDOW));

function sumOfMultiples(s: bigint, p: OddMultiples, t: bigint, q: OddMultiples): Point {
  const sDigits = nonAdjacentForm(s, p.window);
  const tDigits = nonAdjacentForm(t, q.window);
  const sum = createPoint();
  let bit = 255;
  while (bit >= 0 && sDigits[bit] === 0 && tDigits[bit] === 0) bit -= 1;
  for (; bit >= 0; bit--) {
    const sDigit = sDigits[bit] as number;
    const tDigit = tDigits[bit] as number;
    double(sum, sum, sDigit !== 0 || tDigit !== 0 || bit === 0);
    addDigit(sum, sDigit, p);
    addDigit(sum, tDigit, q);
  }
  return sum;
}

function addDigit(sum: Point, digit: number, table: OddMultiples): void {
  if (digit > 0) addPrepared(sum, sum, table.multiples[digit >> 1] as Addend);
  else if (digit < 0) subtractPrepared(sum, sum, table.multiples[-digit >> 1] as Addend);
}

/**
 * The scalar as digits that are zero or odd and below 2^(window − 1), at least `window` − 1 zeros
 * between any two: the sum of digits[i]·2^i.
 */
function nonAdjacentForm(scalar: bigint, window: number): Int8Array {
  const bytes = encodeScalar(scalar);
  const digits = new Int8Array(256);
  const size = 1 << window;
  let carry = 0;
  for (let bit = 0; bit < 256; ) {
    const at = bit >> 3;
    const ahead = ((bytes[at] as number) | ((bytes[at + 1] ?? 0) << 8)) >> (bit & 7);
    const digit = (ahead & (size - 1)) + carry;
    if ((digit & 1) === 0) {
      bit += 1;
      continue;
    }
    carry = digit < size >> 1 ? 0 : 1;
    digits[bit] = digit - carry * size;
    bit += window;
  }
  return digits;
}

/**
 * `scalar`·`p` for a secret scalar: which instructions run and which memory they touch does not
 * depend on it.
 */
export function multiplyBySecret(p: Point, scalar: bigint): Point {
  const multiples = firstEightMultiples(p);
  const digits = signedNibbles(scalar);
  const product = createPoint();
  const chosen = createAddend();
  for (let i = 63; i >= 0; i--) {
    for (let doubling = 0; doubling < 4; doubling++) double(product, product, doubling === 3);
    choose(chosen, multiples, digits[i] as number);
    addPrepared(product, product, chosen);
  }
  return product;
}

/** 0·P to 8·P. */
function firstEightMultiples(p: Point): readonly Addend[] {
  const current = createPoint();
  const step = createAddend();
  prepare(step, p);
  const multiples: Addend[] = [];
  for (let i = 0; i <= 8; i++) {
    if (i > 0) addPrepared(current, current, step);
    const multiple = createAddend();
    prepare(multiple, current);
    multiples.push(multiple);
  }
  return multiples;
}

/** A scalar below 2^253 as 64 digits from −8 to 7: the sum of digits[i]·16^i. */
function signedNibbles(scalar: bigint): Int8Array {
  const digits = new Int8Array(64);
  let carry = 0;
  for (const [i, byte] of encodeScalar(scalar).entries())
    for (let half = 0; half < 2; half++) {
      const nibble = ((byte >> (4 * half)) & 15) + carry;
      carry = (nibble + 8) >> 4;
      digits[2 * i + half] = nibble - (carry << 4);
    }
  return digits;
}

/** `digit`·P out of the multiples, reading all of them. */
function choose(out: Addend, multiples: readonly Addend[], digit: number): void {
  const negative = (digit >> 31) & 1;
  const magnitude = digit * (1 - 2 * negative);
  for (let k = 0; k < 12; k++) {
    let yPlusX = 0;
    let yMinusX = 0;
    let z2 = 0;
    let t2d = 0;
    for (let i = 0; i <= 8; i++) {
      const multiple = multiples[i] as Addend;
      const taken = ((magnitude ^ i) - 1) >>> 31;
      yPlusX += taken * (multiple.yPlusX[k] as number);
      yMinusX += taken * (multiple.yMinusX[k] as number);
      z2 += taken * (multiple.z2[k] as number);
      t2d += taken * (multiple.t2d[k] as number);
    }
    const exchange = negative * (yMinusX - yPlusX);
    out.yPlusX[k] = yPlusX + exchange;
    out.yMinusX[k] = yMinusX - exchange;
    out.z2[k] = z2;
    out.t2d[k] = t2d * (1 - 2 * negative);
  }
}
