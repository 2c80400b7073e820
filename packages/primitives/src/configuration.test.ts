import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@parahost/scale";
import {
  defaultHostConfiguration,
  HostConfiguration,
  polkadotHostConfiguration,
} from "./configuration.ts";
import { isFeatureOn, nodeFeatures } from "./node-features.ts";

const four = { validatorCount: 4, groupSize: 2, slotMs: 2000 };

test("both presets encode and decode to themselves", () => {
  for (const preset of [defaultHostConfiguration(four), polkadotHostConfiguration()])
    assert.deepEqual(decode(HostConfiguration, encode(HostConfiguration, preset)), preset);
});

test("the encoding begins with the fields that paras read by proof", () => {
  const bytes = encode(HostConfiguration, polkadotHostConfiguration());
  const view = new DataView(bytes.buffer);
  const beginning = Array.from({ length: 11 }, (_, i) => view.getUint32(4 * i, true));
  assert.deepEqual(
    beginning,
    [3_145_728, 20_480, 174_762, 1_048_576, 65_531, 16, 10, 14_400, 600, 3, 2],
  );
});

test("the guide's own fields come last", () => {
  const bytes = encode(
    HostConfiguration,
    defaultHostConfiguration(four, {
      acceptancePeriod: 1,
      parathreadCores: 2,
      parathreadRetries: 3,
      threadAvailabilityPeriod: 4,
    }),
  );
  assert.deepEqual(
    bytes.subarray(-16),
    new Uint8Array([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]),
  );
});

test("needed approvals leave room for silent validators", () => {
  const needed = (validatorCount: number, groupSize: number) =>
    defaultHostConfiguration({ ...four, validatorCount, groupSize }).neededApprovals;
  assert.equal(needed(4, 2), 1);
  assert.equal(needed(7, 2), 2);
  assert.equal(needed(12, 3), 2);
  assert.equal(needed(2, 1), 1);
});

test("a silent checker is not absent before its execution limit has passed", () => {
  const slots = (slotMs: number) => defaultHostConfiguration({ ...four, slotMs }).noShowSlots;
  assert.equal(slots(6000), 2);
  assert.equal(slots(2000), 6);
  assert.equal(slots(12_000), 2);
});

test("delay tranches grow with the validators", () => {
  const tranches = (validatorCount: number) =>
    defaultHostConfiguration({ ...four, validatorCount }).nDelayTranches;
  assert.equal(tranches(4), 4);
  assert.equal(tranches(12), 8);
  assert.equal(tranches(100), 67);
});

test("features beyond the end of the bits are off", () => {
  const features = defaultHostConfiguration(four).nodeFeatures;
  assert.ok(isFeatureOn(features, "assignmentsV2"));
  assert.ok(isFeatureOn(features, "elasticScaling"));
  assert.ok(!isFeatureOn(features, "availabilityChunkMapping"));
  assert.ok(isFeatureOn(features, "candidateReceiptV2"));
  assert.ok(!isFeatureOn(nodeFeatures(), "assignmentsV2"));
  assert.ok(!isFeatureOn(nodeFeatures("assignmentsV2"), "candidateReceiptV2"));
});
