/**
 * Numbers modulo p = 2^255 - 19, always two at a time: a "pair" is five vectors, vector k holding limb k of
 * one number in lane 0 and of the other in lane 1. 80 bytes, aligned to 16.
 *
 * A limb is a float64 with an integer in it, its weight 2^(51k). "Reduced" limbs are within 2^50 + 2^13 on
 * either side of zero, and products always are. A product is exact when limbs of one operand are within
 * twice that (a sum of two reduced numbers) and limbs of the other reduced.
 *
 * Products of limbs have up to 102 bits. A fused multiply-add against 1.5·2^103, whose last place is worth
 * 2^51, rounds the product to a multiple of 2^51: the high part. A second one takes what is left: the low
 * part, plus 1.5·2^52 so that its bits are an integer's. Parts are added up as the integers that their bit
 * patterns are, and the two constants, as often as they came in, are taken off at the end. Source: N.
 * Emmart, "Faster modular exponentiation using double precision floating point arithmetic on the GPU"
 * (2018), with rounding to nearest and 51 bits.
 *
 * Where the machine does not fuse, low parts are found by Dekker's product, exactly too and at twice the
 * cost: that is the build with FUSED = 0 (a constant that `build.mjs` sets), which uses no relaxed
 * instruction.
 */

/** Bytes of a pair. */
export const PAIR: usize = 80;

const HIGH_MAGIC: f64 = 15211807202738752817960438464512.0; // 1.5 · 2^103
const LOW_MAGIC: f64 = 6755399441055744.0; // 1.5 · 2^52
const BOTH_MAGIC: f64 = HIGH_MAGIC + LOW_MAGIC;
const HIGH_BITS: u64 = 0x4668000000000000;
const LOW_BITS: u64 = 0x4338000000000000;
const MASK: u64 = (1 << 51) - 1;
/** 1/2^51. */
const DOWN: f64 = 4.44089209850062616e-16;
/** 2^27 + 1: multiplied and taken away again, it halves a float's 53 bits (Veltkamp). */
const SPLITTER: f64 = 134217729.0;

/** Makes column sums positive before they are cut: a multiple of 2^51 above any column, and rounding. */
const LIFT: u64 = ((1 as u64) << 60) + ((1 as u64) << 50);
/** The lift's part in a carry. */
const LIFT_CARRY: u64 = (1 as u64) << 9;

// @ts-ignore: decorator
@inline
function splat(x: f64): v128 {
  return f64x2.splat(x);
}

// @ts-ignore: decorator
@inline
function splatBits(x: u64): v128 {
  return i64x2.splat(x);
}

// @ts-ignore: decorator
@inline
function high(a: v128, b: v128): v128 {
  if (FUSED) return v128.relaxed_madd<f64>(a, b, splat(HIGH_MAGIC));
  return f64x2.add(f64x2.mul(a, b), splat(HIGH_MAGIC));
}

// @ts-ignore: decorator
@inline
function upperHalf(a: v128): v128 {
  return f64x2.sub(
    f64x2.mul(a, splat(SPLITTER)),
    f64x2.sub(f64x2.mul(a, splat(SPLITTER)), a),
  );
}

// @ts-ignore: decorator
@inline
function lowerHalf(a: v128): v128 {
  return f64x2.sub(a, upperHalf(a));
}

/** What a product of limbs is more than its rounded value. */
// @ts-ignore: decorator
@inline
function roundedOff(a: v128, b: v128): v128 {
  return f64x2.add(
    f64x2.add(
      f64x2.add(
        f64x2.sub(f64x2.mul(upperHalf(a), upperHalf(b)), f64x2.mul(a, b)),
        f64x2.mul(upperHalf(a), lowerHalf(b)),
      ),
      f64x2.mul(lowerHalf(a), upperHalf(b)),
    ),
    f64x2.mul(lowerHalf(a), lowerHalf(b)),
  );
}

// @ts-ignore: decorator
@inline
function low(a: v128, b: v128, h: v128): v128 {
  if (FUSED) return v128.relaxed_madd<f64>(a, b, f64x2.sub(splat(BOTH_MAGIC), h));
  return f64x2.add(
    f64x2.add(f64x2.mul(a, b), f64x2.sub(splat(BOTH_MAGIC), h)),
    roundedOff(a, b),
  );
}

