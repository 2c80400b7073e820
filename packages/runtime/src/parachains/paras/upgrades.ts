/**
 * Code upgrades: a candidate (or governance) announces new code, validators check it, the para is told
 * to go ahead, and its first candidate in the context of a late enough relay parent switches.
 *
 * Guide: runtime/paras.md, `schedule_code_upgrade`, `note_new_head`. Reference: 4.3.
 */
import { assert } from "@parahost/base";
import {
  type Balance,
  type BlockNumber,
  CODE_SIZE_MIN_BYTES,
  type HeadData,
  type ParaId,
  type ValidationCode,
  validationCodeHash,
} from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { UNIT } from "../../pallets/balances/storage.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { blocksAfter } from "../block-time.ts";
import { configuration } from "../configuration/configuration.ts";
import { replaceCurrentCode } from "./code.ts";
import { isLive } from "./lifecycle.ts";
import { mostRecentReplacement } from "./past-code.ts";
import type { UpgradeStrategy } from "./pvf-check.ts";
import { requirePrecheck } from "./pvf-votes.ts";
import { events, storage } from "./storage.ts";
import { takeDue, withoutParas, withUpcoming } from "./upcoming.ts";

/** No upgrade is under way, and the last one is long enough ago. */
export const canUpgradeValidationCode = (state: State, para: ParaId): boolean =>
  !storage.futureCodeHash.has(state, para) && !storage.upgradeRestrictionSignal.has(state, para);

/**
 * Starts an upgrade announced by a candidate that was included at `includedAt`. Does nothing when one
 * is under way, for code that is no code or that the para has already, and for a para that leaves: nobody
 * would be there when the vote ends.
 */
export function scheduleCodeUpgrade(
  state: State,
  para: ParaId,
  code: ValidationCode,
  includedAt: BlockNumber,
  upgradeStrategy: UpgradeStrategy,
): void {
  if (code.length < CODE_SIZE_MIN_BYTES || storage.futureCodeHash.has(state, para)) return;
  if (!isLive(storage.paraLifecycles.get(state, para)?.type)) return;
  const hash = validationCodeHash(code);
  if (storage.currentCodeHash.get(state, para) === hash) return;
  storage.futureCodeHash.set(state, para, hash);
  storage.upgradeRestrictionSignal.set(state, para, { type: "present" });
  const liftedAt = blocksAfter(includedAt, configuration(state).validationUpgradeCooldown);
  storage.upgradeCooldowns.update(state, (list) => withUpcoming(list, para, liftedAt));
  requirePrecheck(
    state,
    { type: "upgrade", value: { id: para, includedAt, upgradeStrategy } },
    hash,
    code,
  );
}

/**
 * The para has a new head, whose candidate was executed in the context of relay chain block `context`:
 * with it an upgrade expected by then comes into force.
 */
export function noteNewHead(
  state: State,
  para: ParaId,
  head: HeadData,
  context: BlockNumber,
): void {
  storage.heads.set(state, para, head);
  storage.mostRecentContext.set(state, para, context);
  const expectedAt = storage.futureCodeUpgrades.get(state, para);
  if (expectedAt === undefined) {
    // An aborted upgrade has been seen by this candidate.
    storage.upgradeGoAheadSignal.remove(state, para);
    return;
  }
  if (expectedAt > context) return;
  storage.futureCodeUpgrades.remove(state, para);
  storage.upgradeGoAheadSignal.remove(state, para);
  applyFutureCode(state, para, expectedAt);
}

function applyFutureCode(state: State, para: ParaId, expectedAt: BlockNumber): void {
  const hash = storage.futureCodeHash.take(state, para);
  assert(hash !== undefined, `the announced upgrade of para ${para} has no code`);
  replaceCurrentCode(state, para, hash, expectedAt);
}

/** Block of the para's last upgrade; of the one under way if it is to count. */
export function lastCodeUpgrade(
  state: State,
  para: ParaId,
  includeFuture: boolean,
): BlockNumber | undefined {
  const future = includeFuture ? storage.futureCodeUpgrades.get(state, para) : undefined;
  return future ?? mostRecentReplacement(storage.pastCodeMeta.get(state, para));
}

// Cooldown

/** What lifting the restriction costs for each block that it would still last. */
export const COOLDOWN_REMOVAL_PER_BLOCK: Balance = (1_000n * UNIT) / 14_400n;

/** Blocks until the restriction is lifted; 0 without one. */
export function cooldownLeft(state: State, para: ParaId): number {
  if (!storage.upgradeRestrictionSignal.has(state, para)) return 0;
  const entry = storage.upgradeCooldowns.get(state).find((upcoming) => upcoming.para === para);
  return entry === undefined ? 0 : Math.max(0, entry.at - blockNumber(state));
}

/** Lifts the restriction before its time. */
export function removeCooldown(state: State, para: ParaId): void {
  storage.upgradeRestrictionSignal.remove(state, para);
  storage.upgradeCooldowns.update(state, (list) => withoutParas(list, new Set([para])));
  events.deposit(state, { type: "upgradeCooldownRemoved", value: { paraId: para } });
}

// Timers

/** Tells paras whose upgrade is due to go ahead. */
export function signalDueUpgrades(state: State, now: BlockNumber): void {
  const { due, later } = takeDue(storage.upcomingUpgrades.get(state), now);
  if (due.length === 0) return;
  storage.upcomingUpgrades.set(state, later);
  for (const { para } of due) storage.upgradeGoAheadSignal.set(state, para, { type: "goAhead" });
}

/** Puts upgrades into force that do not wait for the para. */
export function applyDueUpgrades(state: State, now: BlockNumber): void {
  const { due, later } = takeDue(storage.futureCodeUpgradesAt.get(state), now);
  if (due.length === 0) return;
  storage.futureCodeUpgradesAt.set(state, later);
  for (const { para, at } of due) applyFutureCode(state, para, at);
}

/** Lifts restrictions whose time is over. */
export function liftDueRestrictions(state: State, now: BlockNumber): void {
  const { due, later } = takeDue(storage.upgradeCooldowns.get(state), now);
  if (due.length === 0) return;
  storage.upgradeCooldowns.set(state, later);
  for (const { para } of due) storage.upgradeRestrictionSignal.remove(state, para);
}
