/**
 * Multiples of points: of one by a secret scalar, sums of two by public ones (Straus), and of the base
 * point. A point that is met often has tables, with which a sum takes a quarter of the doublings. Scalars are 32 canonical little-endian bytes.
 */
import {
  addTo, BASE, doublePoint, POINT, setIdentity, takeFrom, toAddend,
} from "./point";
import { PAIR } from "./field";

/** Window for points met once: eight odd multiples. */
const WINDOW: i32 = 5;
/** Window for the base point: 64 odd multiples. */
const BASE_WINDOW: i32 = 8;

const CURRENT = memory.data(160, 16);
const STEP = memory.data(160, 16);
const ODD_P = memory.data(8 * 160, 16);
const ODD_Q = memory.data(8 * 160, 16);
/** The base point's tables, the first of which has its odd multiples. */
const ODD_BASE = memory.data(4 * 64 * 160, 16);
const DIGITS_P = memory.data(256, 16);
const DIGITS_Q = memory.data(256, 16);

/** Addends of 1·P, 3·P, … as many as `window` looks up. */
function oddMultiples(table: usize, p: usize, window: i32): void {
  doublePoint(CURRENT, p);
  toAddend(STEP, CURRENT);
  memory.copy(CURRENT, p, POINT);
  const end = table + (POINT << (window - 2));
  for (let at = table; at < end; at += POINT) {
    if (at != table) addTo(CURRENT, CURRENT, STEP);
    toAddend(at, CURRENT);
  }
}

/**
 * A scalar as 256 digits that are zero or odd and below 2^(window - 1), at least `window` - 1 zeros
 * between any two: the sum of digits[i]·2^i.
 */
function nonAdjacentForm(digits: usize, scalar: usize, window: i32): void {
  memory.fill(digits, 0, 256);
  const size = 1 << window;
  let carry = 0;
  let bit = 0;
  while (bit < 256) {
    const at = bit >> 3;
    const next = at < 31 ? load<u8>(scalar + at, 1) as i32 : 0;
    const ahead = ((load<u8>(scalar + at) as i32) | (next << 8)) >> (bit & 7);
    const digit = (ahead & (size - 1)) + carry;
    if ((digit & 1) == 0) {
      bit += 1;
      continue;
    }
    carry = digit < size >> 1 ? 0 : 1;
    store<i8>(digits + bit, (digit - carry * size) as i8);
    bit += window;
  }
}

// @ts-ignore: decorator
@inline
function addDigit(sum: usize, digit: i32, table: usize): void {
  if (digit > 0) addTo(sum, sum, table + (digit >> 1) * POINT);
  else if (digit < 0) takeFrom(sum, sum, table + (-digit >> 1) * POINT);
}

/** `s`·`p` + `t`·`q` for public scalars: time depends on them. */
export function sumOfMultiples(out: usize, s: usize, p: usize, t: usize, q: usize): void {
  oddMultiples(ODD_P, p, WINDOW);
  sum(out, s, ODD_P, WINDOW, t, q);
}

/** `s`·B + `t`·`q` for public scalars, B being the base point. */
export function sumWithBase(out: usize, s: usize, t: usize, q: usize): void {
  sum(out, s, ODD_BASE, BASE_WINDOW, t, q);
}

function sum(out: usize, s: usize, table: usize, window: i32, t: usize, q: usize): void {
  oddMultiples(ODD_Q, q, WINDOW);
  nonAdjacentForm(DIGITS_P, s, window);
  nonAdjacentForm(DIGITS_Q, t, WINDOW);
  setIdentity(CURRENT);
  let bit = 255;
  while (bit >= 0 && (load<i8>(DIGITS_P + bit) | load<i8>(DIGITS_Q + bit)) == 0) bit -= 1;
  for (; bit >= 0; bit--) {
    doublePoint(CURRENT, CURRENT);
    addDigit(CURRENT, load<i8>(DIGITS_P + bit), table);
    addDigit(CURRENT, load<i8>(DIGITS_Q + bit), ODD_Q);
  }
  memory.copy(out, CURRENT, POINT);
}

/** Bytes of a point's tables: odd multiples of P, 2^64·P, 2^128·P and 2^192·P. */
export const TABLES: usize = 4 * (POINT << (WINDOW - 2));

const SHIFTED = memory.data(160, 16);

/** Makes the tables of a point. */
export function makeTables(tables: usize, p: usize): void {
  shiftedTables(tables, p, WINDOW);
}

function shiftedTables(tables: usize, p: usize, window: i32): void {
  memory.copy(SHIFTED, p, POINT);
  for (let quarter: usize = 0; quarter < 4; quarter++) {
    oddMultiples(tables + quarter * (POINT << (window - 2)), SHIFTED, window);
    for (let doubling = 0; doubling < 64; doubling++) doublePoint(SHIFTED, SHIFTED);
  }
}