/** Whether this machine's `relaxed_madd` rounds once: (1 + 2^-52)^2 - (1 + 2^-51) is 2^-104, or else 0. */
export function isFused(): bool {
  if (!FUSED) return true;
  const x = splat(load<f64>(PROBE));
  const y = splat(load<f64>(PROBE, 8));
  return f64x2.extract_lane(v128.relaxed_madd<f64>(x, x, y), 0) != 0;
}

/** Operands in memory, so that no compiler computes the answer by itself. */
const PROBE = memory.data<f64>([1.0000000000000002220446, -1.0000000000000004440892]);

/** 19·x + y. */
// @ts-ignore: decorator
@inline
function wrap(x: v128, y: v128): v128 {
  return i64x2.add(
    i64x2.add(i64x2.shl(x, 4), i64x2.shl(x, 1)),
    i64x2.add(x, y),
  );
}

/**
 * What to add to a column of `lows` low and `highs` high parts, and as many wrapped ones, so that the
 * constants in them are gone and it is lifted.
 */
// @ts-ignore: decorator
@inline
function offset(lows: u64, highs: u64, wrappedLows: u64, wrappedHighs: u64): v128 {
  return splatBits(
    LIFT - (lows + 19 * wrappedLows) * LOW_BITS - (highs + 19 * wrappedHighs) * HIGH_BITS,
  );
}

/** A limb out of its lifted column and the carry from below, which holds `lifted` carries' lift. */
// @ts-ignore: decorator
@inline
function limb(column: v128, carry: v128, lifted: u64): v128 {
  return f64x2.sub(
    i64x2.add(
      i64x2.add(v128.and(column, splatBits(MASK)), carry),
      splatBits(LOW_BITS - ((1 as u64) << 50) - lifted * LIFT_CARRY),
    ),
    splat(LOW_MAGIC),
  );
}

