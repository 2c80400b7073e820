import assert from "node:assert/strict";
import { test } from "node:test";
import {
  approvedByThird,
  backingThreshold,
  byzantine,
  disputeVerdict,
  groupSizeMax,
  isDisputeConfirmed,
  recoveryThreshold,
  supermajority,
} from "./thresholds.ts";

test("a supermajority of 1 to 7 validators is 1, 2, 3, 3, 4, 5, 5", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map(supermajority), [1, 2, 3, 3, 4, 5, 5]);
});

test("a supermajority is the smallest number above two thirds", () => {
  for (let n = 1; n <= 2000; n++) {
    assert.ok(3 * supermajority(n) > 2 * n);
    assert.ok(3 * (supermajority(n) - 1) <= 2 * n);
  }
});

test("nobody can be faulty among none, and one chunk more than the faulty rebuilds", () => {
  assert.equal(byzantine(0), 0);
  assert.deepEqual([2, 3, 4, 7, 10, 100, 1000].map(recoveryThreshold), [1, 1, 2, 3, 4, 34, 334]);
});

test("backing needs the larger of the group's majority and the configured minimum", () => {
  assert.equal(backingThreshold(5, 2), 3);
  assert.equal(backingThreshold(5, 4), 4);
  assert.equal(backingThreshold(2, 1), 2);
  assert.equal(backingThreshold(1, 2), 1);
});

test("more than a third of approvals contain an honest one", () => {
  assert.ok(!approvedByThird(1, 3));
  assert.ok(approvedByThird(2, 3));
  assert.ok(approvedByThird(2, 4));
});

test("without a group of that size and all faulty ones a candidate is still approved, and of no larger one", () => {
  assert.deepEqual([4, 7, 10, 13, 31].map(groupSizeMax), [1, 2, 3, 4, 10]);
  for (let n = 3; n <= 1000; n++) {
    const left = n - byzantine(n) - groupSizeMax(n);
    assert.ok(approvedByThird(left, n) && !approvedByThird(left - 1, n), `${n}`);
  }
  assert.deepEqual([1, 2].map(groupSizeMax), [1, 1]);
});

const tally = (votesFor: number, votesAgainst: number, both = 0) => ({
  votesFor,
  votesAgainst,
  participants: votesFor + votesAgainst - both,
});

test("a dispute is confirmed by one voter more than can be faulty, double voters counting once", () => {
  assert.ok(!isDisputeConfirmed(tally(1, 1), 7));
  assert.ok(isDisputeConfirmed(tally(2, 1), 7));
  assert.ok(!isDisputeConfirmed(tally(2, 2, 2), 7));
});

test("a dispute concludes with a supermajority, one vote less leaves it open", () => {
  assert.equal(disputeVerdict(tally(5, 2), 7), "for");
  assert.equal(disputeVerdict(tally(4, 2), 7), "open");
  assert.equal(disputeVerdict(tally(1, 5), 7), "against");
  assert.equal(disputeVerdict(tally(1, 4), 7), "open");
});

test("where double voters carry both sides over, against wins", () => {
  assert.equal(disputeVerdict(tally(3, 3, 2), 4), "against");
});

test("a dispute is split when most voted and each side has more than a third", () => {
  assert.equal(disputeVerdict(tally(4, 3), 7), "split");
  assert.equal(disputeVerdict(tally(3, 3), 7), "split");
  assert.equal(disputeVerdict(tally(2, 2), 7), "open");
  assert.equal(disputeVerdict(tally(4, 2), 7), "open");
  assert.equal(disputeVerdict(tally(3, 3), 9), "open");
});
