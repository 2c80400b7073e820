/** What is kept to punish validators for disputes: who still has to be named, and what is due when. */
import {
  AccountId,
  BlockNumber,
  CandidateHash,
  DisputesTimeSlot,
  PendingSlashes,
  Perbill,
  SessionIndex,
} from "@parahost/primitives";
import { map, option, struct, u32, type ValueOf, variant, vec } from "@parahost/scale";
import {
  palletErrors,
  palletEvents,
  storageDoubleMap,
  storageMap,
  storageValue,
} from "../../framework/index.ts";
import { DEFAULT_PENALTIES, Penalties, PenaltyReason } from "./penalties.ts";

const v = (name: string): readonly string[] => ["polkadot_runtime_parachains", "slashing", name];

/** A dispute whose time for votes ends. */
export const Window = struct(
  {
    timeSlot: DisputesTimeSlot,
    /** What it had come to when the window was opened. */
    since: variant({ beginning: 0, conclusion: 1 }, v("WindowStart")),
  },
  v("Window"),
);
export type Window = ValueOf<typeof Window>;

/** Points that validators had in the era when the session began. */
export const SessionPoints = struct(
  { era: u32, individual: map(AccountId, u32) },
  v("SessionPoints"),
);

export const storage = {
  unappliedSlashes: storageDoubleMap(
    "ParasSlashing.UnappliedSlashes",
    "Losers of past sessions whose accounts the chain does not know, one entry per kind. Somebody has to prove whose keys they are.",
    "twox64Concat",
    SessionIndex,
    "blake2_128Concat",
    CandidateHash,
    vec(PendingSlashes),
  ),
  penalties: storageValue(
    "ParasSlashing.Penalties",
    "What each fault costs, as shares of the stake.",
    Penalties,
    DEFAULT_PENALTIES,
  ),
  windows: storageMap(
    "ParasSlashing.Windows",
    "Disputes, by the first block in which no vote is taken any more.",
    "twox64Concat",
    BlockNumber,
    vec(Window),
    [],
  ),
  candidateDepths: storageMap(
    "ParasSlashing.CandidateDepths",
    "Candidates that a validator might second per relay parent beyond the first, by session.",
    "twox64Concat",
    SessionIndex,
    u32,
  ),
  sessionPoints: storageValue(
    "ParasSlashing.SessionPoints",
    "Points that validators had in the era when the session began.",
    SessionPoints,
  ),
};

export const events = palletEvents("ParasSlashing", {
  /** What it comes to is in the events of Staking, where there is stake. */
  penalized: [
    0,
    struct({
      validator: AccountId,
      reason: PenaltyReason,
      fraction: Perbill,
      sessionIndex: SessionIndex,
      /** Absent for what does not concern one candidate. */
      candidateHash: option(CandidateHash),
    }),
  ],
});

export const errors = palletErrors(63, [
  "invalidKeyOwnershipProof",
  "invalidSessionIndex",
  "invalidCandidateHash",
  "invalidValidatorIndex",
  "validatorIndexIdMismatch",
  "duplicateSlashingReport",
  "statementsAgree",
  "secondingAllowed",
  "invalidSignature",
  "penaltyAboveWhole",
]);
