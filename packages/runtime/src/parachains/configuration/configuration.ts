/**
 * The host configuration and its changes. A change is scheduled and takes effect at a session boundary,
 * so that all modules work under one configuration for a whole session.
 *
 * At most two changes are pending: for the next session and, with a session delay of 2, for the one
 * after. An update starts from the last of them, so that it does not undo what is already scheduled.
 *
 * Guide: runtime/configuration.md. Reference: 4.2, 1.7.
 */
import { equalBytes, err } from "@parahost/base";
import {
  ApprovalVotingParams,
  AsyncBackingParams,
  Balance,
  BlockNumber,
  defaultHostConfiguration,
  ExecutorParams,
  HostConfiguration,
  Perbill,
  SchedulerParams,
  SessionIndex,
} from "@parahost/primitives";
import {
  bitsAt,
  bool,
  type Codec,
  encode,
  onesOf,
  option,
  positional,
  struct,
  u8,
  u32,
  vec,
} from "@parahost/scale";
import {
  asRoot,
  type CallDeclaration,
  call,
  type DispatchResult,
  done,
  ensureRoot,
  type Origin,
  pallet,
  palletErrors,
  type State,
  storageValue,
  weightOf,
} from "../../framework/index.ts";
import { CORES_MAX, plannedParachains } from "../paras/planned-cores.ts";
import { scheduledSession } from "../shared/shared.ts";
import { checkConsistency } from "./consistency.ts";

// Storage

const PendingConfig = positional(
  struct({ session: SessionIndex, configuration: HostConfiguration }),
);

export const storage = {
  activeConfig: storageValue(
    "Configuration.ActiveConfig",
    "The configuration of the current session.",
    HostConfiguration,
    defaultHostConfiguration({ validatorCount: 4, groupSize: 1, slotMs: 6000 }),
  ),
  pendingConfigs: storageValue(
    "Configuration.PendingConfigs",
    "Configurations that sessions to come will have, ascending by session.",
    vec(PendingConfig),
    [],
  ),
  bypassConsistencyCheck: storageValue(
    "Configuration.BypassConsistencyCheck",
    "While set, updates need not be consistent: a way out for governance when the checks themselves are in the way.",
    bool,
    false,
  ),
};

const errors = palletErrors(51, ["invalidNewValue"]);

// Routines

/** The configuration of the current session. */
export const configuration = (state: State): HostConfiguration => storage.activeConfig.get(state);

export const initializeConfiguration = (state: State, initial: HostConfiguration): void =>
  storage.activeConfig.set(state, initial);

/**
 * Schedules a change of the configuration. A new value that breaks a rule is refused, unless the
 * configuration that it is based on was broken before, so that a broken one can be repaired step by
 * step. More shared cores than the parachains leave room for are refused always. Setting what is set already, with
 * nothing pending, does nothing.
 */
export function updateConfiguration(
  state: State,
  change: (base: HostConfiguration) => HostConfiguration,
): DispatchResult {
  const pending = storage.pendingConfigs.get(state);
  const base = pending.at(-1)?.configuration ?? configuration(state);
  const changed = change(base);
  if (pending.length === 0 && isEqual(base, changed)) return done;
  if (
    !storage.bypassConsistencyCheck.get(state) &&
    !checkConsistency(changed).ok &&
    checkConsistency(base).ok
  )
    return err(errors.invalidNewValue);
  if (
    changed.parathreadCores > base.parathreadCores &&
    plannedParachains(state) + changed.parathreadCores > CORES_MAX
  )
    return err(errors.invalidNewValue);
  const session = scheduledSession(state);
  const kept = pending.filter((entry) => entry.session < session);
  storage.pendingConfigs.set(state, [...kept, { session, configuration: changed }]);
  return done;
}

const isEqual = (a: HostConfiguration, b: HostConfiguration): boolean =>
  equalBytes(encode(HostConfiguration, a), encode(HostConfiguration, b));

// Session change

export interface ConfigurationChange {
  readonly previous: HostConfiguration;
  readonly current: HostConfiguration;
}

/** Applies the last change due. */
export function onNewSession(state: State, session: SessionIndex): ConfigurationChange {
  const previous = configuration(state);
  const pending = storage.pendingConfigs.get(state);
  const due = pending.filter((entry) => entry.session <= session);
  const current = due.at(-1)?.configuration ?? previous;
  if (due.length > 0) {
    storage.activeConfig.set(state, current);
    storage.pendingConfigs.set(
      state,
      pending.filter((entry) => entry.session > session),
    );
  }
  return { previous, current };
}

// Entry points

const weight = weightOf({ reads: 5, writes: 1 });

function setByRoot(
  state: State,
  origin: Origin,
  change: (base: HostConfiguration) => HostConfiguration,
): DispatchResult {
  const root = ensureRoot(origin);
  return root.ok ? updateConfiguration(state, change) : root;
}

