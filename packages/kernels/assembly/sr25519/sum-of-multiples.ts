/**
 * The sum of many multiples of points, by Pippenger's buckets. Scalars are cut into signed digits, a
 * "window" of bits each; for each window every point is added to the bucket of its digit, and the sum of
 * buckets, times digit, is found by adding up running totals. For public scalars.
 *
 * Source: D. J. Bernstein, J. Doumen, T. Lange, J.-J. Oosterwijk, "Faster batch forgery identification",
 * section 4.
 */
import { addPoints, addTo, doublePoint, negatePoint, POINT, setIdentity, takeFrom } from "./point";

/** Bytes of a term: 32 of the owner's, the point, its addend, and the scalar with room for its carry. */
export const TERM: usize = 32 + 2 * POINT + 48;
export const TERM_POINT: usize = 32;
export const TERM_ADDEND: usize = TERM_POINT + POINT;
export const TERM_SCALAR: usize = TERM_ADDEND + POINT;

/**
 * Bits that digits have to cover. Signed digits of w bits in b bits reach up to 2^b·(2^(w - 1) - 1)/(2^w -
 * 1), at least 3/7 of 2^b: more than the group order, and than a coefficient of 128 bits.
 */
const LONG_BITS: i32 = 254;
const SHORT_BITS: i32 = 130;

const WINDOW_MIN: i32 = 3;
const WINDOW_MAX: i32 = 10;

/** A bucket: whether anything is in it, then the point. */
const BUCKET: usize = 16 + POINT;
const BUCKETS = memory.data(513 * 176, 16);

const RUNNING = memory.data(160, 16);
const TOTAL = memory.data(160, 16);

/** The window that takes the fewest additions. */
function bestWindow(longs: i32, shorts: i32): i32 {
  let best = WINDOW_MIN;
  let bestCost = i32.MAX_VALUE;
  for (let window = WINDOW_MIN; window <= WINDOW_MAX; window++) {
    const adding = longs * digits(LONG_BITS, window) + shorts * digits(SHORT_BITS, window);
    const cost = adding + digits(LONG_BITS, window) * (2 << (window - 1));
    if (cost >= bestCost) continue;
    bestCost = cost;
    best = window;
  }
  return best;
}

// @ts-ignore: decorator
@inline
function digits(bits: i32, window: i32): i32 {
  return (bits + window - 1) / window;
}

/**
 * Adds 2^(window - 1) at each digit, so that digits from -2^(window - 1) up become plain ones from 0 up.
 * The scalar grows to at most 264 bits.
 */
function lift(scalar: usize, count: i32, window: i32): void {
  for (let i = 0; i < count; i++) {
    const bit = i * window + window - 1;
    let at = scalar + 4 * (bit >> 5);
    let carry: u64 = (1 as u64) << (bit & 31);
    while (carry != 0) {
      carry += load<u32>(at) as u64;
      store<u32>(at, carry as u32);
      carry >>= 32;
      at += 4;
    }
  }
}

/**
 * `out` = the sum over the terms, given as two lists of addresses: scalars of the long ones are below
 * 2^253, of the short ones below 2^128. Overwrites the scalars.
 */
export function sumOfTerms(
  out: usize, longs: usize, longCount: i32, shorts: usize, shortCount: i32,
): void {
  const window = bestWindow(longCount, shortCount);
  const longDigits = digits(LONG_BITS, window);
  const shortDigits = digits(SHORT_BITS, window);
  liftAll(longs, longCount, longDigits, window);
  liftAll(shorts, shortCount, shortDigits, window);
  setIdentity(out);
  for (let i = longDigits - 1; i >= 0; i--) {
    for (let doubling = 0; doubling < window; doubling++) doublePoint(out, out);
    for (let bucket = 0; bucket <= 1 << (window - 1); bucket++) store<u32>(BUCKETS + bucket * BUCKET, 0);
    fill(longs, longCount, i * window, window);
    if (i < shortDigits) fill(shorts, shortCount, i * window, window);
    addBuckets(out, window);
  }
}

function liftAll(terms: usize, count: i32, digitCount: i32, window: i32): void {
  for (let i = 0; i < count; i++) {
    const scalar = load<u32>(terms + 4 * i) + TERM_SCALAR;
    store<u64>(scalar, 0, 32);
    store<u64>(scalar, 0, 40);
    lift(scalar, digitCount, window);
  }
}

/** Adds each term's point to the bucket of its digit at `bit`. */
function fill(terms: usize, count: i32, bit: i32, window: i32): void {
  const half = 1 << (window - 1);
  for (let i = 0; i < count; i++) {
    const term = load<u32>(terms + 4 * i);
    const ahead = load<u32>(term + (bit >> 3), TERM_SCALAR) >> (bit & 7);
    addToBucket(term, (ahead & ((1 << window) - 1)) - half);
  }
}

function addToBucket(term: usize, digit: i32): void {
  if (digit == 0) return;
  const bucket = BUCKETS + (digit < 0 ? -digit : digit) * BUCKET;
  const point = bucket + 16;
  if (load<u32>(bucket) == 0) {
    store<u32>(bucket, 1);
    if (digit > 0) memory.copy(point, term + TERM_POINT, POINT);
    else negatePoint(point, term + TERM_POINT);
  } else if (digit > 0) addTo(point, point, term + TERM_ADDEND);
  else takeFrom(point, point, term + TERM_ADDEND);
}

/** `out` += 1·bucket 1 + 2·bucket 2 + … */
function addBuckets(out: usize, window: i32): void {
  setIdentity(RUNNING);
  setIdentity(TOTAL);
  let any = false;
  for (let i = 1 << (window - 1); i > 0; i--) {
    const bucket = BUCKETS + i * BUCKET;
    if (load<u32>(bucket) != 0) {
      addPoints(RUNNING, RUNNING, bucket + 16);
      any = true;
    }
    if (any) addPoints(TOTAL, TOTAL, RUNNING);
  }
  addPoints(out, out, TOTAL);
}
