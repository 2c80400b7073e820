import assert from "node:assert/strict";
import { test } from "node:test";
import { asAccountId } from "@parahost/primitives";
import { type State, tokenError } from "../../framework/index.ts";
import { eventNames, stateAtBlock } from "../../testing/state.ts";
import { accountInfo, CONSUMERS_MAX, incrementConsumers } from "../system/accounts.ts";
import { balanceOf } from "./account.ts";
import { setFreeze } from "./freeze.ts";
import { balanceOnHold, hold, holdableBalance, release, slashHeld } from "./hold.ts";
import { PREIMAGE_HOLD, STAKING_HOLD } from "./reasons.ts";
import { reserve, slashReserved, unreserve } from "./reserve.ts";
import { EXISTENTIAL_DEPOSIT as ED, storage, totalIssuance } from "./storage.ts";
import { setFreeBalance } from "./transfer.ts";

const alice = asAccountId(`0x${"01".repeat(32)}`);

function stateWithAlice(amount: bigint): State {
  const state = stateAtBlock(1);
  assert.ok(setFreeBalance(state, alice, amount).ok);
  return state;
}

test("each reason keeps its own account of what it holds", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(hold(state, STAKING_HOLD, alice, 4n * ED).ok);
  assert.ok(hold(state, PREIMAGE_HOLD, alice, 2n * ED).ok);
  assert.equal(balanceOnHold(state, STAKING_HOLD, alice), 4n * ED);
  assert.equal(balanceOnHold(state, PREIMAGE_HOLD, alice), 2n * ED);
  assert.equal(balanceOf(state, alice).reserved, 6n * ED);
  assert.equal(balanceOf(state, alice).free, 4n * ED);
});

test("a released hold frees no more than it held, and leaves nothing behind", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(hold(state, STAKING_HOLD, alice, 4n * ED).ok);
  assert.equal(release(state, STAKING_HOLD, alice, 9n * ED), 4n * ED);
  assert.equal(release(state, STAKING_HOLD, alice, 1n), 0n);
  assert.equal(balanceOf(state, alice).free, 10n * ED);
  assert.equal(accountInfo(state, alice).consumers, 0);
  assert.equal(storage.holds.has(state, alice), false);
  assert.deepEqual(eventNames(state).slice(-2), ["balances.held", "balances.released"]);
});

test("the existential deposit cannot be held", () => {
  const state = stateWithAlice(10n * ED);
  assert.equal(holdableBalance(state, alice), 9n * ED);
  const held = hold(state, STAKING_HOLD, alice, 9n * ED + 1n);
  assert.deepEqual(held, { ok: false, error: tokenError("fundsUnavailable") });
  assert.ok(hold(state, STAKING_HOLD, alice, 9n * ED).ok);
});

test("frozen balance can be held", () => {
  const state = stateWithAlice(10n * ED);
  const reason = { type: "nominationPools", value: { type: "poolMinBalance" } } as const;
  assert.ok(setFreeze(state, reason, alice, 10n * ED).ok);
  assert.ok(hold(state, STAKING_HOLD, alice, 9n * ED).ok);
});

test("an account with as many consumers as it can have takes no hold", () => {
  const state = stateWithAlice(10n * ED);
  for (let i = 0; i < CONSUMERS_MAX; i++) assert.ok(incrementConsumers(state, alice).ok);
  const held = hold(state, STAKING_HOLD, alice, ED);
  assert.deepEqual(held, { ok: false, error: tokenError("cannotCreateHold") });
});

test("a slashed hold is out of circulation", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(hold(state, STAKING_HOLD, alice, 4n * ED).ok);
  assert.equal(slashHeld(state, STAKING_HOLD, alice, 5n * ED), 4n * ED);
  assert.equal(totalIssuance(state), 6n * ED);
  assert.equal(balanceOf(state, alice).reserved, 0n);
  assert.equal(slashHeld(state, STAKING_HOLD, alice, 1n), 0n);
});

test("reserves and holds do not touch each other", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(hold(state, STAKING_HOLD, alice, 4n * ED).ok);
  assert.ok(reserve(state, alice, 2n * ED).ok);
  assert.equal(unreserve(state, alice, 3n * ED), ED);
  assert.equal(slashReserved(state, alice, ED), 0n);
  assert.equal(balanceOnHold(state, STAKING_HOLD, alice), 4n * ED);
  assert.equal(balanceOf(state, alice).reserved, 4n * ED);
});
