import assert from "node:assert/strict";
import { test } from "node:test";
import { HISTORICAL_REVENUE_BLOCKS, type Revenue, takeRevenue, withSale } from "./revenue.ts";

const sold = (...sales: readonly (readonly [block: number, amount: bigint])[]): Revenue =>
  sales.reduce<Revenue>((revenue, [block, amount]) => withSale(revenue, block, amount), []);

test("sales of one block are one sum, blocks without a sale take no place", () => {
  assert.deepEqual(sold([3, 10n], [3, 5n], [9, 1n]), [
    { block: 9, amount: 1n },
    { block: 3, amount: 15n },
  ]);
});

test("what is older than two timeslices is one sum in the oldest block kept", () => {
  const revenue = sold([1, 1n], [2, 2n], [3, 4n], [162, 8n]);
  assert.deepEqual(revenue, [
    { block: 162, amount: 8n },
    { block: 3, amount: 7n },
  ]);
});

test("the record is bounded, and loses nothing", () => {
  let revenue: Revenue = [];
  for (let block = 1; block <= 1_000; block++) revenue = withSale(revenue, block, BigInt(block));
  assert.equal(revenue.length, HISTORICAL_REVENUE_BLOCKS);
  assert.equal(
    revenue.reduce((total, { amount }) => total + amount, 0n),
    500_500n,
  );
});

test("revenue is taken once, up to and with the block that was asked for", () => {
  const { taken, rest } = takeRevenue(sold([3, 10n], [5, 5n], [9, 1n]), 5);
  assert.equal(taken, 15n);
  assert.deepEqual(rest, [{ block: 9, amount: 1n }]);
  assert.deepEqual(takeRevenue(rest, 5), { taken: 0n, rest });
});
