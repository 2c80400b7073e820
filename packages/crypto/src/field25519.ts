/**
 * Numbers modulo p = 2^255 − 19, the field under Ed25519 and Ristretto255, in double-precision floats.
 *
 * A number is the sum of twelve floats ("limbs"). Limb i is a multiple of 2^⌈21.25·i⌉, so that it holds
 * an integer of 21 or 22 bits with a sign and with its weight as exponent. A product of two limbs
 * is then exact, sums of such products are exact below 53 bits, and what overflows 2^255 comes back
 * times 19·2^−255 without any shifting. JavaScript engines keep all of this in registers, which makes
 * it several times as fast as BigInt (`npm run bench`); it also takes the same time for all numbers.
 *
 * Results go to `out`, the first argument, which may be one of the operands. Products are "reduced":
 * each limb within half its range, and a little. Sums are not: each adds up the ranges of its
 * terms. A product is exact when the numbers of reduced terms in its operands multiply to at most 16
 * (2^52.98 in the worst column).
 *
 * Source: D. J. Bernstein, "Curve25519: new Diffie-Hellman speed records", section 4.
 */

type Twelve<T extends number[] = []> = T["length"] extends 12 ? T : Twelve<[...T, number]>;

/** Twelve limbs, the lowest first. */
export type FieldElement = Twelve;

/** Weight of each limb as a power of two; the last is where the field wraps. */
const EXPONENTS = Array.from({ length: 13 }, (_, i) => Math.ceil(21.25 * i));

const WIDTHS = Array.from(
  { length: 12 },
  (_, i) => (EXPONENTS[i + 1] as number) - (EXPONENTS[i] as number),
);

export const MODULUS: bigint = 2n ** 255n - 19n;

const WRAP = 19 * 2 ** -255;

/** Added and taken away again, this rounds a float to a multiple of the weight of limb i. */
const ROUND_1 = 1.5 * 2 ** 74;
const ROUND_2 = 1.5 * 2 ** 95;
const ROUND_3 = 1.5 * 2 ** 116;
const ROUND_4 = 1.5 * 2 ** 137;
const ROUND_5 = 1.5 * 2 ** 159;
const ROUND_6 = 1.5 * 2 ** 180;
const ROUND_7 = 1.5 * 2 ** 201;
const ROUND_8 = 1.5 * 2 ** 222;
const ROUND_9 = 1.5 * 2 ** 244;
const ROUND_10 = 1.5 * 2 ** 265;
const ROUND_11 = 1.5 * 2 ** 286;
const ROUND_12 = 1.5 * 2 ** 307;

export const createElement = (): FieldElement => new Float64Array(12) as unknown as FieldElement;

/** A constant. */
export function elementFromBigint(value: bigint): FieldElement {
  const element = createElement();
  for (let i = 0, rest = value; i < 12; i++) {
    const width = WIDTHS[i] as number;
    element[i] = Number(BigInt.asUintN(width, rest)) * 2 ** (EXPONENTS[i] as number);
    rest >>= BigInt(width);
  }
  reduce(element);
  return element;
}

export function copy(out: FieldElement, a: FieldElement): void {
  for (let i = 0; i < 12; i++) out[i] = a[i] as number;
}

export function add(out: FieldElement, a: FieldElement, b: FieldElement): void {
  for (let i = 0; i < 12; i++) out[i] = (a[i] as number) + (b[i] as number);
}

export function subtract(out: FieldElement, a: FieldElement, b: FieldElement): void {
  for (let i = 0; i < 12; i++) out[i] = (a[i] as number) - (b[i] as number);
}

export function negate(out: FieldElement, a: FieldElement): void {
  for (let i = 0; i < 12; i++) out[i] = -(a[i] as number);
}

