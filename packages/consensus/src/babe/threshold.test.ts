import assert from "node:assert/strict";
import test from "node:test";
import { babeIdOf, epochOf } from "../testing/authored.ts";
import { authorityThreshold, primaryThreshold, scaleTo128Bits } from "./threshold.ts";

const sum = (weights: readonly number[]): number => weights.reduce((a, b) => a + b, 0);

/** x -> 2x - 1 from 2. */
const doubling = [2];
while (doubling.length < 50) doubling.push(2 * (doubling.at(-1) ?? 0) - 1);

// Reference: consensus 10, computed by other implementations.
const KNOWN: readonly (readonly [readonly [number, number], number, number, bigint])[] = [
  [[2, 9], 1, 8, 10523572781773471998586657386560225280n],
  [
    [103, 971],
    11,
    sum(Array.from({ length: 900 }, (_, i) => i + 2)),
    1032931305829506557190946382938112n,
  ],
  [[89, 91], 63, sum(doubling), 72686664904329579129208832n],
  [[1, 4], 1, 4, 23613942797549581433038601094032261120n],
  [[1, 2], 1, 4, 54140144403072149826411427187270877184n],
];

for (const [[numerator, denominator], weight, totalWeight, threshold] of KNOWN)
  test(`c = ${numerator}/${denominator}, ${weight} of ${totalWeight}: the published threshold`, () => {
    assert.equal(primaryThreshold({ numerator, denominator }, weight, totalWeight), threshold);
  });

test("an authority's chance is its share of all weights", () => {
  const id = babeIdOf("Alice");
  const authorities = [3, 1, 4].map((weight) => ({ id, weight }));
  const epoch = epochOf([], { authorities });
  assert.equal(authorityThreshold(epoch, 1), primaryThreshold(epoch.config.c, 1, 8));
});

test("a double is scaled by its exact bits", () => {
  assert.equal(scaleTo128Bits(1), 1n << 128n);
  assert.equal(scaleTo128Bits(0.5), 1n << 127n);
  assert.equal(scaleTo128Bits(0), 0n);
  assert.equal(scaleTo128Bits(2 ** -128), 1n);
  assert.equal(scaleTo128Bits(2 ** -129), 0n);
  assert.equal(scaleTo128Bits(Number.MIN_VALUE), 0n);
  assert.equal(scaleTo128Bits(1 - 2 ** -53), (1n << 128n) - (1n << 75n));
});

test("no chance without weight or without a probability", () => {
  const quarter = { numerator: 1, denominator: 4 };
  assert.equal(primaryThreshold(quarter, 0, 1), 0n);
  assert.equal(primaryThreshold(quarter, 0, 0), 0n);
  assert.equal(primaryThreshold({ numerator: 1, denominator: 0 }, 1, 1), 0n);
});
