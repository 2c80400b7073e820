import assert from "node:assert/strict";
import { test } from "node:test";
import { signedBy } from "../../framework/index.ts";
import type { TestChain } from "../../testing/chain.ts";
import {
  activeOf,
  intoEra,
  named,
  nominateWith,
  STAKE,
  stakingChain,
  stashOf,
} from "../../testing/staking.ts";
import { balanceOf, totalBalance } from "../balances/account.ts";
import { totalIssuance, UNIT } from "../balances/storage.ts";
import { TREASURY_ACCOUNT } from "../treasury/account.ts";
import { setPayee } from "./bonding.ts";
import { staking } from "./pallet.ts";
import { eraReward, payoutPage, payoutStakers, pendingRewards } from "./payout.ts";
import { AUTHORSHIP_POINTS, rewardPoints } from "./points.ts";
import { validate } from "./roles.ts";
import { EXPOSURE_PAGE_SIZE, errors, HISTORY_DEPTH, storage } from "./storage.ts";

const alice = named("Alice");
const bob = named("Bob");
const refusal = (error: unknown) => ({ ok: false, error });

/** A chain in era 1, whose era 0 earned `reward`, all of it for the first validator. */
function chainWithReward(reward: bigint, prepare: (chain: TestChain) => void = () => {}) {
  const chain = stakingChain({ annualInflation: 0 });
  prepare(chain);
  intoEra(chain, 2);
  const { state } = chain;
  storage.erasValidatorReward.set(state, 1, reward);
  storage.erasRewardPoints.set(state, 1, { total: 100, individual: new Map([[stashOf(0), 100]]) });
  return { chain, state };
}

test("a year of eras adds the inflation to the issuance, 15 % of it for the treasury", () => {
  const year = 31_557_600_000;
  const all = eraReward(1_000n * UNIT, year, 100_000_000);
  assert.deepEqual(all, { validators: 85n * UNIT, remainder: 15n * UNIT });
  assert.deepEqual(eraReward(1_000n * UNIT, year / 4, 100_000_000).validators, (85n * UNIT) / 4n);
  assert.deepEqual(eraReward(UNIT, 0, 100_000_000), { validators: 0n, remainder: 0n });
});

test("an author earns points for its block", () => {
  const chain = stakingChain();
  const { state } = chain;
  chain.add({ author: 2 });
  const points = storage.erasRewardPoints.get(state, 0);
  assert.equal(points.individual.get(stashOf(2)), AUTHORSHIP_POINTS);
  assert.equal(points.individual.get(stashOf(0)), AUTHORSHIP_POINTS);
  assert.equal(points.total, 2 * AUTHORSHIP_POINTS);
});

test("points add up, also for one who has none yet", () => {
  const { state } = stakingChain();
  rewardPoints(state, [
    [alice, 5],
    [stashOf(0), 1],
    [alice, 2],
  ]);
  assert.equal(storage.erasRewardPoints.get(state, 0).individual.get(alice), 7);
  assert.equal(storage.erasRewardPoints.get(state, 0).total, AUTHORSHIP_POINTS + 8);
});

test("the end of an era pays the treasury and notes what can be claimed", () => {
  const chain = stakingChain();
  const { state } = chain;
  const before = totalBalance(state, TREASURY_ACCOUNT);
  const issuance = totalIssuance(state);
  intoEra(chain, 1);
  // Two blocks of two seconds, from the end of block 1 to the block before this one.
  const expected = eraReward(issuance, 2_000, 100_000_000);
  assert.equal(storage.erasValidatorReward.get(state, 0), expected.validators);
  assert.ok(expected.validators > 0n);
  const gained = totalBalance(state, TREASURY_ACCOUNT) - before;
  assert.equal(gained, expected.remainder);
  assert.equal(totalIssuance(state), issuance + gained);
  assert.ok(pendingRewards(state, 0, stashOf(0)));
});

test("a validator without nominators gets all it earned, at stake", () => {
  const { state } = chainWithReward(1_000n * UNIT);
  const issuance = totalIssuance(state);
  assert.ok(payoutStakers(state, stashOf(0), 1).ok);
  assert.equal(activeOf(state, stashOf(0)), STAKE + 1_000n * UNIT);
  assert.equal(totalIssuance(state), issuance + 1_000n * UNIT);
  assert.equal(pendingRewards(state, 1, stashOf(0)), false);
});

