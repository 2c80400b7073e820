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
import { bool, positional, struct, tuple, u32, type ValueOf, vec } from "@parahost/scale";
import { palletErrors, palletEvents, storageMap, storageValue } from "../../framework/index.ts";
import { ParaLifecycle } from "./lifecycle.ts";
import { NO_PAST_CODE, ParaPastCodeMeta } from "./past-code.ts";
import { PvfCheckActiveVoteState } from "./pvf-check.ts";
import { Upcoming } from "./upcoming.ts";

/** How a para begins. */
export const ParaGenesisArgs = struct(
  {
    genesisHead: HeadData,
    validationCode: ValidationCode,
    /** False: a parathread. */
    parachain: bool,
  },
  ["polkadot_runtime_parachains", "paras", "ParaGenesisArgs"],
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
  /** Ascending. Position = core. */
  parachains: storageValue(name("Parachains"), vec(ParaId), []),
  paraLifecycles: storageMap(name("ParaLifecycles"), "twox64Concat", ParaId, ParaLifecycle),
  /** Ascending: paras whose queued change is applied when the session begins. */
  actionsQueue: storageMap(name("ActionsQueue"), "twox64Concat", SessionIndex, vec(ParaId), []),
  /** Without the code, which is stored when the para is scheduled. */
  upcomingParasGenesis: storageMap(
    name("UpcomingParasGenesis"),
    "twox64Concat",
    ParaId,
    ParaGenesisArgs,
  ),

  // Heads
  heads: storageMap(name("Heads"), "twox64Concat", ParaId, HeadData),
  /** Number of the relay parent of the last included candidate. */
  mostRecentContext: storageMap(name("MostRecentContext"), "twox64Concat", ParaId, BlockNumber),

  // Code
  codeByHash: storageMap(name("CodeByHash"), "identity", ValidationCodeHash, ValidationCode),
  /** How many current, future and past codes a stored code is. */
  codeByHashRefs: storageMap(name("CodeByHashRefs"), "identity", ValidationCodeHash, u32, 0),
  currentCodeHash: storageMap(name("CurrentCodeHash"), "twox64Concat", ParaId, ValidationCodeHash),
  /** By para and the block at which the replacement was expected. */
  pastCodeHash: storageMap(
    name("PastCodeHash"),
    "twox64Concat",
    tuple(ParaId, BlockNumber),
    ValidationCodeHash,
  ),
  pastCodeMeta: storageMap(
    name("PastCodeMeta"),
    "twox64Concat",
    ParaId,
    ParaPastCodeMeta,
    NO_PAST_CODE,
  ),
  /** Blocks at which code was replaced: pruned when they are old enough. */
  pastCodePruning: storageValue(name("PastCodePruning"), Upcoming, []),

  // Upgrades
  futureCodeHash: storageMap(name("FutureCodeHash"), "twox64Concat", ParaId, ValidationCodeHash),
  /** The first relay parent number whose candidate switches to the new code. */
  futureCodeUpgrades: storageMap(name("FutureCodeUpgrades"), "twox64Concat", ParaId, BlockNumber),
  /** Upgrades that are applied at their block whatever the para does. */
  futureCodeUpgradesAt: storageValue(name("FutureCodeUpgradesAt"), Upcoming, []),
  /** Upgrades whose paras will be told to go ahead. */
  upcomingUpgrades: storageValue(name("UpcomingUpgrades"), Upcoming, []),
  upgradeCooldowns: storageValue(name("UpgradeCooldowns"), Upcoming, []),
  /** Both signals are read by paras through proofs. */
  upgradeGoAheadSignal: storageMap(
    name("UpgradeGoAheadSignal"),
    "twox64Concat",
    ParaId,
    UpgradeGoAhead,
  ),
  upgradeRestrictionSignal: storageMap(
    name("UpgradeRestrictionSignal"),
    "twox64Concat",
    ParaId,
    UpgradeRestriction,
  ),

  /** Code that governance has announced by its hash, and that anybody may hand in until then. */
  authorizedCodeHash: storageMap(
    name("AuthorizedCodeHash"),
    "twox64Concat",
    ParaId,
    AuthorizedCode,
  ),

  // Pre-checks
  pvfActiveVoteMap: storageMap(
    name("PvfActiveVoteMap"),
    "twox64Concat",
    ValidationCodeHash,
    PvfCheckActiveVoteState,
  ),
  /** The keys of the map, ascending. */
  pvfActiveVoteList: storageValue(name("PvfActiveVoteList"), vec(ValidationCodeHash), []),
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
