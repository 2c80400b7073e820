/**
 * The host configuration: everything about parachains that governance may change.
 *
 * Fields are in Polkadot's order, because paras read the value by proof and decode its beginning; the
 * guide's four without a counterpart come last. Reference: runtime 1.7; node 1.3, 1.4.
 */
import { option, struct, u32, u128, type ValueOf } from "@parahost/scale";
import { AsyncBackingParams } from "./backing-state.ts";
import { CODE_SIZE_MAX_BYTES } from "./constants.ts";
import { ExecutorParams } from "./executor-params.ts";
import { BlockNumber, Perbill, SessionIndex } from "./ids.ts";
import { NodeFeatures, nodeFeatures } from "./node-features.ts";
import { byzantine } from "./thresholds.ts";

export const ApprovalVotingParams = struct(
  {
    /** Candidates that one signature may approve. */
    maxApprovalCoalesceCount: u32,
  },
  ["polkadot_primitives", "v9", "ApprovalVotingParams"],
);
export type ApprovalVotingParams = ValueOf<typeof ApprovalVotingParams>;

export const SchedulerParams = struct(
  {
    /** Blocks; 0 = groups never rotate. The guide's `parachain_rotation_frequency`. */
    groupRotationFrequency: BlockNumber,
    /** Blocks until an unavailable candidate times out. The guide's `chain_availability_period`. */
    parasAvailabilityPeriod: BlockNumber,
    maxValidatorsPerCore: option(u32),
    /** Depth of the claim queue. The guide's `scheduling_lookahead`. */
    lookahead: u32,
    /** Coretime cores, behind the parachains' and the parathreads'. */
    numCores: u32,
    /** Deprecated by Polkadot and unused. */
    maxAvailabilityTimeouts: u32,
    onDemandQueueMaxSize: u32,
    onDemandTargetQueueUtilization: Perbill,
    onDemandFeeVariability: Perbill,
    onDemandBaseFee: u128,
    /** Deprecated by Polkadot and unused. */
    ttl: BlockNumber,
  },
  ["polkadot_primitives", "v9", "SchedulerParams"],
);
export type SchedulerParams = ValueOf<typeof SchedulerParams>;

export const HostConfiguration = struct(
  {
    /** Bytes, as stored on chain. */
    maxCodeSize: u32,
    maxHeadDataSize: u32,
    /** Messages that may wait in a para's upward queue, then their bytes. */
    maxUpwardQueueCount: u32,
    maxUpwardQueueSize: u32,
    maxUpwardMessageSize: u32,
    maxUpwardMessageNumPerCandidate: u32,
    hrmpMaxMessageNumPerCandidate: u32,
    /** Blocks between upgrades of a para. The guide's `validation_upgrade_frequency`. */
    validationUpgradeCooldown: BlockNumber,
    /** Blocks from the announcement of an upgrade to its earliest use. */
    validationUpgradeDelay: BlockNumber,
    asyncBackingParams: AsyncBackingParams,
    maxPovSize: u32,
    maxDownwardMessageSize: u32,
    hrmpMaxParachainOutboundChannels: u32,
    hrmpSenderDeposit: u128,
    hrmpRecipientDeposit: u128,
    /** Messages in one channel, then bytes. */
    hrmpChannelMaxCapacity: u32,
    hrmpChannelMaxTotalSize: u32,
    hrmpMaxParachainInboundChannels: u32,
    hrmpChannelMaxMessageSize: u32,
    executorParams: ExecutorParams,
    /** Blocks for which replaced code is kept. */
    codeRetentionPeriod: BlockNumber,
    maxValidators: option(u32),
    /** Sessions for which disputes are accepted. */
    disputePeriod: SessionIndex,
    /** Blocks for which a concluded dispute takes further votes. */
    disputePostConclusionAcceptancePeriod: BlockNumber,
    /** Slots after which a silent approval checker counts as absent. */
    noShowSlots: u32,
    nDelayTranches: u32,
    zerothDelayTrancheWidth: u32,
    /** Approval checks that a candidate needs. */
    neededApprovals: u32,
    relayVrfModuloSamples: u32,
    /** Sessions after which an undecided pre-check is a refusal. */
    pvfVotingTtl: SessionIndex,
    /** Blocks between the end of a pre-check and the use of the code. */
    minimumValidationUpgradeDelay: BlockNumber,
    minimumBackingVotes: u32,
    nodeFeatures: NodeFeatures,
    approvalVotingParams: ApprovalVotingParams,
    schedulerParams: SchedulerParams,
    /** The guide's: blocks after inclusion in which a candidate may be challenged. */
    acceptancePeriod: BlockNumber,
    /** The guide's: cores shared by parathreads. */
    parathreadCores: u32,
    /** The guide's: how often a claim may fail to produce a candidate. */
    parathreadRetries: u32,
    /** The guide's: as `parasAvailabilityPeriod`, for parathread cores. */
    threadAvailabilityPeriod: BlockNumber,
  },
  ["polkadot_runtime_parachains", "configuration", "HostConfiguration"],
);
export type HostConfiguration = ValueOf<typeof HostConfiguration>;

const MIB = 1024 * 1024;

/** A network of our own, as far as its configuration depends on it. */
export interface NetworkShape {
  /** Active validators. */
  readonly validatorCount: number;
  /** Validators in the largest group. */
  readonly groupSize: number;
  /** Slot duration in milliseconds. */
  readonly slotMs: number;
}

