/**
 * Slashing. An offence costs a fraction of the stake that stood behind the offender in the era of the
 * offence, its nominators' as its own. Of several offences in one era only the worst counts: a later one
 * takes what its fraction exceeds the largest so far by. Slashes may be deferred, so that there is time to
 * cancel those that were not deserved.
 *
 * Departure: Polkadot also counted spans of eras between offences of a nominator; it has given them up.
 */
import { err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance, Perbill, SessionIndex } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { slashHeld } from "../balances/hold.ts";
import { STAKING_HOLD } from "../balances/reasons.ts";
import { smaller } from "../balances/storage.ts";
import { deposit } from "../balances/transfer.ts";
import { depositToTreasury } from "../treasury/account.ts";
import { exposedNominators, exposureOverview } from "./exposure.ts";
import { slashed } from "./ledger.ts";
import { WHOLE } from "./parts.ts";
import {
  activeEra,
  type EraIndex,
  errors,
  events,
  shareOf,
  storage,
  type UnappliedSlash,
} from "./storage.ts";

/** An offender and what it loses, in parts of 1,000,000,000 of its stake. */
export interface Offender {
  readonly validator: AccountId;
  readonly fraction: Perbill;
}

/** The era that the session belongs to; `undefined` when its stake cannot be slashed any more. */
export function eraOfSession(state: State, session: SessionIndex): EraIndex | undefined {
  const bonded = storage.bondedEras.get(state);
  return bonded.findLast(([, start]) => start <= session)?.[0];
}

/** Punishes offenders of a session; at once or when the slashes' deferral is over. */
export function slashOffenders(
  state: State,
  offenders: readonly Offender[],
  session: SessionIndex,
  reporters: readonly AccountId[],
): void {
  const active = activeEra(state);
  if (active === undefined) return;
  const era = eraOfSession(state, session);
  if (era === undefined) {
    events.deposit(state, {
      type: "oldSlashingReportDiscarded",
      value: { sessionIndex: session },
    });
    return;
  }
  const invulnerables = storage.invulnerables.get(state);
  for (const { validator, fraction } of offenders) {
    if (invulnerables.includes(validator)) continue;
    events.deposit(state, {
      type: "slashReported",
      value: { validator, fraction, slashEra: era },
    });
    const slash = computeSlash(state, validator, era, fraction, reporters);
    if (slash === undefined) continue;
    const deferral = storage.slashDeferDuration.get(state);
    const due = era + deferral + 1;
    // An offence that is reported late has been deferred long enough: its stake may soon be free.
    if (deferral === 0 || due <= active) applySlash(state, slash, era);
    else storage.unappliedSlashes.update(state, due, (slashes) => [...slashes, slash]);
  }
}

/** Slashes a validator of an era that is remembered, by root's word. */
export function slashManually(
  state: State,
  validator: AccountId,
  era: EraIndex,
  fraction: Perbill,
): Result<void, DispatchError> {
  const session = storage.erasStartSessionIndex.get(state, era);
  if (session === undefined || era > (storage.currentEra.get(state) ?? 0))
    return err(errors.invalidEraToReward);
  if (fraction > WHOLE) return err(errors.boundNotMet);
  slashOffenders(state, [{ validator, fraction }], session, []);
  return ok(undefined);
}

/** What this offence adds to what the validator has been slashed in the era; `undefined` for nothing. */
function computeSlash(
  state: State,
  validator: AccountId,
  era: EraIndex,
  fraction: Perbill,
  reporters: readonly AccountId[],
): UnappliedSlash | undefined {
  const overview = exposureOverview(state, era, validator);
  if (overview === undefined) return undefined;
  const [before] = storage.validatorSlashInEra.get(state, era, validator) ?? [0, 0n];
  if (fraction <= before) return undefined;
  const added = (stake: Balance) => shareOf(fraction, stake) - shareOf(before, stake);
  storage.validatorSlashInEra.set(state, era, validator, [
    fraction,
    shareOf(fraction, overview.own),
  ]);
  const own = added(overview.own);
  const others = exposedNominators(state, era, validator)
    .map(({ who, value }) => [who, added(value)] as const)
    .filter(([, amount]) => amount > 0n);
  const total = others.reduce((sum, [, amount]) => sum + amount, own);
  if (total === 0n) return undefined;
  const payout = shareOf(storage.slashRewardFraction.get(state), total);
  return { validator, own, others, reporters, payout };
}

/** Takes the slash from the stakes; the reporters get their part, the treasury the rest. */
function applySlash(state: State, slash: UnappliedSlash, era: EraIndex): void {
  const { validator, own, others, reporters, payout } = slash;
  let taken = slashStake(state, validator, own, era);
  for (const [nominator, amount] of others) taken += slashStake(state, nominator, amount, era);
  // Stake that was already gone cannot pay reporters.
  const each = smaller(payout, taken) / BigInt(Math.max(reporters.length, 1));
  let rest = taken;
  for (const reporter of reporters) if (deposit(state, reporter, each).ok) rest -= each;
  depositToTreasury(state, rest);
}

function slashStake(state: State, stash: AccountId, amount: Balance, era: EraIndex): Balance {
  const before = storage.ledger.get(state, stash);
  if (before === undefined || amount === 0n) return 0n;
  // What was unbonded in the era or later was still at stake in it.
  const firstEra = era + storage.bondingDuration.get(state);
  const { ledger, taken } = slashed(before, amount, firstEra);
  if (taken === 0n) return 0n;
  storage.ledger.set(state, stash, ledger);
  const destroyed = slashHeld(state, STAKING_HOLD, stash, taken);
  events.deposit(state, { type: "slashed", value: { staker: stash, amount: destroyed } });
  return destroyed;
}

/** Applies the slashes that were deferred to this era. */
export function applyDeferredSlashes(state: State, era: EraIndex): void {
  const offenceEra = era - storage.slashDeferDuration.get(state) - 1;
  for (const slash of storage.unappliedSlashes.take(state, era))
    applySlash(state, slash, offenceEra);
}

/** Forgets what concerns eras whose stake is free. */
export function forgetSlashes(state: State, era: EraIndex): void {
  storage.validatorSlashInEra.clearOf(state, era);
}
