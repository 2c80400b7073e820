/**
 * Where the metadata of this runtime and of Polkadot's differ in what both have, and why. Whatever is not listed is
 * alike: name, place, hashers, modifier, and the shape of every type.
 */

interface Departure {
  readonly why: string;
  readonly items: readonly string[];
}

/** `Pallet.kind.` before each of the names. */
const of = (prefix: string, ...names: readonly string[]): string[] =>
  names.map((name) => `${prefix}.${name}`);

/** Pallets of this runtime that Polkadot has not. */
export const PALLETS_ADDED: readonly Departure[] = [
  {
    why: "there is no governance: an account is root, as on Polkadot's test networks",
    items: ["Sudo"],
  },
  { why: "networks of tests change validators without stake", items: ["ValidatorManager"] },
  {
    why: "root registers paras at once, as on Polkadot's test networks",
    items: ["ParasSudoWrapper"],
  },
  { why: "claims of parathreads are auctioned (reference coretime 3.1)", items: ["ClaimAuction"] },
  {
    why: "disputes of other chains are carried over (the guide; reference 4.7.1)",
    items: ["RemoteDisputes", "Fishermen", "Suspensions"],
  },
];

/** What Polkadot has not. */
export const ADDED: readonly Departure[] = [
  {
    why: "parameters that differ between networks are items; Polkadot's are constants",
    items: [
      ...of("Babe.storage", "EpochDuration", "SlotDuration"),
      ...of("ParasShared.storage", "SessionDelay"),
      ...of(
        "Staking.storage",
        "AnnualInflation",
        "BondingDuration",
        "SessionsPerEra",
        "SlashDeferDuration",
      ),
    ],
  },
  {
    why: "a refusal is a value with a reason of its own; Polkadot panics, or drops what it refuses",
    items: [
      ...of("Timestamp.errors", "AlreadySet", "TooEarly", "WrongSlot"),
      ...of("Paras.errors", "HeadDataTooLarge"),
      ...of("ParaInherent.errors", "DisputeInvalid", "InherentOverweight"),
      ...of(
        "ParaInclusion.errors",
        "BackedByDisabled",
        "BitfieldDuplicateOrUnordered",
        "CandidateDisputed",
        "CandidateScheduledBeforeParaFree",
        "CoreIndexMismatch",
        "InvalidBitfieldSignature",
        "InvalidUmpSignals",
        "NewCodeTooSmall",
        "NotCollatorSigned",
        "ScheduledOutOfOrder",
        "SessionIndexMismatch",
        "UnsupportedDescriptor",
        "WrongBitfieldSize",
        "WrongCollator",
      ),
    ],
  },
  {
    why: "pallet_balances and pallet_utility have these by now; Polkadot has not upgraded to them",
    items: [
      ...of("Balances.events", "BurnedHeld", "Held", "Released"),
      ...of("Utility.errors", "InvalidDerivedAccount"),
    ],
  },
  { why: "a client has to know it", items: of("Staking.constants", "MaxNominations") },
  { why: "a proof is of the keys of its session", items: of("Historical.storage", "CurrentKeys") },
  {
    why: "every field of the guide's configuration has its call",
    items: of(
      "Configuration.calls",
      "set_acceptance_period",
      "set_max_availability_timeouts",
      "set_on_demand_ttl",
      "set_parathread_cores",
      "set_parathread_retries",
      "set_thread_availability_period",
    ),
  },
  {
    why: "votes on availability accumulate (the guide)",
    items: of("ParaInclusion.storage", "AvailabilityBitfields"),
  },
  {
    why: "the scheduler is the guide's: claims of parathreads share cores",
    items: [
      ...of(
        "ParaScheduler.storage",
        "AvailabilityCores",
        "ParathreadClaimIndex",
        "ParathreadQueue",
        "Scheduled",
      ),
      ...of("OnDemand.storage", "SpotPriceModel", "Traffic"),
      ...of("OnDemand.calls", "credit_account", "set_spot_price_model"),
      ...of("OnDemand.errors", "AlreadyOrdered", "NoSharedCore", "NotAParathread", "ParaSuspended"),
    ],
  },
  {
    why: "all that validators owe each other in disputes is settled on chain (reference 4.7.1)",
    items: [
      ...of("ParasSlashing.storage", "CandidateDepths", "Penalties", "SessionPoints", "Windows"),
      ...of("ParasSlashing.calls", "report_backing_misbehaviour", "set_penalties"),
      ...of("ParasSlashing.events", "Penalized"),
      ...of(
        "ParasSlashing.errors",
        "InvalidSignature",
        "PenaltyAboveWhole",
        "SecondingAllowed",
        "StatementsAgree",
      ),
    ],
  },
  { why: "a later version of the API has it", items: ["ParachainHost.para_ids"] },
];

