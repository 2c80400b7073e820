import assert from "node:assert/strict";
import { test } from "node:test";
import { NONE, type Origin, ROOT, type State } from "../framework/index.ts";
import { stateAtBlock } from "../testing/state.ts";
import { storage as babeStorage } from "./babe/storage.ts";
import { inherentMoment, now, onFinalize, storage, timestamp } from "./timestamp.ts";

const moduleError = (position: number) => ({
  ok: false,
  error: { type: "module", value: { index: 3, error: new Uint8Array([position, 0, 0, 0]) } },
});

/** Slots of two seconds; the block claims slot `slot`. */
function stateInSlot(slot: number, previous = 0): State {
  const state = stateAtBlock(2);
  babeStorage.slotDuration.set(state, 2_000);
  babeStorage.currentSlot.set(state, slot);
  if (previous > 0) storage.now.set(state, previous);
  return state;
}

const set = (state: State, moment: number, origin: Origin = NONE) =>
  timestamp.calls.set.dispatch(state, origin, { now: moment });

test("the author sets the time within its slot", () => {
  const state = stateInSlot(100, 198_000);
  assert.ok(set(state, 201_999).ok);
  assert.equal(now(state), 201_999);
});

test("the time is set once in a block", () => {
  const state = stateInSlot(100);
  assert.ok(set(state, 200_000).ok);
  assert.deepEqual(set(state, 200_001), moduleError(0));
  onFinalize(state);
  assert.equal(storage.didUpdate.has(state), false);
});

test("blocks are half a slot apart", () => {
  const state = stateInSlot(100, 199_500);
  assert.deepEqual(set(state, 200_499), moduleError(1));
  assert.ok(set(state, 200_500).ok);
});

test("a time of another slot is refused", () => {
  assert.deepEqual(set(stateInSlot(100), 199_999), moduleError(2));
  assert.deepEqual(set(stateInSlot(100), 202_000), moduleError(2));
});

test("only the author sets the time", () => {
  assert.deepEqual(set(stateInSlot(100), 200_000, ROOT), {
    ok: false,
    error: { type: "badOrigin" },
  });
});

test("the inherent's time is one that the block may have", () => {
  assert.equal(inherentMoment(stateInSlot(100), 200_700), 200_700);
  assert.equal(inherentMoment(stateInSlot(100, 199_500), 200_000), 200_500);
  assert.equal(inherentMoment(stateInSlot(100, 199_500), 201_000), 201_000);
});

test("an author whose clock is outside its slot gives a time within it", () => {
  assert.equal(inherentMoment(stateInSlot(100), 5), 200_000);
  assert.equal(inherentMoment(stateInSlot(100, 199_500), 203_000), 201_999);
});
