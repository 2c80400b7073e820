/**
 * How paras come, change kind, and go. All of it takes effect at session boundaries, so that the number
 * and meaning of cores stays the same throughout a session.
 *
 * Guide: runtime/paras.md, `schedule_para_initialize`, `schedule_para_cleanup`, session change.
 * Reference: 4.3.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import {
  CODE_SIZE_MIN_BYTES,
  type HostConfiguration,
  type ParaId,
  type SessionIndex,
  validationCodeHash,
} from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { configuration, storage as configurationStorage } from "../configuration/configuration.ts";
import { scheduledSession } from "../shared/shared.ts";
import { queueAction, withSorted } from "./actions.ts";
import { addCodeUse, dropCodeUse, notePastCode } from "./code.ts";
import { type LifecycleAction, type ParaState, withQueuedAction } from "./lifecycle.ts";
import { CORES_MAX, plannedParachains } from "./planned-cores.ts";
import { requirePrecheck } from "./pvf-votes.ts";
import { errors, type ParaGenesisArgs, storage } from "./storage.ts";
import { withoutParas } from "./upcoming.ts";

export const lifecycle = (state: State, para: ParaId): ParaState | undefined =>
  storage.paraLifecycles.get(state, para)?.type;

/** Parachains in ascending order: the i-th has core i. */
export const parachains = (state: State): readonly ParaId[] => storage.parachains.get(state);

// Scheduling

/** Whether code and head are within the bounds of the configuration. */
export function checkGenesisArgs(
  { validationCode, genesisHead }: ParaGenesisArgs,
  { maxCodeSize, maxHeadDataSize }: HostConfiguration,
): Result<void, DispatchError> {
  if (validationCode.length < CODE_SIZE_MIN_BYTES || validationCode.length > maxCodeSize)
    return err(errors.invalidCode);
  return genesisHead.length > maxHeadDataSize ? err(errors.headDataTooLarge) : ok(undefined);
}

/** Whether one more parachain can have a core of its own beside those that parathreads share. */
function hasCoreLeft(state: State): boolean {
  const latest = configurationStorage.pendingConfigs.get(state).at(-1)?.configuration;
  const { parathreadCores } = latest ?? configuration(state);
  return plannedParachains(state) + parathreadCores < CORES_MAX;
}

/** Schedules a new para. It is onboarded once its code has passed the pre-check. */
export function scheduleParaInitialize(
  state: State,
  para: ParaId,
  genesis: ParaGenesisArgs,
): Result<void, DispatchError> {
  if (lifecycle(state, para) !== undefined) return err(errors.cannotOnboard);
  const checked = checkGenesisArgs(genesis, configuration(state));
  if (!checked.ok) return checked;
  if (genesis.parachain && !hasCoreLeft(state)) return err(errors.cannotOnboard);
  const hash = validationCodeHash(genesis.validationCode);
  storage.paraLifecycles.set(state, para, { type: "onboarding" });
  // The code is stored under its hash from now on and need not be kept twice.
  storage.upcomingParasGenesis.set(state, para, { ...genesis, validationCode: new Uint8Array() });
  storage.currentCodeHash.set(state, para, hash);
  requirePrecheck(state, { type: "onboarding", value: para }, hash, genesis.validationCode);
  return ok(undefined);
}

/** Schedules the end of a para. An unknown para has ended; one whose new code is voted on must wait. */
export function scheduleParaCleanup(state: State, para: ParaId): Result<void, DispatchError> {
  const future = storage.futureCodeHash.get(state, para);
  if (future !== undefined && storage.pvfActiveVoteMap.has(state, future))
    return err(errors.cannotOffboard);
  if (lifecycle(state, para) === undefined) return ok(undefined);
  return scheduleAction(state, para, "offboard", errors.cannotOffboard);
}

