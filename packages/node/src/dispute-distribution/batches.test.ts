import assert from "node:assert/strict";
import { test } from "node:test";
import { asValidatorIndex, type DisputeVote } from "@parahost/primitives";
import { SESSION } from "../dispute-votes/testing.ts";
import { sampleReceipt } from "../sample-candidate.ts";
import { Batch, COLLECTING_MS, KEEP_OPEN_VOTES } from "./batches.ts";

const votes = (from: number, count: number): DisputeVote[] =>
  Array.from({ length: count }, (_, i) => ({
    statement: { type: "invalid", value: { type: "explicit" } },
    validatorIndex: asValidatorIndex(from + i),
    signature: new Uint8Array(64),
  }));
const open = () => new Batch<string>(sampleReceipt(), SESSION, 1_000);

test("a batch that gets many new votes stays open, otherwise it is due", () => {
  const batch = open();
  batch.add(votes(0, KEEP_OPEN_VOTES), "alice");
  assert.ok(!batch.isDue(1_500));
  batch.add(votes(10, KEEP_OPEN_VOTES - 1), "bob");
  assert.ok(batch.isDue(2_000));
  assert.equal(batch.votes.length, 2 * KEEP_OPEN_VOTES - 1);
});

test("votes that are there already keep nothing open, but whoever sent them is answered too", () => {
  const batch = open();
  batch.add(votes(0, KEEP_OPEN_VOTES), "alice");
  assert.ok(!batch.isDue(1_500));
  batch.add(votes(0, KEEP_OPEN_VOTES), "bob");
  assert.ok(batch.isDue(2_000));
  assert.deepEqual(batch.senders, ["alice", "bob"]);
  assert.equal(batch.votes.length, KEEP_OPEN_VOTES);
});

test("however many votes come, it is imported before the first sender gives up", () => {
  const batch = open();
  let now = 1_000;
  for (let from = 0; ; from += KEEP_OPEN_VOTES) {
    batch.add(votes(from, KEEP_OPEN_VOTES), "alice");
    now += COLLECTING_MS;
    if (batch.isDue(now)) break;
  }
  assert.equal(now, 1_000 + 10_000);
});
