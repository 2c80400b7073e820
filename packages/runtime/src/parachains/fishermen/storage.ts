/** Reports of fishermen: what they stake on a candidate being bad, until it is known. */
import {
  AccountId,
  Balance,
  BlockNumber,
  CandidateHash,
  DisputesTimeSlot,
  SessionIndex,
} from "@parahost/primitives";
import { struct, type ValueOf, variant, vec } from "@parahost/scale";
import { palletErrors, palletEvents, storageDoubleMap, storageMap } from "../../framework/index.ts";

const v = (name: string): readonly string[] => ["pallet_fishermen", name];

/** What is wrong with the candidate. */
export const ReportKind = variant({ invalid: 0, unavailable: 1 }, v("ReportKind"));
export type ReportKind = ValueOf<typeof ReportKind>;

export const FishermanReport = struct(
  { who: AccountId, stake: Balance, kind: ReportKind },
  v("FishermanReport"),
);
export type FishermanReport = ValueOf<typeof FishermanReport>;

/** Reports on one candidate. By then as many checkers are called as there are. */
export const REPORTS_MAX = 64;

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
});

export const errors = palletErrors(242, [
  "notIncluded",
  "otherRelayBlock",
  "tooLate",
  "alreadyConcluded",
  "alreadyReported",
  "tooManyReports",
  "stakeTooLow",
]);
