import assert from "node:assert/strict";
import { test } from "node:test";
import { err, HostError, ok } from "@parahost/base";
import {
  type Digest,
  type Hash,
  type Header,
  headerHash,
  parachainLogItem,
  ZERO_HASH,
} from "@parahost/primitives";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { run } from "./subsystem.ts";

function child(parent: Header | undefined, salt = 0, digest: Digest = []): Header {
  return {
    parentHash: parent === undefined ? ZERO_HASH : headerHash(parent),
    number: parent === undefined ? 0 : parent.number + 1,
    stateRoot: `0x${String(salt).padStart(64, "0")}` as Hash,
    extrinsicsRoot: ZERO_HASH,
    digest,
  };
}

const genesis = child(undefined);
const a1 = child(genesis);
const a2 = child(a1);
const b1 = child(genesis, 1);
const reverting = child(a2, 0, [parachainLogItem({ type: "revert", value: 1 })]);

async function start() {
  const overseer = new FakeOverseer<"chain-selection", "chain-api">();
  const abandoned: Hash[] = [];
  const running = run(overseer.context, { abandon: (hash) => abandoned.push(hash) });
  (await overseer.expect("chain-api", "finalizedBlockNumber")).reply(ok(0));
  (await overseer.expect("chain-api", "finalizedBlockHash")).reply(ok(headerHash(genesis)));
  return { overseer, running, abandoned };
}

type World = Awaited<ReturnType<typeof start>>;

/** Activates the last header; the ones before it are its ancestors that are new. */
async function activate({ overseer }: World, ...branch: readonly Header[]): Promise<void> {
  const leaf = branch.at(-1) as Header;
  overseer.activate(headerHash(leaf), leaf.number);
  for (const header of branch.toReversed()) {
    const asked = await overseer.expect("chain-api", "blockHeader");
    assert.equal(asked.hash, headerHash(header));
    asked.reply(ok(header));
  }
  for (const header of branch) {
    const asked = await overseer.expect("chain-api", "blockWeight");
    assert.equal(asked.hash, headerHash(header));
    asked.reply(ok(header.number));
  }
}

const leaves = ({ overseer }: World) => overseer.ask({ type: "leaves" });

test("a leaf brings its unknown ancestors along", async () => {
  const world = await start();
  await activate(world, a1, a2);
  await activate(world, b1);
  assert.deepEqual(await leaves(world), [headerHash(a2), headerHash(b1)]);
  const { overseer, running } = world;
  const best = await overseer.ask({ type: "bestLeafContaining", target: headerHash(a1) });
  assert.equal(best, headerHash(a2));
  await overseer.conclude(running);
});

test("blocks are reverted by a dispute and by the digest of a header", async () => {
  const world = await start();
  await activate(world, b1);
  await activate(world, a1, a2);
  await activate(world, reverting);
  assert.deepEqual(await leaves(world), [headerHash(b1)]);
  world.overseer.message({
    type: "revertBlocks",
    blocks: [{ number: 1, hash: headerHash(b1) }],
  });
  assert.deepEqual(await leaves(world), [headerHash(genesis)]);
  assert.deepEqual(world.abandoned, [headerHash(b1)], "the chain knows of digests itself");
  await world.overseer.conclude(world.running);
});

test("finality prunes, and an approval changes nothing", async () => {
  const world = await start();
  await activate(world, a1, a2);
  await activate(world, b1);
  world.overseer.signal({ type: "blockFinalized", hash: headerHash(b1), number: 1 });
  await world.overseer.settle();
  world.overseer.message({ type: "approved", hash: headerHash(a2) });
  assert.deepEqual(await leaves(world), [headerHash(b1)]);
  await world.overseer.conclude(world.running);
});

test("a leaf of a branch that left the finalized chain is not taken", async () => {
  const world = await start();
  await activate(world, a1);
  world.overseer.signal({ type: "blockFinalized", hash: headerHash(a1), number: 1 });
  world.overseer.activate(headerHash(b1), 1);
  (await world.overseer.expect("chain-api", "blockHeader")).reply(ok(b1));
  assert.deepEqual(await leaves(world), [headerHash(a1)]);
  await world.overseer.conclude(world.running);
});

test("a failing block store is fatal", async () => {
  const { overseer, running } = await start();
  overseer.activate(headerHash(a1), 1);
  const asked = await overseer.expect("chain-api", "blockHeader");
  asked.reply(err({ code: "database", message: "io" }));
  await assert.rejects(running, HostError);
});
