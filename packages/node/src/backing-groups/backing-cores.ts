/**
 * Who backs what in the child of a relay parent: each core's group and the paras that may take the
 * core. Guide: Candidate Backing.
 */
import {
  asCoreIndex,
  asGroupIndex,
  type CoreIndex,
  type CoreState,
  type GroupIndex,
  groupForCore,
  type ParaId,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { ValidatorGroups } from "../runtime-api/runtime-api-at.ts";

export interface BackingCore {
  readonly core: CoreIndex;
  readonly group: GroupIndex;
  readonly members: readonly ValidatorIndex[];
  /** Whoever may come next on the core: by inclusion or by timeout of what is on it, or now. */
  readonly paras: readonly ParaId[];
}

/** The cores that a group serves in the relay parent's child and that a para can take then. */
export function backingCores(
  cores: readonly CoreState[],
  { groups, rotation }: ValidatorGroups,
): BackingCore[] {
  return cores.flatMap((state, index) => {
    const core = asCoreIndex(index);
    const group = groupForCore(core, groups.length, rotation);
    const paras = parasNext(state);
    if (group === undefined || paras.length === 0) return [];
    return [{ core, group, members: groups[group] ?? [], paras }];
  });
}

function parasNext(state: CoreState): ParaId[] {
  switch (state.type) {
    case "scheduled":
      return [state.value.paraId];
    case "occupied": {
      const { nextUpOnAvailable, nextUpOnTimeOut } = state.value;
      const paras = [nextUpOnAvailable?.paraId, nextUpOnTimeOut?.paraId];
      return [...new Set(paras.filter((para) => para !== undefined))];
    }
    case "free":
      return [];
  }
}

/** The group a validator is a member of. */
export function groupOf(
  groups: readonly (readonly ValidatorIndex[])[],
  validator: ValidatorIndex,
): GroupIndex | undefined {
  const found = groups.findIndex((members) => members.includes(validator));
  return found < 0 ? undefined : asGroupIndex(found);
}