export function multiply(out: usize, a: usize, b: usize): void {
  const a0 = v128.load(a), a1 = v128.load(a, 16), a2 = v128.load(a, 32),
    a3 = v128.load(a, 48), a4 = v128.load(a, 64);
  const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32),
    b3 = v128.load(b, 48), b4 = v128.load(b, 64);
  let h: v128;
  h = high(a0, b0);
  let s0 = low(a0, b0, h);
  let s1 = h;
  h = high(a0, b1);
  s1 = i64x2.add(s1, low(a0, b1, h));
  let s2 = h;
  h = high(a1, b0);
  s1 = i64x2.add(s1, low(a1, b0, h));
  s2 = i64x2.add(s2, h);
  h = high(a0, b2);
  s2 = i64x2.add(s2, low(a0, b2, h));
  let s3 = h;
  h = high(a1, b1);
  s2 = i64x2.add(s2, low(a1, b1, h));
  s3 = i64x2.add(s3, h);
  h = high(a2, b0);
  s2 = i64x2.add(s2, low(a2, b0, h));
  s3 = i64x2.add(s3, h);
  h = high(a0, b3);
  s3 = i64x2.add(s3, low(a0, b3, h));
  let s4 = h;
  h = high(a1, b2);
  s3 = i64x2.add(s3, low(a1, b2, h));
  s4 = i64x2.add(s4, h);
  h = high(a2, b1);
  s3 = i64x2.add(s3, low(a2, b1, h));
  s4 = i64x2.add(s4, h);
  h = high(a3, b0);
  s3 = i64x2.add(s3, low(a3, b0, h));
  s4 = i64x2.add(s4, h);
  h = high(a0, b4);
  s4 = i64x2.add(s4, low(a0, b4, h));
  let s5 = h;
  h = high(a1, b3);
  s4 = i64x2.add(s4, low(a1, b3, h));
  s5 = i64x2.add(s5, h);
  h = high(a2, b2);
  s4 = i64x2.add(s4, low(a2, b2, h));
  s5 = i64x2.add(s5, h);
  h = high(a3, b1);
  s4 = i64x2.add(s4, low(a3, b1, h));
  s5 = i64x2.add(s5, h);
  h = high(a4, b0);
  s4 = i64x2.add(s4, low(a4, b0, h));
  s5 = i64x2.add(s5, h);
  h = high(a1, b4);
  s5 = i64x2.add(s5, low(a1, b4, h));
  let s6 = h;
  h = high(a2, b3);
  s5 = i64x2.add(s5, low(a2, b3, h));
  s6 = i64x2.add(s6, h);
  h = high(a3, b2);
  s5 = i64x2.add(s5, low(a3, b2, h));
  s6 = i64x2.add(s6, h);
  h = high(a4, b1);
  s5 = i64x2.add(s5, low(a4, b1, h));
  s6 = i64x2.add(s6, h);
  h = high(a2, b4);
  s6 = i64x2.add(s6, low(a2, b4, h));
  let s7 = h;
  h = high(a3, b3);
  s6 = i64x2.add(s6, low(a3, b3, h));
  s7 = i64x2.add(s7, h);
  h = high(a4, b2);
  s6 = i64x2.add(s6, low(a4, b2, h));
  s7 = i64x2.add(s7, h);
  h = high(a3, b4);
  s7 = i64x2.add(s7, low(a3, b4, h));
  let s8 = h;
  h = high(a4, b3);
  s7 = i64x2.add(s7, low(a4, b3, h));
  s8 = i64x2.add(s8, h);
  h = high(a4, b4);
  s8 = i64x2.add(s8, low(a4, b4, h));
  let s9 = h;
  s0 = i64x2.add(wrap(s5, s0), offset(1, 0, 4, 5));
  s1 = i64x2.add(wrap(s6, s1), offset(2, 1, 3, 4));
  s2 = i64x2.add(wrap(s7, s2), offset(3, 2, 2, 3));
  s3 = i64x2.add(wrap(s8, s3), offset(4, 3, 1, 2));
  s4 = i64x2.add(wrap(s9, s4), offset(5, 4, 0, 1));
  v128.store(out, limb(s0, wrap(i64x2.shr_u(s4, 51), splatBits(0)), 19));
  v128.store(out, limb(s1, i64x2.shr_u(s0, 51), 1), 16);
  v128.store(out, limb(s2, i64x2.shr_u(s1, 51), 1), 32);
  v128.store(out, limb(s3, i64x2.shr_u(s2, 51), 1), 48);
  v128.store(out, limb(s4, i64x2.shr_u(s3, 51), 1), 64);
}

/** Squares `times` times; `a` must be reduced. */
export function square(out: usize, a: usize, times: i32): void {
  let a0 = v128.load(a), a1 = v128.load(a, 16), a2 = v128.load(a, 32),
    a3 = v128.load(a, 48), a4 = v128.load(a, 64);
  let h: v128;
  do {
    const d0 = f64x2.add(a0, a0), d1 = f64x2.add(a1, a1), d2 = f64x2.add(a2, a2), d3 = f64x2.add(a3, a3);
      h = high(a0, a0);
      let s0 = low(a0, a0, h);
      let s1 = h;
      h = high(d0, a1);
      s1 = i64x2.add(s1, low(d0, a1, h));
      let s2 = h;
      h = high(d0, a2);
      s2 = i64x2.add(s2, low(d0, a2, h));
      let s3 = h;
      h = high(a1, a1);
      s2 = i64x2.add(s2, low(a1, a1, h));
      s3 = i64x2.add(s3, h);
      h = high(d0, a3);
      s3 = i64x2.add(s3, low(d0, a3, h));
      let s4 = h;
      h = high(d1, a2);
      s3 = i64x2.add(s3, low(d1, a2, h));
      s4 = i64x2.add(s4, h);
      h = high(d0, a4);
      s4 = i64x2.add(s4, low(d0, a4, h));
      let s5 = h;
      h = high(d1, a3);
      s4 = i64x2.add(s4, low(d1, a3, h));
      s5 = i64x2.add(s5, h);
      h = high(a2, a2);
      s4 = i64x2.add(s4, low(a2, a2, h));
      s5 = i64x2.add(s5, h);
      h = high(d1, a4);
      s5 = i64x2.add(s5, low(d1, a4, h));
      let s6 = h;
      h = high(d2, a3);
      s5 = i64x2.add(s5, low(d2, a3, h));
      s6 = i64x2.add(s6, h);
      h = high(d2, a4);
      s6 = i64x2.add(s6, low(d2, a4, h));
      let s7 = h;
      h = high(a3, a3);
      s6 = i64x2.add(s6, low(a3, a3, h));
      s7 = i64x2.add(s7, h);
      h = high(d3, a4);
      s7 = i64x2.add(s7, low(d3, a4, h));
      let s8 = h;
      h = high(a4, a4);
      s8 = i64x2.add(s8, low(a4, a4, h));
      let s9 = h;
    s0 = i64x2.add(wrap(s5, s0), offset(1, 0, 2, 3));
    s1 = i64x2.add(wrap(s6, s1), offset(1, 1, 2, 2));
    s2 = i64x2.add(wrap(s7, s2), offset(2, 1, 1, 2));
    s3 = i64x2.add(wrap(s8, s3), offset(2, 2, 1, 1));
    s4 = i64x2.add(wrap(s9, s4), offset(3, 2, 0, 1));
    a0 = limb(s0, wrap(i64x2.shr_u(s4, 51), splatBits(0)), 19);
    a1 = limb(s1, i64x2.shr_u(s0, 51), 1);
    a2 = limb(s2, i64x2.shr_u(s1, 51), 1);
    a3 = limb(s3, i64x2.shr_u(s2, 51), 1);
    a4 = limb(s4, i64x2.shr_u(s3, 51), 1);
  } while (--times);
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  v128.store(out, a4, 64);
}

