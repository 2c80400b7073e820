/**
 * Session changes. One session is one epoch of BABE. At the end of session i those queued become the
 * validators of session i + 1, and those of session i + 2 are queued with the keys that they have
 * registered by then: everybody knows an epoch ahead who will author it.
 *
 * Reference: consensus-and-sync.md 3.8, runtime-and-primitives.md 4.8.
 */
import { type AccountId, asSessionIndex, type SessionIndex } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { onNewSession as onInitializerSession } from "../../parachains/initializer.ts";
import { onNewSession as onAuthorityDiscoverySession } from "../authority-discovery.ts";
import { enactEpochChange } from "../babe/epochs.ts";
import { onNewSession as onGrandpaSession } from "../grandpa.ts";
import * as historical from "../historical.ts";
import { planSession, startSession } from "../staking/eras.ts";
import { isStaking } from "../staking/storage.ts";
import { withManagedValidators } from "../validator-manager.ts";
import { enableAll, moveDisabled } from "./disabling.ts";
import { equalKeys, type SessionValidator } from "./keys.ts";
import { events, storage } from "./storage.ts";

/** Begins the next session. */
export function rotateSession(state: State): void {
  const changed = storage.queuedChanged.get(state);
  const current = storage.queuedKeys.get(state);
  const accounts = current.map(({ account }) => account);
  const before = storage.validators.get(state);
  storage.validators.set(state, accounts);
  const session = asSessionIndex(storage.currentIndex.get(state) + 1);
  storage.currentIndex.set(state, session);
  beginSession(state, session, before, current);

  const planned = asSessionIndex(session + 1);
  const chosen = withKeys(state, validatorsOf(state, planned, accounts));
  // A chain without validators would never have another block.
  const queued = chosen.length === 0 ? current : chosen;
  storage.queuedKeys.set(state, queued);
  storage.queuedChanged.set(state, !equalSets(current, queued));
  historical.noteSession(state, planned, queued);
  events.deposit(state, { type: "newSession", value: { sessionIndex: session } });

  onGrandpaSession(state, session, changed, current);
  enactEpochChange(state, session, babeAuthorities(current), babeAuthorities(queued));
  onInitializerSession(state, changed, session, current, queued);
  onAuthorityDiscoverySession(state, changed, current, queued);
}

/** Ends an era, if it is over, and with it what was held against its validators. */
function beginSession(
  state: State,
  session: SessionIndex,
  before: readonly AccountId[],
  current: readonly SessionValidator[],
): void {
  historical.beginSession(state, current);
  const { isNewEra, firstBonded } = startSession(state, session);
  const kept = isStaking(state) ? firstBonded : session - historical.SESSIONS_KEPT;
  if (kept !== undefined && kept > 0) historical.pruneUpTo(state, asSessionIndex(kept));
  // Without staking every session is an era of its own.
  if (isNewEra || !isStaking(state)) enableAll(state);
  else {
    const accounts = current.map(({ account }) => account);
    moveDisabled(state, before, accounts);
  }
}

/**
 * Who validates in the session that is planned: those elected if an era begins with it, else who does so
 * now, but for what root has decided.
 */
function validatorsOf(
  state: State,
  planned: SessionIndex,
  sitting: readonly AccountId[],
): readonly AccountId[] {
  const elected = planSession(state, planned, sitting);
  const validators = withManagedValidators(state, elected ?? sitting);
  if (elected !== undefined || validators !== sitting) events.deposit(state, { type: "newQueued" });
  return validators;
}

/** Who has registered no keys cannot validate, and is left out. */
function withKeys(state: State, accounts: readonly AccountId[]): SessionValidator[] {
  const found: SessionValidator[] = [];
  for (const account of accounts) {
    const keys = storage.nextKeys.get(state, account);
    if (keys !== undefined) found.push({ account, keys });
  }
  return found;
}

function equalSets(a: readonly SessionValidator[], b: readonly SessionValidator[]): boolean {
  return (
    a.length === b.length &&
    a.every((validator, i) => {
      const other = b[i];
      return (
        other !== undefined &&
        validator.account === other.account &&
        equalKeys(validator.keys, other.keys)
      );
    })
  );
}

/** Every authority weighs the same. */
export const babeAuthorities = (validators: readonly SessionValidator[]) =>
  validators.map(({ keys }) => ({ id: keys.babe, weight: 1 }));
