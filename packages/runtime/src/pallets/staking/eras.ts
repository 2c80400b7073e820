/**
 * Eras: every so many sessions the validators are elected anew from the stake that is bonded. An era is
 * planned a session before it begins, like the session that begins it.
 *
 * Validators that stay keep their places, newcomers follow in the order of their accounts: an election that
 * changes nobody changes nothing.
 */
import { assert, unreachable } from "@parahost/base";
import type { AccountId, Balance, SessionIndex } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { storage as sessionStorage } from "../session/storage.ts";
import { now } from "../timestamp.ts";
import { forgetEra, storeExposure } from "./exposure.ts";
import { concludeEra } from "./payout.ts";
import { sequentialPhragmen, type Voter, type Winner } from "./phragmen.ts";
import { applyDeferredSlashes, forgetSlashes } from "./slashing.ts";
import { activeStake } from "./stake.ts";
import { type EraIndex, events, HISTORY_DEPTH, storage } from "./storage.ts";

// Planning

/**
 * The validators from session `planned` on, if an era begins with it; `undefined` when they stay. `sitting`
 * are the validators of the session before it.
 */
export function planSession(
  state: State,
  planned: SessionIndex,
  sitting: readonly AccountId[],
): readonly AccountId[] | undefined {
  const current = storage.currentEra.get(state);
  if (current === undefined) return undefined;
  storage.currentPlannedSession.set(state, planned);
  if (!isEraDue(state, current, planned)) return undefined;
  const winners = elect(state);
  if (winners.length === 0 || winners.length < storage.minimumValidatorCount.get(state)) {
    events.deposit(state, { type: "stakingElectionFailed" });
    return undefined;
  }
  planEra(state, current + 1, planned, winners);
  events.deposit(state, { type: "stakersElected" });
  if (storage.forceEra.get(state).type === "forceNew")
    storage.forceEra.set(state, { type: "notForcing" });
  return inPlace(
    sitting,
    winners.map(({ who }) => who),
  );
}

function isEraDue(state: State, current: EraIndex, planned: SessionIndex): boolean {
  const length = planned - (storage.erasStartSessionIndex.get(state, current) ?? 0);
  // The era that was planned last has not begun yet.
  if (length <= 0) return false;
  const { type } = storage.forceEra.get(state);
  switch (type) {
    case "forceNone":
      return false;
    case "forceNew":
    case "forceAlways":
      return true;
    case "notForcing":
      return length >= storage.sessionsPerEra.get(state);
    default:
      return unreachable(type);
  }
}

/**
 * Everybody who stands votes for itself; nominators vote for whom they named. Who has no session keys could
 * not validate, and would only keep others from it.
 */
function elect(state: State): Winner[] {
  const candidates = storage.validators
    .keys(state)
    .filter((who) => sessionStorage.nextKeys.has(state, who))
    .sort();
  const voters: Voter[] = candidates.map((who) => ({
    who,
    stake: activeStake(state, who),
    targets: [who],
  }));
  for (const [who, { targets }] of storage.nominators.entries(state))
    voters.push({ who, stake: activeStake(state, who), targets });
  const least = voters.reduce<Balance | undefined>(
    (min, { stake }) => (stake > 0n && (min === undefined || stake < min) ? stake : min),
    undefined,
  );
  storage.minimumActiveStake.set(state, least ?? 0n);
  return sequentialPhragmen(storage.validatorCount.get(state), candidates, voters);
}

function planEra(
  state: State,
  era: EraIndex,
  start: SessionIndex,
  winners: readonly Winner[],
): void {
  storage.currentEra.set(state, era);
  storage.erasStartSessionIndex.set(state, era, start);
  let total = 0n;
  for (const winner of winners) total += storeExposure(state, era, winner);
  storage.erasTotalStake.set(state, era, total);
  if (era > HISTORY_DEPTH) forgetEra(state, era - HISTORY_DEPTH - 1);
}

function inPlace(sitting: readonly AccountId[], elected: readonly AccountId[]): AccountId[] {
  const chosen = new Set(elected);
  const seated = new Set(sitting);
  const staying = sitting.filter((who) => chosen.has(who));
  return [...staying, ...elected.filter((who) => !seated.has(who)).sort()];
}

// Beginning and end

/**
 * Begins the era that was planned for this session, if any, and pays for the one that is over. Returns the
 * first session whose stake can still be slashed, when that has changed.
 */
export function startSession(
  state: State,
  session: SessionIndex,
): { readonly isNewEra: boolean; readonly firstBonded: SessionIndex | undefined } {
  const active = storage.activeEra.get(state);
  const start =
    active === undefined ? undefined : storage.erasStartSessionIndex.get(state, active.index + 1);
  if (active === undefined || start === undefined || start > session)
    return { isNewEra: false, firstBonded: undefined };
  if (active.start !== undefined) concludeEra(state, active.index, now(state) - active.start);
  const era = active.index + 1;
  storage.activeEra.set(state, { index: era, start: undefined });
  const firstBonded = extendBondedEras(state, era, session);
  applyDeferredSlashes(state, era);
  return { isNewEra: true, firstBonded };
}

/** Eras are slashable for the bonding duration: so long their stake cannot have left. */
function extendBondedEras(state: State, era: EraIndex, session: SessionIndex): SessionIndex {
  const duration = storage.bondingDuration.get(state);
  const bonded = [...storage.bondedEras.get(state), [era, session] as const];
  const kept = bonded.filter(([index]) => index >= era - duration);
  for (const [index] of bonded) if (index < era - duration) forgetSlashes(state, index);
  storage.bondedEras.set(state, kept);
  const first = kept[0];
  assert(first !== undefined, "the new era is bonded");
  return first[1];
}

/** The first block of an era says when it began. */
export function onFinalize(state: State): void {
  const active = storage.activeEra.get(state);
  if (active !== undefined && active.start === undefined)
    storage.activeEra.set(state, { ...active, start: now(state) });
}

// Genesis

/** Era 0, with those who are the validators of genesis. */
export function beginFirstEra(state: State, validators: readonly AccountId[]): void {
  const winners = elect(state);
  assert(
    winners.length === validators.length && winners.every(({ who }) => validators.includes(who)),
    "the validators of genesis are those who stand",
  );
  planEra(state, 0, 0 as SessionIndex, winners);
  storage.activeEra.set(state, { index: 0, start: undefined });
  storage.bondedEras.set(state, [[0, 0 as SessionIndex]]);
}
