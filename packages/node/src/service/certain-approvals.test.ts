import assert from "node:assert/strict";
import { test } from "node:test";
import { asValidatorId, asValidatorIndex } from "@parahost/primitives";
import { approvalWarning, certainApprovals, groupWarning } from "./certain-approvals.ts";

test("as many approvals as checkers may be faulty, and one more", () => {
  // Fault catalogue, section 3.
  assert.equal(certainApprovals(12, 2), 2);
  assert.equal(certainApprovals(15, 2), 3);
  assert.equal(certainApprovals(15, 3), 2);
  assert.equal(certainApprovals(31, 3), 8);
  assert.equal(certainApprovals(4, 2), 1);
});

/** As many groups of this size as there are validators for. */
function session(validators: number, groupSize: number, neededApprovals: number) {
  const key = asValidatorId(`0x${"00".repeat(32)}`);
  return {
    validators: Array.from({ length: validators }, () => key),
    validatorGroups: Array.from({ length: Math.floor(validators / groupSize) }, (_, group) =>
      Array.from({ length: groupSize }, (_, member) =>
        asValidatorIndex(group * groupSize + member),
      ),
    ),
    neededApprovals,
  };
}

test("a small network that relies on luck is told so", () => {
  assert.match(
    approvalWarning(session(31, 3, 2), 2) ?? "",
    /^with 10 of 31 validators faulty .* neededApprovals is 2, 9 would make it impossible$/,
  );
  // One vote backs in groups of one.
  assert.match(approvalWarning(session(10, 1, 2), 2) ?? "", /neededApprovals is 2, 3 would/);
});

test("a network that is certain, or so large that luck does not matter, is told nothing", () => {
  assert.equal(approvalWarning(session(31, 3, 9), 2), undefined);
  assert.equal(approvalWarning(session(4, 2, 1), 1), undefined);
  assert.equal(approvalWarning(session(300, 5, 30), 2), undefined);
});

test("a network whose groups are so large that silent checkers stop it is told so", () => {
  assert.match(
    groupWarning(session(4, 2, 2)) ?? "",
    /^with 1 of 4 validators faulty finality may stop: a group has 2 validators, .* with 1 at most/,
  );
  assert.match(groupWarning(session(9, 4, 2)) ?? "", /with 2 of 9 .* with 3 at most/);
  for (const [validators, groupSize] of [
    [4, 1],
    [10, 3],
    [300, 99],
  ] as const)
    assert.equal(groupWarning(session(validators, groupSize, 2)), undefined);
  // Nobody is faulty among three.
  assert.equal(groupWarning(session(3, 3, 1)), undefined);
});
