import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccountId } from "@parahost/primitives";
import { NONE, ROOT, type State, signedBy } from "../../framework/index.ts";
import {
  activeOf,
  bondUnits,
  named,
  nominateWith,
  stakingChain,
  stashOf,
} from "../../testing/staking.ts";
import { balanceOnHold } from "../balances/hold.ts";
import { STAKING_HOLD } from "../balances/reasons.ts";
import { totalIssuance, UNIT } from "../balances/storage.ts";
import { setPayee } from "./bonding.ts";
import { staking } from "./pallet.ts";
import { increaseValidatorCount, scaleValidatorCount, setStakingConfigs } from "./parameters.ts";
import { percentOf, WHOLE } from "./parts.ts";
import { capped, eraReward } from "./payout.ts";
import { validate } from "./roles.ts";
import { errors, NO_PREFS, NOMINATORS_MAX, storage, VALIDATORS_MAX } from "./storage.ts";

const alice = named("Alice");
const bob = named("Bob");
const refusal = (error: unknown) => ({ ok: false, error });
const NOOP = { type: "noop" } as const;
const set = <T>(value: T) => ({ type: "set", value }) as const;
const KEEP = {
  minNominatorBond: NOOP,
  minValidatorBond: NOOP,
  maxNominatorCount: NOOP,
  maxValidatorCount: NOOP,
  chillThreshold: NOOP,
  minCommission: NOOP,
  maxStakedRewards: NOOP,
} as const;

const { calls } = staking;
const chillOther = (state: State, caller: AccountId, stash: AccountId) =>
  calls.chillOther.dispatch(state, signedBy(caller), { stash });

// Counts

test("a part of a count is the nearest whole number, and the lesser of two as near", () => {
  assert.deepEqual(
    [percentOf(50, 4), percentOf(10, 14), percentOf(10, 15), percentOf(10, 16), percentOf(0, 9)],
    [2, 1, 1, 2, 0],
  );
  assert.equal(percentOf(100, 0xffff_ffff), 0xffff_ffff);
});

test("root elects a part of the validators more, or a number of them", () => {
  const { state } = stakingChain();
  assert.ok(scaleValidatorCount(state, 50).ok);
  assert.equal(storage.validatorCount.get(state), 6);
  assert.ok(increaseValidatorCount(state, 2).ok);
  assert.equal(storage.validatorCount.get(state), 8);
  assert.deepEqual(scaleValidatorCount(state, 101), refusal(errors.boundNotMet));
});

test("never more validators than may stand", () => {
  const { state } = stakingChain();
  assert.deepEqual(
    increaseValidatorCount(state, VALIDATORS_MAX),
    refusal(errors.tooManyValidators),
  );
  storage.maxValidatorsCount.set(state, 5);
  assert.deepEqual(scaleValidatorCount(state, 50), refusal(errors.tooManyValidators));
  assert.equal(storage.validatorCount.get(state), 4);
});

// Limits

test("each limit is set, kept or removed by itself", () => {
  const { state } = stakingChain();
  const before = storage.minValidatorBond.get(state);
  const configs = {
    ...KEEP,
    minNominatorBond: set(7n),
    maxNominatorCount: set(9),
    chillThreshold: set(75),
    minCommission: set(WHOLE),
    maxStakedRewards: set(100),
  };
  assert.ok(setStakingConfigs(state, configs).ok);
  assert.equal(storage.minNominatorBond.get(state), 7n);
  assert.equal(storage.maxNominatorsCount.get(state), 9);
  assert.equal(storage.chillThreshold.get(state), 75);
  assert.equal(storage.minCommission.get(state), WHOLE);
  assert.equal(storage.maxStakedRewards.get(state), 100);
  assert.equal(storage.minValidatorBond.get(state), before);
  assert.equal(storage.maxValidatorsCount.get(state), undefined);
  const remove = { type: "remove" } as const;
  assert.ok(
    setStakingConfigs(state, { ...KEEP, minNominatorBond: remove, chillThreshold: remove }).ok,
  );
  assert.equal(storage.minNominatorBond.get(state), 0n);
  assert.equal(storage.chillThreshold.get(state), undefined);
  assert.equal(storage.maxNominatorsCount.get(state), 9);
});

