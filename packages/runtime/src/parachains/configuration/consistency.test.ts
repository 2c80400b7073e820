import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defaultHostConfiguration,
  type HostConfiguration,
  type Perbill,
  polkadotHostConfiguration,
} from "@parahost/primitives";
import { checkConsistency } from "./consistency.ts";

const base = defaultHostConfiguration({ validatorCount: 4, groupSize: 2, slotMs: 2000 });
const refusal = (change: Partial<HostConfiguration>) => {
  const result = checkConsistency({ ...base, ...change });
  return result.ok ? undefined : result.error;
};
const scheduler = (change: Partial<HostConfiguration["schedulerParams"]>) => ({
  schedulerParams: { ...base.schedulerParams, ...change },
});

test("the presets are consistent", () => {
  assert.equal(checkConsistency(base).ok, true);
  assert.equal(checkConsistency(polkadotHostConfiguration()).ok, true);
});

test("groups that never rotate are allowed", () => {
  assert.equal(refusal(scheduler({ groupRotationFrequency: 0 })), undefined);
});

test("values that may not be zero are refused", () => {
  const zeros: readonly (readonly [string, Partial<HostConfiguration>])[] = [
    ["parasAvailabilityPeriod", scheduler({ parasAvailabilityPeriod: 0 })],
    ["threadAvailabilityPeriod", { threadAvailabilityPeriod: 0 }],
    ["noShowSlots", { noShowSlots: 0 }],
    ["minimumBackingVotes", { minimumBackingVotes: 0 }],
    ["lookahead", scheduler({ lookahead: 0 })],
    ["nDelayTranches", { nDelayTranches: 0 }],
  ];
  for (const [field, change] of zeros) assert.deepEqual(refusal(change), { code: "zero", field });
});

test("a value at its hard limit is accepted, one above it is refused", () => {
  const limits: readonly (readonly [string, number, (value: number) => object])[] = [
    ["maxCodeSize", 3_145_728, (maxCodeSize) => ({ maxCodeSize })],
    ["maxHeadDataSize", 1_048_576, (maxHeadDataSize) => ({ maxHeadDataSize })],
    ["maxPovSize", 10_485_760, (maxPovSize) => ({ maxPovSize })],
    ["maxUpwardMessageSize", 131_072, (maxUpwardMessageSize) => ({ maxUpwardMessageSize })],
    ["maxUpwardMessageNumPerCandidate", 16_384, (n) => ({ maxUpwardMessageNumPerCandidate: n })],
    ["hrmpMaxMessageNumPerCandidate", 16_384, (n) => ({ hrmpMaxMessageNumPerCandidate: n })],
    ["hrmpMaxParachainOutboundChannels", 128, (n) => ({ hrmpMaxParachainOutboundChannels: n })],
    ["hrmpMaxParachainInboundChannels", 128, (n) => ({ hrmpMaxParachainInboundChannels: n })],
    ["onDemandQueueMaxSize", 10_000, (n) => scheduler({ onDemandQueueMaxSize: n })],
    ["lookahead", 255, (lookahead) => scheduler({ lookahead })],
    ["numCores", 500, (numCores) => scheduler({ numCores })],
    ["parathreadCores", 500, (parathreadCores) => ({ parathreadCores })],
    [
      "onDemandTargetQueueUtilization",
      1_000_000_000,
      (n) => scheduler({ onDemandTargetQueueUtilization: n as Perbill }),
    ],
    [
      "onDemandFeeVariability",
      1_000_000_000,
      (n) => scheduler({ onDemandFeeVariability: n as Perbill }),
    ],
  ];
  for (const [field, limit, change] of limits) {
    assert.equal(refusal(change(limit)), undefined, field);
    assert.deepEqual(refusal(change(limit + 1)), {
      code: "aboveHardLimit",
      field,
      value: limit + 1,
      limit,
    });
  }
});

test("an upgrade may not come into force while old candidates can be pending", () => {
  assert.equal(refusal({ minimumValidationUpgradeDelay: 5 }), undefined);
  assert.deepEqual(refusal({ minimumValidationUpgradeDelay: 4 }), {
    code: "minimumUpgradeDelayWithinAvailabilityPeriod",
    delay: 4,
    period: 4,
  });
  assert.equal(
    refusal({ threadAvailabilityPeriod: 5 })?.code,
    "minimumUpgradeDelayWithinAvailabilityPeriod",
  );
});

test("an upgrade needs two blocks of notice", () => {
  assert.equal(refusal({ validationUpgradeDelay: 2 }), undefined);
  assert.deepEqual(refusal({ validationUpgradeDelay: 1 }), {
    code: "upgradeDelayTooLow",
    delay: 1,
  });
});

test("an executor parameter may be set once", () => {
  const timeout = (kind: "backing" | "approval") =>
    ({ type: "pvfExecTimeout", value: { kind: { type: kind }, milliseconds: 2000 } }) as const;
  assert.equal(refusal({ executorParams: [timeout("backing"), timeout("approval")] }), undefined);
  assert.deepEqual(refusal({ executorParams: [timeout("backing"), timeout("backing")] }), {
    code: "repeatedExecutorParameter",
    parameter: "pvfExecTimeout.backing",
  });
});
