import assert from "node:assert/strict";
import { test } from "node:test";
import { peerId, Reputation } from "@parahost/network";
import { ManualClock } from "../overseer/manual-clock.ts";
import { REPUTATION_FLUSH_MS, ReputationBatch } from "./reputation-batch.ts";

const bob = peerId("bob");

function start() {
  const clock = new ManualClock();
  const applied: unknown[] = [];
  const batch = new ReputationBatch(clock, (...report) => applied.push(report));
  return { clock, applied, batch };
}

test("changes of a peer are added up and applied after half a minute", async () => {
  const { clock, applied, batch } = start();
  batch.add({ peer: bob, change: "benefitMinor", reason: "good" });
  batch.add({ peer: bob, change: "costMinor", reason: "bad" });
  await clock.advance(REPUTATION_FLUSH_MS - 1);
  assert.deepEqual(applied, []);
  await clock.advance(1);
  assert.deepEqual(applied, [[bob, Reputation.benefitMinor + Reputation.costMinor, "bad"]]);
  assert.equal(clock.pending, 0);
});

test("malice is punished at once", () => {
  const { applied, batch } = start();
  batch.add({ peer: bob, change: "malicious", reason: "forged" });
  assert.deepEqual(applied, [[bob, Reputation.malicious, "forged"]]);
});

test("so is a flood that adds up to a ban", () => {
  const { applied, batch } = start();
  let reports = 0;
  for (; applied.length === 0; reports++)
    batch.add({ peer: bob, change: "costMajorRepeated", reason: "flood" });
  assert.equal(reports, 2542);
});
