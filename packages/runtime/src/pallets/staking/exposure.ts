/**
 * Whose stake stands behind a validator in an era: what rewards are divided by and slashes are counted
 * from. Nominators are kept in pages, so that a payout never handles more than one page.
 */
import { assert } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import type { Winner } from "./phragmen.ts";
import {
  type EraIndex,
  EXPOSURE_PAGE_SIZE,
  type ExposurePage,
  type IndividualExposure,
  NO_PREFS,
  type PagedExposureMetadata,
  storage,
} from "./storage.ts";

const sum = (parts: readonly IndividualExposure[]): Balance =>
  parts.reduce((total, { value }) => total + value, 0n);

/** Keeps the exposure of a winner, and the preferences it was elected with. Returns the whole stake. */
export function storeExposure(state: State, era: EraIndex, { who, backers }: Winner): Balance {
  const own = sum(backers.filter((backer) => backer.who === who));
  const others = backers.filter((backer) => backer.who !== who);
  const total = own + sum(others);
  const pageCount = Math.ceil(others.length / EXPOSURE_PAGE_SIZE);
  for (let page = 0; page < pageCount; page++) {
    const start = page * EXPOSURE_PAGE_SIZE;
    const part = others.slice(start, start + EXPOSURE_PAGE_SIZE);
    const stored: ExposurePage = { pageTotal: sum(part), others: part };
    storage.erasStakersPaged.set(state, era, who, page, stored);
  }
  const overview = { total, own, nominatorCount: others.length, pageCount };
  storage.erasStakersOverview.set(state, era, who, overview);
  const prefs = storage.validators.get(state, who);
  storage.erasValidatorPrefs.set(state, era, who, prefs ?? NO_PREFS);
  return total;
}

/** `undefined` for who did not validate in the era, and for eras that are forgotten. */
export const exposureOverview = (
  state: State,
  era: EraIndex,
  validator: AccountId,
): PagedExposureMetadata | undefined => storage.erasStakersOverview.get(state, era, validator);

/** One page; a validator without nominators has one that is empty. */
export function exposurePage(
  state: State,
  era: EraIndex,
  validator: AccountId,
  page: number,
): readonly IndividualExposure[] {
  return storage.erasStakersPaged.get(state, era, validator, page)?.others ?? [];
}

/** Pages of a payout: at least one, for the validator's own reward. */
export const payoutPages = ({ pageCount }: PagedExposureMetadata): number => Math.max(pageCount, 1);

/** All nominators of a validator in an era. */
export function exposedNominators(
  state: State,
  era: EraIndex,
  validator: AccountId,
): IndividualExposure[] {
  const overview = exposureOverview(state, era, validator);
  assert(overview !== undefined, `${validator} validated in era ${era}`);
  return Array.from({ length: overview.pageCount }, (_, page) =>
    exposurePage(state, era, validator, page),
  ).flat();
}

/** Forgets everything about an era whose rewards can no longer be claimed. */
export function forgetEra(state: State, era: EraIndex): void {
  storage.erasStakersOverview.clearOf(state, era);
  storage.erasStakersPaged.clearOf(state, era);
  storage.claimedRewards.clearOf(state, era);
  storage.erasValidatorPrefs.clearOf(state, era);
  storage.erasValidatorReward.remove(state, era);
  storage.erasRewardPoints.remove(state, era);
  storage.erasTotalStake.remove(state, era);
  storage.erasStartSessionIndex.remove(state, era);
}
