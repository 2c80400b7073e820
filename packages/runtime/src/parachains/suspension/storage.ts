/** What is kept of paras that split disputes suspend. */
import {
  BlockNumber,
  CandidateHash,
  DisputesTimeSlot,
  ParaId,
  SessionIndex,
} from "@parahost/primitives";
import { struct, type ValueOf, vec } from "@parahost/scale";
import {
  palletErrors,
  palletEvents,
  type State,
  storageDoubleMap,
  storageMap,
  storageValue,
} from "../../framework/index.ts";

/** A para and the candidate whose dispute suspends it. */
const cause = { paraId: ParaId, sessionIndex: SessionIndex, candidateHash: CandidateHash };

export const Suspension = struct(cause, ["pallet_suspensions", "Suspension"]);
export type Suspension = ValueOf<typeof Suspension>;

export const storage = {
  candidates: storageDoubleMap(
    "Suspensions.Candidates",
    "Whose candidates were backed here: votes name no para, and the chain may go back to before the inclusion.",
    "twox64Concat",
    SessionIndex,
    "blake2_128Concat",
    CandidateHash,
    ParaId,
  ),
  settling: storageMap(
    "Suspensions.Settling",
    "Disputes, by the block in which they have had their time for stragglers.",
    "twox64Concat",
    BlockNumber,
    vec(DisputesTimeSlot),
    [],
  ),
  suspended: storageValue(
    "Suspensions.Suspended",
    "Paras that get no core until root lifts it, in the order in which they were suspended.",
    vec(Suspension),
    [],
  ),
};

export const events = palletEvents("Suspensions", {
  suspended: [0, struct(cause)],
  lifted: [1, struct({ paraId: ParaId })],
});

export const errors = palletErrors(243, ["notSuspended"]);

/** What keeps the para from its cores, if anything does. */
export const suspensionOf = (state: State, para: ParaId): Suspension | undefined =>
  storage.suspended.get(state).find(({ paraId }) => paraId === para);

/** Tells which paras are suspended, for questions about many of them. */
export function suspendedIn(state: State): (para: ParaId) => boolean {
  const suspended = new Set(storage.suspended.get(state).map(({ paraId }) => paraId));
  return (para) => suspended.has(para);
}

export const isSuspended = (state: State, para: ParaId): boolean =>
  suspensionOf(state, para) !== undefined;
