import assert from "node:assert/strict";
import { test } from "node:test";
import { asSessionIndex } from "@parahost/primitives";
import { ROOT, signedBy } from "../../framework/index.ts";
import {
  activeOf,
  intoEra,
  named,
  nominateWith,
  STAKE,
  stakingChain,
  stashOf,
} from "../../testing/staking.ts";
import { eventNames } from "../../testing/state.ts";
import { totalBalance } from "../balances/account.ts";
import { balanceOnHold } from "../balances/hold.ts";
import { STAKING_HOLD } from "../balances/reasons.ts";
import { EXISTENTIAL_DEPOSIT as ED, totalIssuance, UNIT } from "../balances/storage.ts";
import { TREASURY_ACCOUNT } from "../treasury/account.ts";
import { unbond, withdrawUnbonded } from "./bonding.ts";
import { staking } from "./pallet.ts";
import { slashOffenders } from "./slashing.ts";
import { errors, storage } from "./storage.ts";

const alice = named("Alice");
const bob = named("Bob");
const PERCENT = 10_000_000;
const session = asSessionIndex;
const offence = (fraction: number, validator = stashOf(0)) => [{ validator, fraction }];
const refusal = (error: unknown) => ({ ok: false, error });

test("an offence takes its fraction of the stake, most of it for the treasury", () => {
  const { state } = stakingChain();
  const issuance = totalIssuance(state);
  slashOffenders(state, offence(10 * PERCENT), session(0), [bob]);
  const lost = STAKE / 10n;
  assert.equal(activeOf(state, stashOf(0)), STAKE - lost);
  assert.equal(balanceOnHold(state, STAKING_HOLD, stashOf(0)), STAKE - lost);
  assert.equal(totalBalance(state, TREASURY_ACCOUNT), ED + (lost * 9n) / 10n);
  assert.equal(totalBalance(state, bob), 1_000_000n * UNIT + lost / 10n);
  assert.equal(totalIssuance(state), issuance);
  assert.ok(eventNames(state).includes("staking.slashReported"));
  assert.ok(eventNames(state).includes("staking.slashed"));
});

test("root slashes a validator of an era by hand, once for each part", () => {
  const chain = stakingChain();
  const { state } = chain;
  const slash = (slashFraction: number, era = 0, origin = ROOT) =>
    staking.calls.manualSlash.dispatch(state, origin, {
      validatorStash: stashOf(0),
      era,
      slashFraction,
    });
  assert.ok(slash(10 * PERCENT).ok);
  assert.ok(slash(10 * PERCENT).ok);
  assert.equal(activeOf(state, stashOf(0)), (STAKE * 90n) / 100n);
  assert.equal(totalBalance(state, TREASURY_ACCOUNT), ED + STAKE / 10n);
  assert.deepEqual(slash(10 * PERCENT, 9), refusal(errors.invalidEraToReward));
  assert.deepEqual(slash(101 * PERCENT), refusal(errors.boundNotMet));
  assert.deepEqual(slash(PERCENT, 0, signedBy(bob)), refusal({ type: "badOrigin" }));
});

test("without reporters the treasury gets it all", () => {
  const { state } = stakingChain();
  slashOffenders(state, offence(10 * PERCENT), session(0), []);
  assert.equal(totalBalance(state, TREASURY_ACCOUNT), ED + STAKE / 10n);
});

test("of several offences in an era only the worst counts", () => {
  const { state } = stakingChain();
  slashOffenders(state, offence(10 * PERCENT), session(0), []);
  slashOffenders(state, offence(5 * PERCENT), session(0), []);
  assert.equal(activeOf(state, stashOf(0)), (STAKE * 90n) / 100n);
  slashOffenders(state, offence(25 * PERCENT), session(0), []);
  assert.equal(activeOf(state, stashOf(0)), (STAKE * 75n) / 100n);
});

