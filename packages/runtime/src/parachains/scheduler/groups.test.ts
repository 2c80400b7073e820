import assert from "node:assert/strict";
import { test } from "node:test";
import { splitIntoGroups } from "./groups.ts";

test("the first groups take the validators that do not divide evenly", () => {
  assert.deepEqual(splitIntoGroups(7, 3), [
    [0, 1, 2],
    [3, 4],
    [5, 6],
  ]);
});

test("an even split gives groups of one size", () => {
  assert.deepEqual(splitIntoGroups(4, 2), [
    [0, 1],
    [2, 3],
  ]);
});

test("with more cores than validators the last groups are empty", () => {
  assert.deepEqual(splitIntoGroups(2, 3), [[0], [1], []]);
});

test("without cores or without validators there are no groups", () => {
  assert.deepEqual(splitIntoGroups(5, 0), []);
  assert.deepEqual(splitIntoGroups(0, 5), []);
});

test("every validator is in exactly one group", () => {
  for (let validators = 1; validators <= 40; validators++)
    for (let cores = 1; cores <= 12; cores++)
      assert.deepEqual(
        splitIntoGroups(validators, cores).flat(),
        Array.from({ length: validators }, (_, i) => i),
      );
});