// biome-ignore format: a column of the product a line.
export function multiply(out: FieldElement, a: FieldElement, b: FieldElement): void {
  const a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5];
  const a6 = a[6], a7 = a[7], a8 = a[8], a9 = a[9], a10 = a[10], a11 = a[11];
  const b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3], b4 = b[4], b5 = b[5];
  const b6 = b[6], b7 = b[7], b8 = b[8], b9 = b[9], b10 = b[10], b11 = b[11];
  const w1 = WRAP * b1, w2 = WRAP * b2, w3 = WRAP * b3, w4 = WRAP * b4, w5 = WRAP * b5;
  const w6 = WRAP * b6, w7 = WRAP * b7, w8 = WRAP * b8, w9 = WRAP * b9, w10 = WRAP * b10, w11 = WRAP * b11;
  out[0] = a0 * b0 + a1 * w11 + a2 * w10 + a3 * w9 + a4 * w8 + a5 * w7 + a6 * w6 + a7 * w5 + a8 * w4 + a9 * w3 + a10 * w2 + a11 * w1;
  out[1] = a0 * b1 + a1 * b0 + a2 * w11 + a3 * w10 + a4 * w9 + a5 * w8 + a6 * w7 + a7 * w6 + a8 * w5 + a9 * w4 + a10 * w3 + a11 * w2;
  out[2] = a0 * b2 + a1 * b1 + a2 * b0 + a3 * w11 + a4 * w10 + a5 * w9 + a6 * w8 + a7 * w7 + a8 * w6 + a9 * w5 + a10 * w4 + a11 * w3;
  out[3] = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + a4 * w11 + a5 * w10 + a6 * w9 + a7 * w8 + a8 * w7 + a9 * w6 + a10 * w5 + a11 * w4;
  out[4] = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + a5 * w11 + a6 * w10 + a7 * w9 + a8 * w8 + a9 * w7 + a10 * w6 + a11 * w5;
  out[5] = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + a6 * w11 + a7 * w10 + a8 * w9 + a9 * w8 + a10 * w7 + a11 * w6;
  out[6] = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + a7 * w11 + a8 * w10 + a9 * w9 + a10 * w8 + a11 * w7;
  out[7] = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + a8 * w11 + a9 * w10 + a10 * w9 + a11 * w8;
  out[8] = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 + a9 * w11 + a10 * w10 + a11 * w9;
  out[9] = a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + a9 * b0 + a10 * w11 + a11 * w10;
  out[10] = a0 * b10 + a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + a9 * b1 + a10 * b0 + a11 * w11;
  out[11] = a0 * b11 + a1 * b10 + a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + a9 * b2 + a10 * b1 + a11 * b0;
  reduce(out);
}

// biome-ignore format: a column of the square a line.
export function square(out: FieldElement, a: FieldElement): void {
  const a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5];
  const a6 = a[6], a7 = a[7], a8 = a[8], a9 = a[9], a10 = a[10], a11 = a[11];
  const t0 = 2 * a0, t1 = 2 * a1, t2 = 2 * a2, t3 = 2 * a3, t4 = 2 * a4, t5 = 2 * a5;
  const t6 = 2 * a6, t7 = 2 * a7, t8 = 2 * a8, t9 = 2 * a9, t10 = 2 * a10;
  const w6 = WRAP * a6, w7 = WRAP * a7, w8 = WRAP * a8, w9 = WRAP * a9, w10 = WRAP * a10, w11 = WRAP * a11;
  out[0] = a0 * a0 + t1 * w11 + t2 * w10 + t3 * w9 + t4 * w8 + t5 * w7 + a6 * w6;
  out[1] = t0 * a1 + t2 * w11 + t3 * w10 + t4 * w9 + t5 * w8 + t6 * w7;
  out[2] = t0 * a2 + a1 * a1 + t3 * w11 + t4 * w10 + t5 * w9 + t6 * w8 + a7 * w7;
  out[3] = t0 * a3 + t1 * a2 + t4 * w11 + t5 * w10 + t6 * w9 + t7 * w8;
  out[4] = t0 * a4 + t1 * a3 + a2 * a2 + t5 * w11 + t6 * w10 + t7 * w9 + a8 * w8;
  out[5] = t0 * a5 + t1 * a4 + t2 * a3 + t6 * w11 + t7 * w10 + t8 * w9;
  out[6] = t0 * a6 + t1 * a5 + t2 * a4 + a3 * a3 + t7 * w11 + t8 * w10 + a9 * w9;
  out[7] = t0 * a7 + t1 * a6 + t2 * a5 + t3 * a4 + t8 * w11 + t9 * w10;
  out[8] = t0 * a8 + t1 * a7 + t2 * a6 + t3 * a5 + a4 * a4 + t9 * w11 + a10 * w10;
  out[9] = t0 * a9 + t1 * a8 + t2 * a7 + t3 * a6 + t4 * a5 + t10 * w11;
  out[10] = t0 * a10 + t1 * a9 + t2 * a8 + t3 * a7 + t4 * a6 + a5 * a5 + a11 * w11;
  out[11] = t0 * a11 + t1 * a10 + t2 * a9 + t3 * a8 + t4 * a7 + t5 * a6;
  reduce(out);
}

