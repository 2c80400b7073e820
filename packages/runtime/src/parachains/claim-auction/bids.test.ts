import assert from "node:assert/strict";
import { test } from "node:test";
import { asAccountId, asCollatorId, asParaId } from "@parahost/primitives";
import { type Bid, type Bids, place, STANDING_BIDS_MAX, takeBest } from "./bids.ts";

const bidOf = (para: number, amount: number): Bid => ({
  para: asParaId(para),
  collator: asCollatorId(`0x${"0c".repeat(32)}`),
  amount: BigInt(amount),
  bidder: asAccountId(`0x${"0b".repeat(32)}`),
});

const listOf = (...all: readonly (readonly [number, number])[]): Bids =>
  all.reduce<Bids>((bids, [para, amount]) => place(bids, bidOf(para, amount))?.bids ?? bids, []);

const layout = (bids: Bids | undefined) => bids?.map(({ para, amount }) => [para, Number(amount)]);

test("the highest bid stands first, of equal ones that of the lower para", () => {
  assert.deepEqual(layout(listOf([3, 5], [1, 5], [2, 9], [4, 1])), [
    [2, 9],
    [1, 5],
    [3, 5],
    [4, 1],
  ]);
});

test("a para has one bid, and only a higher one displaces it", () => {
  const bids = listOf([1, 5], [2, 9]);
  assert.equal(place(bids, bidOf(1, 5)), undefined);
  const placed = place(bids, bidOf(1, 10));
  assert.deepEqual(layout(placed?.bids), [
    [1, 10],
    [2, 9],
  ]);
  assert.deepEqual(placed?.displaced, bidOf(1, 5));
});

test("a full list gives up its lowest bid for a higher one", () => {
  let bids: Bids = [];
  for (let i = 0; i < STANDING_BIDS_MAX; i++) bids = place(bids, bidOf(i, 10 + i))?.bids ?? [];
  assert.equal(place(bids, bidOf(999, 10)), undefined);
  const placed = place(bids, bidOf(999, 11));
  assert.equal(placed?.bids.length, STANDING_BIDS_MAX);
  assert.deepEqual(placed?.displaced, bidOf(0, 10));
});

test("the best bid is the highest that is eligible", () => {
  const bids = listOf([1, 5], [2, 9], [3, 7]);
  const { best, rest } = takeBest(bids, ({ para }) => para !== 2);
  assert.equal(best?.para, 3);
  assert.deepEqual(layout(rest), [
    [2, 9],
    [1, 5],
  ]);
  assert.deepEqual(
    takeBest(bids, () => false),
    { best: undefined, rest: bids },
  );
});
