import assert from "node:assert/strict";
import { test } from "node:test";
import { hexToBytes } from "@parahost/base";
import {
  asHash,
  asSessionIndex,
  asValidatorId,
  defaultHostConfiguration,
} from "@parahost/primitives";
import { emptyState } from "../../testing/state.ts";
import { disabledAuthorities, disabledValidators } from "./disabled.ts";
import { NO_RELAY_PARENTS } from "./relay-parents.ts";
import {
  activeValidatorIndices,
  activeValidatorKeys,
  allowedRelayParents,
  noteRelayParent,
  onNewSession,
  sessionIndex,
} from "./shared.ts";

const config = defaultHostConfiguration({ validatorCount: 5, groupSize: 1, slotMs: 6000 });
const keyOf = (n: number) => asValidatorId(`0x${n.toString(16).padStart(64, "0")}`);
const keys = [0, 1, 2, 3, 4].map(keyOf);
const seed = hexToBytes("01".repeat(32));

test("the active set is the authorities in the order that the session's seed gives them", () => {
  const state = emptyState();
  const active = onNewSession(state, asSessionIndex(1), seed, config, keys);
  assert.deepEqual(activeValidatorIndices(state), [4, 1, 2, 3, 0]);
  assert.deepEqual(active, [4, 1, 2, 3, 0].map(keyOf));
  assert.deepEqual(activeValidatorKeys(state), active);
  assert.equal(sessionIndex(state), 1);
});

test("the configuration bounds the active set after the shuffle", () => {
  const state = emptyState();
  onNewSession(state, asSessionIndex(1), seed, { ...config, maxValidators: 2 }, keys);
  assert.deepEqual(activeValidatorIndices(state), [4, 1]);
  assert.equal(activeValidatorKeys(state).length, 2);
});

test("relay parents of the old session are not allowed in the new one", () => {
  const state = emptyState();
  const hash = asHash(`0x${"aa".repeat(32)}`);
  noteRelayParent(state, { relayParent: hash, stateRoot: hash, claimQueue: new Map() }, 7, 2);
  assert.equal(allowedRelayParents(state).buffer.length, 1);
  onNewSession(state, asSessionIndex(1), seed, config, keys);
  assert.deepEqual(allowedRelayParents(state), NO_RELAY_PARENTS);
});

test("disabled authorities are known by their place among the active validators", () => {
  const state = emptyState();
  onNewSession(state, asSessionIndex(1), seed, { ...config, maxValidators: 3 }, keys);
  assert.deepEqual(disabledValidators(state), []);
  disabledAuthorities.set(state, [
    [0, 1_000_000_000],
    [2, 1_000_000_000],
    [4, 1_000_000_000],
  ]);
  assert.deepEqual(disabledValidators(state), [0, 2]);
});
