/** What Paras keeps of every para, its events and its errors. Reference: 4.3. */
import {
  BlockNumber,
  HeadData,
  ParaId,
  SessionIndex,
  UpgradeGoAhead,
  UpgradeRestriction,
  ValidationCode,
  ValidationCodeHash,
} from "@parahost/primitives";
import { bool, positional, renamed, struct, tuple, u32, type ValueOf, vec } from "@parahost/scale";
import { palletErrors, palletEvents, storageMap, storageValue } from "../../framework/index.ts";
import { ParaLifecycle } from "./lifecycle.ts";
import { NO_PAST_CODE, ParaPastCodeMeta } from "./past-code.ts";
import { PvfCheckActiveVoteState } from "./pvf-check.ts";
import { Upcoming } from "./upcoming.ts";

/** How a para begins. */
export const ParaGenesisArgs = renamed(
  { parachain: "para_kind" },
  struct(
    {
      genesisHead: HeadData,
      validationCode: ValidationCode,
      /** False: a parathread. */
      parachain: bool,
    },
    ["polkadot_runtime_parachains", "paras", "ParaGenesisArgs"],
  ),
);
export type ParaGenesisArgs = ValueOf<typeof ParaGenesisArgs>;

const AuthorizedCode = struct({ codeHash: ValidationCodeHash, expireAt: BlockNumber }, [
  "polkadot_runtime_parachains",
  "paras",
  "AuthorizedCodeHashAndExpiry",
]);

const name = <T extends string>(item: T): `Paras.${T}` => `Paras.${item}`;

