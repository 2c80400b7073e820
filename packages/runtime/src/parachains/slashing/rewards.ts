/**
 * What being right is worth: era points for every vote, and the reporters' part of what the others lose.
 *
 * That part is collected on an account of its own and divided as soon as an import has punished somebody. What
 * deferred slashes bring later, and what cannot be divided, waits there for the next division.
 */
import { asciiBytes, bytesToHex } from "@parahost/base";
import {
  type AccountId,
  asAccountId,
  type Balance,
  type DisputesTimeSlot,
  type SessionIndex,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { reducibleBalance } from "../../pallets/balances/account.ts";
import { transfer } from "../../pallets/balances/transfer.ts";
import { DISPUTE_POINTS, rewardPoints } from "../../pallets/staking/points.ts";
import { activeEra, storage as stakingStorage } from "../../pallets/staking/storage.ts";
import { type FishermanReport, events as fishermenEvents } from "../fishermen/storage.ts";
import { concludeTestimonies, heldTotal, holdBack, isAwaited } from "../fishermen/testimonies.ts";
import { sessionAccounts } from "../session-info.ts";
import { storage } from "./storage.ts";

/** Holds what reporters of disputes have earned until it is divided. */
export const REWARD_POT: AccountId = asAccountId(
  bytesToHex(asciiBytes("modlpy/dispt".padEnd(32, "\0"))),
);

/** Accounts of validators of a session; of those that it knows. */
export function accountsOf(
  state: State,
  session: SessionIndex,
  validators: readonly ValidatorIndex[],
): AccountId[] {
  const accounts = sessionAccounts(state, session) ?? [];
  return validators.flatMap((index) => accounts.slice(index, index + 1));
}

/** Votes earn points: those that come after the conclusion half. */
export function rewardVoters(
  state: State,
  session: SessionIndex,
  voters: readonly ValidatorIndex[],
  isLate: boolean,
): void {
  const points = isLate ? DISPUTE_POINTS / 2 : DISPUTE_POINTS;
  rewardPoints(
    state,
    accountsOf(state, session, voters).map((account) => [account, points]),
  );
}

/** An account and its share of what is divided. */
export type Share = readonly [account: AccountId, weight: Balance];

/** What the pot has beside what is held back for fishermen. */
const divisible = (state: State): Balance =>
  reducibleBalance(state, REWARD_POT, "preserve") - heldTotal(state);

/** Holds back half of the pot, where it is still to be told who the fishermen were. */
export function holdForFishermen(state: State, timeSlot: DisputesTimeSlot): void {
  if (isAwaited(state, timeSlot)) holdBack(state, timeSlot, divisible(state) / 2n);
}

/**
 * Pays fishermen of an abandoned chain what was held back for them, in proportion to what they staked. What they do
 * not get is the pot's again.
 */
export function payFishermen(state: State, timeSlot: DisputesTimeSlot): void {
  const { amount: held, reports } = concludeTestimonies(state, timeSlot);
  const staked = reports.reduce((sum, { stake }) => sum + stake, 0n);
  for (const { who, stake } of reports) {
    const amount = (held * stake) / staked;
    if (amount > 0n && transfer(state, REWARD_POT, who, amount, "preserve").ok)
      fishermenEvents.deposit(state, { type: "rewarded", value: { who, amount, ...timeSlot } });
  }
}

/** Divides the pot among those who were right, in proportion to their weights. */
export function dividePot(state: State, shares: readonly Share[]): void {
  const total = shares.reduce((sum, [, weight]) => sum + weight, 0n);
  const pot = divisible(state);
  if (pot === 0n || total === 0n) return;
  for (const [account, weight] of shares) {
    const amount = (pot * weight) / total;
    // Who cannot keep so little leaves it in the pot.
    if (amount > 0n) transfer(state, REWARD_POT, account, amount, "preserve");
  }
}

/** Voters and fishermen together: fishermen get half of it, in proportion to what they staked. */
export function withFishermen(
  voters: readonly Share[],
  reports: readonly FishermanReport[],
): Share[] {
  if (voters.length === 0 || reports.length === 0)
    return [...voters, ...reports.map(({ who, stake }): Share => [who, stake])];
  const votes = voters.reduce((sum, [, weight]) => sum + weight, 0n);
  const staked = reports.reduce((sum, { stake }) => sum + stake, 0n);
  return [
    ...voters.map(([account, weight]): Share => [account, weight * staked]),
    ...reports.map(({ who, stake }): Share => [who, stake * votes]),
  ];
}

// Points of the session

/** Notes how many points everybody has when a session begins. */
export function noteSessionPoints(state: State): void {
  const era = activeEra(state);
  if (era === undefined) return;
  const { individual } = stakingStorage.erasRewardPoints.get(state, era);
  storage.sessionPoints.set(state, { era, individual });
}

/** Takes away what validators have earned in the running session. */
export function forfeitSessionPoints(state: State, validators: readonly AccountId[]): void {
  const era = activeEra(state);
  if (era === undefined) return;
  const before = storage.sessionPoints.get(state);
  const atStart = before?.era === era ? before.individual : new Map<AccountId, number>();
  const { individual } = stakingStorage.erasRewardPoints.get(state, era);
  const lost = validators.flatMap((account): [AccountId, number][] => {
    const earned = (individual.get(account) ?? 0) - (atStart.get(account) ?? 0);
    return earned > 0 ? [[account, -earned]] : [];
  });
  rewardPoints(state, lost);
}
