import assert from "node:assert/strict";
import { test } from "node:test";
import {
  activeOf,
  bondUnits,
  intoEra,
  named,
  nominateWith,
  STAKE,
  stakingChain,
  stashOf,
} from "../../testing/staking.ts";
import { eventNames } from "../../testing/state.ts";
import { balanceOf, totalBalance } from "../balances/account.ts";
import { balanceOnHold } from "../balances/hold.ts";
import { STAKING_HOLD } from "../balances/reasons.ts";
import { EXISTENTIAL_DEPOSIT as ED, UNIT } from "../balances/storage.ts";
import {
  bond,
  bondExtra,
  reapStash,
  rebond,
  setPayee,
  unbond,
  withdrawUnbonded,
} from "./bonding.ts";
import { slashOffenders } from "./slashing.ts";
import { errors, storage, UNLOCKING_CHUNKS_MAX } from "./storage.ts";

const alice = named("Alice");
const STAKED = { type: "staked" } as const;
const refusal = (error: unknown) => ({ ok: false, error });

test("a bond is held, and counts", () => {
  const { state } = stakingChain();
  const before = totalBalance(state, alice);
  assert.ok(bond(state, alice, 500n * UNIT, STAKED).ok);
  assert.equal(balanceOnHold(state, STAKING_HOLD, alice), 500n * UNIT);
  assert.equal(activeOf(state, alice), 500n * UNIT);
  assert.equal(totalBalance(state, alice), before);
  assert.equal(storage.bonded.get(state, alice), alice);
  assert.ok(eventNames(state).includes("staking.bonded"));
});

test("no more is bonded than there is beside the existential deposit", () => {
  const { state } = stakingChain();
  const { free } = balanceOf(state, alice);
  assert.ok(bond(state, alice, 2n * free, STAKED).ok);
  assert.equal(balanceOf(state, alice).free, ED);
  assert.equal(activeOf(state, alice), free - ED);
});

test("a second bond is refused, as is one that is too small", () => {
  const { state } = stakingChain();
  assert.deepEqual(bond(state, alice, 9n * UNIT, STAKED), refusal(errors.insufficientBond));
  bondUnits(state, alice, 10n);
  assert.deepEqual(bond(state, alice, 10n * UNIT, STAKED), refusal(errors.alreadyBonded));
});

test("a bond is added to by a stash only", () => {
  const { state } = stakingChain();
  assert.deepEqual(bondExtra(state, alice, UNIT), refusal(errors.notStash));
  bondUnits(state, alice, 10n);
  assert.ok(bondExtra(state, alice, 5n * UNIT).ok);
  assert.equal(activeOf(state, alice), 15n * UNIT);
  assert.equal(balanceOnHold(state, STAKING_HOLD, alice), 15n * UNIT);
});

test("a stash that is unbonding can add too little to count", () => {
  const { state } = stakingChain();
  bondUnits(state, alice, 10n);
  assert.ok(unbond(state, alice, 10n * UNIT).ok);
  assert.deepEqual(bondExtra(state, alice, UNIT), refusal(errors.insufficientBond));
});

test("what is unbonded is free after the bonding duration, and not before", () => {
  const chain = stakingChain({ bondingDuration: 2 });
  const { state } = chain;
  bondUnits(state, alice, 50n);
  assert.ok(unbond(state, alice, 20n * UNIT).ok);
  assert.equal(activeOf(state, alice), 30n * UNIT);
  intoEra(chain, 1);
  assert.ok(withdrawUnbonded(state, alice).ok);
  assert.equal(balanceOnHold(state, STAKING_HOLD, alice), 50n * UNIT);
  intoEra(chain, 2);
  assert.ok(withdrawUnbonded(state, alice).ok);
  assert.equal(balanceOnHold(state, STAKING_HOLD, alice), 30n * UNIT);
  assert.equal(storage.ledger.get(state, alice)?.total, 30n * UNIT);
});

