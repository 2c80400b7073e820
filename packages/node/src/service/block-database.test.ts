import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes, HostError, hexToBytes, SeededRandom } from "@parahost/base";
import { GENESIS } from "@parahost/consensus/testing/authored";
import { ChainWorld } from "@parahost/consensus/testing/chain-world";
import type { TestChanges } from "@parahost/consensus/testing/test-runtime";
import { type Hash, type Header, headerHash } from "@parahost/primitives";
import { type Change, MemoryStore } from "@parahost/storage";
import { CrashingStore, type CrashMoment } from "@parahost/storage/testing/crashing-store";
import { BLOCK_COLUMNS, type BlockColumn, BlockDatabase } from "./block-database.ts";
import { checkChain } from "./chain-check.ts";

const NO_STATES = { apply: () => [] };

const database = (store: ConstructorParameters<typeof BlockDatabase<TestChanges, never>>[0]) =>
  new BlockDatabase<TestChanges, never>(store, NO_STATES);

interface World {
  readonly store: MemoryStore<BlockColumn>;
  readonly world: ChainWorld;
  /** Numbers 0 to 4; 1 is final. */
  readonly blocks: readonly Header[];
  /** On 2. */
  readonly fork: Header;
}

function fourBlocksAndAFork(): World {
  const store = new MemoryStore(BLOCK_COLUMNS);
  const world = new ChainWorld(database(store));
  const one = world.add(GENESIS, 1);
  const two = world.add(one, 2);
  const three = world.add(two, 3);
  const fork = world.add(two, 5, { body: [new Uint8Array([7])] });
  const four = world.add(three, 6);
  assert.equal(world.finalize(one), "finalized");
  return { store, world, blocks: [GENESIS, one, two, three, four], fork };
}

/** What one knows of a chain from outside. */
const outline = ({ chain }: ChainWorld) => ({
  best: chain.best().hash,
  finalized: chain.finalized().hash,
  leaves: chain.tree.leaves().map(({ hash, weight }) => [hash, weight]),
  numbers: [0, 1, 2, 3, 4, 5].map((number) => chain.hashByNumber(number)),
  authoritySet: chain.authoritySet(),
  justification: chain.justification(chain.finalized().hash),
});

const reopened = (store: World["store"]): ChainWorld => new ChainWorld(database(store));
const whole = (): boolean => true;
const hashAt = ({ blocks }: World, number: number): Hash => headerHash(blocks[number] as Header);

test("a chain goes on from its database as it was, forks, epochs and finality included", () => {
  const before = fourBlocksAndAFork();
  assert.deepEqual(checkChain(before.store, whole), { dropped: [], reindexed: [] });
  const after = reopened(before.store);
  assert.deepEqual(outline(after), outline(before.world));
  const [, , two, , four] = before.blocks;
  const five = after.add(four as Header, 8);
  assert.equal(after.finalize(two as Header), "finalized");
  assert.equal(after.chain.best().hash, headerHash(five));
  assert.deepEqual(outline(reopened(before.store)), outline(after));
});

test("blocks that lose against finality leave nothing behind", () => {
  const { store, world, blocks, fork } = fourBlocksAndAFork();
  assert.equal(world.finalize(blocks[3] as Header), "finalized");
  const key = hexToBytes(headerHash(fork));
  for (const column of ["headers", "bodies", "tree"] as const)
    assert.equal(store.has(column, key), false, column);
  assert.equal([...store.range("tree", new Uint8Array(0))].length, 2);
  assert.equal(reopened(store).chain.header(headerHash(blocks[1] as Header))?.number, 1);
});

test("an empty database needs no check", () => {
  assert.equal(checkChain(new MemoryStore(BLOCK_COLUMNS), whole), undefined);
});

