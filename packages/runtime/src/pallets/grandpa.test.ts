import assert from "node:assert/strict";
import { test } from "node:test";
import { asSessionIndex, GrandpaConsensusLog } from "@parahost/primitives";
import { decode } from "@parahost/scale";
import { storage as eventStorage } from "../framework/events.ts";
import { ROOT, type State, signedBy } from "../framework/index.ts";
import { developmentValidator } from "../genesis/development.ts";
import { eventNames, stateAtBlock } from "../testing/state.ts";
import {
  authorities,
  currentSetId,
  grandpa,
  onFinalize,
  onGenesis,
  onNewSession,
  storage,
} from "./grandpa.ts";
import { storage as historical } from "./historical.ts";
import { digest } from "./system/block.ts";

const [alice, bob, charlie] = [0, 1, 2].map(developmentValidator) as [
  ReturnType<typeof developmentValidator>,
  ReturnType<typeof developmentValidator>,
  ReturnType<typeof developmentValidator>,
];

function stateWithVoters(): State {
  const state = stateAtBlock(10);
  onGenesis(state, [alice, bob]);
  return state;
}

const logs = (state: State): GrandpaConsensusLog[] =>
  digest(state).map((item) => {
    assert.ok(item.type === "consensus" && item.value.engine === "FRNK");
    return decode(GrandpaConsensusLog, item.value.data);
  });

test("other voters are announced in the block that they follow, and are in force after it", () => {
  const state = stateWithVoters();
  onNewSession(state, asSessionIndex(1), true, [alice, charlie]);
  assert.equal(currentSetId(state), 1);
  onFinalize(state);
  const nextAuthorities = [alice, charlie].map(({ keys }) => ({ id: keys.grandpa, weight: 1 }));
  assert.deepEqual(logs(state), [
    { type: "scheduledChange", value: { nextAuthorities, delay: 0 } },
  ]);
  assert.deepEqual(authorities(state), nextAuthorities);
  assert.equal(storage.pendingChange.has(state), false);
  assert.deepEqual(eventNames(state), ["grandpa.newAuthorities"]);
  assert.equal(storage.setIdSession.get(state, 1), 1);
});

test("sets whose keys cannot be proven are forgotten, but for the last of them", () => {
  const state = stateWithVoters();
  historical.storedRange.set(state, [asSessionIndex(3), asSessionIndex(9)]);
  for (let session = 1; session <= 5; session++) {
    onNewSession(state, asSessionIndex(session), true, [session % 2 === 0 ? alice : charlie]);
    onFinalize(state);
  }
  const kept = storage.setIdSession.entries(state).sort(([a], [b]) => a - b);
  // Set 2 ended with session 2, so set 3 began with session 3.
  assert.deepEqual(kept, [
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 5],
  ]);
});

test("the same voters in another order are another set", () => {
  const state = stateWithVoters();
  onNewSession(state, asSessionIndex(1), true, [bob, alice]);
  onFinalize(state);
  assert.equal(logs(state).length, 1);
});

test("when only other keys have changed there is nothing to announce", () => {
  const state = stateWithVoters();
  const rekeyed = { ...bob, keys: { ...bob.keys, babe: charlie.keys.babe } };
  onNewSession(state, asSessionIndex(1), true, [alice, rekeyed]);
  onFinalize(state);
  assert.deepEqual(logs(state), []);
  assert.equal(currentSetId(state), 0);
});

const stall = (state: State, delay: number, origin = ROOT) =>
  grandpa.calls.noteStalled.dispatch(state, origin, { delay, bestFinalizedBlockNumber: 7 });

test("once finality stalls the next session forces its voters, changed or not, after the delay", () => {
  const state = stateWithVoters();
  assert.ok(stall(state, 3).ok);
  onNewSession(state, asSessionIndex(1), false, [alice, bob]);
  assert.equal(storage.stalled.has(state), false);
  assert.equal(currentSetId(state), 1);
  onFinalize(state);
  const nextAuthorities = [alice, bob].map(({ keys }) => ({ id: keys.grandpa, weight: 1 }));
  const change = { nextAuthorities, delay: 3 };
  assert.deepEqual(logs(state), [
    { type: "forcedChange", value: { medianLastFinalized: 7, change } },
  ]);
  eventStorage.number.set(state, 12);
  onFinalize(state);
  assert.equal(storage.pendingChange.has(state), true);
  eventStorage.number.set(state, 13);
  onFinalize(state);
  assert.equal(storage.pendingChange.has(state), false);
  assert.deepEqual(eventNames(state), ["grandpa.newAuthorities"]);
});

test("voters are not changed again while a forced change waits, nor forced again too soon", () => {
  const state = stateWithVoters();
  assert.ok(stall(state, 3).ok);
  onNewSession(state, asSessionIndex(1), false, [alice, bob]);
  onNewSession(state, asSessionIndex(2), true, [alice, charlie]);
  assert.equal(currentSetId(state), 1);
  eventStorage.number.set(state, 13);
  onFinalize(state);
  assert.ok(stall(state, 3).ok);
  onNewSession(state, asSessionIndex(3), true, [alice, charlie]);
  assert.equal(currentSetId(state), 1);
  eventStorage.number.set(state, 16);
  assert.ok(stall(state, 0xffff_ffff).ok);
  onNewSession(state, asSessionIndex(4), true, [alice, charlie]);
  assert.equal(currentSetId(state), 2);
  assert.equal(storage.nextForced.get(state), 0xffff_ffff);
});

test("only root says that finality stalls", () => {
  const state = stateWithVoters();
  const refused = stall(state, 3, signedBy(alice.account));
  assert.deepEqual(refused, { ok: false, error: { type: "badOrigin" } });
  assert.equal(storage.stalled.has(state), false);
});

test("a change with a delay waits for its block", () => {
  const state = stateWithVoters();
  const nextAuthorities = [{ id: charlie.keys.grandpa, weight: 1 }];
  storage.pendingChange.set(state, {
    scheduledAt: 10,
    delay: 2,
    nextAuthorities,
    forced: undefined,
  });
  onFinalize(state);
  assert.equal(logs(state).length, 1);
  assert.equal(authorities(state).length, 2);
  eventStorage.number.set(state, 11);
  onFinalize(state);
  assert.equal(authorities(state).length, 2);
  eventStorage.number.set(state, 12);
  onFinalize(state);
  assert.equal(logs(state).length, 1);
  assert.deepEqual(authorities(state), nextAuthorities);
});
