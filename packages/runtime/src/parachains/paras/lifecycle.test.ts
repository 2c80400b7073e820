import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@parahost/scale";
import {
  isLive,
  isOffboarding,
  isParachain,
  isParathread,
  isStable,
  ParaLifecycle,
  type ParaState,
  withQueuedAction,
} from "./lifecycle.ts";

const states: readonly ParaState[] = [
  "onboarding",
  "parathread",
  "parachain",
  "upgradingParathread",
  "downgradingParachain",
  "offboardingParathread",
  "offboardingParachain",
];

test("states have Polkadot's tags", () => {
  states.forEach((type, tag) => {
    assert.deepEqual(encode(ParaLifecycle, { type }), new Uint8Array([tag]));
  });
});

test("a para is a parachain, a parathread, or neither while onboarding", () => {
  for (const state of states) {
    assert.equal(isParachain(state), state.toLowerCase().endsWith("parachain"), state);
    assert.equal(isParathread(state), state.toLowerCase().endsWith("parathread"), state);
  }
  assert.equal(isParachain(undefined), false);
  assert.equal(isParathread(undefined), false);
});

test("only parachains and parathreads without a queued change are stable", () => {
  assert.deepEqual(states.filter(isStable), ["parathread", "parachain"]);
});

test("paras that are coming or going are not live", () => {
  assert.deepEqual(states.filter(isLive), [
    "parathread",
    "parachain",
    "upgradingParathread",
    "downgradingParachain",
  ]);
  assert.deepEqual(states.filter(isOffboarding), ["offboardingParathread", "offboardingParachain"]);
});

test("actions are possible from stable states of the right kind alone", () => {
  const possible = (action: Parameters<typeof withQueuedAction>[1]) =>
    states.flatMap((state) => {
      const next = withQueuedAction(state, action);
      return next === undefined ? [] : [[state, next]];
    });
  assert.deepEqual(possible("upgrade"), [["parathread", "upgradingParathread"]]);
  assert.deepEqual(possible("downgrade"), [["parachain", "downgradingParachain"]]);
  assert.deepEqual(possible("offboard"), [
    ["parathread", "offboardingParathread"],
    ["parachain", "offboardingParachain"],
  ]);
});
