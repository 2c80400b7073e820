/**
 * What Staking keeps: who has bonded what, who stands for validation and who backs whom, and for each era
 * whose stake stood behind whom, what was earned and what was slashed. Names and layouts are Polkadot's.
 *
 * An era is a number of sessions with the same elected validators.
 */
import { AccountId, Balance, Moment, Perbill, SessionIndex } from "@parahost/primitives";
import {
  bool,
  type Codec,
  compactU32,
  compactU128,
  map,
  option,
  struct,
  tuple,
  u32,
  type ValueOf,
  variant,
  vec,
} from "@parahost/scale";
import {
  palletErrors,
  palletEvents,
  type State,
  storageDoubleMap,
  storageMap,
  storageTripleMap,
  storageValue,
} from "../../framework/index.ts";

// Limits

/** Parts that one stash can have on their way out. */
export const UNLOCKING_CHUNKS_MAX = 32;

/** Candidates that one nominator can name. */
export const NOMINATIONS_MAX = 16;

/** Eras for which rewards can be claimed. */
export const HISTORY_DEPTH = 84;

/** Nominators of one page of an exposure: as many as one payout pays. */
export const EXPOSURE_PAGE_SIZE = 512;

/** Who may stand and who may nominate at all, if genesis does not say: they bound an election's work. */
export const VALIDATORS_MAX = 1_000;
export const NOMINATORS_MAX = 2_000;

// Types

export const EraIndex = u32;
export type EraIndex = ValueOf<typeof EraIndex>;

const compactPerbill: Codec<number> = {
  ...compactU32,
  type: { kind: "compact", of: Perbill.type },
};

const pathOf = (name: string) => ["pallet_staking", name];

const UnlockChunk = struct({ value: compactU128, era: compactU32 }, pathOf("UnlockChunk"));
export type UnlockChunk = ValueOf<typeof UnlockChunk>;

/** What a stash has bonded: all of it is on hold. */
export const StakingLedger = struct(
  {
    stash: AccountId,
    /** Active and unlocking together. */
    total: compactU128,
    /** What counts in elections. */
    active: compactU128,
    /** In the order of the eras in which they are free. */
    unlocking: vec(UnlockChunk),
    legacyClaimedRewards: vec(EraIndex),
  },
  ["pallet_staking", "ledger", "StakingLedger"],
);
export type StakingLedger = ValueOf<typeof StakingLedger>;

/** Where rewards go. */
export const RewardDestination = variant(
  {
    /** Bonded on top of the stake. */
    staked: 0,
    stash: 1,
    /** As `stash`: there are no controllers any more. */
    controller: 2,
    account: [3, AccountId],
    none: 4,
  },
  pathOf("RewardDestination"),
);
export type RewardDestination = ValueOf<typeof RewardDestination>;

export const ValidatorPrefs = struct(
  {
    /** The validator's share of its reward before the rest is divided by stake. */
    commission: compactPerbill,
    /** Whether new nominations are refused. */
    blocked: bool,
  },
  pathOf("ValidatorPrefs"),
);
export type ValidatorPrefs = ValueOf<typeof ValidatorPrefs>;

export const NO_PREFS: ValidatorPrefs = { commission: 0, blocked: false };

const Nominations = struct(
  { targets: vec(AccountId), submittedIn: EraIndex, suppressed: bool },
  pathOf("Nominations"),
);
export type Nominations = ValueOf<typeof Nominations>;

const ActiveEraInfo = struct(
  {
    index: EraIndex,
    /** Milliseconds since the Unix epoch; absent until the end of the era's first block. */
    start: option(Moment),
  },
  pathOf("ActiveEraInfo"),
);
export type ActiveEraInfo = ValueOf<typeof ActiveEraInfo>;

const EraRewardPoints = struct(
  { total: u32, individual: map(AccountId, u32) },
  pathOf("EraRewardPoints"),
);
export type EraRewardPoints = ValueOf<typeof EraRewardPoints>;

const IndividualExposure = struct({ who: AccountId, value: compactU128 }, [
  "sp_staking",
  "IndividualExposure",
]);
export type IndividualExposure = ValueOf<typeof IndividualExposure>;

const PagedExposureMetadata = struct(
  { total: compactU128, own: compactU128, nominatorCount: u32, pageCount: u32 },
  ["sp_staking", "PagedExposureMetadata"],
);
export type PagedExposureMetadata = ValueOf<typeof PagedExposureMetadata>;

