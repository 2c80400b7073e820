/** Disputes carried here from other forks, while it is open whether their data can be had. */
import {
  BlockNumber,
  CandidateHash,
  CandidateReceipt,
  DisputesTimeSlot,
  SessionIndex,
  ValidationCode,
  ValidationCodeHash,
  ValidatorIndex,
} from "@parahost/primitives";
import { bitVec, set, struct, type ValueOf, vec } from "@parahost/scale";
import {
  palletErrors,
  palletEvents,
  storageDoubleMap,
  storageValue,
} from "../../framework/index.ts";

/** A remote dispute whose candidate has not been shown to be available. */
export const OpenDispute = struct(
  {
    receipt: CandidateReceipt,
    /** Votes that came with it, one bit per validator of the session. */
    validatorsFor: bitVec(),
    validatorsAgainst: bitVec(),
    backers: set(ValidatorIndex),
    /** One bit per validator of the session: it holds its chunk of the data. */
    availabilityVotes: bitVec(),
    openedAt: BlockNumber,
    /** Who answers for the data being available; none where fishermen do. */
    escalators: vec(ValidatorIndex),
  },
  ["pallet_remote_disputes", "OpenDispute"],
);
export type OpenDispute = ValueOf<typeof OpenDispute>;

/** Open disputes, all together and of one escalator in one session. */
export const OPEN_MAX = 30;
export const OPEN_MAX_OF_VALIDATOR = 3;

/** Blocks until data that nobody has seen is nobody's: longer than anybody can be kept from a fork. */
export const AVAILABILITY_TIMEOUT_BLOCKS = 100;

export const storage = {
  open: storageDoubleMap(
    "RemoteDisputes.Open",
    "Disputes on candidates of other forks that wait for their data to be available.",
    "twox64Concat",
    SessionIndex,
    "blake2_128Concat",
    CandidateHash,
    OpenDispute,
  ),
  openList: storageValue(
    "RemoteDisputes.OpenList",
    "Session and candidate of the open disputes, oldest first.",
    vec(DisputesTimeSlot),
    [],
  ),
  code: storageDoubleMap(
    "RemoteDisputes.Code",
    "Code that this fork would not know otherwise. It has passed no pre-check, and no para may use it.",
    "twox64Concat",
    SessionIndex,
    "identity",
    ValidationCodeHash,
    ValidationCode,
  ),
  codeSessions: storageValue(
    "RemoteDisputes.CodeSessions",
    "Sessions that code is kept for.",
    vec(SessionIndex),
    [],
  ),
};

const onCandidate = struct({ sessionIndex: SessionIndex, candidateHash: CandidateHash });

export const events = palletEvents("RemoteDisputes", {
  /** Validators of the session are to look for their chunks and say whether they hold them. */
  opened: [0, struct({ sessionIndex: SessionIndex, receipt: CandidateReceipt })],
  /** A dispute like any other from now on. */
  available: [1, onCandidate],
  timedOut: [2, onCandidate],
});

export const errors = palletErrors(241, [
  "unknownSession",
  "otherValidators",
  "alreadyDisputed",
  "alreadyOpen",
  "notConcluded",
  "nobodyEscalates",
  "tooManyOpen",
  "tooManyOfValidator",
  "codeMissing",
  "otherCode",
  "codeTooLarge",
  "notOpen",
  "validatorIndexOutOfBounds",
  "alreadyVoted",
  "invalidSignature",
]);
