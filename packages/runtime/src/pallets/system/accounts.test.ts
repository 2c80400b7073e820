import assert from "node:assert/strict";
import { test } from "node:test";
import { asAccountId } from "@parahost/primitives";
import { eventNames, stateAtBlock } from "../../testing/state.ts";
import {
  accountExists,
  CONSUMERS_MAX,
  canDecrementProviders,
  decrementConsumers,
  decrementProviders,
  incrementConsumers,
  incrementProviders,
} from "./accounts.ts";

const who = asAccountId(`0x${"01".repeat(32)}`);

test("the first provider makes an account, the last takes it along", () => {
  const state = stateAtBlock(1);
  incrementProviders(state, who);
  incrementProviders(state, who);
  assert.ok(decrementProviders(state, who).ok);
  assert.ok(accountExists(state, who));
  assert.ok(decrementProviders(state, who).ok);
  assert.equal(accountExists(state, who), false);
  assert.deepEqual(eventNames(state), ["system.newAccount", "system.killedAccount"]);
});

test("the last provider cannot leave while something consumes the account", () => {
  const state = stateAtBlock(1);
  incrementProviders(state, who);
  assert.ok(incrementConsumers(state, who).ok);
  assert.equal(canDecrementProviders(state, who), false);
  assert.deepEqual(decrementProviders(state, who), {
    ok: false,
    error: { type: "consumerRemaining" },
  });
  decrementConsumers(state, who);
  assert.ok(decrementProviders(state, who).ok);
});

test("an account without provider cannot be consumed", () => {
  const state = stateAtBlock(1);
  assert.deepEqual(incrementConsumers(state, who), { ok: false, error: { type: "noProviders" } });
});

test("consumers are bounded", () => {
  const state = stateAtBlock(1);
  incrementProviders(state, who);
  for (let i = 0; i < CONSUMERS_MAX; i++) assert.ok(incrementConsumers(state, who).ok);
  assert.deepEqual(incrementConsumers(state, who), {
    ok: false,
    error: { type: "tooManyConsumers" },
  });
});