/** Carries from every limb to the next, all at once, twice: the second time at most 2^12 is left over. */
export function reduce(out: FieldElement): void {
  const r0 = out[0],
    r1 = out[1],
    r2 = out[2],
    r3 = out[3],
    r4 = out[4],
    r5 = out[5];
  const r6 = out[6],
    r7 = out[7],
    r8 = out[8],
    r9 = out[9],
    r10 = out[10],
    r11 = out[11];
  const c0 = r0 + ROUND_1 - ROUND_1;
  const c1 = r1 + ROUND_2 - ROUND_2;
  const c2 = r2 + ROUND_3 - ROUND_3;
  const c3 = r3 + ROUND_4 - ROUND_4;
  const c4 = r4 + ROUND_5 - ROUND_5;
  const c5 = r5 + ROUND_6 - ROUND_6;
  const c6 = r6 + ROUND_7 - ROUND_7;
  const c7 = r7 + ROUND_8 - ROUND_8;
  const c8 = r8 + ROUND_9 - ROUND_9;
  const c9 = r9 + ROUND_10 - ROUND_10;
  const c10 = r10 + ROUND_11 - ROUND_11;
  const c11 = r11 + ROUND_12 - ROUND_12;
  const s0 = r0 - c0 + c11 * WRAP;
  const s1 = r1 - c1 + c0;
  const s2 = r2 - c2 + c1;
  const s3 = r3 - c3 + c2;
  const s4 = r4 - c4 + c3;
  const s5 = r5 - c5 + c4;
  const s6 = r6 - c6 + c5;
  const s7 = r7 - c7 + c6;
  const s8 = r8 - c8 + c7;
  const s9 = r9 - c9 + c8;
  const s10 = r10 - c10 + c9;
  const s11 = r11 - c11 + c10;
  const d0 = s0 + ROUND_1 - ROUND_1;
  const d1 = s1 + ROUND_2 - ROUND_2;
  const d2 = s2 + ROUND_3 - ROUND_3;
  const d3 = s3 + ROUND_4 - ROUND_4;
  const d4 = s4 + ROUND_5 - ROUND_5;
  const d5 = s5 + ROUND_6 - ROUND_6;
  const d6 = s6 + ROUND_7 - ROUND_7;
  const d7 = s7 + ROUND_8 - ROUND_8;
  const d8 = s8 + ROUND_9 - ROUND_9;
  const d9 = s9 + ROUND_10 - ROUND_10;
  const d10 = s10 + ROUND_11 - ROUND_11;
  const d11 = s11 + ROUND_12 - ROUND_12;
  out[0] = s0 - d0 + d11 * WRAP;
  out[1] = s1 - d1 + d0;
  out[2] = s2 - d2 + d1;
  out[3] = s3 - d3 + d2;
  out[4] = s4 - d4 + d3;
  out[5] = s5 - d5 + d4;
  out[6] = s6 - d6 + d5;
  out[7] = s7 - d7 + d6;
  out[8] = s8 - d8 + d7;
  out[9] = s9 - d9 + d8;
  out[10] = s10 - d10 + d9;
  out[11] = s11 - d11 + d10;
}

/** `a` to the power 2^`count`. */
function squareTimes(out: FieldElement, a: FieldElement, count: number): void {
  square(out, a);
  for (let i = 1; i < count; i++) square(out, out);
}

const power = {
  a: createElement(),
  b: createElement(),
  c: createElement(),
};

/** `z` to the power (p − 5) / 8 = 2^252 − 3. `out` must not be `z`. */
function powerP58(out: FieldElement, z: FieldElement): void {
  const { a, b, c } = power;
  square(a, z);
  squareTimes(b, a, 2);
  multiply(b, b, z); // 9
  multiply(a, a, b); // 11
  square(a, a);
  multiply(a, a, b); // 31 = 2^5 − 1
  squareTimes(b, a, 5);
  multiply(a, b, a); // 2^10 − 1
  squareTimes(b, a, 10);
  multiply(b, b, a); // 2^20 − 1
  squareTimes(c, b, 20);
  multiply(b, c, b); // 2^40 − 1
  squareTimes(b, b, 10);
  multiply(a, b, a); // 2^50 − 1
  squareTimes(b, a, 50);
  multiply(b, b, a); // 2^100 − 1
  squareTimes(c, b, 100);
  multiply(b, c, b); // 2^200 − 1
  squareTimes(b, b, 50);
  multiply(a, b, a); // 2^250 − 1
  squareTimes(a, a, 2);
  multiply(out, a, z);
}

