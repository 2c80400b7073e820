/** Reports of fishermen: what they stake on a candidate being bad, until it is known. */
import {
  AccountId,
  Balance,
  BlockNumber,
  CandidateHash,
  DisputesTimeSlot,
  FISHERMEN_REPORTS_MAX,
  SeenReport,
  SessionIndex,
  ValidatorIndex,
} from "@parahost/primitives";
import { struct, type ValueOf, variant, vec } from "@parahost/scale";
import {
  palletErrors,
  palletEvents,
  storageDoubleMap,
  storageMap,
  storageValue,
} from "../../framework/index.ts";

const v = (name: string): readonly string[] => ["pallet_fishermen", name];

/** What is wrong with the candidate. */
export const ReportKind = variant({ invalid: 0, unavailable: 1 }, v("ReportKind"));
export type ReportKind = ValueOf<typeof ReportKind>;

export const FishermanReport = struct(
  { who: AccountId, stake: Balance, kind: ReportKind },
  v("FishermanReport"),
);
export type FishermanReport = ValueOf<typeof FishermanReport>;

export const REPORTS_MAX = FISHERMEN_REPORTS_MAX;

/** What is held back of a reward for fishermen of an abandoned chain. */
export const HeldReward = struct(
  {
    amount: Balance,
    /** The first block in which no testimony is taken any more. */
    until: BlockNumber,
  },
  v("HeldReward"),
);

export const storage = {
  reports: storageDoubleMap(
    "Fishermen.Reports",
    "Bonded reports on a candidate.",
    "twox64Concat",
    SessionIndex,
    "blake2_128Concat",
    CandidateHash,
    vec(FishermanReport),
    [],
  ),
  expiries: storageMap(
    "Fishermen.Expiries",
    "Candidates, by the block in which the reports on them have come to nothing, unless they are disputed.",
    "twox64Concat",
    BlockNumber,
    vec(DisputesTimeSlot),
    [],
  ),
  held: storageDoubleMap(
    "Fishermen.Held",
    "The part of a reward that is for fishermen of an abandoned chain, while validators tell who they are.",
    "twox64Concat",
    SessionIndex,
    "blake2_128Concat",
    CandidateHash,
    HeldReward,
  ),
  heldTotal: storageValue(
    "Fishermen.HeldTotal",
    "What is held back for all candidates together.",
    Balance,
    0n,
  ),
  testimonies: storageDoubleMap(
    "Fishermen.Testimonies",
    "Reports on a candidate that a validator has seen on an abandoned chain.",
    "blake2_128Concat",
    DisputesTimeSlot,
    "twox64Concat",
    ValidatorIndex,
    vec(SeenReport, FISHERMEN_REPORTS_MAX),
  ),
};

const onCandidate = {
  who: AccountId,
  stake: Balance,
  sessionIndex: SessionIndex,
  candidateHash: CandidateHash,
};

export const events = palletEvents("Fishermen", {
  reported: [0, struct({ ...onCandidate, kind: ReportKind })],
  bondReturned: [1, struct(onCandidate)],
  bondLost: [2, struct(onCandidate)],
  /** For a report on a chain that was abandoned. */
  rewarded: [
    3,
    struct({
      who: AccountId,
      amount: Balance,
      sessionIndex: SessionIndex,
      candidateHash: CandidateHash,
    }),
  ],
});

export const errors = palletErrors(242, [
  "notIncluded",
  "otherRelayBlock",
  "tooLate",
  "alreadyConcluded",
  "alreadyReported",
  "tooManyReports",
  "stakeTooLow",
  "notAwaited",
  "validatorIndexOutOfBounds",
  "alreadyTestified",
  "namesNobody",
  "namedTwice",
  "invalidSignature",
]);
