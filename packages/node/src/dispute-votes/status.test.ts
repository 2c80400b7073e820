import assert from "node:assert/strict";
import { test } from "node:test";
import { SPLIT_SETTLE_BLOCKS } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import {
  ACTIVE_AFTER_CONCLUSION_MS,
  DisputeStatus,
  isActive,
  isConfirmed,
  isLost,
  nextStatus,
} from "./status.ts";

const n = 7;
const at = (height: number, ms = 1000) => ({ height, ms });
const tally = (votesFor: number, votesAgainst: number, both = 0) => ({
  votesFor,
  votesAgainst,
  participants: votesFor + votesAgainst - both,
});
const ACTIVE: DisputeStatus = { type: "active" };
const confirmed = (value: number): DisputeStatus => ({ type: "confirmed", value });

test("a dispute of as many as can be faulty stays unconfirmed", () => {
  assert.deepEqual(nextStatus(ACTIVE, tally(1, 1), n, at(5)), ACTIVE);
  assert.deepEqual(nextStatus(ACTIVE, tally(2, 1), n, at(5)), confirmed(5));
});

test("the height of the confirmation stays while votes come in", () => {
  assert.deepEqual(nextStatus(confirmed(5), tally(3, 1), n, at(9)), confirmed(5));
});

test("a supermajority concludes, whichever side, confirmed or not", () => {
  assert.deepEqual(nextStatus(ACTIVE, tally(5, 1), n, at(5)), {
    type: "concludedFor",
    value: 1000,
  });
  assert.deepEqual(nextStatus(confirmed(5), tally(1, 5), n, at(6)), {
    type: "concludedAgainst",
    value: 1000,
  });
});

test("what concluded keeps its time, and turns only against", () => {
  const won: DisputeStatus = { type: "concludedFor", value: 1 };
  assert.deepEqual(nextStatus(won, tally(6, 1), n, at(5)), won);
  assert.deepEqual(nextStatus(won, tally(5, 5, 3), n, at(5)).type, "concludedAgainst");
  const lost: DisputeStatus = { type: "concludedAgainst", value: 1 };
  assert.deepEqual(nextStatus(lost, tally(5, 5, 3), n, at(5)), lost);
  const split: DisputeStatus = { type: "concludedSplit", value: 1 };
  assert.deepEqual(nextStatus(split, tally(5, 2), n, at(5)), split);
  assert.deepEqual(nextStatus(split, tally(2, 5), n, at(5)).type, "concludedAgainst");
});

test("an even dispute is split only after the window in which stragglers may vote", () => {
  const last = 5 + SPLIT_SETTLE_BLOCKS - 1;
  assert.deepEqual(nextStatus(confirmed(5), tally(4, 3), n, at(last)), confirmed(5));
  assert.equal(nextStatus(confirmed(5), tally(4, 3), n, at(last + 1)).type, "concludedSplit");
  assert.deepEqual(nextStatus(confirmed(5), tally(4, 2), n, at(last + 1)), confirmed(5));
});

test("a concluded dispute stays active for three minutes", () => {
  const won: DisputeStatus = { type: "concludedFor", value: 1000 };
  assert.ok(isActive(won, 999 + ACTIVE_AFTER_CONCLUSION_MS));
  assert.ok(!isActive(won, 1000 + ACTIVE_AFTER_CONCLUSION_MS));
  assert.ok(isActive(confirmed(1), Number.MAX_SAFE_INTEGER) && isActive(ACTIVE, 0));
});

test("a split candidate is lost like one that was voted down", () => {
  const types = ["concludedFor", "concludedAgainst", "concludedSplit"] as const;
  assert.deepEqual(
    types.map((type) => isLost({ type, value: 1 })),
    [false, true, true],
  );
  assert.ok(isConfirmed(confirmed(1)) && !isConfirmed(ACTIVE));
});

test("a status comes back from the disk as it went", () => {
  for (const status of [ACTIVE, confirmed(7), { type: "concludedSplit", value: 1e12 } as const])
    assert.deepEqual(decode(DisputeStatus, encode(DisputeStatus, status)), status);
});
