import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes } from "@parahost/base";
import { type AccountId, asAccountId } from "@parahost/primitives";
import { type State, tokenError } from "../../framework/index.ts";
import { eventNames, stateAtBlock } from "../../testing/state.ts";
import { accountInfo } from "../system/accounts.ts";
import { balanceOf, reducibleBalance } from "./account.ts";
import { balanceFrozen, extendFreeze, removeLock, setFreeze, setLock, thaw } from "./freeze.ts";
import { reserve } from "./reserve.ts";
import { EXISTENTIAL_DEPOSIT as ED, errors, LOCKS_MAX, storage } from "./storage.ts";
import { setFreeBalance, transfer } from "./transfer.ts";

const alice = asAccountId(`0x${"01".repeat(32)}`);
const bob = asAccountId(`0x${"02".repeat(32)}`);
const POOL = { type: "nominationPools", value: { type: "poolMinBalance" } } as const;

function stateWithAlice(amount: bigint): State {
  const state = stateAtBlock(1);
  assert.ok(setFreeBalance(state, alice, amount).ok);
  assert.ok(setFreeBalance(state, bob, ED).ok);
  return state;
}

const lock = (state: State, who: AccountId, name: string, amount: bigint) =>
  setLock(state, who, { id: asciiBytes(name), amount, reasons: { type: "all" } });

test("frozen balance cannot be spent until it is thawed", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(setFreeze(state, POOL, alice, 7n * ED).ok);
  assert.equal(balanceFrozen(state, POOL, alice), 7n * ED);
  assert.equal(reducibleBalance(state, alice, "expendable"), 3n * ED);
  const moved = transfer(state, alice, bob, 3n * ED + 1n, "expendable");
  assert.deepEqual(moved, { ok: false, error: tokenError("frozen") });
  assert.ok(thaw(state, POOL, alice).ok);
  assert.ok(transfer(state, alice, bob, 3n * ED + 1n, "expendable").ok);
  assert.equal(accountInfo(state, alice).consumers, 0);
  assert.equal(storage.freezes.has(state, alice), false);
});

test("of overlapping locks and freezes the largest counts", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(lock(state, alice, "vesting ", 3n * ED).ok);
  assert.ok(lock(state, alice, "pyconvot", 6n * ED).ok);
  assert.ok(setFreeze(state, POOL, alice, 5n * ED).ok);
  assert.equal(balanceOf(state, alice).frozen, 6n * ED);
  assert.ok(removeLock(state, alice, asciiBytes("pyconvot")).ok);
  assert.equal(balanceOf(state, alice).frozen, 5n * ED);
  assert.ok(thaw(state, POOL, alice).ok);
  assert.equal(balanceOf(state, alice).frozen, 3n * ED);
  assert.equal(accountInfo(state, alice).consumers, 1);
});

test("what is reserved counts towards what is frozen", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(reserve(state, alice, 4n * ED).ok);
  assert.ok(setFreeze(state, POOL, alice, 6n * ED).ok);
  assert.equal(reducibleBalance(state, alice, "preserve"), 4n * ED);
});

test("a freeze is extended, never shortened, by extending it", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(setFreeze(state, POOL, alice, 4n * ED).ok);
  assert.ok(extendFreeze(state, POOL, alice, 2n * ED).ok);
  assert.equal(balanceFrozen(state, POOL, alice), 4n * ED);
  assert.ok(extendFreeze(state, POOL, alice, 5n * ED).ok);
  assert.equal(balanceFrozen(state, POOL, alice), 5n * ED);
});

test("what changes of the frozen balance is told", () => {
  const state = stateWithAlice(10n * ED);
  const before = eventNames(state).length;
  assert.ok(lock(state, alice, "vesting ", 3n * ED).ok);
  assert.ok(setFreeze(state, POOL, alice, 5n * ED).ok);
  assert.ok(removeLock(state, alice, asciiBytes("vesting ")).ok);
  assert.ok(thaw(state, POOL, alice).ok);
  assert.ok(lock(state, alice, "vesting ", 3n * ED).ok);
  assert.ok(removeLock(state, alice, asciiBytes("vesting ")).ok);
  assert.deepEqual(eventNames(state).slice(before), [
    "balances.locked",
    "balances.frozen",
    "balances.thawed",
    "balances.locked",
    "balances.unlocked",
  ]);
});

test("an account has only so many locks", () => {
  const state = stateWithAlice(10n * ED);
  for (let i = 0; i < LOCKS_MAX; i++) assert.ok(lock(state, alice, `lock${i}`.padEnd(8), ED).ok);
  const refused = lock(state, alice, "one more", ED);
  assert.deepEqual(refused, { ok: false, error: errors.tooManyFreezes });
});

test("an account that does not exist cannot be frozen", () => {
  const state = stateWithAlice(10n * ED);
  const nobody = asAccountId(`0x${"03".repeat(32)}`);
  assert.deepEqual(setFreeze(state, POOL, nobody, ED), {
    ok: false,
    error: { type: "noProviders" },
  });
});
