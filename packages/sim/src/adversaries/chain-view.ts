/** What an adversary knows of the chain: everything, as it reads along with an honest node. */
import { assert } from "@parahost/base";
import { type PeerId, peerIdOfName } from "@parahost/network";
import {
  asCoreIndex,
  asValidatorIndex,
  type CoreIndex,
  type Hash,
  type ParaId,
  type PersistedValidationData,
  type SessionIndex,
  type ValidatorId,
  type ValidatorIndex,
} from "@parahost/primitives";
import { runtimeApi, type State } from "@parahost/runtime";
import type { Simulation } from "../simulation.ts";

export interface ChainView {
  readonly hash: Hash;
  readonly state: State;
  /** Session of the block's child. */
  readonly session: SessionIndex;
  readonly validators: readonly ValidatorId[];
  readonly groups: readonly (readonly ValidatorIndex[])[];
  readonly coreCount: number;
}

/** `undefined` for a block that no validator of ours has. */
export function chainAt(
  { validators }: Pick<Simulation, "validators">,
  hash: Hash,
): ChainView | undefined {
  for (const { states } of validators) {
    const state = states.view(hash);
    if (state === undefined) continue;
    return {
      hash,
      state,
      session: runtimeApi.sessionIndexForChild(state),
      validators: runtimeApi.validators(state),
      groups: runtimeApi.validatorGroups(state).groups,
      coreCount: runtimeApi.availabilityCores(state).length,
    };
  }
  return undefined;
}

/** The best block of the first validator. */
export function bestOf(simulation: Simulation): ChainView {
  const best = simulation.validators[0]?.chain.best();
  const view = best === undefined ? undefined : chainAt(simulation, best.hash);
  assert(view !== undefined, "a validator has the state of its best block");
  return view;
}

export function validatorIndexOf({ validators }: ChainView, key: ValidatorId): ValidatorIndex {
  const index = validators.indexOf(key);
  assert(index >= 0, `${key} is no validator`);
  return asValidatorIndex(index);
}

/** The validators of the group that has this one. */
export const groupWith = (
  { groups }: ChainView,
  validator: ValidatorIndex,
): readonly ValidatorIndex[] => groups.find((group) => group.includes(validator)) ?? [];

/** The peer of a validator whose node runs; `undefined` where none does. */
export function peerOfValidator(
  simulation: Simulation,
  { validators }: ChainView,
  validator: ValidatorIndex,
): PeerId | undefined {
  const node = simulation.validators.find(
    (one) => simulation.keysOf(one).paraValidator === validators[validator],
  );
  return node === undefined ? undefined : peerIdOfName(node.name);
}

/** The core of a parachain: its place among all of them. */
export const coreOf = ({ state }: ChainView, para: ParaId): CoreIndex =>
  asCoreIndex(runtimeApi.paraIds(state).indexOf(para));

/** What the next candidate of the para is validated with, once the one on its core is included. */
export function validationDataOf({ state }: ChainView, para: ParaId): PersistedValidationData {
  const data = runtimeApi.persistedValidationData(state, para, { type: "included" });
  assert(data !== undefined, `the chain has no para ${para}`);
  return data;
}