test("limits out of their bounds are refused, and none of them is set", () => {
  const { state } = stakingChain();
  const wrong = [
    { maxNominatorCount: set(NOMINATORS_MAX + 1) },
    { maxValidatorCount: set(VALIDATORS_MAX + 1) },
    { chillThreshold: set(101) },
    { minCommission: set(WHOLE + 1) },
    { maxStakedRewards: set(101) },
  ];
  for (const changes of wrong) {
    const configs = { ...KEEP, minNominatorBond: set(5n), ...changes };
    assert.deepEqual(setStakingConfigs(state, configs), refusal(errors.boundNotMet));
    assert.notEqual(storage.minNominatorBond.get(state), 5n);
  }
  const least = calls.setMinCommission.dispatch(state, ROOT, { new: WHOLE + 1 });
  assert.deepEqual(least, refusal(errors.boundNotMet));
});

test("nobody asks for a larger commission than everything", () => {
  const { state } = stakingChain();
  const prefs = { commission: WHOLE + 1, blocked: false };
  assert.deepEqual(validate(state, stashOf(0), prefs), refusal(errors.boundNotMet));
  assert.ok(validate(state, stashOf(0), { ...prefs, commission: WHOLE }).ok);
});

test("what may not go to validators goes to the treasury", () => {
  const reward = eraReward(1_000_000n * UNIT, 86_400_000, 100_000_000);
  const total = reward.validators + reward.remainder;
  assert.deepEqual(capped(reward, undefined), reward);
  assert.deepEqual(capped(reward, 85), reward);
  assert.deepEqual(capped(reward, 50), {
    validators: total / 2n,
    remainder: total - total / 2n,
  });
  assert.deepEqual(capped(reward, 0), { validators: 0n, remainder: total });
});

// Chilling others

test("a stash with too little stake for its role is chilled by anybody once it matters", () => {
  const { state } = stakingChain();
  nominateWith(state, alice, 100n, stashOf(0));
  const limits = {
    ...KEEP,
    minNominatorBond: set(101n * UNIT),
    maxNominatorCount: set(1),
    chillThreshold: set(50),
  };
  assert.ok(setStakingConfigs(state, limits).ok);
  assert.ok(chillOther(state, bob, alice).ok);
  assert.equal(storage.nominators.has(state, alice), false);
  assert.equal(activeOf(state, alice), 100n * UNIT, "its stake stays");
});

test("the same for a validator, by the limits of validators", () => {
  const { state } = stakingChain();
  bondUnits(state, alice, 100n);
  assert.ok(validate(state, alice, NO_PREFS).ok);
  const limits = {
    ...KEEP,
    minValidatorBond: set(101n * UNIT),
    maxValidatorCount: set(8),
    chillThreshold: set(50),
  };
  assert.ok(setStakingConfigs(state, limits).ok);
  assert.ok(chillOther(state, bob, alice).ok);
  assert.equal(storage.validators.has(state, alice), false);
  assert.deepEqual(chillOther(state, bob, stashOf(0)), refusal(errors.cannotChillOther));
});

test("nobody is chilled by others while root has not set all limits", () => {
  const { state } = stakingChain();
  nominateWith(state, alice, 100n, stashOf(0));
  storage.minNominatorBond.set(state, 101n * UNIT);
  assert.deepEqual(chillOther(state, bob, alice), refusal(errors.cannotChillOther));
  storage.maxNominatorsCount.set(state, 1);
  assert.deepEqual(chillOther(state, bob, alice), refusal(errors.cannotChillOther));
  storage.maxNominatorsCount.remove(state);
  storage.chillThreshold.set(state, 0);
  assert.deepEqual(chillOther(state, bob, alice), refusal(errors.cannotChillOther));
});

