import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccountId, Balance } from "@parahost/primitives";
import { ROOT, type State, signedBy } from "../../framework/index.ts";
import { bondUnits, named, nominateWith, stakingChain, stashOf } from "../../testing/staking.ts";
import { eventNames } from "../../testing/state.ts";
import { freeBalance, totalBalance } from "../balances/account.ts";
import { balanceOnHold, release } from "../balances/hold.ts";
import { STAKING_HOLD } from "../balances/reasons.ts";
import { EXISTENTIAL_DEPOSIT as ED, totalIssuance, UNIT } from "../balances/storage.ts";
import { unbond } from "./bonding.ts";
import { staking } from "./pallet.ts";
import { errors, storage, type UnlockChunk } from "./storage.ts";

const alice = named("Alice");
const bob = named("Bob");
const { calls } = staking;
const refusal = (error: unknown) => ({ ok: false, error });
const held = (state: State) => balanceOnHold(state, STAKING_HOLD, alice);

interface Known {
  readonly controller?: AccountId;
  readonly total?: Balance;
  readonly unlocking?: readonly UnlockChunk[];
}

const restore = (state: State, known: Known = {}, origin = ROOT) =>
  calls.restoreLedger.dispatch(state, origin, {
    stash: alice,
    maybeController: known.controller,
    maybeTotal: known.total,
    maybeUnlocking: known.unlocking,
  });

function stateWithStash(): State {
  const { state } = stakingChain();
  bondUnits(state, alice, 100n);
  return state;
}

test("a lost ledger is restored from what is held", () => {
  const state = stateWithStash();
  const before = storage.ledger.take(state, alice);
  assert.ok(restore(state).ok);
  assert.deepEqual(storage.ledger.get(state, alice), before);
});

test("a ledger that disagrees with its hold is restored to what root says, within what there is", () => {
  const state = stateWithStash();
  const issuance = totalIssuance(state);
  release(state, STAKING_HOLD, alice, 60n * UNIT);
  assert.deepEqual(restore(state), refusal(errors.cannotRestoreLedger));
  const unlocking = [{ value: 30n * UNIT, era: 5 }];
  assert.ok(restore(state, { total: 80n * UNIT, unlocking, controller: alice }).ok);
  assert.equal(held(state), 80n * UNIT);
  const { total, active } = storage.ledger.get(state, alice) ?? { total: 0n, active: 0n };
  assert.deepEqual([total, active], [80n * UNIT, 50n * UNIT]);
  release(state, STAKING_HOLD, alice, UNIT);
  assert.ok(restore(state, { total: 2n * totalBalance(state, alice) }).ok);
  assert.equal(freeBalance(state, alice), ED);
  assert.equal(totalIssuance(state), issuance);
});

test("what is held for a stash that is none is freed", () => {
  const state = stateWithStash();
  storage.ledger.remove(state, alice);
  storage.bonded.remove(state, alice);
  assert.ok(restore(state).ok);
  assert.equal(held(state), 0n);
  assert.deepEqual(restore(state), refusal(errors.cannotRestoreLedger));
});

test("what agrees is left alone, and nonsense is refused", () => {
  const state = stateWithStash();
  assert.deepEqual(restore(state), refusal(errors.cannotRestoreLedger));
  assert.deepEqual(restore(state, { total: 1n }), refusal(errors.cannotRestoreLedger));
  assert.deepEqual(restore(state, { controller: bob }), refusal(errors.controllerDeprecated));
  assert.deepEqual(restore(state, {}, signedBy(bob)), refusal({ type: "badOrigin" }));
  storage.ledger.remove(state, alice);
  const unlocking = [{ value: 101n * UNIT, era: 5 }];
  assert.deepEqual(restore(state, { unlocking }), refusal(errors.badState));
  release(state, STAKING_HOLD, alice, 100n * UNIT);
  assert.deepEqual(restore(state), refusal(errors.cannotRestoreLedger));
});

test("every stash is its own controller, and its stake is held", () => {
  const state = stateWithStash();
  const ask = (who: AccountId) => [
    calls.setController.dispatch(state, signedBy(who), {}),
    calls.migrateCurrency.dispatch(state, signedBy(bob), { stash: who }),
  ];
  assert.deepEqual(ask(alice), [refusal(errors.alreadyPaired), refusal(errors.alreadyMigrated)]);
  assert.deepEqual(ask(bob), [refusal(errors.notStash), refusal(errors.notStash)]);
});

test("a batch of controllers has none that fails, and is root's", () => {
  const state = stateWithStash();
  const deprecate = (origin: typeof ROOT) =>
    calls.deprecateControllerBatch.dispatch(state, origin, { controllers: [alice, bob] });
  assert.deepEqual(deprecate(signedBy(alice)), refusal({ type: "badOrigin" }));
  assert.ok(deprecate(ROOT).ok);
  assert.ok(eventNames(state).includes("staking.controllerBatchDeprecated"));
});

test("the least stake that took part in an election is noted", () => {
  const chain = stakingChain();
  const { state } = chain;
  nominateWith(state, alice, 30n, stashOf(0));
  nominateWith(state, bob, 20n, stashOf(1));
  assert.ok(unbond(state, bob, 5n * UNIT).ok);
  chain.add();
  chain.add();
  assert.equal(storage.minimumActiveStake.get(state), 15n * UNIT);
});
