import assert from "node:assert/strict";
import { test } from "node:test";
import { err, expectOk, ok, silentLogger } from "@parahost/base";
import {
  branches,
  directCoder,
  type ErasureCoder,
  obtainChunks,
  verifyChunkProof,
} from "@parahost/erasure";
import {
  AvailableData,
  asCoreIndex,
  asGroupIndex,
  asValidatorId,
  asValidatorIndex,
  type CandidateEvent,
  candidateHash,
  type Hash,
  type Header,
  headerHash,
  type NodeFeatures,
  nodeFeatures,
  ZERO_HASH,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { MemoryStore } from "@parahost/storage";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import { AVAILABILITY_COLUMNS } from "./database.ts";
import { type AvailabilityStoreSends, PRUNE_INTERVAL_MS, run } from "./subsystem.ts";

const HOUR = 3_600_000;
const VALIDATORS = 5;
const validators = Array.from({ length: VALIDATORS }, (_, i) => asValidatorId(sampleHash(i)));
const availableData: AvailableData = {
  pov: { blockData: new Uint8Array(300).fill(9) },
  validationData: {
    parentHead: new Uint8Array([1]),
    relayParentNumber: 1,
    relayParentStorageRoot: ZERO_HASH,
    maxPovSize: 1024,
  },
};
const pieces = expectOk(obtainChunks(VALIDATORS, encode(AvailableData, availableData)), "encodes");
const erasureRoot = branches(pieces).root as Hash;
const receipt = sampleReceipt({ erasureRoot });
const candidate = candidateHash(receipt);
const event = (type: "backed" | "included"): CandidateEvent => ({
  type,
  value: {
    receipt,
    headData: new Uint8Array(),
    core: asCoreIndex(0),
    group: asGroupIndex(0),
  },
});
const header = (number: number, parentHash: Hash): Header => ({
  parentHash,
  number,
  stateRoot: ZERO_HASH,
  extrinsicsRoot: ZERO_HASH,
  digest: [],
});
const first = header(1, ZERO_HASH);
const second = header(2, headerHash(first));

function start(coder: ErasureCoder = directCoder) {
  const clock = new ManualClock();
  const store = new MemoryStore(AVAILABILITY_COLUMNS);
  const overseer = new FakeOverseer<"availability-store", AvailabilityStoreSends>();
  const running = run(overseer.context, {
    clock,
    coder,
    logger: silentLogger,
    store,
  });
  return { clock, overseer, running };
}

type World = ReturnType<typeof start>;

async function readBlock({ overseer }: World, events: readonly CandidateEvent[]): Promise<void> {
  (await overseer.expect("runtime-api", "candidateEvents")).reply(ok(events));
  (await overseer.expect("runtime-api", "validators")).reply(ok(validators));
}

async function activate(world: World, headers: readonly Header[]): Promise<void> {
  const leaf = headers.at(-1) as Header;
  world.overseer.activate(headerHash(leaf), leaf.number);
  for (const unknown of headers.toReversed())
    (await world.overseer.expect("chain-api", "blockHeader")).reply(ok(unknown));
}

async function start1(events: readonly CandidateEvent[]): Promise<World> {
  const world = start();
  world.overseer.activate(headerHash(first), 1);
  (await world.overseer.expect("chain-api", "finalizedBlockNumber")).reply(ok(0));
  (await world.overseer.expect("chain-api", "blockHeader")).reply(ok(first));
  const genesis = await world.overseer.expect("chain-api", "blockHeader");
  assert.equal(genesis.hash, ZERO_HASH);
  genesis.reply(ok(header(0, ZERO_HASH)));
  await readBlock(world, events);
  return world;
}

function store(
  { overseer }: World,
  root: Hash = erasureRoot,
  features: NodeFeatures = nodeFeatures(),
) {
  return overseer.ask({
    type: "storeAvailableData",
    candidateHash: candidate,
    validatorCount: VALIDATORS,
    availableData,
    expectedErasureRoot: root,
    coreIndex: asCoreIndex(1),
    nodeFeatures: features,
  });
}

const chunkOf = ({ overseer }: World, validator: number) =>
  overseer.ask({
    type: "queryChunk",
    candidateHash: candidate,
    validatorIndex: asValidatorIndex(validator),
  });

test("while data is coded, others are answered", async () => {
  let goOn = (): void => {};
  const coding = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const world = start({
    ...directCoder,
    encode: async (n, data) => {
      await coding;
      return directCoder.encode(n, data);
    },
  });
  const stored = [store(world), store(world)];
  assert.equal(await chunkOf(world, 0), undefined);
  goOn();
  assert.deepEqual(await Promise.all(stored), [ok(undefined), ok(undefined)]);
  assert.notEqual(await chunkOf(world, 0), undefined);
  await world.overseer.conclude(world.running);
});

test("data are stored with a chunk per validator whose proof holds", async () => {
  const world = start();
  const { overseer, running } = world;
  assert.deepEqual(await store(world), ok(undefined));
  assert.deepEqual(await store(world), ok(undefined));
  const question = { candidateHash: candidate } as const;
  assert.deepEqual(await overseer.ask({ type: "queryAvailableData", ...question }), availableData);
  assert.equal(await overseer.ask({ type: "queryDataAvailability", ...question }), true);
  const all = await overseer.ask({ type: "queryAllChunks", ...question });
  assert.deepEqual(
    all.map(({ validatorIndex, chunk }) => [validatorIndex, chunk.index]),
    [0, 1, 2, 3, 4].map((i) => [i, i]),
  );
  for (const { chunk } of all)
    assert.ok(verifyChunkProof(erasureRoot, chunk.index, chunk.chunk, chunk.proof).ok);
  assert.equal(
    await overseer.ask({ type: "queryChunkSize", ...question }),
    all[0]?.chunk.chunk.length,
  );
  await overseer.conclude(running);
});

test("with the mapping on, validators hold the chunks of their core", async () => {
  const world = start();
  assert.deepEqual(
    await store(world, erasureRoot, nodeFeatures("availabilityChunkMapping")),
    ok(undefined),
  );
  // Core 1, two systematic chunks of five: validator 0 holds chunk 2.
  assert.equal((await chunkOf(world, 0))?.index, 2);
  await world.overseer.conclude(world.running);
});

test("data with another erasure root are refused and not kept", async () => {
  const world = start();
  const expected = sampleHash(7);
  assert.deepEqual(
    await store(world, expected),
    err({ code: "invalidErasureRoot", expected, computed: erasureRoot }),
  );
  assert.equal(await chunkOf(world, 0), undefined);
  await world.overseer.conclude(world.running);
});

test("a chunk is taken once a block backs its candidate", async () => {
  const world = await start1([]);
  const { overseer, running } = world;
  const chunk = { chunk: pieces[3] as Uint8Array, index: 3, proof: branches(pieces).proof(3) };
  const question = {
    type: "storeChunk",
    candidateHash: candidate,
    validatorIndex: asValidatorIndex(3),
    chunk,
  } as const;
  assert.equal(await overseer.ask(question), false);
  await activate(world, [second]);
  await readBlock(world, [event("backed")]);
  assert.equal(await overseer.ask(question), true);
  assert.deepEqual(await chunkOf(world, 3), chunk);
  const availability = { ...question, type: "queryChunkAvailability" } as const;
  assert.equal(await overseer.ask(availability), true);
  await overseer.conclude(running);
});

test("blocks between the last known one and the leaf are read too, oldest first", async () => {
  const world = await start1([]);
  const third = header(3, headerHash(second));
  await activate(world, [second, third]);
  await readBlock(world, [event("backed")]);
  await readBlock(world, [event("included")]);
  world.overseer.activate(headerHash(third), 3);
  await world.overseer.conclude(world.running);
});

test("an included candidate outlives the hour, and is dropped a day after finality", async () => {
  const world = await start1([event("backed")]);
  const { overseer, running, clock } = world;
  assert.deepEqual(await store(world), ok(undefined));
  await activate(world, [second]);
  await readBlock(world, [event("included")]);
  await overseer.settle();
  await clock.advance(2 * HOUR);
  assert.notEqual(await chunkOf(world, 0), undefined);
  const third = header(3, headerHash(second));
  overseer.signal({ type: "blockFinalized", hash: headerHash(third), number: 3 });
  const asked = await overseer.expect("chain-api", "finalizedBlockHash");
  assert.equal(asked.number, 2);
  asked.reply(ok(headerHash(second)));
  await overseer.settle();
  await clock.advance(24 * HOUR + PRUNE_INTERVAL_MS);
  const question = { type: "queryAvailableData", candidateHash: candidate } as const;
  assert.equal(await overseer.ask(question), undefined);
  assert.notEqual(await chunkOf(world, 0), undefined);
  await clock.advance(HOUR);
  assert.equal(await chunkOf(world, 0), undefined);
  await overseer.conclude(running);
  assert.equal(clock.pending, 0);
});

test("a candidate that no block includes is dropped after an hour", async () => {
  const world = await start1([event("backed")]);
  assert.deepEqual(await store(world), ok(undefined));
  await world.clock.advance(HOUR + PRUNE_INTERVAL_MS);
  assert.equal(await chunkOf(world, 0), undefined);
  await world.overseer.conclude(world.running);
});

test("a block whose events cannot be had is read with the next leaf", async () => {
  const world = start();
  world.overseer.activate(headerHash(first), 1);
  (await world.overseer.expect("chain-api", "finalizedBlockNumber")).reply(ok(0));
  (await world.overseer.expect("chain-api", "blockHeader")).reply(ok(first));
  (await world.overseer.expect("chain-api", "blockHeader")).reply(ok(undefined));
  (await world.overseer.expect("runtime-api", "candidateEvents")).reply.cancel();
  (await world.overseer.expect("runtime-api", "validators")).reply(ok(validators));
  await activate(world, [first, second]);
  (await world.overseer.expect("chain-api", "blockHeader")).reply(ok(undefined));
  await readBlock(world, [event("backed")]);
  await readBlock(world, []);
  await world.overseer.conclude(world.running);
});