/** A call that sets one thing of the configuration to its argument. */
const setter = <T>(
  index: number,
  docs: string,
  codec: Codec<T>,
  change: (base: HostConfiguration, value: T) => HostConfiguration,
): CallDeclaration<{ readonly new: Codec<T> }> =>
  call({
    index,
    docs,
    args: { new: codec },
    class: "operational",
    weight,
    dispatch: (state, origin, args) =>
      setByRoot(state, origin, (base) => change(base, args.new as T)),
  });

const field = <K extends keyof HostConfiguration>(
  index: number,
  name: K,
  codec: Codec<HostConfiguration[K]>,
  docs: string,
) => setter(index, docs, codec, (base, value) => ({ ...base, [name]: value }));

const schedulerField = <K extends keyof SchedulerParams>(
  index: number,
  name: K,
  codec: Codec<SchedulerParams[K]>,
  docs: string,
) =>
  setter(index, docs, codec, (base, value) => ({
    ...base,
    schedulerParams: { ...base.schedulerParams, [name]: value },
  }));

/** Indices are Polkadot's; those from 60 on are for what Polkadot does not have. */
const calls = {
  setValidationUpgradeCooldown: field(
    0,
    "validationUpgradeCooldown",
    BlockNumber,
    "Blocks between two code upgrades of a para.",
  ),
  setValidationUpgradeDelay: field(
    1,
    "validationUpgradeDelay",
    BlockNumber,
    "Blocks from announcing a code upgrade to its earliest use.",
  ),
  setCodeRetentionPeriod: field(
    2,
    "codeRetentionPeriod",
    BlockNumber,
    "Blocks for which replaced code is kept.",
  ),
  setMaxCodeSize: field(3, "maxCodeSize", u32, "Largest validation code, in bytes."),
  setMaxPovSize: field(4, "maxPovSize", u32, "Largest proof of validity, in bytes."),
  setMaxHeadDataSize: field(5, "maxHeadDataSize", u32, "Largest head data, in bytes."),
  setCoretimeCores: schedulerField(6, "numCores", u32, "Number of coretime cores."),
  setMaxAvailabilityTimeouts: schedulerField(
    7,
    "maxAvailabilityTimeouts",
    u32,
    "Deprecated: has no effect.",
  ),
  setGroupRotationFrequency: schedulerField(
    8,
    "groupRotationFrequency",
    BlockNumber,
    "Blocks between rotations of validator groups; 0 for none.",
  ),
  setParasAvailabilityPeriod: schedulerField(
    9,
    "parasAvailabilityPeriod",
    BlockNumber,
    "Blocks until an unavailable parachain candidate times out.",
  ),
  setThreadAvailabilityPeriod: field(
    10,
    "threadAvailabilityPeriod",
    BlockNumber,
    "Blocks until an unavailable parathread candidate times out.",
  ),
  setSchedulingLookahead: schedulerField(11, "lookahead", u32, "Depth of the claim queue."),
  setMaxValidatorsPerCore: schedulerField(
    12,
    "maxValidatorsPerCore",
    option(u32),
    "Most validators of one group.",
  ),
  setMaxValidators: field(13, "maxValidators", option(u32), "Most validators for parachains."),
  setDisputePeriod: field(
    14,
    "disputePeriod",
    SessionIndex,
    "Sessions for which disputes are accepted.",
  ),
  setDisputePostConclusionAcceptancePeriod: field(
    15,
    "disputePostConclusionAcceptancePeriod",
    BlockNumber,
    "Blocks for which a concluded dispute takes further votes.",
  ),
  setNoShowSlots: field(18, "noShowSlots", u32, "Slots until a silent checker counts as absent."),
  setNDelayTranches: field(19, "nDelayTranches", u32, "Number of delay tranches."),
  setZerothDelayTrancheWidth: field(
    20,
    "zerothDelayTrancheWidth",
    u32,
    "Delay tranches that count as tranche zero.",
  ),
  setNeededApprovals: field(21, "neededApprovals", u32, "Approval checks that a candidate needs."),
  setRelayVrfModuloSamples: field(
    22,
    "relayVrfModuloSamples",
    u32,
    "Cores that a validator samples in tranche zero.",
  ),
  setMaxUpwardQueueCount: field(
    23,
    "maxUpwardQueueCount",
    u32,
    "Most messages in a para's upward queue.",
  ),
  setMaxUpwardQueueSize: field(
    24,
    "maxUpwardQueueSize",
    u32,
    "Most bytes in a para's upward queue.",
  ),
  setMaxDownwardMessageSize: field(
    25,
    "maxDownwardMessageSize",
    u32,
    "Largest downward message, in bytes.",
  ),
  setMaxUpwardMessageSize: field(
    27,
    "maxUpwardMessageSize",
    u32,
    "Largest upward message, in bytes.",
  ),
  setMaxUpwardMessageNumPerCandidate: field(
    28,
    "maxUpwardMessageNumPerCandidate",
    u32,
    "Most upward messages of one candidate.",
  ),
  setHrmpOpenRequestTtl: call({
    index: 29,
    docs: "Deprecated: has no effect, and fails.",
    args: { new: u32 },
    class: "operational",
    weight,
    dispatch: (_, origin) => asRoot(origin, () => err({ type: "other" })),
  }),
  setHrmpSenderDeposit: field(30, "hrmpSenderDeposit", Balance, "Deposit of a channel's sender."),
  setHrmpRecipientDeposit: field(
    31,
    "hrmpRecipientDeposit",
    Balance,
    "Deposit of a channel's recipient.",
  ),
  setHrmpChannelMaxCapacity: field(
    32,
    "hrmpChannelMaxCapacity",
    u32,
    "Most messages in a channel.",
  ),
  setHrmpChannelMaxTotalSize: field(33, "hrmpChannelMaxTotalSize", u32, "Most bytes in a channel."),
  setHrmpMaxParachainInboundChannels: field(
    34,
    "hrmpMaxParachainInboundChannels",
    u32,
    "Most channels into one para.",
  ),
  setHrmpChannelMaxMessageSize: field(
    36,
    "hrmpChannelMaxMessageSize",
    u32,
    "Largest message in a channel, in bytes.",
  ),
  setHrmpMaxParachainOutboundChannels: field(
    37,
    "hrmpMaxParachainOutboundChannels",
    u32,
    "Most channels out of one para.",
  ),
  setHrmpMaxMessageNumPerCandidate: field(
    39,
    "hrmpMaxMessageNumPerCandidate",
    u32,
    "Most horizontal messages of one candidate.",
  ),
  setPvfVotingTtl: field(
    42,
    "pvfVotingTtl",
    SessionIndex,
    "Sessions after which an undecided pre-check is a refusal.",
  ),
  setMinimumValidationUpgradeDelay: field(
    43,
    "minimumValidationUpgradeDelay",
    BlockNumber,
    "Fewest blocks between the end of a pre-check and the use of the code.",
  ),
  setBypassConsistencyCheck: call({
    index: 44,
    docs: "Switches the consistency checks of the other calls off or on.",
    args: { new: bool },
    class: "operational",
    weight: weightOf({ writes: 1 }),
    dispatch: (state, origin, args) => {
      const root = ensureRoot(origin);
      if (!root.ok) return root;
      storage.bypassConsistencyCheck.set(state, args.new);
      return done;
    },
  }),
  setAsyncBackingParams: field(
    45,
    "asyncBackingParams",
    AsyncBackingParams,
    "How far candidates may run ahead of inclusion.",
  ),
  setExecutorParams: field(
    46,
    "executorParams",
    ExecutorParams,
    "How validation code is executed.",
  ),
  setOnDemandBaseFee: schedulerField(
    47,
    "onDemandBaseFee",
    Balance,
    "Lowest price of an on-demand order.",
  ),
  setOnDemandFeeVariability: schedulerField(
    48,
    "onDemandFeeVariability",
    Perbill,
    "How fast the on-demand price moves.",
  ),
  setOnDemandQueueMaxSize: schedulerField(
    49,
    "onDemandQueueMaxSize",
    u32,
    "Most waiting on-demand orders.",
  ),
  setOnDemandTargetQueueUtilization: schedulerField(
    50,
    "onDemandTargetQueueUtilization",
    Perbill,
    "Queue utilization at which the on-demand price stands still.",
  ),
  setOnDemandTtl: schedulerField(51, "ttl", BlockNumber, "Deprecated: has no effect."),
  setMinimumBackingVotes: field(
    52,
    "minimumBackingVotes",
    u32,
    "Fewest votes that back a candidate, in groups that have so many members.",
  ),
  setNodeFeature: call({
    index: 53,
    docs: "Switches a node feature on or off.",
    args: { index: u8, value: bool },
    class: "operational",
    weight,
    dispatch: (state, origin, { index, value }) =>
      setByRoot(state, origin, (base) => {
        const others = onesOf(base.nodeFeatures).filter((bit) => bit !== index);
        return {
          ...base,
          nodeFeatures: bitsAt(
            Math.max(base.nodeFeatures.length, index + 1),
            value ? [...others, index] : others,
          ),
        };
      }),
  }),
  setApprovalVotingParams: field(
    54,
    "approvalVotingParams",
    ApprovalVotingParams,
    "Parameters of approval voting.",
  ),
  setSchedulerParams: field(
    55,
    "schedulerParams",
    SchedulerParams,
    "All parameters of the scheduler at once.",
  ),
  setAcceptancePeriod: field(
    60,
    "acceptancePeriod",
    BlockNumber,
    "Blocks after inclusion in which a candidate may be challenged.",
  ),
  setParathreadCores: field(61, "parathreadCores", u32, "Number of cores shared by parathreads."),
  setParathreadRetries: field(
    62,
    "parathreadRetries",
    u32,
    "How often a claim may fail to produce a candidate.",
  ),
};

export const configurationPallet = pallet({
  name: "Configuration",
  index: 51,
  storage,
  calls,
  errors,
});