const ExposurePage = struct({ pageTotal: compactU128, others: vec(IndividualExposure) }, [
  "sp_staking",
  "ExposurePage",
]);
export type ExposurePage = ValueOf<typeof ExposurePage>;

export const Forcing = variant(
  {
    /** Eras end when they are over. */
    notForcing: 0,
    /** The next session begins one, once. */
    forceNew: 1,
    /** No era ends. */
    forceNone: 2,
    /** Every session begins one. */
    forceAlways: 3,
  },
  pathOf("Forcing"),
);
export type Forcing = ValueOf<typeof Forcing>;

const UnappliedSlash = struct(
  {
    validator: AccountId,
    own: Balance,
    others: vec(tuple(AccountId, Balance)),
    reporters: vec(AccountId),
    /** What the reporters get of it. */
    payout: Balance,
  },
  pathOf("UnappliedSlash"),
);
export type UnappliedSlash = ValueOf<typeof UnappliedSlash>;

const NOT_FORCING: Forcing = { type: "notForcing" };
const NO_POINTS: EraRewardPoints = { total: 0, individual: new Map() };

// Storage

export const storage = {
  /** Parameters of the chain, fixed at genesis; Polkadot has them as constants. */
  sessionsPerEra: storageValue("Staking.SessionsPerEra", u32, 6),
  /** Eras until what was unbonded is free, and for which offences are punished. */
  bondingDuration: storageValue("Staking.BondingDuration", u32, 28),
  /** Eras until a slash is applied; none = at once. Less than the bonding duration. */
  slashDeferDuration: storageValue("Staking.SlashDeferDuration", u32, 0),
  /** Share of the total issuance that a year of rewards adds to it. */
  annualInflation: storageValue("Staking.AnnualInflation", Perbill, 0),

  /** Validators to elect. */
  validatorCount: storageValue("Staking.ValidatorCount", u32, 0),
  /** With fewer winners an election fails, and the validators stay. */
  minimumValidatorCount: storageValue("Staking.MinimumValidatorCount", u32, 0),
  /** Who is never slashed. */
  invulnerables: storageValue("Staking.Invulnerables", vec(AccountId), []),
  /** Stash to the key of its ledger: the stash itself. */
  bonded: storageMap("Staking.Bonded", "twox64Concat", AccountId, AccountId),
  minNominatorBond: storageValue("Staking.MinNominatorBond", Balance, 0n),
  minValidatorBond: storageValue("Staking.MinValidatorBond", Balance, 0n),
  minCommission: storageValue("Staking.MinCommission", Perbill, 0),
  ledger: storageMap("Staking.Ledger", "blake2_128Concat", AccountId, StakingLedger),
  payee: storageMap("Staking.Payee", "twox64Concat", AccountId, RewardDestination),
  validators: storageMap("Staking.Validators", "twox64Concat", AccountId, ValidatorPrefs, NO_PREFS),
  counterForValidators: storageValue("Staking.CounterForValidators", u32, 0),
  maxValidatorsCount: storageValue("Staking.MaxValidatorsCount", u32),
  nominators: storageMap("Staking.Nominators", "twox64Concat", AccountId, Nominations),
  counterForNominators: storageValue("Staking.CounterForNominators", u32, 0),
  maxNominatorsCount: storageValue("Staking.MaxNominatorsCount", u32),
  /** The last era that was planned; it may begin with the session after this one. */
  currentEra: storageValue("Staking.CurrentEra", EraIndex),
  activeEra: storageValue("Staking.ActiveEra", ActiveEraInfo),
  erasStartSessionIndex: storageMap(
    "Staking.ErasStartSessionIndex",
    "twox64Concat",
    EraIndex,
    SessionIndex,
  ),
  erasStakersOverview: storageDoubleMap(
    "Staking.ErasStakersOverview",
    "twox64Concat",
    EraIndex,
    "twox64Concat",
    AccountId,
    PagedExposureMetadata,
  ),
  erasStakersPaged: storageTripleMap(
    "Staking.ErasStakersPaged",
    "twox64Concat",
    [EraIndex, AccountId, u32],
    ExposurePage,
  ),
  /** Pages of a validator's exposure that were paid. */
  claimedRewards: storageDoubleMap(
    "Staking.ClaimedRewards",
    "twox64Concat",
    EraIndex,
    "twox64Concat",
    AccountId,
    vec(u32),
    [],
  ),
  erasValidatorPrefs: storageDoubleMap(
    "Staking.ErasValidatorPrefs",
    "twox64Concat",
    EraIndex,
    "twox64Concat",
    AccountId,
    ValidatorPrefs,
    NO_PREFS,
  ),
  /** What an era's validators earned together, once it is over. */
  erasValidatorReward: storageMap("Staking.ErasValidatorReward", "twox64Concat", EraIndex, Balance),
  erasRewardPoints: storageMap(
    "Staking.ErasRewardPoints",
    "twox64Concat",
    EraIndex,
    EraRewardPoints,
    NO_POINTS,
  ),
  erasTotalStake: storageMap("Staking.ErasTotalStake", "twox64Concat", EraIndex, Balance, 0n),
  forceEra: storageValue("Staking.ForceEra", Forcing, NOT_FORCING),
  /** The share of a slash that its reporters get. */
  slashRewardFraction: storageValue("Staking.SlashRewardFraction", Perbill, 0),
  /** By the era at whose beginning they are applied. */
  unappliedSlashes: storageMap(
    "Staking.UnappliedSlashes",
    "twox64Concat",
    EraIndex,
    vec(UnappliedSlash),
    [],
  ),
  /** Eras whose stake can still be slashed, and their first sessions. */
  bondedEras: storageValue("Staking.BondedEras", vec(tuple(EraIndex, SessionIndex)), []),
  /** The largest slash of a validator in an era: fraction, and amount of its own stake. */
  validatorSlashInEra: storageDoubleMap(
    "Staking.ValidatorSlashInEra",
    "twox64Concat",
    EraIndex,
    "twox64Concat",
    AccountId,
    tuple(Perbill, Balance),
  ),
  /** The last session that was planned. */
  currentPlannedSession: storageValue(
    "Staking.CurrentPlannedSession",
    SessionIndex,
    0 as SessionIndex,
  ),
};

