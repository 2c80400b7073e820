/**
 * Which configurations make no sense. Every update is checked, since a bad value may stop the chain's
 * parachains, and then only governance could repair it.
 *
 * Reference: 1.7 (hard limits, consistency checks).
 */
import { err, ok, type Result } from "@parahost/base";
import {
  CODE_SIZE_MAX_BYTES,
  HEAD_DATA_SIZE_MAX_BYTES,
  HORIZONTAL_MESSAGES_MAX,
  type HostConfiguration,
  HRMP_CHANNELS_MAX,
  ON_DEMAND_QUEUE_MAX,
  POV_SIZE_MAX_BYTES,
  UPWARD_MESSAGE_SIZE_MAX_BYTES,
  UPWARD_MESSAGES_MAX,
} from "@parahost/primitives";
import { CORES_MAX } from "../paras/planned-cores.ts";

/** The depth of a claim in its queue is one byte on the wire. */
const LOOKAHEAD_MAX = 255;
const PERBILL_MAX = 1_000_000_000;

export type InconsistencyError =
  | { readonly code: "zero"; readonly field: string }
  | {
      readonly code: "aboveHardLimit";
      readonly field: string;
      readonly value: number;
      readonly limit: number;
    }
  | {
      readonly code: "minimumUpgradeDelayWithinAvailabilityPeriod";
      readonly delay: number;
      readonly period: number;
    }
  | { readonly code: "upgradeDelayTooLow"; readonly delay: number }
  | { readonly code: "repeatedExecutorParameter"; readonly parameter: string };

/** The field that breaks the rule. */
export function inconsistentField(error: InconsistencyError): string {
  switch (error.code) {
    case "zero":
    case "aboveHardLimit":
      return error.field;
    case "minimumUpgradeDelayWithinAvailabilityPeriod":
      return "minimumValidationUpgradeDelay";
    case "upgradeDelayTooLow":
      return "validationUpgradeDelay";
    case "repeatedExecutorParameter":
      return "executorParams";
  }
}

/** The first rule that the configuration breaks. A rotation frequency of 0 means no rotation. */
export function checkConsistency(
  configuration: HostConfiguration,
): Result<void, InconsistencyError> {
  const c = configuration;
  const notZero: Readonly<Record<string, number>> = {
    parasAvailabilityPeriod: c.schedulerParams.parasAvailabilityPeriod,
    threadAvailabilityPeriod: c.threadAvailabilityPeriod,
    noShowSlots: c.noShowSlots,
    minimumBackingVotes: c.minimumBackingVotes,
    lookahead: c.schedulerParams.lookahead,
    nDelayTranches: c.nDelayTranches,
  };
  for (const [field, value] of Object.entries(notZero))
    if (value === 0) return err({ code: "zero", field });

  const limited: Readonly<Record<string, readonly [value: number, limit: number]>> = {
    maxCodeSize: [c.maxCodeSize, CODE_SIZE_MAX_BYTES],
    maxHeadDataSize: [c.maxHeadDataSize, HEAD_DATA_SIZE_MAX_BYTES],
    maxPovSize: [c.maxPovSize, POV_SIZE_MAX_BYTES],
    maxUpwardMessageSize: [c.maxUpwardMessageSize, UPWARD_MESSAGE_SIZE_MAX_BYTES],
    maxUpwardMessageNumPerCandidate: [c.maxUpwardMessageNumPerCandidate, UPWARD_MESSAGES_MAX],
    hrmpMaxMessageNumPerCandidate: [c.hrmpMaxMessageNumPerCandidate, HORIZONTAL_MESSAGES_MAX],
    hrmpMaxParachainOutboundChannels: [c.hrmpMaxParachainOutboundChannels, HRMP_CHANNELS_MAX],
    hrmpMaxParachainInboundChannels: [c.hrmpMaxParachainInboundChannels, HRMP_CHANNELS_MAX],
    onDemandQueueMaxSize: [c.schedulerParams.onDemandQueueMaxSize, ON_DEMAND_QUEUE_MAX],
    onDemandTargetQueueUtilization: [c.schedulerParams.onDemandTargetQueueUtilization, PERBILL_MAX],
    onDemandFeeVariability: [c.schedulerParams.onDemandFeeVariability, PERBILL_MAX],
    lookahead: [c.schedulerParams.lookahead, LOOKAHEAD_MAX],
    numCores: [c.schedulerParams.numCores, CORES_MAX],
    parathreadCores: [c.parathreadCores, CORES_MAX],
  };
  for (const [field, [value, limit]] of Object.entries(limited))
    if (value > limit) return err({ code: "aboveHardLimit", field, value, limit });

  // New code must not come into force while a candidate made with the old one may still be pending.
  const period = Math.max(c.schedulerParams.parasAvailabilityPeriod, c.threadAvailabilityPeriod);
  if (c.minimumValidationUpgradeDelay <= period)
    return err({
      code: "minimumUpgradeDelayWithinAvailabilityPeriod",
      delay: c.minimumValidationUpgradeDelay,
      period,
    });
  if (c.validationUpgradeDelay <= 1)
    return err({ code: "upgradeDelayTooLow", delay: c.validationUpgradeDelay });
  return checkExecutorParams(c);
}

/** At most one parameter of each kind. */
function checkExecutorParams({
  executorParams,
}: HostConfiguration): Result<void, InconsistencyError> {
  const seen = new Set<string>();
  for (const parameter of executorParams) {
    const kind =
      parameter.type === "pvfExecTimeout" || parameter.type === "pvfPrepTimeout"
        ? `${parameter.type}.${parameter.value.kind.type}`
        : parameter.type;
    if (seen.has(kind)) return err({ code: "repeatedExecutorParameter", parameter: kind });
    seen.add(kind);
  }
  return ok(undefined);
}
