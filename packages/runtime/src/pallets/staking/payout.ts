/**
 * Rewards. When an era is over, its share of the annual inflation is divided: 85 % are earned by validators
 * and their nominators, by points; the rest goes to the treasury. Anybody may have a validator's part of it
 * paid, page by page: the commission and its own share to the validator, the rest to the nominators of the
 * page, by stake.
 *
 * Reference: runtime-and-primitives.md 4.8.
 */
import { err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance, Perbill } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { totalIssuance } from "../balances/storage.ts";
import { deposit } from "../balances/transfer.ts";
import { depositToTreasury } from "../treasury/account.ts";
import { stakeReward } from "./bonding.ts";
import { exposureOverview, exposurePage, payoutPages } from "./exposure.ts";
import { ledgerOf } from "./stake.ts";
import {
  BILLION,
  type EraIndex,
  errors,
  events,
  HISTORY_DEPTH,
  type Percent,
  shareOf,
  storage,
} from "./storage.ts";

/** A year of 365.25 days. */
const YEAR_MS = 31_557_600_000n;

/** Of an era's reward, for validators and nominators. */
const STAKERS_SHARE: Perbill = 850_000_000;

/** What an era adds to the issuance. */
export interface EraReward {
  /** For validators and nominators, by points. */
  readonly validators: Balance;
  /** For the treasury. */
  readonly remainder: Balance;
}

/** What an era of this many milliseconds adds to an issuance. */
export function eraReward(issuance: Balance, durationMs: number, inflation: Perbill): EraReward {
  const total = (issuance * BigInt(inflation) * BigInt(durationMs)) / (BILLION * YEAR_MS);
  const validators = shareOf(STAKERS_SHARE, total);
  return { validators, remainder: total - validators };
}

/** No more than `most` of the reward to validators and nominators: what is over goes to the treasury. */
export function capped(reward: EraReward, most: Percent | undefined): EraReward {
  if (most === undefined) return reward;
  const total = reward.validators + reward.remainder;
  const limit = (total * BigInt(most)) / 100n;
  const validators = reward.validators < limit ? reward.validators : limit;
  return { validators, remainder: total - validators };
}

/** Notes what the era's validators have earned together and pays the treasury its part. */
export function concludeEra(state: State, eraIndex: EraIndex, durationMs: number): void {
  const inflation = storage.annualInflation.get(state);
  const earned = eraReward(totalIssuance(state), durationMs, inflation);
  const { validators, remainder } = capped(earned, storage.maxStakedRewards.get(state));
  storage.erasValidatorReward.set(state, eraIndex, validators);
  events.deposit(state, {
    type: "eraPaid",
    value: { eraIndex, validatorPayout: validators, remainder },
  });
  depositToTreasury(state, remainder);
}

// Claims

/** Pages of the validator's exposure that are not paid yet, in order. */
function unclaimedPages(state: State, era: EraIndex, validator: AccountId): number[] {
  const overview = exposureOverview(state, era, validator);
  if (overview === undefined) return [];
  const claimed = storage.claimedRewards.get(state, era, validator);
  return [...Array(payoutPages(overview)).keys()].filter((page) => !claimed.includes(page));
}

/** Whether something of the era can still be claimed for the validator. */
export const pendingRewards = (state: State, era: EraIndex, validator: AccountId): boolean =>
  storage.erasValidatorReward.has(state, era) && unclaimedPages(state, era, validator).length > 0;

/** Pays the next unpaid page. */
export function payoutStakers(
  state: State,
  validator: AccountId,
  era: EraIndex,
): Result<void, DispatchError> {
  const reward = rewardOf(state, era);
  if (!reward.ok) return reward;
  if (ledgerOf(state, validator) === undefined) return err(errors.notStash);
  const page = unclaimedPages(state, era, validator)[0];
  if (page === undefined) return err(errors.alreadyClaimed);
  return payoutPage(state, validator, era, page);
}

function rewardOf(state: State, era: EraIndex): Result<Balance, DispatchError> {
  const current = storage.currentEra.get(state) ?? 0;
  const reward = storage.erasValidatorReward.get(state, era);
  if (reward === undefined || era > current || era + HISTORY_DEPTH < current)
    return err(errors.invalidEraToReward);
  return ok(reward);
}

/** Pays this page, if it is not paid yet. */
export function payoutPage(
  state: State,
  validator: AccountId,
  era: EraIndex,
  page: number,
): Result<void, DispatchError> {
  const reward = rewardOf(state, era);
  if (!reward.ok) return reward;
  if (ledgerOf(state, validator) === undefined) return err(errors.notStash);
  const overview = exposureOverview(state, era, validator);
  if (overview === undefined || page >= payoutPages(overview)) return err(errors.invalidPage);
  const claimed = storage.claimedRewards.get(state, era, validator);
  if (claimed.includes(page)) return err(errors.alreadyClaimed);
  storage.claimedRewards.set(state, era, validator, [...claimed, page]);

  const { total, individual } = storage.erasRewardPoints.get(state, era);
  const points = individual.get(validator) ?? 0;
  if (points === 0 || overview.total === 0n) return ok(undefined);
  const earned = (reward.value * BigInt(points)) / BigInt(total);
  const { commission } = storage.erasValidatorPrefs.get(state, era, validator);
  const forCommission = shareOf(commission, earned);
  const byStake = earned - forCommission;
  const share = (amount: Balance, stake: Balance) => (amount * stake) / overview.total;

  const others = exposurePage(state, era, validator, page);
  // The validator's own stake counts with the first page.
  const own = page === 0 ? overview.own : 0n;
  const pageTotal = others.reduce((sum, { value }) => sum + value, own);
  const next = unclaimedPages(state, era, validator)[0];
  events.deposit(state, {
    type: "payoutStarted",
    value: { eraIndex: era, validatorStash: validator, page, next },
  });
  pay(state, validator, share(byStake, own) + share(forCommission, pageTotal));
  for (const { who, value } of others) pay(state, who, share(byStake, value));
  return ok(undefined);
}

/** Pays a reward where its owner wants it. What cannot be kept there is not paid. */
function pay(state: State, stash: AccountId, amount: Balance): void {
  const dest = storage.payee.get(state, stash);
  if (amount === 0n || dest === undefined || dest.type === "none") return;
  const to = dest.type === "account" ? dest.value : stash;
  if (!deposit(state, to, amount).ok) return;
  if (dest.type === "staked") stakeReward(state, stash, amount);
  events.deposit(state, { type: "rewarded", value: { stash, dest, amount } });
}