/** The configuration that a local network starts with; `overrides` replace whole fields. */
export function defaultHostConfiguration(
  shape: NetworkShape,
  overrides: Partial<HostConfiguration> = {},
): HostConfiguration {
  const { validatorCount, groupSize, slotMs } = shape;
  return {
    maxCodeSize: CODE_SIZE_MAX_BYTES,
    maxHeadDataSize: 32_768,
    maxUpwardQueueCount: 8,
    maxUpwardQueueSize: MIB,
    maxUpwardMessageSize: 51_200,
    maxUpwardMessageNumPerCandidate: 5,
    hrmpMaxMessageNumPerCandidate: 5,
    validationUpgradeCooldown: 2,
    validationUpgradeDelay: 2,
    asyncBackingParams: { maxCandidateDepth: 3, allowedAncestryLen: 2 },
    maxPovSize: 5 * MIB,
    maxDownwardMessageSize: MIB,
    hrmpMaxParachainOutboundChannels: 4,
    hrmpSenderDeposit: 0n,
    hrmpRecipientDeposit: 0n,
    hrmpChannelMaxCapacity: 8,
    hrmpChannelMaxTotalSize: 8_192,
    hrmpMaxParachainInboundChannels: 4,
    hrmpChannelMaxMessageSize: MIB,
    executorParams: [],
    codeRetentionPeriod: 1_200,
    maxValidators: undefined,
    disputePeriod: 6 as SessionIndex,
    disputePostConclusionAcceptancePeriod: 100,
    // Never shorter than what an honest checker may need to execute.
    noShowSlots: Math.max(2, Math.ceil(12_000 / slotMs)),
    nDelayTranches: Math.max(4, Math.ceil(validatorCount / 1.5)),
    zerothDelayTrancheWidth: 0,
    // No more than are there when all that may be faulty are silent and the backers do not count.
    neededApprovals: Math.max(
      1,
      Math.min(2, validatorCount - groupSize - byzantine(validatorCount)),
    ),
    relayVrfModuloSamples: 2,
    pvfVotingTtl: 2 as SessionIndex,
    minimumValidationUpgradeDelay: 5,
    minimumBackingVotes: 1,
    nodeFeatures: nodeFeatures("assignmentsV2", "elasticScaling", "candidateReceiptV2"),
    approvalVotingParams: { maxApprovalCoalesceCount: 1 },
    schedulerParams: {
      groupRotationFrequency: 20,
      parasAvailabilityPeriod: 4,
      maxValidatorsPerCore: undefined,
      lookahead: 3,
      numCores: 0,
      maxAvailabilityTimeouts: 0,
      onDemandQueueMaxSize: 10_000,
      onDemandTargetQueueUtilization: 250_000_000,
      onDemandFeeVariability: 30_000_000,
      onDemandBaseFee: 10_000_000n,
      ttl: 5,
    },
    acceptancePeriod: 100,
    parathreadCores: 0,
    parathreadRetries: 3,
    threadAvailabilityPeriod: 4,
    ...overrides,
  };
}

/** Polkadot's values of late 2024, with the guide's four as in our own networks. */
export function polkadotHostConfiguration(): HostConfiguration {
  const dot = 10_000_000_000n;
  const day = 14_400;
  return {
    maxCodeSize: CODE_SIZE_MAX_BYTES,
    maxHeadDataSize: 20_480,
    maxUpwardQueueCount: 174_762,
    maxUpwardQueueSize: MIB,
    maxUpwardMessageSize: 65_531,
    maxUpwardMessageNumPerCandidate: 16,
    hrmpMaxMessageNumPerCandidate: 10,
    validationUpgradeCooldown: day,
    validationUpgradeDelay: 600,
    asyncBackingParams: { maxCandidateDepth: 3, allowedAncestryLen: 2 },
    maxPovSize: 5 * MIB,
    maxDownwardMessageSize: 51_200,
    hrmpMaxParachainOutboundChannels: 128,
    hrmpSenderDeposit: 10n * dot,
    hrmpRecipientDeposit: 10n * dot,
    hrmpChannelMaxCapacity: 1_000,
    hrmpChannelMaxTotalSize: 102_400,
    hrmpMaxParachainInboundChannels: 128,
    hrmpChannelMaxMessageSize: 102_400,
    executorParams: [
      { type: "maxMemoryPages", value: 8_192 },
      { type: "pvfExecTimeout", value: { kind: { type: "backing" }, milliseconds: 2_500 } },
      { type: "pvfExecTimeout", value: { kind: { type: "approval" }, milliseconds: 15_000 } },
    ],
    codeRetentionPeriod: day,
    maxValidators: undefined,
    disputePeriod: 6 as SessionIndex,
    disputePostConclusionAcceptancePeriod: 600,
    noShowSlots: 3,
    nDelayTranches: 89,
    zerothDelayTrancheWidth: 0,
    neededApprovals: 30,
    relayVrfModuloSamples: 6,
    pvfVotingTtl: 2 as SessionIndex,
    minimumValidationUpgradeDelay: 20,
    minimumBackingVotes: 2,
    nodeFeatures: nodeFeatures("assignmentsV2", "elasticScaling"),
    approvalVotingParams: { maxApprovalCoalesceCount: 6 },
    schedulerParams: {
      groupRotationFrequency: 10,
      parasAvailabilityPeriod: 10,
      maxValidatorsPerCore: 5,
      lookahead: 2,
      numCores: 0,
      maxAvailabilityTimeouts: 0,
      onDemandQueueMaxSize: 500,
      onDemandTargetQueueUtilization: 250_000_000,
      onDemandFeeVariability: 30_000_000,
      onDemandBaseFee: 250_000_000n,
      ttl: 5,
    },
    acceptancePeriod: 600,
    parathreadCores: 0,
    parathreadRetries: 3,
    threadAvailabilityPeriod: 10,
  };
}
