import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, asAccountId } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { eventNames, stateAtBlock } from "../../testing/state.ts";
import {
  accountExists,
  storage as accountStorage,
  incrementConsumers,
} from "../system/accounts.ts";
import { freeBalance, totalBalance } from "./account.ts";
import { reserve } from "./reserve.ts";
import { EXISTENTIAL_DEPOSIT as ED, totalIssuance } from "./storage.ts";
import { burn, deposit, setFreeBalance, transfer, withdraw } from "./transfer.ts";

const alice = asAccountId(`0x${"01".repeat(32)}`);
const bob = asAccountId(`0x${"02".repeat(32)}`);

/** Alice owns `amount`, nobody else owns anything. */
function stateWithAlice(amount: bigint): State {
  const state = stateAtBlock(1);
  assert.ok(setFreeBalance(state, alice, amount).ok);
  return state;
}

/** The invariant of the pallet. */
function assertIssuanceExact(state: State): void {
  const sum = accountStorage.account
    .entries(state)
    .reduce((total, [, { data }]) => total + data.free + data.reserved, 0n);
  assert.equal(totalIssuance(state), sum);
}

const refusal = (type: string, value?: string) =>
  value === undefined
    ? { ok: false, error: { type } }
    : { ok: false, error: { type, value: { type: value } } };

test("a transfer moves exactly its amount", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(transfer(state, alice, bob, 3n * ED, "expendable").ok);
  assert.equal(freeBalance(state, alice), 7n * ED);
  assert.equal(freeBalance(state, bob), 3n * ED);
  assertIssuanceExact(state);
  assert.deepEqual(eventNames(state).slice(-3), [
    "system.newAccount",
    "balances.endowed",
    "balances.transfer",
  ]);
});

test("a transfer to oneself changes nothing", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(transfer(state, alice, alice, 9n * ED, "expendable").ok);
  assert.equal(freeBalance(state, alice), 10n * ED);
});

test("more than the free balance is refused", () => {
  const state = stateWithAlice(2n * ED);
  assert.deepEqual(
    transfer(state, alice, bob, 2n * ED + 1n, "expendable"),
    refusal("token", "fundsUnavailable"),
  );
});

test("an account is not created with less than the existential deposit", () => {
  const state = stateWithAlice(10n * ED);
  assert.deepEqual(
    transfer(state, alice, bob, ED - 1n, "expendable"),
    refusal("token", "belowMinimum"),
  );
  assert.equal(accountExists(state, bob), false);
});

test("a sender left with dust is forgotten, and the dust leaves the issuance", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(transfer(state, alice, bob, 10n * ED - 5n, "expendable").ok);
  assert.equal(accountExists(state, alice), false);
  assert.equal(totalIssuance(state), 10n * ED - 5n);
  assertIssuanceExact(state);
  assert.ok(eventNames(state).includes("balances.dustLost"));
});

test("a sender who must be kept alive keeps the existential deposit", () => {
  const state = stateWithAlice(10n * ED);
  assert.deepEqual(
    transfer(state, alice, bob, 9n * ED + 1n, "preserve"),
    refusal("token", "notExpendable"),
  );
  assert.ok(transfer(state, alice, bob, 9n * ED, "preserve").ok);
  assert.equal(freeBalance(state, alice), ED);
});

test("an account that something consumes cannot be emptied", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(incrementConsumers(state, alice).ok);
  assert.deepEqual(
    transfer(state, alice, bob, 10n * ED, "expendable"),
    refusal("token", "onlyProvider"),
  );
  assert.ok(transfer(state, alice, bob, 9n * ED, "expendable").ok);
});

test("what is reserved cannot be transferred", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(reserve(state, alice, 6n * ED).ok);
  assert.deepEqual(
    transfer(state, alice, bob, 5n * ED, "expendable"),
    refusal("token", "fundsUnavailable"),
  );
  assert.equal(totalBalance(state, alice), 10n * ED);
});

test("nobody's balance exceeds 128 bits", () => {
  const state = stateWithAlice((1n << 128n) - 1n);
  assert.deepEqual(setFreeBalance(state, bob, ED), refusal("arithmetic", "overflow"));
  assert.deepEqual(deposit(state, bob, ED), refusal("arithmetic", "overflow"));
  assertIssuanceExact(state);
});

test("setting a balance below the existential deposit empties the account", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(setFreeBalance(state, alice, ED - 1n).ok);
  assert.equal(accountExists(state, alice), false);
  assert.equal(totalIssuance(state), 0n);
});

test("withdrawing, depositing and burning change the issuance by as much", () => {
  const state = stateWithAlice(10n * ED);
  assert.ok(withdraw(state, alice, 2n * ED).ok);
  assert.equal(totalIssuance(state), 8n * ED);
  assert.ok(deposit(state, bob, ED).ok);
  assert.ok(burn(state, alice, 3n * ED, "preserve").ok);
  assert.equal(freeBalance(state, alice), 5n * ED);
  assertIssuanceExact(state);
});

test("a deposit that an account could not keep is refused", () => {
  const state = stateAtBlock(1);
  assert.deepEqual(deposit(state, bob, ED - 1n), refusal("token", "belowMinimum"));
  assert.equal(totalIssuance(state), 0n);
});

test("a withdrawal that would leave less than the existential deposit is refused", () => {
  const state = stateWithAlice(2n * ED);
  assert.deepEqual(withdraw(state, alice, ED + 1n), refusal("token", "notExpendable"));
});

test("the issuance stays exact through any sequence of transfers and reserves", () => {
  const state = stateWithAlice(1_000n * ED);
  const accounts: AccountId[] = Array.from({ length: 8 }, (_, i) =>
    asAccountId(`0x${i.toString(16).padStart(2, "0").repeat(32)}`),
  );
  let seed = 7;
  const draw = (bound: number): number => {
    seed = (seed * 48_271) % 0x7fff_ffff;
    return seed % bound;
  };
  for (let step = 0; step < 400; step++) {
    const from = accounts[draw(8)] as AccountId;
    const to = accounts[draw(8)] as AccountId;
    const amount = (BigInt(draw(4_000)) * ED) / 100n;
    state.begin();
    const moved =
      draw(4) === 0
        ? reserve(state, from, amount)
        : transfer(state, from, to, amount, draw(2) === 0 ? "preserve" : "expendable");
    if (moved.ok) state.commit();
    else state.rollback();
    assertIssuanceExact(state);
  }
});
