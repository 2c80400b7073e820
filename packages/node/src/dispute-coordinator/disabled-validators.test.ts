import assert from "node:assert/strict";
import { test } from "node:test";
import { asSessionIndex, asValidatorIndex } from "@parahost/primitives";
import { SESSION } from "../dispute-votes/testing.ts";
import { DisabledValidators } from "./disabled-validators.ts";

const v = (...indices: readonly number[]) => indices.map(asValidatorIndex);
const of = (disabled: DisabledValidators, n = 7) => [...disabled.of(SESSION, n)];

test("whoever the chain disabled is disabled, in that session", () => {
  const disabled = new DisabledValidators();
  disabled.noteOnChain(SESSION, v(3));
  assert.deepEqual(of(disabled), [3]);
  assert.equal(disabled.of(asSessionIndex(8), 7).size, 0);
});

test("losers of disputes are disabled before the chain says so", () => {
  const disabled = new DisabledValidators();
  disabled.noteLost(SESSION, v(1));
  disabled.noteLost(SESSION, v(2));
  assert.deepEqual(of(disabled), [2, 1]);
});

test("never more than can be faulty, those of the chain first", () => {
  const disabled = new DisabledValidators();
  disabled.noteLost(SESSION, v(1, 2, 5));
  disabled.noteOnChain(SESSION, v(4));
  assert.deepEqual(of(disabled), [4, 1]);
  assert.deepEqual(of(disabled, 3), []);
});

test("sessions that are over are forgotten", () => {
  const disabled = new DisabledValidators();
  disabled.noteLost(SESSION, v(1));
  disabled.prune(asSessionIndex(10));
  assert.deepEqual(of(disabled), []);
});