/** As `sumWithBase`, for a point with tables: the four quarters of both scalars share their doublings. */
export function sumWithTables(out: usize, s: usize, t: usize, tables: usize): void {
  nonAdjacentForm(DIGITS_P, s, BASE_WINDOW);
  nonAdjacentForm(DIGITS_Q, t, WINDOW);
  setIdentity(CURRENT);
  for (let bit = 63; bit >= 0; bit--) {
    doublePoint(CURRENT, CURRENT);
    for (let quarter = 0; quarter < 4; quarter++) {
      const at = 64 * quarter + bit;
      addDigit(CURRENT, load<i8>(DIGITS_P + at), ODD_BASE + quarter * (POINT << (BASE_WINDOW - 2)));
      addDigit(CURRENT, load<i8>(DIGITS_Q + at), tables + quarter * (POINT << (WINDOW - 2)));
    }
  }
  memory.copy(out, CURRENT, POINT);
}

// Secret scalars: which instructions run and which memory they touch does not depend on them.

/** 0·P to 8·P. */
const MULTIPLES = memory.data(9 * 160, 16);
/** 0·256^i·B to 8·256^i·B, for i below 32. */
const BASE_MULTIPLES = memory.data(32 * 9 * 160, 16);
const NIBBLES = memory.data(64, 16);
const CHOSEN = memory.data(160, 16);

function firstMultiples(table: usize, p: usize): void {
  toAddend(STEP, p);
  setIdentity(CURRENT);
  for (let i: usize = 0; i <= 8; i++) {
    toAddend(table + i * POINT, CURRENT);
    addTo(CURRENT, CURRENT, STEP);
  }
}

/** A scalar below 2^253 as 64 digits from -8 to 7: the sum of digits[i]·16^i. */
function signedNibbles(scalar: usize): void {
  let carry = 0;
  for (let i: usize = 0; i < 64; i++) {
    const nibble = (((load<u8>(scalar + (i >> 1)) as i32) >> (4 * ((i as i32) & 1))) & 15) + carry;
    carry = (nibble + 8) >> 4;
    store<i8>(NIBBLES + i, (nibble - (carry << 4)) as i8);
  }
}

/** `digit`·P out of 0·P to 8·P, reading all of them. */
function chooseMultiple(table: usize, digit: i32): void {
  const negative = digit >> 31;
  const magnitude = (digit ^ negative) - negative;
  const exchange = i64x2.splat(negative as i64);
  const sign = v128.and(i64x2(i64.MIN_VALUE, 0), exchange);
  for (let k: usize = 0; k < PAIR; k += 16) {
    let first = i64x2.splat(0);
    let second = i64x2.splat(0);
    for (let i = 0; i <= 8; i++) {
      const taken = i64x2.splat(((magnitude ^ i) as i64) - 1 >> 63);
      const at = table + i * POINT + k;
      first = v128.or(first, v128.and(v128.load(at), taken));
      second = v128.or(second, v128.and(v128.load(at + PAIR), taken));
    }
    v128.store(CHOSEN + k, v128.bitselect(i64x2.shuffle(first, first, 1, 0), first, exchange));
    v128.store(CHOSEN + PAIR + k, v128.xor(second, sign));
  }
}

/** `scalar`·`p` for a secret scalar. */
export function multiplySecret(out: usize, p: usize, scalar: usize): void {
  firstMultiples(MULTIPLES, p);
  signedNibbles(scalar);
  setIdentity(CURRENT);
  for (let i = 63; i >= 0; i--) {
    for (let doubling = 0; doubling < 4; doubling++) doublePoint(CURRENT, CURRENT);
    chooseMultiple(MULTIPLES, load<i8>(NIBBLES + i));
    addTo(CURRENT, CURRENT, CHOSEN);
  }
  memory.copy(out, CURRENT, POINT);
}

/** `scalar`·B for a secret scalar: odd digits, times 16, and even digits. */
export function multiplyBaseSecret(out: usize, scalar: usize): void {
  signedNibbles(scalar);
  setIdentity(CURRENT);
  addDigitsOfBase(1);
  for (let doubling = 0; doubling < 4; doubling++) doublePoint(CURRENT, CURRENT);
  addDigitsOfBase(0);
  memory.copy(out, CURRENT, POINT);
}

function addDigitsOfBase(half: usize): void {
  for (let i: usize = 0; i < 32; i++) {
    chooseMultiple(BASE_MULTIPLES + i * 9 * POINT, load<i8>(NIBBLES + 2 * i + half));
    addTo(CURRENT, CURRENT, CHOSEN);
  }
}

shiftedTables(ODD_BASE, BASE, BASE_WINDOW);
{
  const power = memory.data(160, 16);
  memory.copy(power, BASE, POINT);
  for (let i: usize = 0; i < 32; i++) {
    firstMultiples(BASE_MULTIPLES + i * 9 * POINT, power);
    for (let doubling = 0; doubling < 8; doubling++) doublePoint(power, power);
  }
}
