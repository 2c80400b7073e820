import assert from "node:assert/strict";
import test from "node:test";
import type { Header } from "@parahost/primitives";
import { headerHash } from "@parahost/primitives";
import type { ImportableBlock } from "./import.ts";
import { ImportQueue } from "./import-queue.ts";
import { GENESIS } from "./testing/authored.ts";
import { ChainWorld } from "./testing/chain-world.ts";
import { INVALID } from "./testing/test-runtime.ts";

interface QueueWorld {
  readonly world: ChainWorld;
  readonly queue: ImportQueue<unknown>;
  readonly asked: string[];
  readonly released: string[];
}

function queueWorld(): QueueWorld {
  const world = new ChainWorld();
  const asked: string[] = [];
  const released: string[] = [];
  const queue = new ImportQueue(world.importer, {
    clock: world.clock,
    requestBlock: (missing, source) => asked.push(`${source} ${missing}`),
    onImported: (result, source) =>
      released.push(`${source} ${result.ok ? result.value.block.number : result.error.code}`),
  });
  return { world, queue, asked, released };
}

/** Blocks 1 to `count`, made on a chain of their own. */
function chainOfBlocks(count: number, from = 70): ImportableBlock[] {
  const world = new ChainWorld();
  const blocks: ImportableBlock[] = [];
  let head: Header = GENESIS;
  for (let i = 0; i < count; i++) {
    const block = world.block(head, from + i);
    assert.equal(world.import(block), "imported");
    blocks.push(block);
    head = block.header;
  }
  return blocks;
}

const settle = async (): Promise<void> => {};

test("blocks that come before their parents wait, and are imported behind them", () => {
  const { world, queue, asked, released } = queueWorld();
  const [one, two, three] = chainOfBlocks(3) as [ImportableBlock, ImportableBlock, ImportableBlock];
  for (const [block, peer] of [
    [three, "c"],
    [two, "b"],
  ] as const) {
    const result = queue.submit(block, "network", peer);
    assert.ok(!result.ok && result.error.code === "unknownParent");
  }
  assert.equal(queue.size, 2);
  assert.deepEqual(asked, [`c ${headerHash(two.header)}`, `b ${headerHash(one.header)}`]);
  assert.ok(queue.submit(one, "network", "a").ok);
  assert.deepEqual(released, ["c 3", "b 2"]);
  assert.equal(queue.size, 0);
  assert.equal(world.chain.best().number, 3);
});

test("a block that waits is asked for once", () => {
  const { queue, asked } = queueWorld();
  const [, two] = chainOfBlocks(2) as [ImportableBlock, ImportableBlock];
  queue.submit(two, "network", "a");
  queue.submit(two, "network", "b");
  assert.equal(asked.length, 1);
  assert.equal(queue.size, 1);
});

test("a block of a slot that is yet to come waits for it", async () => {
  const { world, queue, released } = queueWorld();
  const block = world.block(GENESIS, 103);
  const result = queue.submit(block, "network", "a");
  assert.ok(!result.ok && result.error.code === "slotInFuture");
  assert.equal(queue.size, 1);
  await world.clock.runUntil(101 * 6000 + 5999, settle);
  assert.deepEqual(released, []);
  await world.clock.runUntil(102 * 6000, settle);
  assert.deepEqual(released, ["a 1"]);
  assert.equal(queue.size, 0);
});

test("a block of a far slot is not kept", () => {
  const { world, queue } = queueWorld();
  queue.submit(world.block(GENESIS, 120), "network", "a");
  assert.equal(queue.size, 0);
});

test("one source cannot fill the queue", () => {
  const { queue } = queueWorld();
  const [one, two] = chainOfBlocks(2) as [ImportableBlock, ImportableBlock];
  queue.submit(two, "network", "honest");
  for (let i = 0; i < 1000; i++) {
    const parentHash = `0x${i.toString(16).padStart(64, "0")}` as never;
    queue.submit({ header: { ...one.header, parentHash }, body: [] }, "network", "flood");
  }
  assert.equal(queue.size, 257);
  assert.ok(queue.submit(one, "network", "a").ok);
  assert.equal(queue.size, 256);
});

test("of a chain that waits the lowest missing block is asked for", () => {
  const { queue, asked } = queueWorld();
  const [one, two, three, four] = chainOfBlocks(4) as Required<ImportableBlock[]>;
  assert.ok(one && two && three && four);
  for (const block of [two, three, four]) queue.submit(block, "network", "a");
  assert.deepEqual(asked, new Array(3).fill(`a ${headerHash(one.header)}`));
});

test("what stands on a bad block is refused with it, and its sender hears of it", () => {
  const { world, queue, released } = queueWorld();
  const bad = world.block(GENESIS, 80, { body: [INVALID] });
  const parentHash = headerHash(bad.header);
  const child = { header: { ...bad.header, parentHash, number: 2 }, body: [] };
  queue.submit(child, "network", "a");
  assert.ok(!queue.submit(bad, "network", "b").ok);
  assert.deepEqual(released, ["a parentBad"]);
  assert.equal(queue.size, 0);
});

test("finality empties the queue of what it left behind", () => {
  const { world, queue } = queueWorld();
  const [one, two, three] = chainOfBlocks(3, 60) as Required<ImportableBlock[]>;
  assert.ok(one && two && three);
  const main = world.add(GENESIS, 90);
  queue.submit(two, "network", "a");
  queue.submit(three, "network", "a");
  assert.equal(queue.size, 2);
  const next = world.add(main, 91);
  assert.equal(world.finalize(main), "finalized");
  assert.equal(queue.size, 2);
  assert.equal(world.finalize(next), "finalized");
  assert.equal(queue.size, 1);
  // What the last one waits for cannot be imported, so neither can it.
  assert.ok(!queue.submit(two, "network", "a").ok);
  assert.equal(queue.size, 0);
});

test("a stopped queue leaves no timer behind", () => {
  const { world, queue } = queueWorld();
  queue.submit(world.block(GENESIS, 103), "network", "a");
  queue.stop();
  assert.equal(queue.size, 0);
  assert.equal(world.clock.nextAt(), undefined);
});