export const storage = {
  // Who
  parachains: storageValue(
    name("Parachains"),
    "All parachains, ascending. A para's position is its core.",
    vec(ParaId),
    [],
  ),
  paraLifecycles: storageMap(
    name("ParaLifecycles"),
    "What a para is, or is becoming.",
    "twox64Concat",
    ParaId,
    ParaLifecycle,
  ),
  actionsQueue: storageMap(
    name("ActionsQueue"),
    "Paras whose queued change is applied when the session begins, ascending.",
    "twox64Concat",
    SessionIndex,
    vec(ParaId),
    [],
  ),
  upcomingParasGenesis: storageMap(
    name("UpcomingParasGenesis"),
    "How an onboarding para begins, without its code, which is stored when the para is scheduled.",
    "twox64Concat",
    ParaId,
    ParaGenesisArgs,
  ),

  // Heads
  heads: storageMap(
    name("Heads"),
    "Head data of the last included block of a para.",
    "twox64Concat",
    ParaId,
    HeadData,
  ),
  mostRecentContext: storageMap(
    name("MostRecentContext"),
    "Number of the relay parent of the last included candidate.",
    "twox64Concat",
    ParaId,
    BlockNumber,
  ),

  // Code
  codeByHash: storageMap(
    name("CodeByHash"),
    "Every validation code that a para uses, will use or has used recently, once.",
    "identity",
    ValidationCodeHash,
    ValidationCode,
  ),
  codeByHashRefs: storageMap(
    name("CodeByHashRefs"),
    "How many current, future and past codes a stored code is.",
    "identity",
    ValidationCodeHash,
    u32,
    0,
  ),
  currentCodeHash: storageMap(
    name("CurrentCodeHash"),
    "Hash of the code that a para's next candidate is checked with.",
    "twox64Concat",
    ParaId,
    ValidationCodeHash,
  ),
  pastCodeHash: storageMap(
    name("PastCodeHash"),
    "Hash of a replaced code, by para and the block at which the replacement was expected.",
    "twox64Concat",
    tuple(ParaId, BlockNumber),
    ValidationCodeHash,
  ),
  pastCodeMeta: storageMap(
    name("PastCodeMeta"),
    "When a para's code was replaced, and what of that is pruned.",
    "twox64Concat",
    ParaId,
    ParaPastCodeMeta,
    NO_PAST_CODE,
  ),
  pastCodePruning: storageValue(
    name("PastCodePruning"),
    "Blocks at which code was replaced, by para: pruned when they are old enough.",
    Upcoming,
    [],
  ),

  // Upgrades
  futureCodeHash: storageMap(
    name("FutureCodeHash"),
    "Hash of the code that a para will switch to.",
    "twox64Concat",
    ParaId,
    ValidationCodeHash,
  ),
  futureCodeUpgrades: storageMap(
    name("FutureCodeUpgrades"),
    "The first relay parent number whose candidate switches a para to its new code.",
    "twox64Concat",
    ParaId,
    BlockNumber,
  ),
  futureCodeUpgradesAt: storageValue(
    name("FutureCodeUpgradesAt"),
    "Upgrades that are applied at their block whatever the para does, ascending by block.",
    Upcoming,
    [],
  ),
  upcomingUpgrades: storageValue(
    name("UpcomingUpgrades"),
    "Upgrades whose paras will be told to go ahead, ascending by block.",
    Upcoming,
    [],
  ),
  upgradeCooldowns: storageValue(
    name("UpgradeCooldowns"),
    "Paras that may not upgrade again before their block, ascending by block.",
    Upcoming,
    [],
  ),
  upgradeGoAheadSignal: storageMap(
    name("UpgradeGoAheadSignal"),
    "Whether a para is to switch to its new code or to forget it. Read by paras through proofs.",
    "twox64Concat",
    ParaId,
    UpgradeGoAhead,
  ),
  upgradeRestrictionSignal: storageMap(
    name("UpgradeRestrictionSignal"),
    "Present while a para must not schedule an upgrade. Read by paras through proofs.",
    "twox64Concat",
    ParaId,
    UpgradeRestriction,
  ),

  authorizedCodeHash: storageMap(
    name("AuthorizedCodeHash"),
    "Code that governance has announced by its hash, and that anybody may hand in until then.",
    "twox64Concat",
    ParaId,
    AuthorizedCode,
  ),

  // Pre-checks
  pvfActiveVoteMap: storageMap(
    name("PvfActiveVoteMap"),
    "Votes of validators on code that waits for its pre-check.",
    "twox64Concat",
    ValidationCodeHash,
    PvfCheckActiveVoteState,
  ),
  pvfActiveVoteList: storageValue(
    name("PvfActiveVoteList"),
    "Hashes of the code that is voted on, ascending.",
    vec(ValidationCodeHash),
    [],
  ),
};

const codeAndPara = positional(struct({ codeHash: ValidationCodeHash, para: ParaId }));

export const events = palletEvents("Paras", {
  currentCodeUpdated: [0, ParaId],
  currentHeadUpdated: [1, ParaId],
  codeUpgradeScheduled: [2, ParaId],
  newHeadNoted: [3, ParaId],
  actionQueued: [4, positional(struct({ para: ParaId, session: SessionIndex }))],
  pvfCheckStarted: [5, codeAndPara],
  pvfCheckAccepted: [6, codeAndPara],
  pvfCheckRejected: [7, codeAndPara],
  upgradeCooldownRemoved: [8, struct({ paraId: ParaId })],
  codeAuthorized: [
    9,
    struct({ paraId: ParaId, codeHash: ValidationCodeHash, expireAt: BlockNumber }),
  ],
});

/** Polkadot's, then ours. */
export const errors = palletErrors(56, [
  "notRegistered",
  "cannotOnboard",
  "cannotOffboard",
  "cannotUpgrade",
  "cannotDowngrade",
  "pvfCheckStatementStale",
  "pvfCheckStatementFuture",
  "pvfCheckValidatorIndexOutOfBounds",
  "pvfCheckInvalidSignature",
  "pvfCheckDoubleVote",
  "pvfCheckSubjectInvalid",
  "cannotUpgradeCode",
  "invalidCode",
  "nothingAuthorized",
  "unauthorized",
  "invalidBlockNumber",
  "headDataTooLarge",
]);
