import assert from "node:assert/strict";
import test from "node:test";
import {
  covers,
  filterOf,
  fitsGroup,
  hasStatement,
  isEnoughToBack,
  union,
  without,
  withStatement,
} from "./statement-filter.ts";

test("a filter fits only a group of its size", () => {
  assert.ok(fitsGroup(filterOf(5), 5));
  assert.ok(!fitsGroup(filterOf(33), 5));
  assert.ok(!fitsGroup({ ...filterOf(5), validatedInGroup: filterOf(4).validatedInGroup }, 5));
});

test("statements are added one by one and the original stays", () => {
  const empty = filterOf(3);
  const one = withStatement(empty, "valid", 2);
  assert.ok(hasStatement(one, "valid", 2) && !hasStatement(one, "seconded", 2));
  assert.ok(!hasStatement(empty, "valid", 2));
});

test("union, difference and inclusion go over both kinds", () => {
  const a = filterOf(9, [0, 8], [1]);
  const b = filterOf(9, [8], [1, 2]);
  assert.deepEqual(union(a, b), filterOf(9, [0, 8], [1, 2]));
  assert.deepEqual(without(a, b), filterOf(9, [0]));
  assert.ok(covers(union(a, b), a) && covers(a, a) && !covers(a, b) && !covers(b, a));
  assert.throws(() => union(a, filterOf(8)), /9 and 8 members/);
});

test("a quorum has enough voters, counted once, and one who seconded", () => {
  assert.ok(isEnoughToBack(filterOf(3, [0], [1]), 2));
  assert.ok(!isEnoughToBack(filterOf(3, [0], [0]), 2), "one voter");
  assert.ok(!isEnoughToBack(filterOf(3, [], [0, 1, 2]), 2), "nobody seconded");
  assert.ok(!isEnoughToBack(filterOf(3, [0]), 2));
});
