import assert from "node:assert/strict";
import { test } from "node:test";
import { storage as eventStorage } from "../../framework/events.ts";
import { ROOT, type State, signedBy } from "../../framework/index.ts";
import { named } from "../../testing/staking.ts";
import { eventNames, stateAtBlock } from "../../testing/state.ts";
import { freeBalance } from "../balances/account.ts";
import { EXISTENTIAL_DEPOSIT as ED, totalIssuance, UNIT } from "../balances/storage.ts";
import { setFreeBalance } from "../balances/transfer.ts";
import { depositToTreasury, TREASURY_ACCOUNT } from "./account.ts";
import { errors } from "./errors.ts";
import { APPROVALS_MAX, onInitialize, SPEND_PERIOD, storage, treasury } from "./pallet.ts";

const alice = named("Alice");
const bob = named("Bob");
const refusal = (error: unknown) => ({ ok: false, error });

function stateWithTreasury(amount: bigint): State {
  const state = stateAtBlock(1);
  assert.ok(setFreeBalance(state, TREASURY_ACCOUNT, amount).ok);
  return state;
}

const spend = (state: State, amount: bigint, who = alice) =>
  treasury.calls.spendLocal.dispatch(state, ROOT, {
    amount,
    beneficiary: { type: "id", value: who },
  });

function endPeriod(state: State): void {
  eventStorage.number.set(state, SPEND_PERIOD);
  onInitialize(state);
}

test("what is given to the treasury is in circulation again, and told", () => {
  const state = stateWithTreasury(ED);
  depositToTreasury(state, 5n);
  assert.equal(freeBalance(state, TREASURY_ACCOUNT), ED + 5n);
  assert.equal(totalIssuance(state), ED + 5n);
  assert.ok(eventNames(state).includes("treasury.deposit"));
});

test("a treasury without an account keeps nothing small", () => {
  const state = stateAtBlock(1);
  depositToTreasury(state, ED - 1n);
  depositToTreasury(state, 0n);
  assert.equal(totalIssuance(state), 0n);
  assert.deepEqual(eventNames(state), []);
});

test("approved spends are paid at the end of the period, in order, as far as the money goes", () => {
  const state = stateWithTreasury(10n * UNIT);
  assert.ok(spend(state, 4n * UNIT).ok);
  assert.ok(spend(state, 20n * UNIT).ok);
  assert.ok(spend(state, 5n * UNIT, bob).ok);
  onInitialize(state);
  assert.equal(freeBalance(state, alice), 0n);
  endPeriod(state);
  assert.equal(freeBalance(state, alice), 4n * UNIT);
  assert.equal(freeBalance(state, bob), 5n * UNIT);
  assert.deepEqual(storage.approvals.get(state), [1]);
  assert.equal(storage.proposals.has(state, 0), false);
  assert.equal(eventNames(state).filter((name) => name === "treasury.awarded").length, 2);
});

test("the treasury's account outlives its spends", () => {
  const state = stateWithTreasury(10n * UNIT);
  assert.ok(spend(state, 10n * UNIT).ok);
  endPeriod(state);
  assert.equal(freeBalance(state, TREASURY_ACCOUNT), 10n * UNIT);
});

test("a spend that the beneficiary could not keep waits", () => {
  const state = stateWithTreasury(10n * UNIT);
  assert.ok(spend(state, ED - 1n).ok);
  endPeriod(state);
  assert.deepEqual(storage.approvals.get(state), [0]);
});

test("a spend that is taken back is not paid", () => {
  const state = stateWithTreasury(10n * UNIT);
  const remove = (proposalId: number, origin: typeof ROOT = ROOT) =>
    treasury.calls.removeApproval.dispatch(state, origin, { proposalId });
  assert.deepEqual(remove(0), refusal(errors.proposalNotApproved));
  assert.ok(spend(state, UNIT).ok);
  assert.ok(remove(0).ok);
  endPeriod(state);
  assert.equal(freeBalance(state, alice), 0n);
  assert.deepEqual(remove(0, signedBy(alice)), refusal({ type: "badOrigin" }));
});

test("only root spends, only so much at a time, and only for accounts", () => {
  const state = stateWithTreasury(10n * UNIT);
  const args = { amount: UNIT, beneficiary: { type: "id", value: alice } as const };
  const { spendLocal } = treasury.calls;
  const refused = refusal({ type: "badOrigin" });
  assert.deepEqual(spendLocal.dispatch(state, signedBy(alice), args), refused);
  const raw = { type: "raw", value: new Uint8Array(3) } as const;
  assert.deepEqual(
    spendLocal.dispatch(state, ROOT, { ...args, beneficiary: raw }),
    refusal({ type: "cannotLookup" }),
  );
  for (let i = 0; i < APPROVALS_MAX; i++) assert.ok(spend(state, UNIT).ok);
  assert.deepEqual(spend(state, UNIT), refusal(errors.tooManyApprovals));
});
