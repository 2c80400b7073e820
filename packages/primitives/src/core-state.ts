/** Availability cores as the runtime API shows them. Reference: runtime 1.5. */
import { bitVec, map, option, struct, type ValueOf, variant, vec } from "@parahost/scale";
import { CandidateDescriptor } from "./candidate-descriptor.ts";
import { BlockNumber, CandidateHash, CollatorId, CoreIndex, GroupIndex, ParaId } from "./ids.ts";

const v9 = (name: string): readonly string[] => ["polkadot_primitives", "v9", name];

/** A core that takes a candidate of this para next. */
export const ScheduledCore = struct(
  {
    paraId: ParaId,
    /** The collator that a parathread's claim names. */
    collator: option(CollatorId),
  },
  v9("ScheduledCore"),
);
export type ScheduledCore = ValueOf<typeof ScheduledCore>;

/** A core whose candidate waits to become available. */
export const OccupiedCore = struct(
  {
    /** Who gets the core if the candidate becomes available now. */
    nextUpOnAvailable: option(ScheduledCore),
    /** Block that backed the candidate. */
    occupiedSince: BlockNumber,
    /** First block at which the candidate may time out. */
    timeOutAt: BlockNumber,
    /** Who gets the core if it does. */
    nextUpOnTimeOut: option(ScheduledCore),
    /** One bit per validator: who reported its chunk. */
    availability: bitVec(),
    /** The group that backed the candidate. */
    groupResponsible: GroupIndex,
    candidateHash: CandidateHash,
    candidateDescriptor: CandidateDescriptor,
  },
  v9("OccupiedCore"),
);
export type OccupiedCore = ValueOf<typeof OccupiedCore>;

export const CoreState = variant(
  { occupied: [0, OccupiedCore], scheduled: [1, ScheduledCore], free: 2 },
  v9("CoreState"),
);
export type CoreState = ValueOf<typeof CoreState>;

/** How a question about a para treats the candidate pending on its core. */
export const OccupiedCoreAssumption = variant(
  {
    /** As if it were included. */
    included: 0,
    /** As if it were dropped. */
    timedOut: 1,
    /** There is none, or the answer is `undefined`. */
    free: 2,
  },
  v9("OccupiedCoreAssumption"),
);
export type OccupiedCoreAssumption = ValueOf<typeof OccupiedCoreAssumption>;

/** The paras that may use each core next, soonest first. */
export const ClaimQueue = map(CoreIndex, vec(ParaId));
export type ClaimQueue = ValueOf<typeof ClaimQueue>;
