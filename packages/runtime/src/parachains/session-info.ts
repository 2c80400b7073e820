/**
 * What has to be known of past sessions to judge their candidates: validators, groups, thresholds.
 * Written when a session begins, kept as long as disputes of it are accepted.
 *
 * Reference: 4.8 (SessionInfo), 1.5.
 */
import {
  AccountId,
  AssignmentId,
  type AuthorityDiscoveryId,
  ExecutorParams,
  SessionIndex,
  SessionInfo,
} from "@parahost/primitives";
import { vec } from "@parahost/scale";
import { pallet, type State, storageMap, storageValue } from "../framework/index.ts";
import { validatorGroups } from "./scheduler/scheduler.ts";
import type { SessionChangeNotification } from "./session-change.ts";
import { activeSubset, activeValidatorIndices, activeValidatorKeys } from "./shared/shared.ts";

// Storage

export const storage = {
  assignmentKeysUnsafe: storageValue(
    "ParaSessionInfo.AssignmentKeysUnsafe",
    "Assignment keys of all authorities, in their order. Right only between a session's beginning and its end.",
    vec(AssignmentId),
    [],
  ),
  earliestStoredSession: storageValue(
    "ParaSessionInfo.EarliestStoredSession",
    "The first session that is still remembered.",
    SessionIndex,
    0 as SessionIndex,
  ),
  sessions: storageMap(
    "ParaSessionInfo.Sessions",
    "Validators, keys, groups and parameters of a session.",
    "identity",
    SessionIndex,
    SessionInfo,
  ),
  accountKeys: storageMap(
    "ParaSessionInfo.AccountKeys",
    "Accounts of the active validators, in the order of the session's `validators`.",
    "identity",
    SessionIndex,
    vec(AccountId),
  ),
  sessionExecutorParams: storageMap(
    "ParaSessionInfo.SessionExecutorParams",
    "The session's parameters for executing validation code.",
    "identity",
    SessionIndex,
    ExecutorParams,
  ),
};

// Questions

export const sessionInfo = (state: State, session: SessionIndex): SessionInfo | undefined =>
  storage.sessions.get(state, session);

export const sessionAccounts = (
  state: State,
  session: SessionIndex,
): readonly AccountId[] | undefined => storage.accountKeys.get(state, session);

export const sessionExecutorParams = (
  state: State,
  session: SessionIndex,
): ExecutorParams | undefined => storage.sessionExecutorParams.get(state, session);

// Session change

/** Records the session that begins, and forgets those beyond the dispute period. */
export function onNewSession(
  state: State,
  { session, authorities, randomSeed, configuration }: SessionChangeNotification,
): void {
  const assignmentKeys = authorities.map(({ keys }) => keys.paraAssignment);
  storage.assignmentKeysUnsafe.set(state, assignmentKeys);
  prune(state, session, configuration.disputePeriod);

  const active = activeValidatorIndices(state);
  const groups = validatorGroups(state);
  storage.sessions.set(state, session, {
    activeValidatorIndices: active,
    randomSeed,
    disputePeriod: configuration.disputePeriod,
    validators: activeValidatorKeys(state),
    discoveryKeys: activeFirst(
      active,
      authorities.map(({ keys }) => keys.authorityDiscovery),
    ),
    assignmentKeys: activeSubset(active, assignmentKeys),
    validatorGroups: groups,
    nCores: groups.length,
    zerothDelayTrancheWidth: configuration.zerothDelayTrancheWidth,
    relayVrfModuloSamples: configuration.relayVrfModuloSamples,
    nDelayTranches: configuration.nDelayTranches,
    noShowSlots: configuration.noShowSlots,
    neededApprovals: configuration.neededApprovals,
  });
  storage.accountKeys.set(
    state,
    session,
    activeSubset(
      active,
      authorities.map(({ account }) => account),
    ),
  );
  storage.sessionExecutorParams.set(state, session, configuration.executorParams);
}

function prune(state: State, session: SessionIndex, disputePeriod: number): void {
  const earliest = storage.earliestStoredSession.get(state);
  const kept = Math.max(0, session - disputePeriod);
  if (!storage.sessions.has(state, earliest)) {
    // Nothing is stored yet: this session is the first.
    storage.earliestStoredSession.set(state, session);
    return;
  }
  for (let old = earliest; old < kept; old = (old + 1) as SessionIndex) {
    storage.sessions.remove(state, old);
    storage.accountKeys.remove(state, old);
    storage.sessionExecutorParams.remove(state, old);
  }
  if (kept > earliest) storage.earliestStoredSession.set(state, kept as SessionIndex);
}

/** All authorities' keys: those of the active ones in their shuffled order, then the others'. */
function activeFirst(
  active: readonly number[],
  keys: readonly AuthorityDiscoveryId[],
): AuthorityDiscoveryId[] {
  const isActive = new Set(active);
  return [
    ...active.flatMap((index) => keys.slice(index, index + 1)),
    ...keys.filter((_, index) => !isActive.has(index)),
  ];
}

export const paraSessionInfo = pallet({ name: "ParaSessionInfo", index: 61, storage });
