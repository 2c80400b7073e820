import assert from "node:assert/strict";
import { test } from "node:test";
import { bondUnits, named, nominateWith, stakingChain, stashOf } from "../../testing/staking.ts";
import { eventNames } from "../../testing/state.ts";
import { chill, kick, nominate, validate } from "./roles.ts";
import { errors, NO_PREFS, NOMINATIONS_MAX, storage } from "./storage.ts";

const alice = named("Alice");
const bob = named("Bob");
const refusal = (error: unknown) => ({ ok: false, error });
const BLOCKED = { commission: 0, blocked: true };

test("who has bonded nothing has no role", () => {
  const { state } = stakingChain();
  assert.deepEqual(validate(state, alice, NO_PREFS), refusal(errors.notController));
  assert.deepEqual(nominate(state, alice, [bob]), refusal(errors.notController));
  assert.deepEqual(chill(state, alice), refusal(errors.notController));
  assert.deepEqual(kick(state, alice, [bob]), refusal(errors.notController));
});

test("too little stake is enough for neither role", () => {
  const { state } = stakingChain({
    minValidatorBond: 10n ** 12n,
    minNominatorBond: 5n * 10n ** 11n,
  });
  bondUnits(state, alice, 60n);
  assert.deepEqual(validate(state, alice, NO_PREFS), refusal(errors.insufficientBond));
  storage.minNominatorBond.set(state, 61n * 10n ** 10n);
  assert.deepEqual(nominate(state, alice, [bob]), refusal(errors.insufficientBond));
});

test("a candidate stands, and changes what it asks", () => {
  const { state } = stakingChain();
  bondUnits(state, alice, 1_000n);
  assert.ok(validate(state, alice, { commission: 50_000_000, blocked: false }).ok);
  assert.equal(storage.counterForValidators.get(state), 5);
  assert.ok(validate(state, alice, BLOCKED).ok);
  assert.equal(storage.counterForValidators.get(state), 5);
  assert.deepEqual(storage.validators.get(state, alice), BLOCKED);
});

test("a commission below the least one is refused", () => {
  const { state } = stakingChain();
  storage.minCommission.set(state, 30_000_000);
  bondUnits(state, alice, 1_000n);
  const cheap = { commission: 29_999_999, blocked: false };
  assert.deepEqual(validate(state, alice, cheap), refusal(errors.commissionTooLow));
});

test("only so many stand, and only so many nominate", () => {
  const { state } = stakingChain();
  storage.maxValidatorsCount.set(state, 4);
  storage.maxNominatorsCount.set(state, 0);
  bondUnits(state, alice, 1_000n);
  assert.deepEqual(validate(state, alice, NO_PREFS), refusal(errors.tooManyValidators));
  assert.deepEqual(nominate(state, alice, [bob]), refusal(errors.tooManyNominators));
  assert.ok(validate(state, stashOf(0), BLOCKED).ok, "who stands already may change its terms");
});

test("nominations name somebody, each once, and not too many", () => {
  const { state } = stakingChain();
  bondUnits(state, alice, 1_000n);
  assert.deepEqual(nominate(state, alice, []), refusal(errors.emptyTargets));
  const many = Array.from({ length: NOMINATIONS_MAX + 1 }, (_, i) => stashOf(i % 4));
  assert.deepEqual(nominate(state, alice, many), refusal(errors.tooManyTargets));
  assert.ok(nominate(state, alice, [stashOf(1), stashOf(0), stashOf(1)]).ok);
  assert.deepEqual(storage.nominators.get(state, alice)?.targets, [stashOf(1), stashOf(0)]);
});

test("a blocked candidate takes no new nominations and keeps the old ones", () => {
  const { state } = stakingChain();
  nominateWith(state, alice, 100n, stashOf(0));
  assert.ok(validate(state, stashOf(0), BLOCKED).ok);
  bondUnits(state, bob, 100n);
  assert.deepEqual(nominate(state, bob, [stashOf(0)]), refusal(errors.badTarget));
  assert.ok(nominate(state, alice, [stashOf(0), stashOf(1)]).ok);
});

test("a stash has one role at a time", () => {
  const { state } = stakingChain();
  nominateWith(state, alice, 1_000n, stashOf(0));
  assert.equal(storage.counterForNominators.get(state), 1);
  assert.ok(validate(state, alice, NO_PREFS).ok);
  assert.equal(storage.counterForNominators.get(state), 0);
  assert.equal(storage.nominators.has(state, alice), false);
  assert.ok(nominate(state, alice, [stashOf(0)]).ok);
  assert.equal(storage.validators.has(state, alice), false);
  assert.equal(storage.counterForValidators.get(state), 4);
});

test("who is chilled has no role, and is told so once", () => {
  const { state } = stakingChain();
  assert.ok(chill(state, stashOf(0)).ok);
  assert.equal(storage.validators.has(state, stashOf(0)), false);
  assert.ok(chill(state, stashOf(0)).ok);
  assert.equal(eventNames(state).filter((name) => name === "staking.chilled").length, 1);
});

test("a kicked nominator loses this candidate only", () => {
  const { state } = stakingChain();
  nominateWith(state, alice, 100n, stashOf(0), stashOf(1));
  assert.ok(kick(state, stashOf(0), [alice, bob]).ok);
  assert.deepEqual(storage.nominators.get(state, alice)?.targets, [stashOf(1)]);
  assert.equal(eventNames(state).filter((name) => name === "staking.kicked").length, 1);
});
