import assert from "node:assert/strict";
import { test } from "node:test";
import type { ValidatorIndex } from "@parahost/primitives";
import { countOnes, onesOf } from "@parahost/scale";
import { newDispute, VoteImport, type VoteKind } from "./vote-import.ts";

const at = (index: number) => index as ValidatorIndex;

/** Votes by seven validators, of whom two may be faulty and five decide. */
function imported(
  votes: readonly (readonly [number, VoteKind])[],
  before = {
    state: newDispute(7, 1),
    backers: new Set<ValidatorIndex>() as ReadonlySet<ValidatorIndex>,
  },
  now = 1,
) {
  const dispute = new VoteImport(before.state, before.backers);
  for (const [validator, kind] of votes) {
    assert.equal(dispute.check(at(validator), kind), undefined);
    dispute.add(at(validator), kind);
  }
  return dispute.finish(now);
}

const checkAfter = (
  votes: readonly (readonly [number, VoteKind])[],
  vote: readonly [number, VoteKind],
) => {
  const { state, backers } = imported(votes);
  return new VoteImport(state, backers).check(at(vote[0]), vote[1]);
};

test("a voter that the session does not have is refused", () => {
  assert.equal(checkAfter([], [7, "valid"]), "validatorIndexOutOfBounds");
  assert.equal(checkAfter([], [6, "valid"]), undefined);
});

test("the same vote counts once", () => {
  for (const kind of ["backing", "valid", "invalid"] as const)
    assert.equal(checkAfter([[0, kind]], [0, kind]), "duplicateStatement");
});

test("a vote for a candidate may turn out to be its voter's backing, but not the other way", () => {
  assert.equal(checkAfter([[0, "valid"]], [0, "backing"]), undefined);
  assert.equal(checkAfter([[0, "backing"]], [0, "valid"]), "maliciousBacker");
  const both = [
    [0, "valid"],
    [0, "backing"],
  ] as const;
  assert.equal(checkAfter(both, [0, "backing"]), "duplicateStatement");
  assert.equal(checkAfter(both, [0, "valid"]), "maliciousBacker");
  assert.equal(countOnes(imported(both).state.validatorsFor), 1);
});

test("a voter may be on both sides and is one participant", () => {
  const { state, newParticipants } = imported([
    [3, "backing"],
    [3, "invalid"],
    [1, "valid"],
  ]);
  assert.deepEqual(onesOf(state.validatorsFor), [1, 3]);
  assert.deepEqual(onesOf(state.validatorsAgainst), [3]);
  assert.deepEqual(newParticipants, [1, 3]);
});

test("only who had not voted is a new participant", () => {
  const first = imported([[3, "valid"]]);
  const { newParticipants } = imported(
    [
      [3, "invalid"],
      [4, "invalid"],
    ],
    first,
  );
  assert.deepEqual(newParticipants, [4]);
});

test("a supermajority concludes, in the block that brings it", () => {
  const four = imported([0, 1, 2, 3].map((index) => [index, "valid"] as const));
  assert.deepEqual([four.concluded, four.state.concludedAt], [undefined, undefined]);
  const five = imported([[4, "backing"]], four, 9);
  assert.deepEqual([five.concluded, five.state.concludedAt], ["for", 9]);
  const six = imported([[5, "valid"]], five, 10);
  assert.deepEqual([six.concluded, six.state.concludedAt], [undefined, 9]);
});

test("when a candidate is invalid its backers and its other voters have lost, each once", () => {
  const before = imported([
    [0, "backing"],
    [1, "valid"],
    [2, "invalid"],
    [3, "invalid"],
    [4, "invalid"],
    [5, "invalid"],
  ]);
  const nobody = { forInvalidBacked: [], forInvalidApproved: [], againstValid: [] };
  assert.deepEqual(before.losers, nobody);
  const concluded = imported([[6, "invalid"]], before);
  assert.deepEqual(concluded.losers, { ...nobody, forInvalidBacked: [0], forInvalidApproved: [1] });
  assert.deepEqual(imported([[1, "invalid"]], concluded).losers, nobody);
  const late = imported([[2, "valid"]], concluded);
  assert.deepEqual(late.losers, { ...nobody, forInvalidApproved: [2] });
  assert.deepEqual(imported([[1, "backing"]], late).losers, { ...nobody, forInvalidBacked: [1] });
});

test("when a candidate is valid those against it have lost", () => {
  const concluded = imported([
    [0, "backing"],
    ...[1, 2, 3, 4].map((index) => [index, "valid"] as const),
    [5, "invalid"],
  ]);
  assert.deepEqual(concluded.losers.againstValid, [5]);
  assert.deepEqual(concluded.losers.forInvalidBacked, []);
  assert.deepEqual(imported([[6, "invalid"]], concluded).losers.againstValid, [6]);
  assert.deepEqual(imported([[6, "valid"]], concluded).losers.againstValid, []);
});

test("where double voters carry both sides over, against wins and those for it lose", () => {
  const votedFor = imported([0, 1, 2, 3, 4].map((index) => [index, "valid"] as const));
  const both = imported(
    [2, 3, 4, 5, 6].map((index) => [index, "invalid"] as const),
    votedFor,
    8,
  );
  assert.equal(both.concluded, "against");
  assert.deepEqual(both.losers.forInvalidApproved, [0, 1, 2, 3, 4]);
  assert.deepEqual(both.losers.againstValid, []);
  assert.equal(both.state.concludedAt, 1);
});

test("nobody loses when the validators are split", () => {
  const split = imported([
    ...[0, 1, 2].map((index) => [index, "valid"] as const),
    ...[3, 4, 5].map((index) => [index, "invalid"] as const),
  ]);
  assert.deepEqual(split.losers, {
    forInvalidBacked: [],
    forInvalidApproved: [],
    againstValid: [],
  });
  assert.equal(split.concluded, undefined);
});
