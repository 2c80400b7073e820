import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hex } from "@parahost/base";
import { asHash, type Hash, paraHeadHash } from "@parahost/primitives";
import { type ParaBlock, ParaTree } from "./para-tree.ts";

/** Heads are single letters here. */
const head = (name: string): Uint8Array => new TextEncoder().encode(name);
const hash = (name: string): Hash => paraHeadHash(head(name));
const contents = (bytes = 10, transactions: readonly Hex[] = []) => ({
  blockData: new Uint8Array(bytes),
  transactions,
});
const names = (blocks: readonly ParaBlock[]): string =>
  blocks.map((block) => new TextDecoder().decode(block.head)).join("");

/** `g` is the genesis; each word is a branch that starts at a block which is there: "gab", "bc". */
function treeOf(branches: readonly string[], blocksMax?: number, blockDataBytesMax?: number) {
  const tree = new ParaTree(head("g"), blocksMax, blockDataBytesMax);
  for (const branch of branches)
    for (let at = 1; at < branch.length; at++)
      tree.add(hash(branch[at - 1] as string), head(branch[at] as string), contents());
  return tree;
}

test("blocks are numbered from the genesis head", () => {
  const tree = treeOf(["gab"]);
  assert.equal(tree.root.number, 0);
  assert.equal(tree.get(hash("b"))?.number, 2);
  assert.equal(tree.get(hash("b"))?.parent, hash("a"));
});

test("a block whose parent is not there is not taken", () => {
  const tree = treeOf(["ga"]);
  assert.equal(tree.add(hash("x"), head("y"), contents()), undefined);
  assert.equal(tree.size, 2);
});

test("adding a block twice changes nothing", () => {
  const tree = treeOf(["ga"]);
  assert.equal(tree.add(hash("g"), head("a"), contents(99)), tree.get(hash("a")));
  assert.equal(tree.blockDataBytes, 10);
});

test("contents that come later make a block known", () => {
  const tree = treeOf(["g"]);
  assert.equal(tree.add(hash("g"), head("a"))?.isKnown, false);
  assert.equal(tree.add(hash("g"), head("a"), contents(7, ["0x01"]))?.isKnown, true);
  assert.deepEqual(tree.get(hash("a"))?.transactions, ["0x01"]);
  assert.equal(tree.add(hash("g"), head("a"))?.isKnown, true);
});

test("a route goes back to the fork and forward from there", () => {
  const tree = treeOf(["gabc", "axy"]);
  const route = tree.route(hash("c"), hash("y"));
  assert.deepEqual([names(route.retracted), names(route.enacted)], ["cb", "xy"]);
  const forward = tree.route(hash("a"), hash("c"));
  assert.deepEqual([names(forward.retracted), names(forward.enacted)], ["", "bc"]);
  assert.equal(tree.isDescendant(hash("c"), hash("a")), true);
  assert.equal(tree.isDescendant(hash("c"), hash("x")), false);
});

test("finality leaves what descends from it and nothing else", () => {
  const tree = treeOf(["gabc", "gde", "axy", "bz"]);
  const { passed, gone } = tree.finalize(hash("b"));
  assert.equal(names(passed), "ab");
  assert.equal([...names(gone)].sort().join(""), "adegxy");
  assert.equal(tree.root.hash, hash("b"));
  assert.equal(names(tree.path(hash("z"))), "z");
  assert.equal(tree.size, 3);
});

test("finality of the root or of nothing new leaves everything", () => {
  const tree = treeOf(["gab", "gc"]);
  assert.deepEqual(tree.finalize(hash("g")), { passed: [], gone: [] });
  assert.equal(tree.size, 4);
});

test("the root waits under blocks that are not known, until they are", () => {
  const tree = treeOf(["ga", "as", "gt"]);
  tree.add(hash("a"), head("x"));
  tree.add(hash("x"), head("y"));
  const first = tree.finalize(hash("y"));
  assert.deepEqual([names(first.passed), [...names(first.gone)].sort().join("")], ["a", "gst"]);
  assert.equal(tree.root.hash, hash("a"));
  tree.add(hash("a"), head("x"), contents());
  assert.equal(names(tree.finalize(hash("y")).passed), "x");
  tree.add(hash("x"), head("y"), contents());
  assert.equal(names(tree.finalize(hash("y")).passed), "y");
  assert.equal(tree.size, 1);
});

test("a full tree first lets go of what stands beside the best chain, oldest first", () => {
  const tree = treeOf(["gab", "gx", "ay"], 5);
  const first = tree.makeRoom(hash("b"));
  assert.deepEqual([names(first.passed), names(first.gone), first.hasRoom], ["", "x", true]);
});

test("a full tree of one chain moves its root", () => {
  const tree = treeOf(["gabcd"], 4);
  const room = tree.makeRoom(hash("d"));
  assert.deepEqual([names(room.passed), names(room.gone), room.hasRoom], ["ab", "ga", true]);
  assert.equal(tree.root.hash, hash("b"));
  assert.equal(tree.size, 3);
});

test("a full tree keeps what is needed to make unknown blocks known", () => {
  const tree = treeOf(["g"], 3);
  tree.add(hash("g"), head("a"));
  tree.add(hash("a"), head("b"));
  const room = tree.makeRoom(hash("b"));
  assert.deepEqual(room, { passed: [], gone: [], hasRoom: false });
});

test("block data beyond the bound is let go of, oldest first, the blocks stay", () => {
  const tree = treeOf(["gabc"], 100, 25);
  assert.equal(tree.get(hash("a"))?.blockData, undefined);
  assert.equal(tree.get(hash("a"))?.isKnown, true);
  assert.equal(tree.get(hash("c"))?.blockData?.length, 10);
  assert.equal(tree.blockDataBytes, 20);
  tree.finalize(hash("a"));
  assert.equal(tree.add(hash("c"), head("d"), contents())?.number, 4);
  assert.equal(names(tree.path(hash("d"))), "bcd");
});

test("the chain is told from its past to its best block, as far as it is kept", () => {
  const tree = treeOf(["gabcd", "ax"]);
  tree.finalize(hash("b"));
  assert.equal(names(tree.chain(hash("d"), 0, 10)), "gabcd");
  assert.equal(names(tree.chain(hash("d"), 1, 2)), "ab");
  assert.equal(names(tree.chain(hash("d"), 4, 10)), "d");
  assert.equal(names(tree.chain(hash("d"), 9, 10)), "");
  assert.equal(tree.chain(hash("d"), 0, 1)[0]?.blockData, undefined);
});

test("only so much of the past is kept", () => {
  const tree = new ParaTree(head("g"));
  let parent = hash("g");
  for (let number = 1; number <= 400; number++) {
    parent = tree.add(parent, head(`${number}`), contents())?.hash ?? asHash("0x");
    tree.finalize(parent);
  }
  assert.equal(tree.size, 1);
  const chain = tree.chain(parent, 0, 1000);
  assert.equal(chain.length, 257);
  assert.equal(chain[0]?.number, 144);
});
