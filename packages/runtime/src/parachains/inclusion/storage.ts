/** Candidates on their way from backed to included, the events of that way, and all refusals. */
import {
  AvailabilityBitfield,
  BlockNumber,
  CandidateCommitments,
  CandidateDescriptor,
  CandidateHash,
  CandidateReceipt,
  CoreIndex,
  GroupIndex,
  HeadData,
  ParaId,
  ValidatorIndex,
} from "@parahost/primitives";
import { bitVec, positional, struct, type ValueOf, vec } from "@parahost/scale";
import {
  type DispatchError,
  palletErrors,
  palletEvents,
  type State,
  storageMap,
} from "../../framework/index.ts";

const v = (name: string): readonly string[] => ["polkadot_runtime_parachains", "inclusion", name];

/** A backed candidate whose data is being made available. */
export const CandidatePendingAvailability = struct(
  {
    core: CoreIndex,
    hash: CandidateHash,
    descriptor: CandidateDescriptor,
    commitments: CandidateCommitments,
    /** One bit per active validator: it has its chunk. */
    availabilityVotes: bitVec(),
    /** One bit per active validator: it backed the candidate. */
    backers: bitVec(),
    relayParentNumber: BlockNumber,
    backedInNumber: BlockNumber,
    backingGroup: GroupIndex,
  },
  v("CandidatePendingAvailability"),
);
export type CandidatePendingAvailability = ValueOf<typeof CandidatePendingAvailability>;

/** The latest bitfield of a validator. */
export const AvailabilityBitfieldRecord = struct(
  {
    bitfield: AvailabilityBitfield,
    /** For accounting, as the meaning of bits changes over time. */
    submittedAt: BlockNumber,
  },
  v("AvailabilityBitfieldRecord"),
);
export type AvailabilityBitfieldRecord = ValueOf<typeof AvailabilityBitfieldRecord>;

export const storage = {
  pendingAvailability: storageMap(
    "ParaInclusion.V1",
    "Candidates whose data is being made available, by para in chain order, at most one per core that the para holds.",
    "twox64Concat",
    ParaId,
    vec(CandidatePendingAvailability),
  ),
  availabilityBitfields: storageMap(
    "ParaInclusion.AvailabilityBitfields",
    "The latest bitfield of a validator, and when it was submitted.",
    "twox64Concat",
    ValidatorIndex,
    AvailabilityBitfieldRecord,
  ),
};

/** Candidates of a para that wait for their data, in chain order. */
export const candidatesPendingAvailability = (
  state: State,
  para: ParaId,
): readonly CandidatePendingAvailability[] => storage.pendingAvailability.get(state, para) ?? [];

const withGroup = positional(
  struct({ receipt: CandidateReceipt, headData: HeadData, core: CoreIndex, group: GroupIndex }),
);

export const events = palletEvents("ParaInclusion", {
  candidateBacked: [0, withGroup],
  candidateIncluded: [1, withGroup],
  candidateTimedOut: [
    2,
    positional(struct({ receipt: CandidateReceipt, headData: HeadData, core: CoreIndex })),
  ],
});

/** Names of today's Polkadot first, then those that it had before, then ours. */
const NAMES = [
  "validatorIndexOutOfBounds",
  "unscheduledCandidate",
  "headDataTooLarge",
  "prematureCodeUpgrade",
  "newCodeTooLarge",
  "disallowedRelayParent",
  "invalidAssignment",
  "invalidGroupIndex",
  "insufficientBacking",
  "invalidBacking",
  "validationDataHashMismatch",
  "incorrectDownwardMessageHandling",
  "invalidUpwardMessages",
  "hrmpWatermarkMishandling",
  "invalidOutboundHrmp",
  "invalidValidationCodeHash",
  "paraHeadMismatch",
  "wrongBitfieldSize",
  "bitfieldDuplicateOrUnordered",
  "invalidBitfieldSignature",
  "candidateScheduledBeforeParaFree",
  "wrongCollator",
  "notCollatorSigned",
  "scheduledOutOfOrder",
  "backedByDisabled",
  "newCodeTooSmall",
  "unsupportedDescriptor",
  "coreIndexMismatch",
  "sessionIndexMismatch",
  "invalidUmpSignals",
  "candidateDisputed",
] as const;

/** Why a bitfield or candidate is refused. */
export type InclusionError = (typeof NAMES)[number];

export const errors = palletErrors(53, NAMES);

/** A refusal as the end of a call. */
export const inclusionError = (name: InclusionError): DispatchError => errors[name];
