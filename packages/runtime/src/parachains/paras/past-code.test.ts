import assert from "node:assert/strict";
import { test } from "node:test";
import {
  codeAt,
  mostRecentReplacement,
  NO_PAST_CODE,
  type ParaPastCodeMeta,
  pruneUpTo,
  withReplacement,
} from "./past-code.ts";

const replacedAt = (expectedAt: number) => ({ type: "replacedAt", expectedAt });
const current = { type: "current" };

const metaWith = (...times: readonly (readonly [number, number])[]): ParaPastCodeMeta =>
  times.reduce(
    (meta, [expectedAt, activatedAt]) => withReplacement(meta, expectedAt, activatedAt),
    NO_PAST_CODE,
  );

test("without replacements the current code is used at any height", () => {
  assert.deepEqual(codeAt(NO_PAST_CODE, 0), current);
  assert.deepEqual(codeAt(NO_PAST_CODE, 1000), current);
});

test("a block in the context of the expected height still uses the old code", () => {
  const meta = metaWith([10, 12], [20, 25]);
  assert.deepEqual(codeAt(meta, 0), replacedAt(10));
  assert.deepEqual(codeAt(meta, 10), replacedAt(10));
  assert.deepEqual(codeAt(meta, 11), replacedAt(20));
  assert.deepEqual(codeAt(meta, 20), replacedAt(20));
  assert.deepEqual(codeAt(meta, 21), current);
});

test("pruning goes by activation, not by expectation", () => {
  const meta = metaWith([10, 15], [20, 24]);
  assert.deepEqual(pruneUpTo(meta, 14), { meta, pruned: [] });
  assert.deepEqual(pruneUpTo(meta, 15), {
    meta: { upgradeTimes: [{ expectedAt: 20, activatedAt: 24 }], lastPruned: 10 },
    pruned: [10],
  });
  assert.deepEqual(pruneUpTo(meta, 100).pruned, [10, 20]);
});

test("pruned code is not found, and what was not pruned still is", () => {
  const { meta } = pruneUpTo(metaWith([10, 10], [20, 20], [30, 30]), 20);
  assert.equal(codeAt(meta, 10), undefined);
  assert.equal(codeAt(meta, 20), undefined);
  assert.deepEqual(codeAt(meta, 21), replacedAt(30));
  assert.deepEqual(codeAt(meta, 31), current);
});

test("with every replacement pruned only later heights know the current code", () => {
  const { meta } = pruneUpTo(metaWith([10, 12]), 12);
  assert.equal(codeAt(meta, 10), undefined);
  assert.deepEqual(codeAt(meta, 11), current);
});

test("the most recent replacement is the last one noted", () => {
  assert.equal(mostRecentReplacement(NO_PAST_CODE), undefined);
  assert.equal(mostRecentReplacement(metaWith([10, 11], [20, 22])), 20);
});