test("who has bonded nothing can neither unbond nor withdraw nor rebond nor say where rewards go", () => {
  const { state } = stakingChain();
  assert.deepEqual(unbond(state, alice, UNIT), refusal(errors.notController));
  assert.deepEqual(withdrawUnbonded(state, alice), refusal(errors.notController));
  assert.deepEqual(rebond(state, alice, UNIT), refusal(errors.notController));
  assert.deepEqual(setPayee(state, alice, STAKED), refusal(errors.notController));
});

test("a validator and a nominator keep their least stake until they are chilled", () => {
  const { state } = stakingChain();
  assert.deepEqual(unbond(state, stashOf(0), STAKE), refusal(errors.insufficientBond));
  assert.ok(unbond(state, stashOf(0), STAKE - 100n * UNIT).ok);
  nominateWith(state, alice, 50n, stashOf(0));
  assert.deepEqual(unbond(state, alice, 41n * UNIT), refusal(errors.insufficientBond));
  assert.ok(unbond(state, alice, 40n * UNIT).ok);
});

test("what would be left of too little is unbonded too", () => {
  const { state } = stakingChain();
  bondUnits(state, alice, 50n);
  assert.ok(unbond(state, alice, 50n * UNIT - 1n).ok);
  assert.equal(activeOf(state, alice), 0n);
  assert.equal(storage.ledger.get(state, alice)?.unlocking[0]?.value, 50n * UNIT);
});

test("unbonding nothing changes nothing", () => {
  const { state } = stakingChain();
  bondUnits(state, alice, 50n);
  assert.ok(unbond(state, alice, 0n).ok);
  assert.deepEqual(storage.ledger.get(state, alice)?.unlocking, []);
});

test("only so many parts are on their way out", () => {
  const { state } = stakingChain();
  bondUnits(state, alice, 500n);
  for (let era = 0; era < UNLOCKING_CHUNKS_MAX; era++) {
    storage.currentEra.set(state, era);
    storage.bondingDuration.set(state, 1_000);
    assert.ok(unbond(state, alice, UNIT).ok);
  }
  storage.currentEra.set(state, UNLOCKING_CHUNKS_MAX);
  assert.deepEqual(unbond(state, alice, UNIT), refusal(errors.noMoreChunks));
  // When the first of them are free they make room.
  storage.currentEra.set(state, 1_000);
  storage.bondingDuration.set(state, 1_001);
  assert.ok(unbond(state, alice, UNIT).ok);
});

test("a stash that has withdrawn everything is one no more", () => {
  const chain = stakingChain({ bondingDuration: 1 });
  const { state } = chain;
  bondUnits(state, alice, 50n);
  assert.ok(unbond(state, alice, 50n * UNIT).ok);
  intoEra(chain, 1);
  assert.ok(withdrawUnbonded(state, alice).ok);
  assert.equal(storage.ledger.has(state, alice), false);
  assert.equal(storage.bonded.has(state, alice), false);
  assert.equal(storage.payee.has(state, alice), false);
  assert.equal(balanceOf(state, alice).reserved, 0n);
});

test("what is on its way out can be put back at stake", () => {
  const { state } = stakingChain();
  bondUnits(state, alice, 50n);
  assert.deepEqual(rebond(state, alice, UNIT), refusal(errors.noUnlockChunk));
  assert.ok(unbond(state, alice, 50n * UNIT).ok);
  assert.deepEqual(rebond(state, alice, UNIT), refusal(errors.insufficientBond));
  assert.ok(rebond(state, alice, 20n * UNIT).ok);
  assert.equal(activeOf(state, alice), 20n * UNIT);
  assert.equal(storage.ledger.get(state, alice)?.total, 50n * UNIT);
});

test("a stash is removed by others only when slashes have left it next to nothing", () => {
  const { state } = stakingChain();
  const stash = stashOf(1);
  assert.deepEqual(reapStash(state, alice), refusal(errors.notStash));
  assert.deepEqual(reapStash(state, stash), refusal(errors.fundedTarget));
  slashOffenders(state, [{ validator: stash, fraction: 1_000_000_000 }], 0 as never, []);
  assert.ok(reapStash(state, stash).ok);
  assert.equal(storage.validators.has(state, stash), false);
  assert.equal(storage.counterForValidators.get(state), 3);
});
