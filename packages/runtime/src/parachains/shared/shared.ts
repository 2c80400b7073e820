/**
 * What several modules need to know of the session: its number, its active validators, and the relay
 * parents that candidates may build on.
 *
 * Reference: 4.8 (Shared), 1.8 (shuffle).
 */
import {
  type BlockNumber,
  type HostConfiguration,
  SessionIndex,
  shuffled,
  ValidatorId,
  ValidatorIndex,
} from "@parahost/primitives";
import { u32, vec } from "@parahost/scale";
import { pallet, type State, storageValue } from "../../framework/index.ts";
import {
  AllowedRelayParents,
  NO_RELAY_PARENTS,
  type RelayParentInfo,
  withRelayParent,
} from "./relay-parents.ts";

// Storage

export const storage = {
  currentSessionIndex: storageValue(
    "ParasShared.CurrentSessionIndex",
    "The session whose validators are active.",
    SessionIndex,
    0 as SessionIndex,
  ),
  activeValidatorIndices: storageValue(
    "ParasShared.ActiveValidatorIndices",
    "Positions of the active validators in the authority list, in their shuffled order.",
    vec(ValidatorIndex),
    [],
  ),
  activeValidatorKeys: storageValue(
    "ParasShared.ActiveValidatorKeys",
    "`para` keys of the active validators, in their shuffled order.",
    vec(ValidatorId),
    [],
  ),
  allowedRelayParents: storageValue(
    "ParasShared.AllowedRelayParents",
    "Recent blocks of this session that a candidate may have as its relay parent.",
    AllowedRelayParents,
    NO_RELAY_PARENTS,
  ),
  sessionDelay: storageValue(
    "ParasShared.SessionDelay",
    "Sessions until a scheduled change is applied: 1 as the guide has it, 2 as Polkadot. Fixed at genesis.",
    u32,
    1,
  ),
};

// Routines

export const sessionIndex = (state: State): SessionIndex => storage.currentSessionIndex.get(state);

export const sessionDelay = (state: State): number => storage.sessionDelay.get(state);

/** The session at which a change that is scheduled now takes effect. */
export const scheduledSession = (state: State): SessionIndex =>
  (sessionIndex(state) + sessionDelay(state)) as SessionIndex;

/** `para` keys of the active validators: position = validator index. */
export const activeValidatorKeys = (state: State): readonly ValidatorId[] =>
  storage.activeValidatorKeys.get(state);

export const activeValidatorIndices = (state: State): readonly ValidatorIndex[] =>
  storage.activeValidatorIndices.get(state);

export const allowedRelayParents = (state: State): AllowedRelayParents =>
  storage.allowedRelayParents.get(state);

/** Adds the parent of the block being executed. */
export function noteRelayParent(
  state: State,
  info: RelayParentInfo,
  number: BlockNumber,
  allowedAncestryLength: number,
): void {
  storage.allowedRelayParents.update(state, (allowed) =>
    withRelayParent(allowed, info, number, allowedAncestryLength),
  );
}

/** The items at `indices`; they are positions in the authority list. */
export const activeSubset = <T>(indices: readonly ValidatorIndex[], all: readonly T[]): T[] =>
  indices.flatMap((index) => {
    const item = all[index];
    return item === undefined ? [] : [item];
  });

// Session change

/**
 * Chooses and shuffles the active set. Relay parents of the session that ends are no longer allowed.
 * Returns the `para` keys of the active validators in their new order.
 */
export function onNewSession(
  state: State,
  session: SessionIndex,
  randomSeed: Uint8Array,
  configuration: HostConfiguration,
  validators: readonly ValidatorId[],
): readonly ValidatorId[] {
  storage.allowedRelayParents.set(state, NO_RELAY_PARENTS);
  storage.currentSessionIndex.set(state, session);
  const order = shuffled(
    randomSeed,
    validators.map((_, i) => i as ValidatorIndex),
  ).slice(0, configuration.maxValidators ?? validators.length);
  const keys = activeSubset(order, validators);
  storage.activeValidatorIndices.set(state, order);
  storage.activeValidatorKeys.set(state, keys);
  return keys;
}

export const parasShared = pallet({ name: "ParasShared", index: 52, storage });
