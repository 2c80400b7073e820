import assert from "node:assert/strict";
import test from "node:test";
import { HostError, silentLogger } from "@parahost/base";
import type { Header } from "@parahost/primitives";
import { MemoryJournal } from "../journal.ts";
import { keystoreOf } from "../testing/authored.ts";
import { ChainWorld, NAMES } from "../testing/chain-world.ts";
import { type TestChanges, TestProposer } from "../testing/test-runtime.ts";
import { BabeAuthor, type BabeAuthorPorts, type ProposalRequest } from "./author.ts";
import { slotOf } from "./digest.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function authoring(
  overrides: Partial<BabeAuthorPorts<TestChanges>> = {},
  world = new ChainWorld(),
): {
  readonly world: ChainWorld;
  readonly author: BabeAuthor<TestChanges>;
  readonly sealed: Header[];
} {
  const sealed: Header[] = [];
  const author = new BabeAuthor<TestChanges>({
    clock: world.clock,
    logger: silentLogger,
    keystore: keystoreOf(...NAMES),
    importer: world.importer,
    selectParent: () => world.chain.best(),
    proposer: new TestProposer(world.chain),
    journal: new MemoryJournal(),
    onAuthored: (_, header) => sealed.push(header),
    ...overrides,
  });
  return { world, author, sealed };
}

const slotsOf = (headers: readonly Header[]): readonly unknown[] => headers.map(slotOf);
/** From slot 100 on, where the worlds begin, to the middle of slot `to`. */
const runTo = (world: ChainWorld, to: number): Promise<void> =>
  world.clock.runUntil(to * 6000 + 3000, settle);

test("who has all keys authors every slot, each block on the last, over epochs", async () => {
  const { world, author, sealed } = authoring();
  author.start();
  await runTo(world, 125);
  assert.deepEqual(
    slotsOf(sealed),
    Array.from({ length: 25 }, (_, i) => 101 + i),
  );
  assert.equal(world.chain.best().number, 25);
  // What building had executed was not executed again.
  assert.equal(world.executor.executions, 0);
  author.stop();
  await runTo(world, 130);
  assert.equal(world.chain.best().number, 25);
});

test("with one key of four about a third of the slots are ours, some of them primary", async () => {
  const { world, author, sealed } = authoring({ keystore: keystoreOf("Bob") });
  author.start();
  await runTo(world, 220);
  assert.ok(sealed.length > 20 && sealed.length < 60, `${sealed.length} of 120`);
  author.stop();
});

test("nothing is authored while syncing, without keys, or without a parent", async () => {
  for (const overrides of [
    { isSyncing: () => true },
    { keystore: keystoreOf("Eve") },
    { selectParent: () => undefined },
  ]) {
    const { world, author, sealed } = authoring(overrides);
    author.start();
    await runTo(world, 110);
    assert.deepEqual(sealed, []);
    author.stop();
  }
});

test("a slot is sealed once, whatever happens to the node or its clock", async () => {
  const journal = new MemoryJournal();
  const first = authoring({ journal });
  first.author.start();
  await runTo(first.world, 105);
  first.author.stop();
  // The clock of the next start is back at slot 100.
  const second = authoring({ journal }, new ChainWorld(first.world.store));
  second.author.start();
  await runTo(second.world, 107);
  assert.deepEqual(slotsOf(first.sealed), [101, 102, 103, 104, 105]);
  assert.deepEqual(slotsOf(second.sealed), [106, 107]);
});

test("a block that is not built in time is dropped, and after empty slots there is more time", async () => {
  const world = new ChainWorld();
  const proposer = new TestProposer(world.chain);
  const budgets: number[] = [];
  const slow = {
    propose: async (request: ProposalRequest) => {
      budgets.push(request.deadline - world.clock.now());
      await new Promise<void>((resolve) => world.clock.setTimer(3000, resolve));
      return proposer.propose(request);
    },
  };
  world.add(world.chain.header(world.chain.genesisHash) as Header, 100);
  const { author, sealed } = authoring({ proposer: slow }, world);
  author.start();
  await runTo(world, 104);
  assert.deepEqual(budgets, [2000, 2000, 4000, 2000]);
  assert.deepEqual(slotsOf(sealed), [103]);
  author.stop();
});

test("a proposer that answers never or with nothing does not stop the next slots", async () => {
  const world = new ChainWorld();
  const proposer = new TestProposer(world.chain);
  let asked = 0;
  const { author, sealed } = authoring(
    {
      proposer: {
        propose: (request) => {
          asked += 1;
          if (asked === 1) return new Promise(() => {});
          if (asked === 2) return Promise.resolve(undefined);
          if (asked === 3) return Promise.reject(new HostError("cancelled"));
          return proposer.propose(request);
        },
      },
    },
    world,
  );
  author.start();
  await runTo(world, 105);
  assert.deepEqual(slotsOf(sealed), [104, 105]);
  author.stop();
});

test("a block whose parent left the tree while it was built is dropped", async () => {
  const world = new ChainWorld();
  const genesis = world.chain.header(world.chain.genesisHash) as Header;
  const left = world.add(genesis, 99);
  const right = world.add(genesis, 100);
  const proposer = new TestProposer(world.chain);
  const { author, sealed } = authoring(
    {
      selectParent: () =>
        ({ hash: left.parentHash && world.chain.hashByNumber(1), number: 1 }) as never,
      proposer: {
        propose: async (request) => {
          const proposal = await proposer.propose(request);
          const other = request.parentHeader === left ? right : left;
          assert.equal(world.finalize(other), "finalized");
          return proposal;
        },
      },
    },
    world,
  );
  author.start();
  await runTo(world, 101);
  assert.deepEqual(sealed, []);
  author.stop();
});
