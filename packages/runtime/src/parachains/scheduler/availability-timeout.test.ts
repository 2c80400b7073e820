import assert from "node:assert/strict";
import { test } from "node:test";
import { availabilityTimeoutPredicate, timeOutAt } from "./availability-timeout.ts";

const periods = { parachain: 3, parathread: 5 };
const at = (now: number, groupRotationFrequency = 10) => ({
  sessionStartBlock: 1,
  groupRotationFrequency,
  now,
});

test("no core times out once the longer period after a rotation is over", () => {
  assert.notEqual(availabilityTimeoutPredicate(at(15), periods), undefined);
  assert.equal(availabilityTimeoutPredicate(at(16), periods), undefined);
  assert.equal(availabilityTimeoutPredicate(at(20), periods), undefined);
  assert.notEqual(availabilityTimeoutPredicate(at(21), periods), undefined);
});

test("each kind of core has its own period", () => {
  const predicate = availabilityTimeoutPredicate(at(12), periods);
  assert.equal(predicate?.("parachain", 9), true);
  assert.equal(predicate?.("parachain", 10), false);
  assert.equal(predicate?.("parathread", 7), true);
  assert.equal(predicate?.("parathread", 8), false);
});

test("the window of the shorter period closes first", () => {
  const predicate = availabilityTimeoutPredicate(at(14), periods);
  assert.equal(predicate?.("parachain", 1), false);
  assert.equal(predicate?.("parathread", 1), true);
});

test("what is pending on an unoccupied core is dropped at once", () => {
  assert.equal(availabilityTimeoutPredicate(at(11), periods)?.(undefined, 11), true);
});

test("without rotation a candidate times out exactly when its period is over", () => {
  for (const now of [3, 4, 40, 400]) {
    const predicate = availabilityTimeoutPredicate(at(now, 0), periods);
    assert.equal(predicate?.("parachain", now - 3), true);
    assert.equal(predicate?.("parachain", now - 2), false);
  }
});

test("the reported time is the first block at which the predicate fires", () => {
  for (const frequency of [0, 2, 4, 5, 7, 10, 20])
    for (const kind of ["parachain", "parathread"] as const)
      for (let since = 1; since <= 45; since++) {
        let first = since + 1;
        while (availabilityTimeoutPredicate(at(first, frequency), periods)?.(kind, since) !== true)
          first += 1;
        assert.equal(
          timeOutAt(at(since + 1, frequency), periods[kind], since),
          first,
          `frequency ${frequency}, ${kind}, since ${since}`,
        );
      }
});