// Sums

/** Reduces limbs of up to 2^53. */
export function reduce(out: usize, a: usize): void {
  const a0 = v128.load(a), a1 = v128.load(a, 16), a2 = v128.load(a, 32),
    a3 = v128.load(a, 48), a4 = v128.load(a, 64);
  const c0 = rounded(a0), c1 = rounded(a1), c2 = rounded(a2), c3 = rounded(a3), c4 = rounded(a4);
  v128.store(out, f64x2.add(f64x2.sub(a0, c0), f64x2.mul(c4, splat(19 * DOWN))));
  v128.store(out, f64x2.add(f64x2.sub(a1, c1), f64x2.mul(c0, splat(DOWN))), 16);
  v128.store(out, f64x2.add(f64x2.sub(a2, c2), f64x2.mul(c1, splat(DOWN))), 32);
  v128.store(out, f64x2.add(f64x2.sub(a3, c3), f64x2.mul(c2, splat(DOWN))), 48);
  v128.store(out, f64x2.add(f64x2.sub(a4, c4), f64x2.mul(c3, splat(DOWN))), 64);
}

/** The multiple of 2^51 nearest to each lane. */
// @ts-ignore: decorator
@inline
function rounded(a: v128): v128 {
  return f64x2.sub(f64x2.add(a, splat(HIGH_MAGIC)), splat(HIGH_MAGIC));
}

export function add(out: usize, a: usize, b: usize): void {
  for (let k: usize = 0; k < PAIR; k += 16)
    v128.store(out + k, f64x2.add(v128.load(a + k), v128.load(b + k)));
}

export function subtract(out: usize, a: usize, b: usize): void {
  for (let k: usize = 0; k < PAIR; k += 16)
    v128.store(out + k, f64x2.sub(v128.load(a + k), v128.load(b + k)));
}

/** Multiplies lane 0 by `x` and lane 1 by `y`, which are 1 or -1. */
export function multiplySigns(out: usize, a: usize, x: f64, y: f64): void {
  const signs = f64x2.replace_lane(f64x2.splat(x), 1, y);
  for (let k: usize = 0; k < PAIR; k += 16)
    v128.store(out + k, f64x2.mul(v128.load(a + k), signs));
}

export function copy(out: usize, a: usize): void {
  memory.copy(out, a, PAIR);
}

/** Lane 0 of `a` if `first`, lane 1 of it if `second`; of `b` otherwise. */
export function choose(out: usize, a: usize, b: usize, first: bool, second: bool): void {
  const mask = i64x2.replace_lane(i64x2.splat(-(first as i64)), 1, -(second as i64));
  for (let k: usize = 0; k < PAIR; k += 16)
    v128.store(out + k, v128.bitselect(v128.load(a + k), v128.load(b + k), mask));
}

