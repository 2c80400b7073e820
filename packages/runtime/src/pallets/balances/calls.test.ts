import assert from "node:assert/strict";
import { test } from "node:test";
import type { MultiAddress } from "@parahost/primitives";
import { NONE, ROOT, type State, signedBy, tokenError } from "../../framework/index.ts";
import { named } from "../../testing/staking.ts";
import { stateAtBlock } from "../../testing/state.ts";
import { accountExists } from "../system/accounts.ts";
import { freeBalance } from "./account.ts";
import { balances } from "./pallet.ts";
import { reserve } from "./reserve.ts";
import { EXISTENTIAL_DEPOSIT as ED, totalIssuance } from "./storage.ts";
import { setFreeBalance } from "./transfer.ts";

const { calls } = balances;
const alice = named("Alice");
const bob = named("Bob");
const origin = signedBy(alice);
const toBob: MultiAddress = { type: "id", value: bob };
const fromAlice: MultiAddress = { type: "id", value: alice };
const nowhere: MultiAddress = { type: "raw", value: new Uint8Array(3) };
const refusal = (error: unknown) => ({ ok: false, error });

function state(): State {
  const made = stateAtBlock(1);
  assert.ok(setFreeBalance(made, alice, 10n * ED).ok);
  return made;
}

test("a transfer may end its sender's account, if it is allowed to", () => {
  const made = state();
  const value = 9n * ED + 1n;
  assert.deepEqual(
    calls.transferKeepAlive.dispatch(made, origin, { dest: toBob, value }),
    refusal(tokenError("notExpendable")),
  );
  assert.ok(calls.transferAllowDeath.dispatch(made, origin, { dest: toBob, value }).ok);
  assert.equal(accountExists(made, alice), false);
  assert.equal(freeBalance(made, bob), value);
  assert.equal(totalIssuance(made), value, "what was left of the sender is dust");
});

test("all that can be transferred is all, or all but the existential deposit", () => {
  const kept = state();
  assert.ok(calls.transferAll.dispatch(kept, origin, { dest: toBob, keepAlive: true }).ok);
  assert.equal(freeBalance(kept, alice), ED);
  const ended = state();
  assert.ok(calls.transferAll.dispatch(ended, origin, { dest: toBob, keepAlive: false }).ok);
  assert.equal(accountExists(ended, alice), false);
  assert.equal(freeBalance(ended, bob), 10n * ED);
});

test("root moves, frees and sets what it wants", () => {
  const made = state();
  const move = { source: fromAlice, dest: toBob, value: 2n * ED };
  assert.ok(calls.forceTransfer.dispatch(made, ROOT, move).ok);
  assert.ok(reserve(made, alice, 3n * ED).ok);
  assert.ok(calls.forceUnreserve.dispatch(made, ROOT, { who: fromAlice, amount: 3n * ED }).ok);
  assert.ok(calls.forceSetBalance.dispatch(made, ROOT, { who: fromAlice, newFree: 5n * ED }).ok);
  assert.equal(freeBalance(made, alice), 5n * ED);
  assert.equal(totalIssuance(made), 7n * ED);
});

test("what is burned is gone", () => {
  const made = state();
  assert.ok(calls.burn.dispatch(made, origin, { value: 4n * ED, keepAlive: true }).ok);
  assert.equal(totalIssuance(made), 6n * ED);
  assert.deepEqual(
    calls.burn.dispatch(made, origin, { value: 6n * ED, keepAlive: true }),
    refusal(tokenError("notExpendable")),
  );
});

test("every call has its origin", () => {
  const made = state();
  const refused = refusal({ type: "badOrigin" });
  const pay = { dest: toBob, value: ED };
  assert.deepEqual(calls.transferAllowDeath.dispatch(made, NONE, pay), refused);
  assert.deepEqual(calls.transferKeepAlive.dispatch(made, ROOT, pay), refused);
  const all = { dest: toBob, keepAlive: true };
  assert.deepEqual(calls.transferAll.dispatch(made, NONE, all), refused);
  assert.deepEqual(calls.burn.dispatch(made, ROOT, { value: ED, keepAlive: true }), refused);
  const move = { source: fromAlice, dest: toBob, value: ED };
  assert.deepEqual(calls.forceTransfer.dispatch(made, origin, move), refused);
  const free = { who: fromAlice, amount: ED };
  assert.deepEqual(calls.forceUnreserve.dispatch(made, origin, free), refused);
  const set = { who: fromAlice, newFree: ED };
  assert.deepEqual(calls.forceSetBalance.dispatch(made, origin, set), refused);
});

test("an address that means no account is refused", () => {
  const made = state();
  const refused = refusal({ type: "cannotLookup" });
  const pay = { dest: nowhere, value: ED };
  assert.deepEqual(calls.transferAllowDeath.dispatch(made, origin, pay), refused);
  assert.deepEqual(calls.transferKeepAlive.dispatch(made, origin, pay), refused);
  const all = { dest: nowhere, keepAlive: true };
  assert.deepEqual(calls.transferAll.dispatch(made, origin, all), refused);
  const from = { source: nowhere, dest: toBob, value: ED };
  assert.deepEqual(calls.forceTransfer.dispatch(made, ROOT, from), refused);
  assert.deepEqual(
    calls.forceUnreserve.dispatch(made, ROOT, { who: nowhere, amount: ED }),
    refused,
  );
  assert.deepEqual(
    calls.forceSetBalance.dispatch(made, ROOT, { who: nowhere, newFree: ED }),
    refused,
  );
});
