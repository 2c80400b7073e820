import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk, ok, type Random, silentLogger } from "@parahost/base";
import { MemoryKeystore } from "@parahost/crypto";
import { branches, chunkIndexFor, directCoder, obtainChunks } from "@parahost/erasure";
import { peerId } from "@parahost/network";
import {
  AvailableData,
  asAuthorityDiscoveryId,
  asCoreIndex,
  asGroupIndex,
  asSessionIndex,
  asValidatorId,
  asValidatorIndex,
  candidateHash,
  type Hash,
  type NodeFeature,
  nodeFeatures,
  type SessionInfo,
  type ValidatorIndex,
  ZERO_HASH,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import { type AvailabilityRecoverySends, run } from "./subsystem.ts";

// Seven validators, two of whom may be faulty: three chunks rebuild, two are the data themselves.
const VALIDATORS = 7;
const OURS = 6;
const keystore = new MemoryKeystore();
const ourKey = asValidatorId(expectOk(keystore.insert("para", "//Alice"), "a key"));
const sessionInfo = {
  validators: Array.from({ length: VALIDATORS }, (_, i) =>
    i === OURS ? ourKey : asValidatorId(sampleHash(i)),
  ),
  discoveryKeys: Array.from({ length: VALIDATORS }, (_, i) =>
    asAuthorityDiscoveryId(sampleHash(0x10 + i)),
  ),
  validatorGroups: [[0, 1].map(asValidatorIndex)],
} as unknown as SessionInfo;
/** Draws the last of what is left each time: keeps lists in their order. */
const unshuffling: Random = {
  // One less than a multiple of all numbers up to eight.
  fill: (target) => new DataView(target.buffer, target.byteOffset).setUint32(0, 839, true),
};

const dataOf = (fill: number): AvailableData => ({
  pov: { blockData: new Uint8Array(100).fill(fill) },
  validationData: {
    parentHead: new Uint8Array([1]),
    relayParentNumber: 1,
    relayParentStorageRoot: ZERO_HASH,
    maxPovSize: 1024,
  },
});
const availableData = dataOf(3);
const pieces = expectOk(obtainChunks(VALIDATORS, encode(AvailableData, availableData)), "encodes");
const commitment = branches(pieces);
const chunkAt = (index: number) => ({
  chunk: pieces[index] as Uint8Array,
  index,
  proof: commitment.proof(index),
});
const receipt = sampleReceipt({ erasureRoot: commitment.root as Hash });
const leaf = sampleHash(0xa1);
const peer = peerId("bob");

const question = {
  type: "recoverAvailableData",
  candidateReceipt: receipt,
  session: asSessionIndex(1),
  backingGroup: undefined,
  coreIndex: undefined,
} as const;

function start() {
  const overseer = new FakeOverseer<"availability-recovery", AvailabilityRecoverySends>();
  const clock = new ManualClock();
  const deps = { clock, coder: directCoder, keystore, logger: silentLogger, random: unshuffling };
  const running = run(overseer.context, deps);
  overseer.activate(leaf, 5);
  return { overseer, clock, running };
}

type World = ReturnType<typeof start>;

interface Opening {
  readonly features?: readonly NodeFeature[];
}

/** The store has nothing whole, the runtime knows the session. */
async function open({ overseer }: World, { features = [] }: Opening = {}): Promise<void> {
  const stored = await overseer.expect("availability-store", "queryAvailableData");
  assert.equal(stored.candidateHash, candidateHash(receipt));
  stored.reply(undefined);
  const asked = await overseer.expect("runtime-api", "sessionInfo");
  assert.deepEqual([asked.relayParent, asked.args], [leaf, [1]]);
  asked.reply(ok(sessionInfo));
  (await overseer.expect("runtime-api", "nodeFeatures")).reply(ok(nodeFeatures(...features)));
}

async function answerOwnChunks({ overseer }: World, indices: readonly number[]): Promise<void> {
  (await overseer.expect("availability-store", "queryAllChunks")).reply(
    indices.map((index) => ({ validatorIndex: index as ValidatorIndex, chunk: chunkAt(index) })),
  );
}

async function expectChunkRequest({ overseer }: World, validator: number) {
  const request = await overseer.expect("network-bridge-tx", "requestChunk");
  assert.deepEqual(request.to, {
    type: "authority",
    authority: sessionInfo.discoveryKeys[validator],
  });
  assert.equal(request.payload.validatorIndex, validator);
  assert.equal(request.ifDisconnected, "tryConnect");
  const { reply } = request;
  return {
    chunk: (value = chunkAt(validator)) =>
      reply(ok({ peer, response: { type: "chunk", value } as const })),
    none: () => reply(ok({ peer, response: { type: "noSuchChunk" } as const })),
    silence: () => reply({ ok: false, error: { code: "timeout" } }),
  };
}

async function expectPunished({ overseer }: World): Promise<void> {
  const report = await overseer.expect("network-bridge-tx", "reportPeer");
  assert.deepEqual([report.peer, report.change], [peer, "costMajor"]);
}

test("what the store has is the answer", async () => {
  const { overseer, running } = start();
  const asked = overseer.ask(question);
  (await overseer.expect("availability-store", "queryAvailableData")).reply(availableData);
  assert.deepEqual(await asked, ok(availableData));
  // And is remembered.
  assert.deepEqual(await overseer.ask(question), ok(availableData));
  await overseer.conclude(running);
});

test("any three chunks of seven rebuild the data, and no more are asked for", async () => {
  const world = start();
  const { overseer, running } = world;
  const asked = overseer.ask(question);
  await open(world);
  await answerOwnChunks(world, [OURS]);
  const first = await expectChunkRequest(world, 0);
  const second = await expectChunkRequest(world, 1);
  await overseer.expectSilence();
  first.chunk();
  second.chunk();
  assert.deepEqual(await asked, ok(availableData));
  await overseer.conclude(running);
});

test("callers who come meanwhile share the recovery", async () => {
  const world = start();
  const { overseer, running } = world;
  const askers = [overseer.ask(question), overseer.ask(question)];
  await open(world);
  await answerOwnChunks(world, [0, 1, 2]);
  assert.deepEqual(await Promise.all(askers), [ok(availableData), ok(availableData)]);
  await overseer.conclude(running);
});

test("a chunk with a wrong proof costs its sender, and another is asked", async () => {
  const world = start();
  const { overseer, running } = world;
  const asked = overseer.ask(question);
  await open(world);
  await answerOwnChunks(world, [OURS, 5]);
  (await expectChunkRequest(world, 0)).chunk({ ...chunkAt(0), chunk: new Uint8Array(60) });
  await expectPunished(world);
  // As many fail, so many more are asked at once.
  const second = await expectChunkRequest(world, 1);
  const third = await expectChunkRequest(world, 2);
  // Another's chunk, though proven, is not the one that was asked for.
  second.chunk(chunkAt(2));
  await expectPunished(world);
  const fourth = await expectChunkRequest(world, 3);
  third.chunk();
  assert.deepEqual(await asked, ok(availableData));
  fourth.silence();
  await overseer.conclude(running);
});

test("who does not answer is asked five times, who has nothing once; then it is unavailable", async () => {
  const world = start();
  const { overseer, running } = world;
  const asked = overseer.ask(question);
  await open(world);
  await answerOwnChunks(world, [OURS]);
  const asks = new Map<number, number>();
  const unanswered = async (): Promise<void> => {
    for (;;) {
      const request = await overseer.expect("network-bridge-tx", "requestChunk");
      const validator = request.payload.validatorIndex;
      asks.set(validator, (asks.get(validator) ?? 0) + 1);
      if (validator < 4) request.reply(ok({ peer, response: { type: "noSuchChunk" } as const }));
      else request.reply({ ok: false, error: { code: "timeout" } });
    }
  };
  const outcome = await Promise.race([asked, unanswered().catch(() => asked)]);
  assert.deepEqual(outcome, { ok: false, error: { code: "unavailable" } });
  assert.deepEqual([...asks.values()].slice(0, 4), [1, 1, 1, 1]);
  assert.equal(asks.get(4), 5);
  // Nothing of it is remembered: the next one tries again.
  const again = overseer.ask(question);
  (await overseer.expect("availability-store", "queryAvailableData")).reply(availableData);
  assert.deepEqual(await again, ok(availableData));
  await overseer.conclude(running);
});

test("when nothing comes for a second more are asked", async () => {
  const world = start();
  const { overseer, running, clock } = world;
  const asked = overseer.ask(question);
  await open(world);
  await answerOwnChunks(world, [OURS, 5]);
  const first = await expectChunkRequest(world, 0);
  await overseer.expectSilence();
  await clock.advance(1000);
  (await expectChunkRequest(world, 1)).chunk();
  assert.deepEqual(await asked, ok(availableData));
  first.silence();
  await overseer.conclude(running);
});

/** Chunks that lie under one root but come from different data: no encoder makes them. */
function incoherent() {
  const other = expectOk(
    obtainChunks(VALIDATORS, encode(AvailableData, dataOf(4))),
    "data can be encoded",
  );
  const mixed = pieces.map((piece, index) => (index < 5 ? piece : (other[index] as Uint8Array)));
  const root = branches(mixed);
  return {
    receipt: sampleReceipt({ erasureRoot: root.root as Hash }),
    chunks: mixed.map((chunk, index) => ({ chunk, index, proof: root.proof(index) })),
  };
}

test("chunks that no data encodes to make the candidate invalid, whichever were found", async () => {
  const { receipt: bad, chunks } = incoherent();
  for (const held of [
    [0, 1, 2],
    [4, 5, 6],
  ]) {
    const { overseer, running } = start();
    const asked = overseer.ask({ ...question, candidateReceipt: bad });
    (await overseer.expect("availability-store", "queryAvailableData")).reply(undefined);
    (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(sessionInfo));
    (await overseer.expect("runtime-api", "nodeFeatures")).reply(ok(nodeFeatures()));
    (await overseer.expect("availability-store", "queryAllChunks")).reply(
      held.map((index) => ({
        validatorIndex: index as ValidatorIndex,
        chunk: chunks[index] as (typeof chunks)[number],
      })),
    );
    const invalid = { ok: false, error: { code: "invalid" } };
    assert.deepEqual(await asked, invalid);
    // Invalidity is certain, hence remembered.
    assert.deepEqual(await overseer.ask({ ...question, candidateReceipt: bad }), invalid);
    await overseer.conclude(running);
  }
});

const whole = { ...question, backingGroup: asGroupIndex(0) };

async function expectWholeRequest({ overseer }: World, validator: number) {
  const request = await overseer.expect("network-bridge-tx", "requestAvailableData");
  const authority = sessionInfo.discoveryKeys[validator];
  assert.deepEqual(request.to, { type: "authority", authority });
  assert.equal(request.ifDisconnected, "immediateError");
  return (value?: AvailableData) =>
    request.reply(
      ok({
        peer,
        response:
          value === undefined
            ? ({ type: "noSuchData" } as const)
            : ({ type: "availableData", value } as const),
      }),
    );
}

test("small data is asked of the backers whole, and compared with the root", async () => {
  const world = start();
  const { overseer, running } = world;
  const asked = overseer.ask(whole);
  await open(world);
  (await overseer.expect("availability-store", "queryChunkSize")).reply(60);
  (await expectWholeRequest(world, 0))(dataOf(4));
  await expectPunished(world);
  (await expectWholeRequest(world, 1))(availableData);
  assert.deepEqual(await asked, ok(availableData));
  await overseer.conclude(running);
});

test("large data, and data of unknown size, is put together from chunks", async () => {
  for (const size of [100_000, undefined]) {
    const world = start();
    const { overseer, running } = world;
    const asked = overseer.ask(whole);
    await open(world);
    (await overseer.expect("availability-store", "queryChunkSize")).reply(size);
    await answerOwnChunks(world, [0, 3, 4]);
    assert.deepEqual(await asked, ok(availableData));
    await overseer.conclude(running);
  }
});

test("backers that have nothing leave it to the chunks", async () => {
  const world = start();
  const { overseer, running } = world;
  const asked = overseer.ask(whole);
  await open(world);
  (await overseer.expect("availability-store", "queryChunkSize")).reply(60);
  for (const backer of [0, 1]) (await expectWholeRequest(world, backer))();
  await answerOwnChunks(world, [0, 3, 4]);
  assert.deepEqual(await asked, ok(availableData));
  await overseer.conclude(running);
});

// With the mapping on, validator v of core 1 holds chunk (2 + v) mod 7.
const holderOf = (index: number): number =>
  Array.from({ length: VALIDATORS }, (_, v) => v).find(
    (v) => expectOk(chunkIndexFor(v, 1, VALIDATORS, true), "an index") === index,
  ) as number;

test("with chunks spread by core the systematic ones are asked first, twice each", async () => {
  const world = start();
  const { overseer, running } = world;
  const asked = overseer.ask({ ...question, coreIndex: asCoreIndex(1) });
  await open(world, { features: ["availabilityChunkMapping"] });
  await answerOwnChunks(world, []);
  const holders = [holderOf(0), holderOf(1)].sort();
  assert.deepEqual(holders, [5, 6]);
  // Ours is one of them and not at hand: that cannot succeed, so on to any three.
  await answerOwnChunks(world, []);
  for (const validator of [0, 1, 2])
    (await expectChunkRequest(world, validator)).chunk(chunkAt(validator + 2));
  assert.deepEqual(await asked, ok(availableData));
  await overseer.conclude(running);
});

test("two systematic chunks are enough", async () => {
  const world = start();
  const { overseer, running } = world;
  const asked = overseer.ask({ ...question, coreIndex: asCoreIndex(1) });
  await open(world, { features: ["availabilityChunkMapping"] });
  const ours = expectOk(chunkIndexFor(OURS, 1, VALIDATORS, true), "an index");
  await answerOwnChunks(world, [ours]);
  const other = 1 - ours;
  (await expectChunkRequest(world, holderOf(other))).chunk(chunkAt(other));
  assert.deepEqual(await asked, ok(availableData));
  await overseer.conclude(running);
});

test("a session that the state does not know makes it unavailable", async () => {
  const { overseer, running } = start();
  const asked = overseer.ask(question);
  (await overseer.expect("availability-store", "queryAvailableData")).reply(undefined);
  (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(undefined));
  (await overseer.expect("runtime-api", "nodeFeatures")).reply(ok(nodeFeatures()));
  assert.deepEqual(await asked, { ok: false, error: { code: "unavailable" } });
  await overseer.conclude(running);
});

test("a peer is served what is stored, or told that nothing is", async () => {
  const { overseer, running } = start();
  const payload = { candidateHash: candidateHash(receipt) };
  for (const [stored, response] of [
    [availableData, { type: "availableData", value: availableData }],
    [undefined, { type: "noSuchData" }],
  ] as const) {
    const asked = overseer.ask({ type: "availableDataRequest", peer, payload });
    (await overseer.expect("availability-store", "queryAvailableData")).reply(stored);
    assert.deepEqual(await asked, response);
  }
  await overseer.conclude(running);
});
