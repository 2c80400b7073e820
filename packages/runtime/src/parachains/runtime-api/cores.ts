/**
 * Runtime API: validators, groups and cores. Asked of the state after a block, answered for its child.
 *
 * Reference: 1.9, 4.4 (reporting).
 */
import { assert } from "@parahost/base";
import type {
  CandidateEvent,
  CoreIndex,
  CoreState,
  GroupRotationInfo,
  ParaId,
  ValidatorId,
  ValidatorIndex,
} from "@parahost/primitives";
import { eventsOf, type State } from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { inChildBlock } from "../discarding.ts";
import { candidateOnCore } from "../inclusion/inclusion.ts";
import {
  claimQueue as claimQueueOf,
  availabilityCores as coresOf,
  groupAssignedToCore,
  groupRotationInfo,
  validatorGroups as groupsOf,
  nextUpOnAvailable,
  nextUpOnTimeOut,
  scheduled,
  timeOutAt,
} from "../scheduler/scheduler.ts";
import { activeValidatorKeys } from "../shared/shared.ts";

/** `para` keys of the active validators of the child's session: position = validator index. */
export const validators = (state: State): readonly ValidatorId[] => activeValidatorKeys(state);

export interface ValidatorGroups {
  readonly groups: readonly (readonly ValidatorIndex[])[];
  /** As of the child. */
  readonly rotation: GroupRotationInfo;
}

export const validatorGroups = (state: State): ValidatorGroups => ({
  groups: groupsOf(state),
  rotation: groupRotationInfo(state, blockNumber(state) + 1),
});

/** What is on each core, and who will be next. */
export const availabilityCores = (state: State): readonly CoreState[] =>
  inChildBlock(state, () => {
    const assignments = new Map(
      scheduled(state).map((assignment) => [assignment.core, assignment]),
    );
    return coresOf(state).map((occupied, index): CoreState => {
      const core = index as CoreIndex;
      if (occupied !== undefined) return { type: "occupied", value: occupiedCore(state, core) };
      const assignment = assignments.get(core);
      if (assignment === undefined) return { type: "free" };
      const { paraId, kind } = assignment;
      const collator = kind.type === "parathread" ? kind.value.collator : undefined;
      return { type: "scheduled", value: { paraId, collator } };
    });
  });

function occupiedCore(
  state: State,
  core: CoreIndex,
): Extract<CoreState, { type: "occupied" }>["value"] {
  const pending = candidateOnCore(state, core);
  assert(pending !== undefined, `core ${core} is occupied by nothing`);
  const { backedInNumber, availabilityVotes, hash, descriptor, relayParentNumber } = pending;
  const group = groupAssignedToCore(state, core, relayParentNumber + 1);
  assert(group !== undefined, `no group had core ${core} when its candidate was backed`);
  return {
    nextUpOnAvailable: nextUpOnAvailable(state, core),
    occupiedSince: backedInNumber,
    timeOutAt: timeOutAt(state, core, backedInNumber, blockNumber(state)),
    nextUpOnTimeOut: nextUpOnTimeOut(state, core),
    availability: availabilityVotes,
    groupResponsible: group,
    candidateHash: hash,
    candidateDescriptor: descriptor,
  };
}

/** For each core the paras that may use it, soonest first; the first in the child already. */
export const claimQueue = (state: State): ReadonlyMap<CoreIndex, readonly ParaId[]> =>
  inChildBlock(state, () => claimQueueOf(state));

const CANDIDATE_EVENTS: Readonly<Record<string, CandidateEvent["type"]>> = {
  candidateBacked: "backed",
  candidateIncluded: "included",
  candidateTimedOut: "timedOut",
};

/** What happened to candidates in this very block, in order. */
export const candidateEvents = (state: State): readonly CandidateEvent[] =>
  eventsOf(state).flatMap(({ event }) => {
    const type = event.type === "paraInclusion" ? CANDIDATE_EVENTS[event.value.type] : undefined;
    return type === undefined ? [] : [{ type, value: event.value.value } as CandidateEvent];
  });
