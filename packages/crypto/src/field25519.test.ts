import assert from "node:assert/strict";
import { test } from "node:test";
import {
  add,
  createElement,
  elementFromBigint,
  elementFromBytes,
  elementToBytes,
  type FieldElement,
  isNegative,
  isZero,
  MODULUS,
  multiply,
  negate,
  ONE,
  reduce,
  SQRT_MINUS_ONE,
  sqrtRatio,
  square,
  subtract,
} from "./field25519.ts";
import { encodeScalar, littleEndian } from "./scalar.ts";

const value = (a: FieldElement): bigint => littleEndian(elementToBytes(a));
const modulo = (n: bigint): bigint => ((n % MODULUS) + MODULUS) % MODULUS;

/** Numbers at the edges of limbs and field, and some without a pattern. */
const SAMPLES: readonly bigint[] = [
  0n,
  1n,
  2n,
  19n,
  MODULUS - 1n,
  MODULUS - 2n,
  (MODULUS - 1n) / 2n,
  2n ** 254n,
  2n ** 255n - 20n,
  ...[21n, 22n, 43n, 64n, 85n, 107n, 128n, 234n].flatMap((bits) => [2n ** bits - 1n, 2n ** bits]),
  ...Array.from({ length: 20 }, (_, i) => modulo((0x9e3779b97f4a7c15n + BigInt(i)) ** 13n)),
];

test("bytes and numbers correspond, also above the modulus", () => {
  const element = createElement();
  for (const sample of SAMPLES) {
    assert.equal(value(elementFromBigint(sample)), sample);
    elementFromBytes(element, encodeScalar(sample));
    assert.equal(value(element), sample);
  }
  for (let above = 0n; above < 19n; above++) {
    elementFromBytes(element, encodeScalar(MODULUS + above));
    assert.equal(value(element), above);
  }
});

test("products and squares are those of integers modulo p", () => {
  const out = createElement();
  for (const a of SAMPLES)
    for (const b of SAMPLES) {
      multiply(out, elementFromBigint(a), elementFromBigint(b));
      assert.equal(value(out), modulo(a * b));
      square(out, out);
      assert.equal(value(out), modulo((a * b) ** 2n));
    }
});

test("sixteen pairs of largest terms still multiply exactly", () => {
  // Every limb of a reduced element at the end of its range, four of them added up.
  const largest = createElement();
  const exponents = Array.from({ length: 13 }, (_, i) => Math.ceil(21.25 * i));
  let integer = 0n;
  for (let i = 0; i < 12; i++) {
    const exponent = exponents[i] ?? 0;
    const half = 2 ** ((exponents[i + 1] ?? 0) - exponent - 1);
    const limb = 4 * (half + (i === 0 ? 2 ** 16 : 2 ** 12));
    largest[i] = limb * 2 ** exponent;
    integer += BigInt(limb) << BigInt(exponent);
  }
  const opposite = createElement();
  negate(opposite, largest);
  const out = createElement();
  multiply(out, largest, largest);
  assert.equal(value(out), modulo(integer * integer));
  multiply(out, largest, opposite);
  assert.equal(value(out), modulo(-integer * integer));
  square(out, largest);
  assert.equal(value(out), modulo(integer * integer));
});

test("products come out reduced", () => {
  const out = createElement();
  for (const a of SAMPLES) {
    square(out, elementFromBigint(a));
    for (let i = 0; i < 12; i++) {
      const [from, to] = [Math.ceil(21.25 * i), Math.ceil(21.25 * (i + 1))];
      const bound = 2 ** (to - from - 1) + (i === 0 ? 2 ** 16 : 2 ** 12);
      assert.ok(Math.abs((out[i] as number) / 2 ** from) <= bound);
    }
  }
});

test("sums and differences are those of integers modulo p", () => {
  const out = createElement();
  for (const a of SAMPLES)
    for (const b of SAMPLES) {
      add(out, elementFromBigint(a), elementFromBigint(b));
      assert.equal(value(out), modulo(a + b));
      subtract(out, elementFromBigint(a), elementFromBigint(b));
      assert.equal(value(out), modulo(a - b));
      assert.equal(isZero(out), a === b);
      assert.equal(isNegative(out), modulo(a - b) % 2n === 1n);
      reduce(out);
      assert.equal(value(out), modulo(a - b));
    }
});

test("square roots are even and exist for squares only", () => {
  const out = createElement();
  for (const a of SAMPLES) {
    const squared = createElement();
    square(squared, elementFromBigint(a));
    assert.ok(sqrtRatio(out, squared, ONE));
    assert.equal(value(out), a % 2n === 0n ? a : modulo(-a));
    if (a === 0n) continue;
    const nonSquare = createElement();
    multiply(nonSquare, squared, SQRT_MINUS_ONE);
    assert.ok(!sqrtRatio(out, nonSquare, ONE));
    assert.equal(value(out) ** 2n % MODULUS, modulo(-(a ** 2n)));
    assert.ok(!isNegative(out));
  }
});
