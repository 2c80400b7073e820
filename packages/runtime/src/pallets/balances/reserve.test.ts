import assert from "node:assert/strict";
import { test } from "node:test";
import { asAccountId } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { stateAtBlock } from "../../testing/state.ts";
import { accountInfo } from "../system/accounts.ts";
import { balanceOf } from "./account.ts";
import { repatriateReserved, reserve, slashReserved, unreserve } from "./reserve.ts";
import { EXISTENTIAL_DEPOSIT as ED, errors, totalIssuance } from "./storage.ts";
import { setFreeBalance } from "./transfer.ts";

const alice = asAccountId(`0x${"01".repeat(32)}`);
const bob = asAccountId(`0x${"02".repeat(32)}`);

function stateWithAlice(amount: bigint): State {
  const state = stateAtBlock(1);
  assert.ok(setFreeBalance(state, alice, amount).ok);
  return state;
}

test("a reserve consumes the account until it is given back", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(reserve(state, alice, 4n * ED).ok);
  assert.equal(balanceOf(state, alice).free, 6n * ED);
  assert.equal(balanceOf(state, alice).reserved, 4n * ED);
  assert.equal(accountInfo(state, alice).consumers, 1);
  assert.equal(unreserve(state, alice, 5n * ED), ED);
  assert.equal(balanceOf(state, alice).free, 10n * ED);
  assert.equal(accountInfo(state, alice).consumers, 0);
});

test("more than the free balance cannot be reserved", () => {
  const state = stateWithAlice(2n * ED);
  assert.deepEqual(reserve(state, alice, 3n * ED), {
    ok: false,
    error: errors.insufficientBalance,
  });
});

test("the existential deposit cannot be reserved", () => {
  const state = stateWithAlice(2n * ED);
  assert.deepEqual(reserve(state, alice, ED + 1n), {
    ok: false,
    error: errors.liquidityRestrictions,
  });
});

test("a slash destroys what is reserved and no more", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(reserve(state, alice, 4n * ED).ok);
  assert.equal(slashReserved(state, alice, 5n * ED), 4n * ED);
  assert.equal(balanceOf(state, alice).free, 6n * ED);
  assert.equal(totalIssuance(state), 6n * ED);
});

test("a reserve can be handed to another account", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(setFreeBalance(state, bob, ED).ok);
  assert.ok(reserve(state, alice, 4n * ED).ok);
  assert.deepEqual(repatriateReserved(state, alice, bob, 3n * ED, "free"), { ok: true, value: 0n });
  assert.equal(balanceOf(state, bob).free, 4n * ED);
  assert.deepEqual(repatriateReserved(state, alice, bob, 3n * ED, "reserved"), {
    ok: true,
    value: 2n * ED,
  });
  assert.equal(balanceOf(state, bob).reserved, ED);
  assert.equal(totalIssuance(state), 11n * ED);
});

test("a reserve is not handed to an account that does not exist", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(reserve(state, alice, 4n * ED).ok);
  assert.deepEqual(repatriateReserved(state, alice, bob, ED, "free"), {
    ok: false,
    error: errors.deadAccount,
  });
});
