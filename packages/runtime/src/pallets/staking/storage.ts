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
  newtype,
  option,
  struct,
  tuple,
  u8,
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

/** Parts of a hundred. */
export const Percent = newtype(["sp_arithmetic", "per_things", "Percent"], u8);
export type Percent = ValueOf<typeof Percent>;

const compactPerbill: Codec<number> = {
  ...compactU32,
  type: { kind: "compact", of: Perbill.type },
};

const pathOf = (name: string) => ["pallet_staking", name];

export const UnlockChunk = struct({ value: compactU128, era: compactU32 }, pathOf("UnlockChunk"));
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
  sessionsPerEra: storageValue(
    "Staking.SessionsPerEra",
    "Sessions of an era. A parameter of the chain, fixed at genesis; a constant on Polkadot.",
    u32,
    6,
  ),
  bondingDuration: storageValue(
    "Staking.BondingDuration",
    "Eras until what was unbonded is free, and for which offences are punished. Fixed at genesis.",
    u32,
    28,
  ),
  slashDeferDuration: storageValue(
    "Staking.SlashDeferDuration",
    "Eras until a slash is applied; none: at once. Less than the bonding duration. Fixed at genesis.",
    u32,
    0,
  ),
  annualInflation: storageValue(
    "Staking.AnnualInflation",
    "Share of the total issuance that a year of rewards adds to it.",
    Perbill,
    0,
  ),

  validatorCount: storageValue("Staking.ValidatorCount", "Validators to elect.", u32, 0),
  minimumValidatorCount: storageValue(
    "Staking.MinimumValidatorCount",
    "With fewer winners an election fails, and the validators stay.",
    u32,
    0,
  ),
  invulnerables: storageValue("Staking.Invulnerables", "Who is never slashed.", vec(AccountId), []),
  bonded: storageMap(
    "Staking.Bonded",
    "Stash to the key of its ledger: the stash itself.",
    "twox64Concat",
    AccountId,
    AccountId,
  ),
  minNominatorBond: storageValue(
    "Staking.MinNominatorBond",
    "The least active bond of a nominator.",
    Balance,
    0n,
  ),
  minValidatorBond: storageValue(
    "Staking.MinValidatorBond",
    "The least active bond of a validator.",
    Balance,
    0n,
  ),
  minCommission: storageValue(
    "Staking.MinCommission",
    "The least commission that a validator may ask for.",
    Perbill,
    0,
  ),
  ledger: storageMap(
    "Staking.Ledger",
    "What a stash has bonded and what of it is on its way out.",
    "blake2_128Concat",
    AccountId,
    StakingLedger,
  ),
  payee: storageMap(
    "Staking.Payee",
    "Where a stash's rewards go.",
    "twox64Concat",
    AccountId,
    RewardDestination,
  ),
  validators: storageMap(
    "Staking.Validators",
    "Who stands for validation, with their preferences.",
    "twox64Concat",
    AccountId,
    ValidatorPrefs,
    NO_PREFS,
  ),
  counterForValidators: storageValue(
    "Staking.CounterForValidators",
    "How many stand for validation.",
    u32,
    0,
  ),
  maxValidatorsCount: storageValue(
    "Staking.MaxValidatorsCount",
    "How many may stand for validation; absent: 1,000.",
    u32,
  ),
  nominators: storageMap(
    "Staking.Nominators",
    "Who nominates whom.",
    "twox64Concat",
    AccountId,
    Nominations,
  ),
  counterForNominators: storageValue("Staking.CounterForNominators", "How many nominate.", u32, 0),
  maxNominatorsCount: storageValue(
    "Staking.MaxNominatorsCount",
    "How many may nominate; absent: 2,000.",
    u32,
  ),
  chillThreshold: storageValue(
    "Staking.ChillThreshold",
    "Share of the most that may have a role from which on anybody may chill those with too little stake; absent: nobody may.",
    Percent,
  ),
  maxStakedRewards: storageValue(
    "Staking.MaxStakedRewards",
    "The most of an era's reward that goes to validators and nominators; absent: all that they earn.",
    Percent,
  ),
  currentEra: storageValue(
    "Staking.CurrentEra",
    "The last era that was planned; it may begin with the session after this one.",
    EraIndex,
  ),
  activeEra: storageValue(
    "Staking.ActiveEra",
    "The era whose validators are at work, and when it began.",
    ActiveEraInfo,
  ),
  erasStartSessionIndex: storageMap(
    "Staking.ErasStartSessionIndex",
    "The session with which an era began.",
    "twox64Concat",
    EraIndex,
    SessionIndex,
  ),
  erasStakersOverview: storageDoubleMap(
    "Staking.ErasStakersOverview",
    "Total and own stake behind a validator in an era, and how many pages of nominators there are.",
    "twox64Concat",
    EraIndex,
    "twox64Concat",
    AccountId,
    PagedExposureMetadata,
  ),
  erasStakersPaged: storageTripleMap(
    "Staking.ErasStakersPaged",
    "Nominators behind a validator in an era, page by page, with their stakes.",
    "twox64Concat",
    [EraIndex, AccountId, u32],
    ExposurePage,
  ),
  claimedRewards: storageDoubleMap(
    "Staking.ClaimedRewards",
    "Pages of a validator's exposure in an era that were paid.",
    "twox64Concat",
    EraIndex,
    "twox64Concat",
    AccountId,
    vec(u32),
    [],
  ),
  erasValidatorPrefs: storageDoubleMap(
    "Staking.ErasValidatorPrefs",
    "A validator's preferences as they were when the era began.",
    "twox64Concat",
    EraIndex,
    "twox64Concat",
    AccountId,
    ValidatorPrefs,
    NO_PREFS,
  ),
  erasValidatorReward: storageMap(
    "Staking.ErasValidatorReward",
    "What an era's validators earned together, once it is over.",
    "twox64Concat",
    EraIndex,
    Balance,
  ),
  erasRewardPoints: storageMap(
    "Staking.ErasRewardPoints",
    "Points of an era: in all, and of each validator.",
    "twox64Concat",
    EraIndex,
    EraRewardPoints,
    NO_POINTS,
  ),
  erasTotalStake: storageMap(
    "Staking.ErasTotalStake",
    "Stake behind all validators of an era together.",
    "twox64Concat",
    EraIndex,
    Balance,
    0n,
  ),
  forceEra: storageValue(
    "Staking.ForceEra",
    "Whether the next session begins an era whatever the calendar says, or never.",
    Forcing,
    NOT_FORCING,
  ),
  slashRewardFraction: storageValue(
    "Staking.SlashRewardFraction",
    "The share of a slash that its reporters get.",
    Perbill,
    0,
  ),
  unappliedSlashes: storageMap(
    "Staking.UnappliedSlashes",
    "Slashes that wait, by the era at whose beginning they are applied.",
    "twox64Concat",
    EraIndex,
    vec(UnappliedSlash),
    [],
  ),
  bondedEras: storageValue(
    "Staking.BondedEras",
    "Eras whose stake can still be slashed, and their first sessions.",
    vec(tuple(EraIndex, SessionIndex)),
    [],
  ),
  validatorSlashInEra: storageDoubleMap(
    "Staking.ValidatorSlashInEra",
    "The largest slash of a validator in an era: fraction, and amount of its own stake.",
    "twox64Concat",
    EraIndex,
    "twox64Concat",
    AccountId,
    tuple(Perbill, Balance),
  ),
  minimumActiveStake: storageValue(
    "Staking.MinimumActiveStake",
    "The least stake that took part in the last election.",
    Balance,
    0n,
  ),
  currentPlannedSession: storageValue(
    "Staking.CurrentPlannedSession",
    "The last session that was planned.",
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
  controllerBatchDeprecated: [17, struct({ failures: u32 })],
});

export const errors = palletErrors(7, [
  "notController",
  "notStash",
  "alreadyBonded",
  "alreadyPaired",
  "emptyTargets",
  "duplicateIndex",
  "invalidSlashIndex",
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
  "cannotReapStash",
  "alreadyMigrated",
  "restricted",
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
