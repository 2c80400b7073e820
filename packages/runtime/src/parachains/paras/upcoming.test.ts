import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId } from "@parahost/primitives";
import { takeDue, type Upcoming, withoutParas, withUpcoming } from "./upcoming.ts";

const listOf = (...entries: readonly (readonly [number, number])[]): Upcoming =>
  entries.map(([para, at]) => ({ para: asParaId(para), at }));

test("entries stand in the order of their blocks, and of arrival within a block", () => {
  let list: Upcoming = [];
  for (const [para, at] of [
    [1, 30],
    [2, 10],
    [3, 20],
    [4, 20],
    [5, 40],
  ] as const)
    list = withUpcoming(list, asParaId(para), at);
  assert.deepEqual(list, listOf([2, 10], [3, 20], [4, 20], [1, 30], [5, 40]));
});

test("what is due includes the present block", () => {
  const list = listOf([1, 10], [2, 20], [3, 21]);
  assert.deepEqual(takeDue(list, 20), {
    due: listOf([1, 10], [2, 20]),
    later: listOf([3, 21]),
  });
  assert.deepEqual(takeDue(list, 9), { due: [], later: list });
  assert.deepEqual(takeDue(list, 99), { due: list, later: [] });
});

test("a para that goes takes its entries along", () => {
  const list = listOf([1, 10], [2, 20], [1, 21]);
  assert.deepEqual(withoutParas(list, new Set([asParaId(1)])), listOf([2, 20]));
});
