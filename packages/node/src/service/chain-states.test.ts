import assert from "node:assert/strict";
import { test } from "node:test";
import { DirectVerifier } from "@parahost/crypto";
import { asHash } from "@parahost/primitives";
import { MemoryStore } from "@parahost/storage";
import { ChainStates } from "./chain-states.ts";
import { STATE_COLUMNS, StateDatabase } from "./state-database.ts";

const KEY = "0x01";
const block = (digit: string) => asHash(`0x${digit.repeat(64)}`);
const [GENESIS, CHILD] = [block("a"), block("b")];

function statesOfTwo(): ChainStates {
  const store = new MemoryStore(STATE_COLUMNS);
  const states = new ChainStates(new DirectVerifier(), new StateDatabase(store));
  states.insertWhole(GENESIS, new Map([[KEY, new Uint8Array([1])]]));
  execute(states);
  return states;
}

function execute(states: ChainStates): void {
  const overlay = states.toExecuteOn(GENESIS);
  assert.ok(overlay !== undefined, "genesis is kept");
  overlay.set(KEY, new Uint8Array([2]));
  states.insert(CHILD, GENESIS, overlay);
}

const valueAt = (states: ChainStates, at: typeof CHILD) => states.reader(at)?.value(KEY)?.bytes[0];

test("a state that the chain releases is gone", () => {
  const states = statesOfTwo();
  states.release(CHILD);
  assert.equal(states.view(CHILD), undefined);
  assert.equal(states.reader(CHILD), undefined);
  assert.equal(states.pin(CHILD), undefined);
  assert.equal(valueAt(states, GENESIS), 1);
});

test("a pinned state outlives its release until the last pin is drawn", () => {
  const states = statesOfTwo();
  const [first, second] = [states.pin(CHILD), states.pin(CHILD)];
  states.release(CHILD);
  assert.equal(states.has(CHILD), false);
  assert.equal(valueAt(states, CHILD), 2);
  first?.();
  first?.();
  assert.equal(valueAt(states, CHILD), 2);
  second?.();
  assert.equal(valueAt(states, CHILD), undefined);
});

test("a block that comes back while it is pinned stays when the pin is drawn", () => {
  const states = statesOfTwo();
  const unpin = states.pin(CHILD);
  states.release(CHILD);
  execute(states);
  assert.equal(states.has(CHILD), true);
  unpin?.();
  assert.equal(valueAt(states, CHILD), 2);
});

test("drawing the pin of a state that the chain keeps leaves it there", () => {
  const states = statesOfTwo();
  states.pin(CHILD)?.();
  assert.equal(valueAt(states, CHILD), 2);
});
