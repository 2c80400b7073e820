import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccountId } from "@parahost/primitives";
import { ROOT, type State, signedBy } from "../../framework/index.ts";
import { named } from "../../testing/staking.ts";
import { eventNames, stateAtBlock } from "../../testing/state.ts";
import { accountInfo, setAccountData } from "../system/accounts.ts";
import { freeBalance } from "./account.ts";
import { balances } from "./pallet.ts";
import {
  BALANCE_MAX,
  EXISTENTIAL_DEPOSIT as ED,
  errors,
  storage,
  totalIssuance,
} from "./storage.ts";
import { setFreeBalance } from "./transfer.ts";

const alice = named("Alice");
const bob = named("Bob");
const refusal = (error: unknown) => ({ ok: false, error });
const { calls } = balances;

/** An account of before consumers were counted, with something reserved. */
function oldAccount(state: State, who: AccountId): void {
  assert.ok(setFreeBalance(state, who, 10n * ED).ok);
  setAccountData(state, who, { free: 9n * ED, reserved: ED, frozen: 0n, flags: 0n });
}

const upgrade = (state: State, ...who: readonly AccountId[]) =>
  calls.upgradeAccounts.dispatch(state, signedBy(alice), { who });

test("an old account's reserve is counted as a consumer, once, and for nothing", () => {
  const state = stateAtBlock(1);
  oldAccount(state, alice);
  assert.deepEqual(upgrade(state, alice), { ok: true, value: { paysFee: false } });
  assert.equal(accountInfo(state, alice).consumers, 1);
  assert.equal(accountInfo(state, alice).data.flags, 1n << 127n);
  assert.equal(freeBalance(state, alice), 9n * ED);
  assert.ok(eventNames(state).includes("balances.upgraded"));
  assert.deepEqual(upgrade(state, alice), { ok: true, value: {} });
  assert.equal(accountInfo(state, alice).consumers, 1);
});

test("who asks for accounts that need nothing pays for it", () => {
  const state = stateAtBlock(1);
  oldAccount(state, alice);
  assert.ok(setFreeBalance(state, bob, ED).ok);
  assert.deepEqual(upgrade(state, alice, bob, named("Eve")), { ok: true, value: {} });
  assert.deepEqual(upgrade(state), { ok: true, value: {} });
  assert.deepEqual(
    eventNames(state).filter((name) => name === "balances.upgraded"),
    ["balances.upgraded"],
  );
  assert.deepEqual(
    calls.upgradeAccounts.dispatch(state, ROOT, { who: [alice] }),
    refusal({ type: "badOrigin" }),
  );
});

const adjust = (state: State, type: "increase" | "decrease", delta: bigint) =>
  calls.forceAdjustTotalIssuance.dispatch(state, ROOT, { direction: { type }, delta });

test("root corrects the issuance in both directions, within what a balance can be", () => {
  const state = stateAtBlock(1);
  storage.totalIssuance.set(state, 100n);
  assert.ok(adjust(state, "increase", 5n).ok);
  assert.equal(totalIssuance(state), 105n);
  assert.ok(adjust(state, "decrease", 1000n).ok);
  assert.equal(totalIssuance(state), 0n);
  assert.ok(adjust(state, "increase", BALANCE_MAX).ok);
  assert.ok(adjust(state, "increase", 1n).ok);
  assert.equal(totalIssuance(state), BALANCE_MAX);
  assert.ok(eventNames(state).includes("balances.totalIssuanceForced"));
});

test("the issuance is not corrected by nothing, below what is inactive, or by others than root", () => {
  const state = stateAtBlock(1);
  storage.totalIssuance.set(state, 100n);
  storage.inactiveIssuance.set(state, 60n);
  assert.deepEqual(adjust(state, "increase", 0n), refusal(errors.deltaZero));
  assert.deepEqual(adjust(state, "decrease", 41n), refusal(errors.issuanceDeactivated));
  const direction = { type: "increase" } as const;
  assert.deepEqual(
    calls.forceAdjustTotalIssuance.dispatch(state, signedBy(alice), { direction, delta: 1n }),
    refusal({ type: "badOrigin" }),
  );
  assert.equal(totalIssuance(state), 100n);
});