test("a damaged block above finality goes with its descendants, and the best fork is what is left", () => {
  const key = (hash: Hash) => hexToBytes(hash);
  const damages: readonly ((w: World) => Change<BlockColumn>)[] = [
    (w) => ({ column: "headers", key: key(hashAt(w, 3)) }),
    (w) => ({ column: "headers", key: key(hashAt(w, 3)), value: new Uint8Array([1, 2]) }),
    (w) => ({ column: "tree", key: key(hashAt(w, 3)) }),
    (w) => ({
      column: "headers",
      key: key(hashAt(w, 3)),
      value: w.store.get("headers", key(hashAt(w, 2))) as Uint8Array,
    }),
  ];
  for (const [index, damage] of damages.entries()) {
    const w = fourBlocksAndAFork();
    w.store.write([damage(w)]);
    const repaired = checkChain(w.store, whole);
    const gone = index === 2 ? [hashAt(w, 4)] : [hashAt(w, 3), hashAt(w, 4)];
    assert.deepEqual(repaired?.dropped, gone, `damage ${index}`);
    const after = reopened(w.store);
    assert.equal(after.chain.best().hash, headerHash(w.fork));
    assert.deepEqual(outline(after).numbers, [
      hashAt(w, 0),
      hashAt(w, 1),
      hashAt(w, 2),
      headerHash(w.fork),
      undefined,
      undefined,
    ]);
    assert.deepEqual(checkChain(w.store, whole), { dropped: [], reindexed: [] });
  }
});

test("a block without its state is dropped like a damaged one", () => {
  const w = fourBlocksAndAFork();
  const repaired = checkChain(w.store, (block) => block !== hashAt(w, 4));
  assert.deepEqual(repaired?.dropped, [hashAt(w, 4)]);
  assert.equal(reopened(w.store).chain.best().number, 3);
});

test("a wrong best block and a wrong index are made right", () => {
  const w = fourBlocksAndAFork();
  const outlined = outline(w.world);
  const wrong = hexToBytes(hashAt(w, 0));
  w.store.write([
    { column: "chain", key: asciiBytes("best"), value: wrong },
    { column: "canonical", key: new Uint8Array([0, 0, 0, 3]), value: wrong },
    { column: "canonical", key: new Uint8Array([0, 0, 0, 1]) },
    { column: "canonical", key: new Uint8Array([0, 0, 0, 9]), value: wrong },
  ]);
  assert.deepEqual(checkChain(w.store, whole), { dropped: [], reindexed: [9, 3, 1] });
  assert.deepEqual(outline(reopened(w.store)), outlined);
});

test("a damaged head of finality is refused with the remedy, never rolled back", () => {
  const lost: readonly ((w: World) => Change<BlockColumn>)[] = [
    (w) => ({ column: "headers", key: hexToBytes(hashAt(w, 1)) }),
    (w) => ({ column: "tree", key: hexToBytes(hashAt(w, 1)) }),
    () => ({ column: "chain", key: asciiBytes("finalized") }),
    () => ({ column: "chain", key: asciiBytes("authoritySet") }),
    (w) => ({
      column: "chain",
      key: asciiBytes("finalized"),
      value: hexToBytes(hashAt(w, 0)),
    }),
  ];
  for (const damage of lost) {
    const w = fourBlocksAndAFork();
    w.store.write([damage(w)]);
    assert.throws(
      () => checkChain(w.store, whole),
      (error) =>
        error instanceof HostError &&
        error.code === "chainDamaged" &&
        /parahost purge-chain/.test(error.message),
    );
  }
});

test("after a loss of power the chain is as it was after one of its changes, and finality is kept", () => {
  for (let at = 1; at <= 8; at++) {
    let writes = 0;
    const moment = (["before", "during", "after"] as const)[at % 3] as CrashMoment;
    const store = new CrashingStore(BLOCK_COLUMNS, {
      random: new SeededRandom(at),
      crashAt: () => (++writes === at ? { moment, kind: "lost" } : undefined),
    });
    let finalized = 0;
    const run = (): void => {
      const world = new ChainWorld(database(store));
      let parent = world.chain.header(world.chain.best().hash) as Header;
      while (parent.number < 5) {
        parent = world.add(parent, parent.number + 1);
        if (parent.number % 2 === 1 && world.chain.finalized().number < parent.number) {
          assert.equal(world.finalize(parent), "finalized");
          finalized = parent.number;
        }
      }
    };
    try {
      run();
    } catch (error) {
      assert.ok(error instanceof HostError && error.code === "crashed");
      store.restart();
    }
    checkChain(store, whole);
    const world = new ChainWorld(database(store));
    assert.ok(world.chain.finalized().number >= finalized, `write ${at}`);
    run();
    assert.equal(new ChainWorld(database(store)).chain.finalized().number, 5);
  }
});
