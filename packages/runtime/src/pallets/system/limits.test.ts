import assert from "node:assert/strict";
import { test } from "node:test";
import { type DispatchInfo, WEIGHT_PER_SECOND } from "../../framework/index.ts";
import { stateAtBlock } from "../../testing/state.ts";
import {
  BLOCK_LENGTH_MAX_BYTES,
  checkSingle,
  consumedWeight,
  EXTRINSIC_BASE_WEIGHT,
  reserveRoom,
  resetBlockLimits,
  returnUnused,
  totalWeight,
} from "./limits.ts";

const EXHAUSTED = {
  ok: false,
  error: { type: "invalid", value: { type: "exhaustsResources" } },
} as const;

const costing = (seconds: number, type: DispatchInfo["class"] = "normal"): DispatchInfo => ({
  weight: { refTime: seconds * WEIGHT_PER_SECOND, proofSize: 0 },
  class: type,
  paysFee: true,
});

test("normal extrinsics leave a quarter of the weight to operational ones", () => {
  const state = stateAtBlock(1);
  resetBlockLimits(state);
  assert.ok(reserveRoom(state, costing(1.4), 100).ok);
  assert.deepEqual(reserveRoom(state, costing(0.2), 100), EXHAUSTED);
  assert.ok(reserveRoom(state, costing(0.2, "operational"), 100).ok);
  assert.deepEqual(reserveRoom(state, costing(0.4, "operational"), 100), EXHAUSTED);
});

test("mandatory extrinsics are admitted whatever they weigh", () => {
  const state = stateAtBlock(1);
  resetBlockLimits(state);
  assert.ok(reserveRoom(state, costing(3, "mandatory"), 100).ok);
});

test("normal extrinsics leave a quarter of the length to the others", () => {
  const state = stateAtBlock(1);
  resetBlockLimits(state);
  const three = (BLOCK_LENGTH_MAX_BYTES / 4) * 3;
  assert.deepEqual(reserveRoom(state, costing(0), three + 1), EXHAUSTED);
  assert.ok(reserveRoom(state, costing(0), three).ok);
  assert.deepEqual(reserveRoom(state, costing(0), 1), EXHAUSTED);
  assert.ok(reserveRoom(state, costing(0, "mandatory"), BLOCK_LENGTH_MAX_BYTES / 4).ok);
  assert.deepEqual(reserveRoom(state, costing(0, "mandatory"), 1), EXHAUSTED);
});

test("what an extrinsic did not use is given back", () => {
  const state = stateAtBlock(1);
  resetBlockLimits(state);
  const before = totalWeight(consumedWeight(state));
  const info = costing(1);
  reserveRoom(state, info, 100);
  returnUnused(state, info, { refTime: 0.25 * WEIGHT_PER_SECOND, proofSize: 0 });
  const used = totalWeight(consumedWeight(state)) - before - EXTRINSIC_BASE_WEIGHT.refTime;
  assert.equal(used, 0.25 * WEIGHT_PER_SECOND);
});

test("what fits in no block is refused on its own", () => {
  assert.deepEqual(checkSingle(costing(1.5), 100), EXHAUSTED);
  assert.ok(checkSingle(costing(1.5, "operational"), 100).ok);
  assert.deepEqual(checkSingle(costing(0), BLOCK_LENGTH_MAX_BYTES), EXHAUSTED);
});
