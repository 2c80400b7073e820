import assert from "node:assert/strict";
import test from "node:test";
import { decode, encode } from "@parahost/scale";
import { configurationOf, slot } from "../testing/authored.ts";
import { named } from "../testing/named-chain.ts";
import { EpochRecord, EpochTree } from "./epochs.ts";

const CONFIGURATION = configurationOf(["Alice", "Bob"]);
const announcing = (names: readonly string[], byte: number) => ({
  epoch: {
    authorities: configurationOf(names).authorities,
    randomness: new Uint8Array(32).fill(byte),
  },
  config: undefined,
});
const FIRST = announcing(["Alice", "Bob"], 0);

const treeOf = (): EpochTree =>
  new EpochTree(CONFIGURATION, named("g"), EpochTree.genesis(named("g")));

/** A tree with block 1, named a, in slot 50. */
function startedTree(): EpochTree {
  const tree = treeOf();
  tree.insert(named("a"), named("g"), tree.epochFor(named("g"), slot(50)), FIRST);
  return tree;
}

test("epoch 0 begins with the slot of block 1, and block 1 is its first", () => {
  const { epoch, isFirst } = treeOf().epochFor(named("g"), slot(50));
  assert.deepEqual([epoch.epochIndex, epoch.startSlot, isFirst], [0, 50, true]);
  assert.deepEqual(epoch.authorities, CONFIGURATION.authorities);
});

test("blocks until the epoch's last slot belong to it and are not its first", () => {
  const tree = startedTree();
  for (const at of [51, 59]) {
    const { epoch, isFirst } = tree.epochFor(named("a"), slot(at));
    assert.deepEqual([epoch.epochIndex, isFirst], [0, false]);
  }
});

test("the first block in a later slot opens the announced epoch", () => {
  const tree = startedTree();
  const opened = tree.epochFor(named("a"), slot(60));
  assert.deepEqual(
    [opened.epoch.epochIndex, opened.epoch.startSlot, opened.isFirst],
    [1, 60, true],
  );
  tree.insert(named("b"), named("a"), opened, announcing(["Charlie"], 2));
  const { epoch, isFirst } = tree.epochFor(named("b"), slot(70));
  assert.deepEqual([epoch.epochIndex, epoch.startSlot, isFirst], [2, 70, true]);
  assert.deepEqual(epoch.authorities, configurationOf(["Charlie"]).authorities);
  assert.equal(epoch.randomness[0], 2);
});

test("epochs without a block hand their announced data on", () => {
  const tree = startedTree();
  for (const [at, index, start] of [
    [79, 2, 70],
    [80, 3, 80],
    [115, 6, 110],
  ] as const) {
    const { epoch, isFirst } = tree.epochFor(named("a"), slot(at));
    assert.deepEqual([epoch.epochIndex, epoch.startSlot, isFirst], [index, start, true]);
  }
  const late = tree.epochFor(named("a"), slot(115));
  tree.insert(named("b"), named("a"), late, announcing(["Charlie"], 7));
  assert.equal(tree.epochFor(named("b"), slot(119)).epoch.epochIndex, 6);
  const after = tree.epochFor(named("b"), slot(120));
  assert.deepEqual([after.epoch.epochIndex, after.epoch.startSlot], [7, 120]);
});

test("each fork has its own epochs", () => {
  const tree = startedTree();
  const opened = tree.epochFor(named("a"), slot(60));
  tree.insert(named("b1"), named("a"), opened, announcing(["Alice"], 1));
  tree.insert(named("b2"), named("a"), opened, announcing(["Bob"], 2));
  tree.insert(named("c2"), named("b2"), tree.epochFor(named("b2"), slot(61)), undefined);
  assert.equal(tree.epochFor(named("b1"), slot(70)).epoch.randomness[0], 1);
  assert.equal(tree.epochFor(named("c2"), slot(70)).epoch.randomness[0], 2);
  assert.equal(tree.record(named("c2")), tree.record(named("b2")));
});

test("a configuration announced with an epoch takes effect with it and stays", () => {
  const tree = startedTree();
  const config = {
    c: { numerator: 1, denominator: 2 },
    allowedSlots: { type: "primarySlots" },
  } as const;
  const opened = tree.epochFor(named("a"), slot(60));
  assert.deepEqual(opened.epoch.config.allowedSlots, CONFIGURATION.allowedSlots);
  tree.insert(named("b"), named("a"), opened, { ...FIRST, config });
  assert.deepEqual(
    tree.epochFor(named("b"), slot(65)).epoch.config.allowedSlots,
    CONFIGURATION.allowedSlots,
  );
  const next = tree.epochFor(named("b"), slot(70));
  assert.deepEqual(next.epoch.config, config);
  tree.insert(named("c"), named("b"), next, FIRST);
  assert.deepEqual(tree.epochFor(named("c"), slot(80)).epoch.config, config);
});

test("a record survives being written down, and a removed block is forgotten", () => {
  const tree = startedTree();
  const record = tree.record(named("a"));
  assert.ok(record !== undefined);
  const kept = { ...record, announcedBy: named(`0x${"11".repeat(32)}`) };
  assert.deepEqual(decode(EpochRecord, encode(EpochRecord, kept)), kept);
  tree.restore(named("x"), record);
  assert.deepEqual(tree.epochFor(named("x"), slot(60)), tree.epochFor(named("a"), slot(60)));
  tree.remove(named("a"));
  assert.equal(tree.record(named("a")), undefined);
});