test("nobody is chilled by others while few have the role, or with enough stake, or without a role", () => {
  const { state } = stakingChain();
  nominateWith(state, alice, 100n, stashOf(0));
  storage.maxNominatorsCount.set(state, 2);
  storage.chillThreshold.set(state, 50);
  storage.minNominatorBond.set(state, 101n * UNIT);
  assert.deepEqual(chillOther(state, bob, alice), refusal(errors.cannotChillOther), "one of two");
  storage.maxNominatorsCount.set(state, 1);
  storage.minNominatorBond.set(state, 100n * UNIT);
  assert.deepEqual(chillOther(state, bob, alice), refusal(errors.cannotChillOther), "enough");
  bondUnits(state, bob, 150n);
  assert.deepEqual(chillOther(state, alice, bob), refusal(errors.cannotChillOther), "no role");
  assert.deepEqual(chillOther(state, bob, named("Eve")), refusal(errors.notController));
});

test("everybody may chill itself so, whatever the limits", () => {
  const { state } = stakingChain();
  nominateWith(state, alice, 100n, stashOf(0));
  assert.ok(chillOther(state, alice, alice).ok);
  assert.equal(storage.nominators.has(state, alice), false);
});

// Commission, payee, stake

test("anybody raises a commission to the least, and lowers none", () => {
  const { state } = stakingChain();
  const apply = (validatorStash: AccountId) =>
    calls.forceApplyMinCommission.dispatch(state, signedBy(bob), { validatorStash });
  storage.minCommission.set(state, 50_000_000);
  assert.ok(apply(stashOf(0)).ok);
  assert.equal(storage.validators.get(state, stashOf(0)).commission, 50_000_000);
  storage.minCommission.set(state, 10_000_000);
  assert.ok(apply(stashOf(0)).ok);
  assert.equal(storage.validators.get(state, stashOf(0)).commission, 50_000_000);
  assert.deepEqual(apply(alice), refusal(errors.notStash));
});

test("rewards for a controller go to the stash, which is it", () => {
  const { state } = stakingChain();
  bondUnits(state, alice, 100n);
  const update = () => calls.updatePayee.dispatch(state, signedBy(bob), { controller: alice });
  assert.deepEqual(update(), refusal(errors.notController), "they go elsewhere");
  assert.ok(setPayee(state, alice, { type: "controller" }).ok);
  assert.ok(update().ok);
  assert.deepEqual(storage.payee.get(state, alice), { type: "account", value: alice });
  assert.deepEqual(
    calls.updatePayee.dispatch(state, signedBy(bob), { controller: bob }),
    refusal(errors.notController),
  );
});

test("root frees a stash at once, and nothing is lost", () => {
  const { state } = stakingChain();
  nominateWith(state, alice, 100n, stashOf(0));
  const issuance = totalIssuance(state);
  const free = (stash: AccountId) =>
    calls.forceUnstake.dispatch(state, ROOT, { stash, numSlashingSpans: 0 });
  assert.ok(free(alice).ok);
  assert.equal(storage.ledger.get(state, alice), undefined);
  assert.equal(storage.nominators.has(state, alice), false);
  assert.equal(balanceOnHold(state, STAKING_HOLD, alice), 0n);
  assert.equal(totalIssuance(state), issuance);
  assert.deepEqual(free(alice), refusal(errors.notStash));
});

test("only root decides about staking, and only accounts act on others", () => {
  const { state } = stakingChain();
  const signed = signedBy(alice);
  const stash = stashOf(0);
  const outcomes = [
    calls.scaleValidatorCount.dispatch(state, signed, { factor: 1 }),
    calls.forceUnstake.dispatch(state, signed, { stash, numSlashingSpans: 0 }),
    calls.setStakingConfigs.dispatch(state, signed, KEEP),
    calls.setMinCommission.dispatch(state, signed, { new: 0 }),
    calls.chillOther.dispatch(state, NONE, { stash }),
    calls.forceApplyMinCommission.dispatch(state, NONE, { validatorStash: stash }),
    calls.updatePayee.dispatch(state, ROOT, { controller: stash }),
  ];
  for (const outcome of outcomes) assert.deepEqual(outcome, refusal({ type: "badOrigin" }));
});
