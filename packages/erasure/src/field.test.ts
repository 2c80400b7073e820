import assert from "node:assert/strict";
import { test } from "node:test";
import { CANTOR_BASIS, EXP, LOG, multiply, ORDER } from "./field.ts";

/** Product of polynomials over GF(2) modulo x^16 + x^5 + x^3 + x^2 + 1. */
function multiplyPolynomials(a: number, b: number): number {
  let product = 0;
  for (let bit = 15; bit >= 0; bit--) {
    product <<= 1;
    if (product > 0xffff) product ^= 0x1002d;
    if (((b >> bit) & 1) !== 0) product ^= a;
  }
  return product;
}

function polynomialOf(symbol: number): number {
  return CANTOR_BASIS.reduce(
    (sum, basis, bit) => (((symbol >> bit) & 1) === 0 ? sum : sum ^ basis),
    0,
  );
}

test("the basis is Cantor's: each element squared plus itself is the one before", () => {
  assert.equal(CANTOR_BASIS[0], 1);
  for (let i = 1; i < 16; i++) {
    const element = CANTOR_BASIS[i] as number;
    assert.equal(multiplyPolynomials(element, element) ^ element, CANTOR_BASIS[i - 1]);
  }
});

test("products of symbols are products of the polynomials they stand for", () => {
  for (let i = 1; i < 2000; i++) {
    const a = (i * 40503) & 0xffff;
    const b = (i * 30011 + 77) & 0xffff;
    assert.equal(
      polynomialOf(multiply(a, b)),
      multiplyPolynomials(polynomialOf(a), polynomialOf(b)),
    );
  }
  assert.equal(multiply(0, 5), 0);
  assert.equal(multiply(5, 0), 0);
  assert.equal(multiply(1, 5), 5);
});

test("logarithm and exponential undo each other for every symbol but 0", () => {
  for (let symbol = 1; symbol <= ORDER; symbol++) assert.equal(EXP[LOG[symbol] as number], symbol);
  assert.equal(LOG[0], ORDER);
});