test("nominators lose as their validator does, and only behind it", () => {
  const chain = stakingChain();
  const { state } = chain;
  nominateWith(state, alice, 100_000n, stashOf(0));
  nominateWith(state, bob, 100_000n, stashOf(1));
  intoEra(chain, 1);
  slashOffenders(state, offence(50 * PERCENT), session(3), []);
  assert.equal(activeOf(state, alice), 50_000n * UNIT);
  assert.equal(activeOf(state, bob), 100_000n * UNIT);
});

test("stake that came after the offence is not slashed", () => {
  const chain = stakingChain();
  const { state } = chain;
  nominateWith(state, alice, 100_000n, stashOf(0));
  intoEra(chain, 1);
  slashOffenders(state, offence(50 * PERCENT), session(0), []);
  assert.equal(activeOf(state, alice), 100_000n * UNIT);
  assert.equal(activeOf(state, stashOf(0)), STAKE / 2n);
});

test("stake that is on its way out is slashed for the time it was at stake", () => {
  const chain = stakingChain();
  const { state } = chain;
  assert.ok(unbond(state, stashOf(0), STAKE - 1_000n * UNIT).ok);
  intoEra(chain, 2);
  slashOffenders(state, offence(100 * PERCENT), session(0), []);
  assert.equal(storage.ledger.get(state, stashOf(0))?.total, 0n);
  assert.ok(withdrawUnbonded(state, stashOf(0)).ok, "nothing is left to withdraw");
});

test("an offence is not punished after its stake is free", () => {
  const chain = stakingChain({ bondingDuration: 1 });
  const { state } = chain;
  intoEra(chain, 2);
  slashOffenders(state, offence(100 * PERCENT), session(0), []);
  assert.equal(activeOf(state, stashOf(0)), STAKE);
  assert.ok(eventNames(state).includes("staking.oldSlashingReportDiscarded"));
});

test("invulnerables and those who did not validate lose nothing", () => {
  const { state } = stakingChain();
  const args = { invulnerables: [stashOf(0)] };
  assert.ok(staking.calls.setInvulnerables.dispatch(state, ROOT, args).ok);
  slashOffenders(state, offence(100 * PERCENT), session(0), []);
  slashOffenders(state, offence(100 * PERCENT, alice), session(0), []);
  assert.equal(activeOf(state, stashOf(0)), STAKE);
});

test("a deferred slash is applied when its eras are over", () => {
  const chain = stakingChain({ slashDeferDuration: 1, bondingDuration: 3 });
  const { state } = chain;
  slashOffenders(state, offence(10 * PERCENT), session(0), [bob]);
  intoEra(chain, 1);
  assert.equal(activeOf(state, stashOf(0)), STAKE);
  intoEra(chain, 2);
  assert.equal(activeOf(state, stashOf(0)), (STAKE * 9n) / 10n);
});

test("a slash that is reported when its deferral is over is applied at once", () => {
  const chain = stakingChain({ slashDeferDuration: 1, bondingDuration: 3 });
  intoEra(chain, 2);
  slashOffenders(chain.state, offence(10 * PERCENT), session(0), []);
  assert.equal(activeOf(chain.state, stashOf(0)), (STAKE * 9n) / 10n);
});

test("root cancels slashes before they are applied", () => {
  const chain = stakingChain({ slashDeferDuration: 1, bondingDuration: 3 });
  const { state } = chain;
  slashOffenders(state, offence(10 * PERCENT), session(0), []);
  slashOffenders(state, offence(10 * PERCENT, stashOf(1)), session(0), []);
  const cancel = (slashIndices: readonly number[]) =>
    staking.calls.cancelDeferredSlash.dispatch(state, ROOT, { era: 2, slashIndices });
  assert.deepEqual(cancel([]), refusal(errors.emptyTargets));
  assert.deepEqual(cancel([1, 0]), refusal(errors.notSortedAndUnique));
  assert.deepEqual(cancel([0, 2]), refusal(errors.invalidSlashIndex));
  assert.ok(cancel([0]).ok);
  intoEra(chain, 2);
  assert.equal(activeOf(state, stashOf(0)), STAKE);
  assert.equal(activeOf(state, stashOf(1)), (STAKE * 9n) / 10n);
});