/** Makes one pair of a lane of `a` and a lane of `b`. */
export function zip(out: usize, a: usize, laneA: usize, b: usize, laneB: usize): void {
  for (let k: usize = 0; k < PAIR; k += 16) {
    const x = load<f64>(a + k + 8 * laneA);
    const y = load<f64>(b + k + 8 * laneB);
    store<f64>(out + k, x);
    store<f64>(out + k, y, 8);
  }
}

// Bytes

/**
 * The number in lane `lane` of `out` becomes the 32 little-endian bytes' without their top bit. Not
 * reduced.
 */
export function fromBytes(out: usize, lane: usize, bytes: usize): void {
  const w0 = load<u64>(bytes), w1 = load<u64>(bytes, 8), w2 = load<u64>(bytes, 16), w3 = load<u64>(bytes, 24);
  const at = out + 8 * lane;
  store<f64>(at, (w0 & MASK) as f64);
  store<f64>(at, (((w0 >> 51) | (w1 << 13)) & MASK) as f64, 16);
  store<f64>(at, (((w1 >> 38) | (w2 << 26)) & MASK) as f64, 32);
  store<f64>(at, (((w2 >> 25) | (w3 << 39)) & MASK) as f64, 48);
  store<f64>(at, ((w3 >> 12) & MASK) as f64, 64);
}

/** The canonical bytes of a number whose limbs are within 2^53. */
export function toBytes(bytes: usize, a: usize, lane: usize): void {
  const at = a + 8 * lane;
  // Plus 8p, so that every limb is positive.
  let x0 = (load<f64>(at) as i64) + 8 * (MASK - 18);
  let x1 = (load<f64>(at, 16) as i64) + 8 * MASK;
  let x2 = (load<f64>(at, 32) as i64) + 8 * MASK;
  let x3 = (load<f64>(at, 48) as i64) + 8 * MASK;
  let x4 = (load<f64>(at, 64) as i64) + 8 * MASK;
  x1 += x0 >> 51; x0 &= MASK;
  x2 += x1 >> 51; x1 &= MASK;
  x3 += x2 >> 51; x2 &= MASK;
  x4 += x3 >> 51; x3 &= MASK;
  x0 += 19 * (x4 >> 51); x4 &= MASK;
  // Now below 2^255 + 2^10: q is 1 when it is p or more.
  let q = (x0 + 19) >> 51;
  q = (x1 + q) >> 51;
  q = (x2 + q) >> 51;
  q = (x3 + q) >> 51;
  q = (x4 + q) >> 51;
  x0 += 19 * q;
  x1 += x0 >> 51; x0 &= MASK;
  x2 += x1 >> 51; x1 &= MASK;
  x3 += x2 >> 51; x2 &= MASK;
  x4 += x3 >> 51; x3 &= MASK;
  x4 &= MASK;
  store<u64>(bytes, x0 | (x1 << 51));
  store<u64>(bytes, (x1 >> 13) | (x2 << 38), 8);
  store<u64>(bytes, (x2 >> 26) | (x3 << 25), 16);
  store<u64>(bytes, (x3 >> 39) | (x4 << 12), 24);
}

const CANONICAL = memory.data(32, 16);

export function isZero(a: usize, lane: usize): bool {
  toBytes(CANONICAL, a, lane);
  return (
    (load<u64>(CANONICAL) |
      load<u64>(CANONICAL, 8) |
      load<u64>(CANONICAL, 16) |
      load<u64>(CANONICAL, 24)) ==
    0
  );
}

/** Whether the canonical number is odd, which Ristretto calls negative. */
export function isNegative(a: usize, lane: usize): bool {
  toBytes(CANONICAL, a, lane);
  return (load<u8>(CANONICAL) & 1) != 0;
}

/** Both lanes non-negative. */
export function absolute(out: usize, a: usize): void {
  const first: f64 = isNegative(a, 0) ? -1 : 1;
  const second: f64 = isNegative(a, 1) ? -1 : 1;
  multiplySigns(out, a, first, second);
}

// Constants, the same number in both lanes