test("the commission comes first, the rest is divided by stake", () => {
  const { state } = chainWithReward(1_000n * UNIT, ({ state }) => {
    nominateWith(state, alice, 300_000n, stashOf(0));
    assert.ok(validate(state, stashOf(0), { commission: 200_000_000, blocked: false }).ok);
  });
  assert.ok(payoutStakers(state, stashOf(0), 1).ok);
  assert.equal(activeOf(state, stashOf(0)), STAKE + (200n + 200n) * UNIT);
  assert.equal(activeOf(state, alice), 300_000n * UNIT + 600n * UNIT);
});

test("rewards go where their owner wants them", () => {
  const { state } = chainWithReward(400n * UNIT, ({ state }) =>
    nominateWith(state, alice, 100_000n, stashOf(0)),
  );
  assert.ok(setPayee(state, stashOf(0), { type: "account", value: bob }).ok);
  assert.ok(setPayee(state, alice, { type: "none" }).ok);
  const before = totalBalance(state, bob);
  const issuance = totalIssuance(state);
  assert.ok(payoutStakers(state, stashOf(0), 1).ok);
  assert.equal(totalBalance(state, bob), before + 200n * UNIT);
  assert.equal(totalIssuance(state), issuance + 200n * UNIT, "what nobody wants is not made");
});

test("a reward for the stash is not put at stake", () => {
  const { state } = chainWithReward(100n * UNIT);
  assert.ok(setPayee(state, stashOf(0), { type: "stash" }).ok);
  const { free } = balanceOf(state, stashOf(0));
  assert.ok(payoutStakers(state, stashOf(0), 1).ok);
  assert.equal(balanceOf(state, stashOf(0)).free, free + 100n * UNIT);
  assert.equal(activeOf(state, stashOf(0)), STAKE);
});

test("a page is paid once, and only what exists is paid", () => {
  const { state } = chainWithReward(100n * UNIT);
  assert.deepEqual(payoutStakers(state, stashOf(0), 2), refusal(errors.invalidEraToReward));
  assert.deepEqual(payoutStakers(state, stashOf(0), 99), refusal(errors.invalidEraToReward));
  assert.deepEqual(payoutStakers(state, alice, 1), refusal(errors.notStash));
  assert.deepEqual(payoutPage(state, alice, 1, 0), refusal(errors.notStash));
  assert.deepEqual(payoutPage(state, stashOf(0), 1, 1), refusal(errors.invalidPage));
  assert.ok(payoutStakers(state, stashOf(0), 1).ok);
  assert.deepEqual(payoutStakers(state, stashOf(0), 1), refusal(errors.alreadyClaimed));
  assert.deepEqual(payoutPage(state, stashOf(0), 1, 0), refusal(errors.alreadyClaimed));
});

test("rewards older than the history are gone", () => {
  const { state } = chainWithReward(100n * UNIT);
  storage.currentEra.set(state, HISTORY_DEPTH + 2);
  assert.deepEqual(payoutStakers(state, stashOf(0), 1), refusal(errors.invalidEraToReward));
});

test("who did nothing earns nothing, and everybody may ask for it", () => {
  const { state } = chainWithReward(100n * UNIT);
  const before = totalBalance(state, stashOf(1));
  const args = { validatorStash: stashOf(1), era: 1 };
  assert.ok(staking.calls.payoutStakers.dispatch(state, signedBy(bob), args).ok);
  assert.equal(totalBalance(state, stashOf(1)), before);
});

test("every page pays its nominators; together they are paid like one page", () => {
  const { state } = chainWithReward(1_000_000n);
  const others = Array.from({ length: EXPOSURE_PAGE_SIZE }, () => ({ who: alice, value: 1n }));
  const last = [{ who: bob, value: BigInt(EXPOSURE_PAGE_SIZE) }];
  const page = BigInt(EXPOSURE_PAGE_SIZE);
  const overview = { total: 2n * page, own: 0n, nominatorCount: 513, pageCount: 2 };
  storage.erasStakersOverview.set(state, 1, stashOf(0), overview);
  storage.erasStakersPaged.set(state, 1, stashOf(0), 0, { pageTotal: page, others });
  storage.erasStakersPaged.set(state, 1, stashOf(0), 1, { pageTotal: page, others: last });
  for (const who of [alice, bob]) storage.payee.set(state, who, { type: "stash" });
  const before = totalBalance(state, alice);
  const bobBefore = totalBalance(state, bob);
  assert.ok(payoutPage(state, stashOf(0), 1, 1).ok);
  assert.equal(totalBalance(state, bob) - bobBefore, 500_000n);
  assert.equal(totalBalance(state, alice), before);
  assert.ok(payoutStakers(state, stashOf(0), 1).ok);
  assert.equal(totalBalance(state, alice) - before, (1_000_000n / (2n * page)) * page);
  assert.deepEqual(payoutStakers(state, stashOf(0), 1), refusal(errors.alreadyClaimed));
});