/** Schedules a parathread to become a parachain, if there is a core for it. */
export const scheduleParathreadUpgrade = (
  state: State,
  para: ParaId,
): Result<void, DispatchError> =>
  lifecycle(state, para) === "parathread" && !hasCoreLeft(state)
    ? err(errors.cannotUpgrade)
    : scheduleAction(state, para, "upgrade", errors.cannotUpgrade);

/** Schedules a parachain to become a parathread. */
export const scheduleParachainDowngrade = (
  state: State,
  para: ParaId,
): Result<void, DispatchError> => scheduleAction(state, para, "downgrade", errors.cannotDowngrade);

function scheduleAction(
  state: State,
  para: ParaId,
  action: LifecycleAction,
  refusal: DispatchError,
): Result<void, DispatchError> {
  const present = lifecycle(state, para);
  if (present === undefined) return err(errors.notRegistered);
  const next = withQueuedAction(present, action);
  if (next === undefined) return err(refusal);
  storage.paraLifecycles.set(state, para, { type: next });
  queueAction(state, scheduledSession(state), para);
  return ok(undefined);
}

// Application

/** Sets a para up at once: genesis, or the session at which it is onboarded. */
export function initializePara(state: State, para: ParaId, genesis: ParaGenesisArgs): void {
  if (genesis.parachain) storage.parachains.update(state, (list) => withSorted(list, para));
  storage.paraLifecycles.set(state, para, { type: genesis.parachain ? "parachain" : "parathread" });
  storage.heads.set(state, para, genesis.genesisHead);
  storage.mostRecentContext.set(state, para, 0);
  if (genesis.validationCode.length === 0) return;
  const hash = validationCodeHash(genesis.validationCode);
  addCodeUse(state, hash, genesis.validationCode);
  storage.currentCodeHash.set(state, para, hash);
}

/** Applies the changes queued for the session. Returns the paras that have left, ascending. */
export function applyActions(state: State, session: SessionIndex): readonly ParaId[] {
  const outgoing: ParaId[] = [];
  for (const para of storage.actionsQueue.take(state, session)) {
    const present = lifecycle(state, para);
    switch (present) {
      case "onboarding": {
        const genesis = storage.upcomingParasGenesis.take(state, para);
        assert(genesis !== undefined, `para ${para} is onboarding from nothing`);
        initializePara(state, para, genesis);
        break;
      }
      case "upgradingParathread":
        storage.parachains.update(state, (list) => withSorted(list, para));
        storage.paraLifecycles.set(state, para, { type: "parachain" });
        break;
      case "downgradingParachain":
        removeFromParachains(state, para);
        storage.paraLifecycles.set(state, para, { type: "parathread" });
        break;
      case "offboardingParachain":
      case "offboardingParathread":
        offboard(state, para);
        outgoing.push(para);
        break;
      case "parachain":
      case "parathread":
      case undefined:
        break;
    }
  }
  if (outgoing.length > 0) {
    const gone = new Set(outgoing);
    for (const list of [
      storage.upcomingUpgrades,
      storage.upgradeCooldowns,
      storage.futureCodeUpgradesAt,
    ])
      list.update(state, (entries) => withoutParas(entries, gone));
  }
  return outgoing;
}

function removeFromParachains(state: State, para: ParaId): void {
  storage.parachains.update(state, (list) => list.filter((listed) => listed !== para));
}

/** Leaves nothing of a para but its code, for those who still have to check its last candidates. */
function offboard(state: State, para: ParaId): void {
  removeFromParachains(state, para);
  storage.heads.remove(state, para);
  storage.mostRecentContext.remove(state, para);
  storage.futureCodeUpgrades.remove(state, para);
  storage.upgradeGoAheadSignal.remove(state, para);
  storage.upgradeRestrictionSignal.remove(state, para);
  storage.paraLifecycles.remove(state, para);
  const future = storage.futureCodeHash.take(state, para);
  if (future !== undefined) dropCodeUse(state, future);
  const current = storage.currentCodeHash.take(state, para);
  if (current !== undefined) notePastCode(state, para, blockNumber(state), current);
}