/** The reduced pair of the number with these little-endian words. */
export function constant(out: usize, w0: u64, w1: u64, w2: u64, w3: u64): usize {
  store<u64>(CANONICAL, w0);
  store<u64>(CANONICAL, w1, 8);
  store<u64>(CANONICAL, w2, 16);
  store<u64>(CANONICAL, w3, 24);
  fromBytes(out, 0, CANONICAL);
  fromBytes(out, 1, CANONICAL);
  reduce(out, out);
  return out;
}

// Roots

const R = memory.data(80, 16);
const T1 = memory.data(80, 16);
const T2 = memory.data(80, 16);
const T3 = memory.data(80, 16);

/** a^((p - 5) / 8) = a^(2^252 - 3). */
function powerP58(out: usize, a: usize): void {
  square(T1, a, 1); // 2
  square(T2, T1, 2); // 8
  multiply(T2, T2, a); // 9
  multiply(T1, T1, T2); // 11
  square(T1, T1, 1); // 22
  multiply(T1, T1, T2); // 2^5 - 1
  square(T2, T1, 5);
  multiply(T1, T2, T1); // 2^10 - 1
  square(T2, T1, 10);
  multiply(T2, T2, T1); // 2^20 - 1
  square(T3, T2, 20);
  multiply(T2, T3, T2); // 2^40 - 1
  square(T2, T2, 10);
  multiply(T1, T2, T1); // 2^50 - 1
  square(T2, T1, 50);
  multiply(T2, T2, T1); // 2^100 - 1
  square(T3, T2, 100);
  multiply(T2, T3, T2); // 2^200 - 1
  square(T2, T2, 50);
  multiply(T1, T2, T1); // 2^250 - 1
  square(T1, T1, 2);
  multiply(out, T1, a); // 2^252 - 3
}

const CUBE = memory.data(80, 16);

/** 1/a, and 0 for 0: a^(p - 2) = (a^(2^252 - 3))^8·a^3. `out` is not `a`. */
export function invert(out: usize, a: usize): void {
  square(CUBE, a, 1);
  multiply(CUBE, CUBE, a);
  powerP58(out, a);
  square(out, out, 3);
  multiply(out, out, CUBE);
}

const V3 = memory.data(80, 16);
const CHECK = memory.data(80, 16);
const SUM = memory.data(80, 16);

/**
 * In each lane the non-negative square root of u/v, or of i·u/v if u/v has none; u and v reduced. Bit 0
 * and 1 of the answer: whether lane 0 and 1 had one. RFC 9496, 4.2.
 */
export function sqrtRatio(out: usize, u: usize, v: usize): i32 {
  square(V3, v, 1);
  multiply(V3, V3, v);
  square(R, V3, 1);
  multiply(R, R, v);
  multiply(R, R, u);
  powerP58(R, R);
  multiply(R, R, V3);
  multiply(R, R, u);
  square(CHECK, R, 1);
  multiply(CHECK, CHECK, v);
  let wasSquare = 0;
  subtract(SUM, CHECK, u);
  if (isZero(SUM, 0)) wasSquare |= 1;
  if (isZero(SUM, 1)) wasSquare |= 2;
  // The root is off by i when the check gives -u or -i·u.
  let isOff = 0;
  add(SUM, CHECK, u);
  if (isZero(SUM, 0)) isOff |= 1;
  if (isZero(SUM, 1)) isOff |= 2;
  wasSquare |= isOff;
  multiply(SUM, u, SQRT_MINUS_ONE);
  add(SUM, SUM, CHECK);
  if (isZero(SUM, 0)) isOff |= 1;
  if (isZero(SUM, 1)) isOff |= 2;
  multiply(SUM, R, SQRT_MINUS_ONE);
  choose(R, SUM, R, (isOff & 1) != 0, (isOff & 2) != 0);
  absolute(out, R);
  return wasSquare;
}

export const SQRT_MINUS_ONE = constant(
  memory.data(80, 16),
  0xc4ee1b274a0ea0b0, 0x2f431806ad2fe478, 0x2b4d00993dfbd7a7, 0x2b8324804fc1df0b,
);
export const ONE = constant(memory.data(80, 16), 1, 0, 0, 0);
export const ZERO = constant(memory.data(80, 16), 0, 0, 0, 0);
