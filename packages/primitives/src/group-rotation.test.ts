import assert from "node:assert/strict";
import { test } from "node:test";
import {
  coreForGroup,
  type GroupRotationInfo,
  groupForCore,
  lastRotationAt,
  nextRotationAt,
  rotationsSinceSessionStart,
} from "./group-rotation.ts";
import { asCoreIndex, asGroupIndex } from "./ids.ts";

const at = (now: number, groupRotationFrequency = 20): GroupRotationInfo => ({
  sessionStartBlock: 10,
  groupRotationFrequency,
  now,
});

test("after r rotations group g serves core g + r", () => {
  const cores = (now: number) =>
    [0, 1, 2].map((group) => coreForGroup(asGroupIndex(group), 3, at(now)));
  assert.deepEqual(cores(10), [0, 1, 2]);
  assert.deepEqual(cores(29), [0, 1, 2]);
  assert.deepEqual(cores(30), [1, 2, 0]);
  assert.deepEqual(cores(50), [2, 0, 1]);
  assert.deepEqual(cores(70), [0, 1, 2]);
});

test("the two directions are inverse to each other", () => {
  for (const now of [10, 30, 55, 1234])
    for (const groupCount of [1, 2, 5])
      for (let group = 0; group < groupCount; group++) {
        const core = coreForGroup(asGroupIndex(group), groupCount, at(now));
        assert.ok(core !== undefined);
        assert.equal(groupForCore(core, groupCount, at(now)), group);
      }
});

test("a core without group and a group that does not exist are nobody's", () => {
  assert.equal(groupForCore(asCoreIndex(3), 3, at(30)), undefined);
  assert.equal(coreForGroup(asGroupIndex(3), 3, at(30)), undefined);
  assert.equal(groupForCore(asCoreIndex(0), 0, at(30)), undefined);
});

test("rotations happen at multiples of the frequency from the session's start", () => {
  assert.equal(lastRotationAt(at(10)), 10);
  assert.equal(nextRotationAt(at(10)), 30);
  assert.equal(lastRotationAt(at(29)), 10);
  assert.equal(lastRotationAt(at(30)), 30);
  assert.equal(nextRotationAt(at(30)), 50);
});

test("groups with frequency 0 never rotate", () => {
  assert.equal(rotationsSinceSessionStart(at(5000, 0)), 0);
  assert.equal(lastRotationAt(at(5000, 0)), undefined);
  assert.equal(nextRotationAt(at(5000, 0)), undefined);
  assert.equal(groupForCore(asCoreIndex(2), 3, at(5000, 0)), 2);
});

test("the block that announces a session still counts as its beginning", () => {
  assert.equal(rotationsSinceSessionStart(at(9)), 0);
  assert.equal(groupForCore(asCoreIndex(1), 3, at(9)), 1);
});
