import assert from "node:assert/strict";
import { test } from "node:test";
import type { Perbill } from "@parahost/primitives";
import { nextTraffic, ONE, type QueueUse, type SpotPriceModel, spotPrice } from "./spot-price.ts";

const percent = (value: number): Perbill => (value * 10_000_000) as Perbill;

/** Polkadot's target and variability. */
const PARAMETERS = { targetUtilization: percent(25), variability: percent(3) };
const FULL: QueueUse = { size: 100, capacity: 100 };
const EMPTY: QueueUse = { size: 0, capacity: 100 };

function course(
  model: SpotPriceModel["type"],
  start: bigint,
  use: QueueUse,
  rounds: number,
  parameters = PARAMETERS,
): bigint[] {
  const all: bigint[] = [];
  for (let i = 0, traffic = start; i < rounds; i++) {
    traffic = nextTraffic(traffic, use, parameters, model);
    all.push(traffic);
  }
  return all;
}

const rounded = (traffic: bigint | undefined, digits: number): string =>
  (Number(traffic) / 1e18).toFixed(digits);

test("fifty blocks above the target give the published traffic, by either formula", () => {
  const parameters = { targetUtilization: percent(10), variability: percent(100) };
  for (const model of ["sdk", "documented"] as const)
    assert.equal(
      course(model, ONE, { size: 12, capacity: 100 }, 50, parameters).at(-1),
      2_718_103_312_071_174_015n,
    );
});

test("the documented formula moves the price by a few percent", () => {
  const rise = course("documented", ONE, FULL, 10);
  assert.equal(rounded(rise[0], 2), "1.02");
  assert.equal(rounded(rise[9], 2), "1.25");
  const fall = course("documented", rise[9] as bigint, EMPTY, 4);
  assert.equal(rounded(fall[0], 2), "1.24");
  assert.equal(rounded(fall[3], 2), "1.22");
});

test("the deployed formula leaps above the target and collapses below it", () => {
  const rise = course("sdk", ONE, FULL, 10);
  assert.equal(rounded(rise[0], 2), "1.75");
  assert.equal(rounded(rise[9], 1), "269.8");
  const fall = course("sdk", rise[9] as bigint, EMPTY, 4);
  assert.equal(rounded(fall[0], 0), "67");
  assert.equal(rounded(fall[3], 2), "1.05");
});

test("traffic never falls below one", () => {
  for (const model of ["sdk", "documented"] as const)
    assert.deepEqual(course(model, ONE, EMPTY, 3), [ONE, ONE, ONE]);
});

test("at the target the documented price stands still", () => {
  const use = { size: 25, capacity: 100 };
  assert.equal(nextTraffic(3n * ONE, use, PARAMETERS, "documented"), 3n * ONE);
});

test("traffic saturates instead of growing without bound", () => {
  const max = (1n << 128n) - 1n;
  assert.equal(nextTraffic(max, FULL, PARAMETERS, "sdk"), max);
});

test("a queue without a place has no price to move", () => {
  assert.throws(() => nextTraffic(ONE, { size: 0, capacity: 0 }, PARAMETERS, "sdk"), /queue/);
});

test("the price is the base fee times the traffic, rounded down", () => {
  assert.equal(spotPrice(ONE, 7n), 7n);
  assert.equal(spotPrice((ONE * 5n) / 2n, 3n), 7n);
});
