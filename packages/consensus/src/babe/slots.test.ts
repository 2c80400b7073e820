import assert from "node:assert/strict";
import test from "node:test";
import { slot } from "../testing/authored.ts";
import { msToNextSlot, proposingBudgetMs, slotAt, slotStartMs } from "./slots.ts";

test("a slot is the time divided by its duration", () => {
  assert.equal(slotAt(5999, 6000), 0);
  assert.equal(slotAt(6000, 6000), 1);
  assert.equal(slotStartMs(slot(2), 6000), 12_000);
});

test("at the first instant of a slot the next one is a whole slot away", () => {
  assert.equal(msToNextSlot(12_000, 6000), 6000);
  assert.equal(msToNextSlot(17_999, 6000), 1);
});

test("the time to propose doubles with every two empty slots, up to a bound", () => {
  const budgets = [0, 1, 2, 4, 14, 1000].map((empty) => proposingBudgetMs(6000, 1 / 3, empty));
  assert.deepEqual(budgets, [2000, 2000, 4000, 8000, 256_000, 256_000]);
});