export const events = palletEvents("Staking", {
  /** The rest went to the treasury. */
  eraPaid: [0, struct({ eraIndex: EraIndex, validatorPayout: Balance, remainder: Balance })],
  rewarded: [1, struct({ stash: AccountId, dest: RewardDestination, amount: Balance })],
  slashed: [2, struct({ staker: AccountId, amount: Balance })],
  slashReported: [3, struct({ validator: AccountId, fraction: Perbill, slashEra: EraIndex })],
  /** Of a session whose stake is free by now. */
  oldSlashingReportDiscarded: [4, struct({ sessionIndex: SessionIndex })],
  stakersElected: 5,
  bonded: [6, struct({ stash: AccountId, amount: Balance })],
  unbonded: [7, struct({ stash: AccountId, amount: Balance })],
  withdrawn: [8, struct({ stash: AccountId, amount: Balance })],
  kicked: [9, struct({ nominator: AccountId, stash: AccountId })],
  stakingElectionFailed: 10,
  chilled: [11, struct({ stash: AccountId })],
  payoutStarted: [
    12,
    struct({
      eraIndex: EraIndex,
      validatorStash: AccountId,
      page: u32,
      next: option(u32),
    }),
  ],
  validatorPrefsSet: [13, struct({ stash: AccountId, prefs: ValidatorPrefs })],
  forceEra: [16, struct({ mode: Forcing })],
});

export const errors = palletErrors(7, [
  "notController",
  "notStash",
  "alreadyBonded",
  "alreadyPaired",
  "emptyTargets",
  "duplicateIndex",
  "invalidSlashRecord",
  "insufficientBond",
  "noMoreChunks",
  "noUnlockChunk",
  "fundedTarget",
  "invalidEraToReward",
  "invalidNumberOfNominations",
  "notSortedAndUnique",
  "alreadyClaimed",
  "invalidPage",
  "incorrectHistoryDepth",
  "incorrectSlashingSpans",
  "badState",
  "tooManyTargets",
  "badTarget",
  "cannotChillOther",
  "tooManyNominators",
  "tooManyValidators",
  "commissionTooLow",
  "boundNotMet",
  "controllerDeprecated",
  "cannotRestoreLedger",
  "rewardDestinationRestricted",
  "notEnoughFunds",
  "virtualStakerNotAllowed",
]);

/** Whether this chain elects its validators by stake. */
export const isStaking = (state: State): boolean => storage.activeEra.has(state);

/** The era being validated; `undefined` on a chain without staking. */
export const activeEra = (state: State): EraIndex | undefined =>
  storage.activeEra.get(state)?.index;

/** Parts of 1,000,000,000. */
export const BILLION = 1_000_000_000n;

/** `amount × fraction`, rounded down. */
export const shareOf = (fraction: Perbill, amount: Balance): Balance =>
  (amount * BigInt(fraction)) / BILLION;