/** The square root of −1 that is even. */
export const SQRT_MINUS_ONE: FieldElement =
  elementFromBigint(19681161376707505956807079304988542015446066515923890162744021073123829784752n);

export const ZERO: FieldElement = createElement();
export const ONE: FieldElement = elementFromBigint(1n);

const root = {
  v3: createElement(),
  uv7: createElement(),
  power: createElement(),
  check: createElement(),
  difference: createElement(),
};

/**
 * The square root of `u`/`v` that is even, if there is one: then the answer is true. Otherwise the
 * even root of √−1·`u`/`v`. Zero for `u` or `v` zero. `out` must be neither operand; both are reduced.
 *
 * RFC 9496, 3.1.
 */
export function sqrtRatio(out: FieldElement, u: FieldElement, v: FieldElement): boolean {
  const { v3, uv7, power: raised, check, difference } = root;
  square(v3, v);
  multiply(v3, v3, v);
  square(uv7, v3);
  multiply(uv7, uv7, v);
  multiply(uv7, uv7, u);
  powerP58(raised, uv7);
  multiply(out, u, v3);
  multiply(out, out, raised);

  square(check, out);
  multiply(check, check, v);
  subtract(difference, check, u);
  const correct = isZero(difference);
  add(difference, check, u);
  const flipped = isZero(difference);
  multiply(difference, u, SQRT_MINUS_ONE);
  add(difference, check, difference);
  const flippedByRoot = isZero(difference);
  if (flipped || flippedByRoot) multiply(out, out, SQRT_MINUS_ONE);
  absolute(out, out);
  return correct || flipped;
}

/** Of `a` and −`a` the even one. */
export function absolute(out: FieldElement, a: FieldElement): void {
  if (isNegative(a)) negate(out, a);
  else copy(out, a);
}

const limbs = new Int32Array(12);
const limbsAboveModulus = new Int32Array(12);

/** Integer limbs of the number in [0, p) that equals `a`, which has at most 16 reduced terms. */
function canonicalLimbs(a: FieldElement): Int32Array {
  for (let i = 0; i < 12; i++) limbs[i] = (a[i] as number) * 2 ** -(EXPONENTS[i] as number);
  // The first pass leaves a number in [−2^10, 2^255 + 2^10), the second one in [0, 2^255).
  for (let pass = 0; pass < 2; pass++) {
    const overflow = carryAll(limbs, limbs, 0);
    limbs[0] = (limbs[0] as number) + 19 * overflow;
  }
  // It is p or more just when another 19 reaches 2^255, and what is then below that is p less.
  return carryAll(limbsAboveModulus, limbs, 19) === 1 ? limbsAboveModulus : limbs;
}

/** `from` plus `carry` with every limb in its range; what goes beyond 2^255 is returned. */
function carryAll(to: Int32Array, from: Int32Array, carry: number): number {
  let carried = carry;
  for (let i = 0; i < 12; i++) {
    const width = WIDTHS[i] as number;
    const limb = (from[i] as number) + carried;
    to[i] = limb & ((1 << width) - 1);
    carried = limb >> width;
  }
  return carried;
}

export const isZero = (a: FieldElement): boolean => canonicalLimbs(a).every((limb) => limb === 0);

/** Whether the number in [0, p) is odd, which Ristretto calls negative. */
export const isNegative = (a: FieldElement): boolean =>
  ((canonicalLimbs(a)[0] as number) & 1) === 1;

/** The number in [0, p) as 32 little-endian bytes. */
export function elementToBytes(a: FieldElement): Uint8Array {
  const bytes = new Uint8Array(32);
  for (const [i, limb] of canonicalLimbs(a).entries()) {
    const exponent = EXPONENTS[i] as number;
    // At most 22 bits, shifted by at most 7, touch four bytes.
    for (let at = exponent >> 3, rest = limb << (exponent & 7); rest > 0; at++, rest >>= 8)
      bytes[at] = (bytes[at] as number) | (rest & 255);
  }
  return bytes;
}

/** The lower 255 bits of 32 little-endian bytes, which may be p or more. */
export function elementFromBytes(out: FieldElement, bytes: Uint8Array): void {
  for (let i = 0; i < 12; i++) {
    const exponent = EXPONENTS[i] as number;
    let window = 0;
    for (let byte = 3; byte >= 0; byte--)
      window = (window << 8) | (bytes[(exponent >> 3) + byte] ?? 0);
    const limb = (window >>> (exponent & 7)) & ((1 << (WIDTHS[i] as number)) - 1);
    out[i] = limb * 2 ** exponent;
  }
  reduce(out);
}
