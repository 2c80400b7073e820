import assert from "node:assert/strict";
import { test } from "node:test";
import type { BlockNumber, Hash } from "@parahost/primitives";
import { BlockTree } from "./tree.ts";

const hash = (name: string): Hash => `0x${name}` as Hash;

/** Blocks by name: the digit is the number, what precedes it the branch; weight defaults to it. */
function treeOf(...blocks: readonly [name: string, parent: string, weight?: number][]): BlockTree {
  const tree = new BlockTree({ hash: hash("a0"), number: 0 });
  for (const [name, parent, weight] of blocks) insert(tree, name, parent, weight);
  return tree;
}

function insert(
  tree: BlockTree,
  name: string,
  parent: string,
  weight?: number,
  reverts?: BlockNumber,
): boolean {
  const number = Number(name.slice(1));
  return tree.insert({
    hash: hash(name),
    number,
    parentHash: hash(parent),
    weight: weight ?? number,
    reverts,
  });
}

test("leaves are ordered by weight, then number, then hash", () => {
  const tree = treeOf(
    ["a1", "a0", 1],
    ["a2", "a1", 1],
    ["b1", "a0", 2],
    ["c1", "a0", 1],
    ["d1", "a0", 1],
  );
  assert.deepEqual(tree.leaves(), ["0xb1", "0xa2", "0xc1", "0xd1"]);
});

test("an empty tree has the finalized block as its leaf", () => {
  assert.deepEqual(treeOf().leaves(), ["0xa0"]);
});

test("a block without ground in the tree is not taken", () => {
  const tree = treeOf();
  assert.equal(insert(tree, "a2", "a1"), false);
  assert.equal(insert(tree, "a1", "a0"), true);
  assert.equal(insert(tree, "a1", "a0"), false);
});

test("a reverted block takes its descendants with it and leaves its parent as leaf", () => {
  const tree = treeOf(["a1", "a0"], ["a2", "a1"], ["a3", "a2"], ["b2", "a1"]);
  tree.revert(hash("a2"));
  assert.deepEqual(tree.leaves(), ["0xb2"]);
  tree.revert(hash("b2"));
  assert.deepEqual(tree.leaves(), ["0xa1"]);
  tree.revert(hash("a1"));
  assert.deepEqual(tree.leaves(), ["0xa0"]);
});

test("a header's revert abandons its own branch from that number up", () => {
  const tree = treeOf(["a1", "a0"], ["a2", "a1"], ["b2", "a1", 1]);
  insert(tree, "a3", "a2", 3, 2);
  assert.deepEqual(tree.leaves(), ["0xb2"]);
});

test("a revert of what is finalized is void", () => {
  const tree = treeOf(["a1", "a0"]);
  insert(tree, "a2", "a1", 2, 0);
  assert.deepEqual(tree.leaves(), ["0xa2"]);
});

test("the best leaf containing a block descends from it", () => {
  const tree = treeOf(["a1", "a0"], ["a2", "a1"], ["b1", "a0", 9], ["b2", "b1", 9]);
  assert.equal(tree.bestLeafContaining(hash("a0")), "0xb2");
  assert.equal(tree.bestLeafContaining(hash("a1")), "0xa2");
  assert.equal(tree.bestLeafContaining(hash("a2")), "0xa2");
  assert.equal(tree.bestLeafContaining(hash("c1")), undefined);
  tree.revert(hash("a1"));
  assert.equal(tree.bestLeafContaining(hash("a1")), undefined);
});

test("finality keeps the descendants of the block only", () => {
  const tree = treeOf(["a1", "a0"], ["a2", "a1"], ["b2", "a1"], ["c1", "a0", 9]);
  tree.finalize({ hash: hash("a1"), number: 1 });
  assert.deepEqual(tree.leaves(), ["0xa2", "0xb2"]);
  assert.equal(tree.size, 2);
  assert.equal(tree.bestLeafContaining(hash("c1")), undefined);
});

test("what was reverted at or below finality no longer counts", () => {
  const tree = treeOf(["a1", "a0"], ["a2", "a1"], ["a3", "a2"]);
  tree.revert(hash("a1"));
  assert.deepEqual(tree.leaves(), ["0xa0"]);
  tree.finalize({ hash: hash("a2"), number: 2 });
  assert.deepEqual(tree.leaves(), ["0xa3"]);
});

test("approval is remembered and changes no leaf", () => {
  const tree = treeOf(["a1", "a0"], ["b1", "a0"]);
  tree.approve(hash("b1"));
  assert.equal(tree.isApproved(hash("b1")), true);
  assert.equal(tree.isApproved(hash("a1")), false);
  assert.deepEqual(tree.leaves(), ["0xa1", "0xb1"]);
});
