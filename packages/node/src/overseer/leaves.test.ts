import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hash } from "@parahost/primitives";
import { Leaves } from "./leaves.ts";

const hash = (name: string): Hash => `0x${name}` as Hash;
const block = (name: string, number: number, parent: string) => ({
  hash: hash(name),
  number,
  parentHash: hash(parent),
});

test("a block replaces its parent in one update", () => {
  const leaves = new Leaves(0);
  leaves.imported(block("a1", 1, "a0"));
  assert.deepEqual(leaves.imported(block("a2", 2, "a1")), {
    type: "activeLeaves",
    activated: { hash: "0xa2", number: 2, status: "fresh" },
    deactivated: ["0xa1"],
  });
  assert.equal(leaves.isActive(hash("a1")), false);
  assert.equal(leaves.isActive(hash("a2")), true);
});

test("siblings are leaves side by side", () => {
  const leaves = new Leaves(0);
  leaves.imported(block("a1", 1, "a0"));
  const fork = leaves.imported(block("b1", 1, "a0"));
  assert.deepEqual(fork?.deactivated, []);
  assert.equal(leaves.isActive(hash("a1")), true);
  assert.equal(leaves.isActive(hash("b1")), true);
});

test("a block that is known or not above finality changes nothing", () => {
  const leaves = new Leaves(5);
  assert.equal(leaves.imported(block("a5", 5, "a4")), undefined);
  leaves.imported(block("a6", 6, "a5"));
  assert.equal(leaves.imported(block("a6", 6, "a5")), undefined);
});

test("a leaf that was active before comes back stale", () => {
  const leaves = new Leaves(0);
  leaves.imported(block("a1", 1, "a0"));
  leaves.imported(block("a2", 2, "a1"));
  const again = leaves.imported(block("a1", 1, "a0"));
  assert.equal(again?.activated?.status, "stale");
});

test("a reversion ends work above what remains, and takes up the last good block again", () => {
  const leaves = new Leaves(0);
  for (const one of [block("a1", 1, "a0"), block("a2", 2, "a1"), block("b2", 2, "a1")])
    leaves.imported(one);
  assert.deepEqual(leaves.reverted([block("b2", 2, "a1")]), [
    { type: "activeLeaves", deactivated: ["0xa2"] },
  ]);
  assert.deepEqual(leaves.reverted([block("a1", 1, "a0")]), [
    {
      type: "activeLeaves",
      activated: { hash: "0xa1", number: 1, status: "stale" },
      deactivated: ["0xb2"],
    },
  ]);
  assert.deepEqual(leaves.reverted([block("a1", 1, "a0")]), []);
});

test("finality deactivates the leaves it left behind but not the finalized block", () => {
  const leaves = new Leaves(0);
  leaves.imported(block("a1", 1, "a0"));
  leaves.imported(block("b1", 1, "a0"));
  assert.deepEqual(leaves.finalized(hash("b1"), 1), {
    type: "activeLeaves",
    deactivated: ["0xa1"],
  });
  assert.equal(leaves.isActive(hash("b1")), true);
});

test("no more than four leaves are activated at start, the highest first", () => {
  const leaves = new Leaves(1);
  const updates = leaves.start([
    block("a3", 3, "a2"),
    block("b2", 2, "a1"),
    block("c4", 4, "c3"),
    block("d2", 2, "a1"),
    block("e2", 2, "a1"),
    block("f0", 0, "00"),
  ]);
  assert.deepEqual(
    updates.map(({ activated }) => activated?.hash),
    ["0xc4", "0xa3", "0xb2", "0xd2"],
  );
});

test("nothing is activated during sync, and the tip is when it ends", () => {
  const leaves = new Leaves(0);
  leaves.imported(block("a1", 1, "a0"));
  leaves.setSyncing(true);
  assert.deepEqual(leaves.imported(block("a2", 2, "a1")), {
    type: "activeLeaves",
    deactivated: ["0xa1"],
  });
  assert.equal(leaves.imported(block("a3", 3, "a2")), undefined);
  assert.deepEqual(
    leaves.setSyncing(false).map(({ activated }) => activated?.hash),
    ["0xa3"],
  );
});
