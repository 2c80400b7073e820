/**
 * The bonds of fishermen: taken with a report, given back when the candidate is found invalid, lost to the
 * treasury when it is found valid or nothing comes of the report.
 *
 * Reference: 4.7.1, node 7.3.
 */
import { err, type Result } from "@parahost/base";
import {
  type AccountId,
  type Balance,
  type BlockNumber,
  type DisputesTimeSlot,
  disputeVerdict,
} from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { reserve, slashReserved, unreserve } from "../../pallets/balances/reserve.ts";
import { EXISTENTIAL_DEPOSIT } from "../../pallets/balances/storage.ts";
import { validators } from "../../pallets/session/storage.ts";
import { exposureOverview } from "../../pallets/staking/exposure.ts";
import { activeEra } from "../../pallets/staking/storage.ts";
import { depositToTreasury } from "../../pallets/treasury/account.ts";
import { configuration } from "../configuration/configuration.ts";
import { disputeOf, isRefused, tallyOf } from "../disputes/storage.ts";
import {
  errors,
  events,
  type FishermanReport,
  REPORTS_MAX,
  type ReportKind,
  storage,
} from "./storage.ts";

/** The median stake behind the validators of the session; nothing on a chain without staking. */
export function medianStake(state: State): Balance {
  const era = activeEra(state);
  if (era === undefined) return 0n;
  const stakes = validators(state)
    .map((who) => exposureOverview(state, era, who)?.total ?? 0n)
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return stakes[Math.floor(stakes.length / 2)] ?? 0n;
}

/** The least that a fisherman stakes: a thousandth of the median validator's stake. */
export function minimumBond(state: State): Balance {
  const bond = medianStake(state) / 1_000n;
  return bond > EXISTENTIAL_DEPOSIT ? bond : EXISTENTIAL_DEPOSIT;
}

/** How many checkers more a stake calls: one for each hundredth of the median validator's stake. */
export function checksFor(state: State, stake: Balance): number {
  const hundredth = medianStake(state) / 100n;
  const unit = hundredth > EXISTENTIAL_DEPOSIT ? hundredth : EXISTENTIAL_DEPOSIT;
  const checks = stake / unit;
  return checks > CHECKS_MAX ? Number(CHECKS_MAX) : Number(checks);
}

/** More validators than there can be. */
const CHECKS_MAX = 65_535n;

/** Takes a bond for a report on a candidate. */
export function takeBond(
  state: State,
  who: AccountId,
  stake: Balance,
  { sessionIndex, candidateHash }: DisputesTimeSlot,
  kind: ReportKind,
): Result<void, DispatchError> {
  const reports = storage.reports.get(state, sessionIndex, candidateHash);
  if (reports.some((report) => report.who === who)) return err(errors.alreadyReported);
  if (reports.length >= REPORTS_MAX) return err(errors.tooManyReports);
  if (stake < minimumBond(state)) return err(errors.stakeTooLow);
  const reserved = reserve(state, who, stake);
  if (!reserved.ok) return reserved;
  storage.reports.set(state, sessionIndex, candidateHash, [...reports, { who, stake, kind }]);
  events.deposit(state, {
    type: "reported",
    value: { who, stake, sessionIndex, candidateHash, kind },
  });
  return reserved;
}

/** The reports on a candidate come to nothing in block `number`, if it is not disputed by then. */
export function expireAt(state: State, number: BlockNumber, timeSlot: DisputesTimeSlot): void {
  storage.expiries.update(state, Math.min(number, BLOCK_NUMBER_MAX), (slots) =>
    slots.some((slot) => isSameSlot(slot, timeSlot)) ? slots : [...slots, timeSlot],
  );
}

const BLOCK_NUMBER_MAX = 2 ** 32 - 1;

const isSameSlot = (a: DisputesTimeSlot, b: DisputesTimeSlot): boolean =>
  a.sessionIndex === b.sessionIndex && a.candidateHash === b.candidateHash;

/** Gives the bonds back. Returns the reports: who is right may earn more than that. */
export function returnBonds(
  state: State,
  { sessionIndex, candidateHash }: DisputesTimeSlot,
): readonly FishermanReport[] {
  const reports = storage.reports.take(state, sessionIndex, candidateHash);
  for (const { who, stake } of reports) {
    unreserve(state, who, stake);
    events.deposit(state, {
      type: "bondReturned",
      value: { who, stake, sessionIndex, candidateHash },
    });
  }
  return reports;
}

export function forfeitBonds(
  state: State,
  { sessionIndex, candidateHash }: DisputesTimeSlot,
): void {
  for (const { who, stake } of storage.reports.take(state, sessionIndex, candidateHash)) {
    depositToTreasury(state, slashReserved(state, who, stake));
    events.deposit(state, { type: "bondLost", value: { who, stake, sessionIndex, candidateHash } });
  }
}

/** Settles the reports that come to nothing in this block. */
export function initialize(state: State, now: BlockNumber): void {
  if (!storage.expiries.has(state, now)) return;
  for (const timeSlot of storage.expiries.take(state, now)) settleExpired(state, now, timeSlot);
}

function settleExpired(state: State, now: BlockNumber, timeSlot: DisputesTimeSlot): void {
  const { sessionIndex, candidateHash } = timeSlot;
  const dispute = disputeOf(state, sessionIndex, candidateHash);
  if (dispute === undefined) {
    forfeitBonds(state, timeSlot);
    return;
  }
  // Conclusions have settled the reports already.
  if (!storage.reports.has(state, sessionIndex, candidateHash)) return;
  const verdict = disputeVerdict(tallyOf(dispute), dispute.validatorsFor.length);
  if (verdict === "split" || isRefused(state, sessionIndex, candidateHash))
    returnBonds(state, timeSlot);
  else expireAt(state, now + Math.max(1, configuration(state).acceptancePeriod), timeSlot);
}