/** What this runtime has not. */
export const MISSING: readonly Departure[] = [
  {
    why: "marks of migrations that a chain has which is older than its pallets",
    items: [
      ...of("System.storage", "UpgradedToTripleRefCount", "UpgradedToU32RefCount"),
      ...of("TransactionPayment.storage", "StorageVersion"),
      ...of("Preimage.storage", "StatusFor"),
      ...of("Staking.events", "CurrencyMigrated"),
      ...of("Staking.storage", "ErasStakers", "ErasStakersClipped"),
    ],
  },
  {
    why: "notes that live within a block only",
    items: of("System.storage", "ExtrinsicWeightReclaimed", "InherentsApplied"),
  },
  { why: "no event has topics", items: of("System.storage", "EventTopics") },
  { why: "System keeps the accounts, on Polkadot too", items: of("Balances.storage", "Account") },
  {
    why: "reserves are holds with reasons, and nothing is shelved or written unexpectedly",
    items: [
      ...of("Balances.storage", "Reserves"),
      ...of("Balances.constants", "MaxReserves"),
      ...of("Balances.events", "Restored", "Suspended", "Unexpected"),
    ],
  },
  {
    why: "nobody stakes for others, spans between offences are given up, cancelled slashes leave nothing",
    items: of(
      "Staking.storage",
      "CanceledSlashPayout",
      "CounterForVirtualStakers",
      "NominatorSlashInEra",
      "SlashingSpans",
      "SpanSlash",
      "VirtualStakers",
    ),
  },
  {
    why: "everybody takes part in elections: no snapshot is too small",
    items: of("Staking.events", "SnapshotTargetsSizeExceeded", "SnapshotVotersSizeExceeded"),
  },
  {
    why: "nothing pauses finality, on Polkadot neither",
    items: [...of("Grandpa.storage", "State"), ...of("Grandpa.events", "Paused", "Resumed")],
  },
  {
    why: "nothing of the treasury's is burned or left out of votes, it pays by the calendar, and at once",
    items: [
      ...of("Treasury.storage", "Deactivated", "LastSpendPeriod"),
      ...of("Treasury.events", "Burnt", "PaymentFailed", "UpdatedInactive"),
    ],
  },
  {
    why: "lists of authorities and nominators are as long as those of validators and stakers, without bounds of their own",
    items: [
      ...of("Babe.constants", "MaxAuthorities", "MaxNominators"),
      ...of("Grandpa.constants", "MaxAuthorities", "MaxNominators", "MaxSetIdSessionEntries"),
    ],
  },
  {
    why: "what on-demand orders pay is burned, without an account",
    items: of("OnDemand.constants", "PalletId"),
  },
  {
    why: "come with messages",
    items: [
      ...of("ParaInclusion.events", "UpwardMessagesReceived"),
      ...of("ParachainHost", "dmq_contents", "inbound_hrmp_channels_contents"),
    ],
  },
  {
    why: "the scheduler is the guide's: the claim queue is derived, and claims lie in ParaScheduler",
    items: [
      ...of("ParaScheduler.storage", "ClaimQueue"),
      ...of("OnDemand.storage", "AffinityEntries", "FreeEntries", "ParaIdAffinity", "QueueStatus"),
    ],
  },
  {
    why: "how many validated is in the session's info",
    items: of("ParasSlashing.storage", "ValidatorSetCounts"),
  },
];

/** What both have, in different shapes. */
export const DIFFERENT: readonly Departure[] = [
  {
    why: "what stood behind an offender is kept by era",
    items: of("Offences.storage", "Reports"),
  },
  {
    why: "of all places of XCM those that this treasury can pay, in the same bytes",
    items: [
      ...of("Treasury.storage", "Spends"),
      ...of("Treasury.calls", "spend"),
      ...of("Treasury.events", "AssetSpendApproved"),
    ],
  },
  {
    why: "the guide's fields follow Polkadot's",
    items: of("Configuration.storage", "ActiveConfig", "PendingConfigs"),
  },
  {
    why: "modules of the guide need all keys of the validators that they are told of",
    items: of("Initializer.storage", "BufferedSessionChanges"),
  },
  {
    why: "a candidate can have losers of several kinds at once, and a report has to say which it means",
    items: [
      ...of("ParasSlashing.storage", "UnappliedSlashes"),
      ...of("ParachainHost", "submit_report_dispute_lost", "unapplied_slashes"),
    ],
  },
  {
    why: "only blocks with orders have an entry, so that idle blocks write none",
    items: of("OnDemand.storage", "Revenue"),
  },
];
