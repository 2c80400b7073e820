import assert from "node:assert/strict";
import { test } from "node:test";
import { err, expectOk, ok, type Random, silentLogger } from "@parahost/base";
import { MemoryKeystore } from "@parahost/crypto";
import { branches, obtainChunks } from "@parahost/erasure";
import { peerId } from "@parahost/network";
import {
  AvailableData,
  asAuthorityDiscoveryId,
  asCandidateHash,
  asGroupIndex,
  asParaId,
  asSessionIndex,
  asValidatorId,
  asValidatorIndex,
  type CandidateReceipt,
  candidateHash,
  type Hash,
  nodeFeatures,
  povHash,
  type SessionInfo,
  ZERO_HASH,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { Cancelled } from "../overseer/reply.ts";
import { sampleHash, sampleOccupiedCore, sampleReceipt } from "../sample-candidate.ts";
import { askingOrder } from "./session.ts";
import { type AvailabilityDistributionSends, run } from "./subsystem.ts";

const VALIDATORS = 6;
const OURS = 5;
const keystore = new MemoryKeystore();
const ourKey = asValidatorId(expectOk(keystore.insert("para", "//Alice"), "a key"));
const sessionInfo = {
  validators: Array.from({ length: VALIDATORS }, (_, i) =>
    i === OURS ? ourKey : asValidatorId(sampleHash(i)),
  ),
  discoveryKeys: Array.from({ length: VALIDATORS }, (_, i) =>
    asAuthorityDiscoveryId(sampleHash(0x10 + i)),
  ),
  validatorGroups: [
    [0, 1].map(asValidatorIndex),
    [2, 3].map(asValidatorIndex),
    [4, 5].map(asValidatorIndex),
  ],
} as unknown as SessionInfo;
/** Draws the last of what is left each time: keeps lists in their order. */
const unshuffling: Random = { fill: (target) => target.fill(0xff) };

const availableData: AvailableData = {
  pov: { blockData: new Uint8Array(100).fill(3) },
  validationData: {
    parentHead: new Uint8Array([1]),
    relayParentNumber: 1,
    relayParentStorageRoot: ZERO_HASH,
    maxPovSize: 1024,
  },
};
const pieces = expectOk(obtainChunks(VALIDATORS, encode(AvailableData, availableData)), "encodes");
const commitment = branches(pieces);
const chunkAt = (index: number) => ({
  chunk: pieces[index] as Uint8Array,
  index,
  proof: commitment.proof(index),
});
const receipt = sampleReceipt({ erasureRoot: commitment.root as Hash });
const leaf = sampleHash(0xa1);
const parent = sampleHash(0xa0);
const child = sampleHash(0xa2);
const peer = peerId("bob");

function start(keys = keystore) {
  const overseer = new FakeOverseer<"availability-distribution", AvailabilityDistributionSends>();
  const deps = { keystore: keys, logger: silentLogger, random: unshuffling };
  return { overseer, running: run(overseer.context, deps) };
}

type World = ReturnType<typeof start>;

async function answerSession({ overseer }: World, session = 1): Promise<void> {
  const asked = await overseer.expect("runtime-api", "sessionIndexForChild");
  asked.reply(ok(asSessionIndex(session)));
}

async function answerSessionInfo(world: World, session = 1): Promise<void> {
  await answerSession(world, session);
  (await world.overseer.expect("runtime-api", "sessionInfo")).reply(ok(sessionInfo));
  (await world.overseer.expect("runtime-api", "nodeFeatures")).reply(ok(nodeFeatures()));
}

async function answerCores(
  { overseer }: World,
  block: Hash,
  receipts: readonly CandidateReceipt[],
): Promise<void> {
  const asked = await overseer.expect("runtime-api", "availabilityCores");
  assert.equal(asked.relayParent, block);
  asked.reply(ok(receipts.map((one) => sampleOccupiedCore(one, VALIDATORS))));
}

async function expectStored({ overseer }: World, isStored: boolean): Promise<void> {
  const asked = await overseer.expect("availability-store", "queryChunkAvailability");
  assert.deepEqual([asked.candidateHash, asked.validatorIndex], [candidateHash(receipt), OURS]);
  asked.reply(isStored);
}

/** A leaf with the candidate on its core and no ancestors; the task asks the store first. */
async function activate(world: World, hash = leaf): Promise<void> {
  world.overseer.activate(hash, 2);
  await answerSessionInfo(world);
  await answerCores(world, hash, [receipt]);
  await expectStored(world, false);
}

async function expectRequest({ overseer }: World, validator: number) {
  const request = await overseer.expect("network-bridge-tx", "requestChunk");
  assert.deepEqual(request.to, {
    type: "authority",
    authority: sessionInfo.discoveryKeys[validator],
  });
  assert.deepEqual(request.payload, {
    candidateHash: candidateHash(receipt),
    validatorIndex: OURS,
  });
  return request;
}

async function noAncestors({ overseer }: World): Promise<void> {
  (await overseer.expect("chain-api", "ancestors")).reply(ok([]));
}

test("our chunk is fetched from the group that backed the candidate, checked and stored", async () => {
  const world = start();
  const { overseer, running } = world;
  await activate(world);
  await noAncestors(world);
  const request = await expectRequest(world, 0);
  request.reply(ok({ peer, response: { type: "chunk", value: chunkAt(OURS) } }));
  const stored = await overseer.expect("availability-store", "storeChunk");
  assert.deepEqual([stored.validatorIndex, stored.chunk], [OURS, chunkAt(OURS)]);
  stored.reply(true);
  await overseer.conclude(running);
});

test("a chunk that is held is not fetched", async () => {
  const world = start();
  world.overseer.activate(leaf, 2);
  await answerSessionInfo(world);
  await answerCores(world, leaf, [receipt]);
  await expectStored(world, true);
  await noAncestors(world);
  await world.overseer.conclude(world.running);
});

test("a wrong proof and a wrong index cost the peer and the next one is asked", async () => {
  const world = start();
  const { overseer, running } = world;
  await activate(world);
  await noAncestors(world);
  const forged = { ...chunkAt(OURS), chunk: new Uint8Array(pieces[OURS] as Uint8Array).fill(0) };
  (await expectRequest(world, 0)).reply(ok({ peer, response: { type: "chunk", value: forged } }));
  const first = await overseer.expect("network-bridge-tx", "reportPeer");
  assert.deepEqual([first.peer, first.change], [peer, "costMajor"]);
  const foreign = { type: "chunk", value: chunkAt(0) } as const;
  (await expectRequest(world, 1)).reply(ok({ peer, response: foreign }));
  const second = await overseer.expect("network-bridge-tx", "reportPeer");
  assert.deepEqual([second.peer, second.change], [peer, "costMajor"]);
  await overseer.conclude(running);
});

test("who had nothing is asked last by the next leaf", async () => {
  const world = start();
  await activate(world);
  await noAncestors(world);
  (await expectRequest(world, 0)).reply(ok({ peer, response: { type: "noSuchChunk" } }));
  (await expectRequest(world, 1)).reply(err({ code: "timeout" }));
  await world.overseer.settle();
  await activate(world, child);
  await noAncestors(world);
  (await expectRequest(world, 0)).reply(
    ok({ peer, response: { type: "chunk", value: chunkAt(OURS) } }),
  );
  (await world.overseer.expect("availability-store", "storeChunk")).reply(true);
  await world.overseer.conclude(world.running);
  const failed = new Set([asValidatorIndex(0)]);
  const session = { index: asSessionIndex(1), info: sessionInfo, isChunkMappingOn: false };
  const order = askingOrder(
    { ...session, ourIndex: undefined },
    asGroupIndex(0),
    failed,
    (validators) => validators,
  );
  assert.deepEqual(order, [1, 0]);
});

test("a task goes on with the child of its leaf and ends with the last leaf", async () => {
  const world = start();
  const { overseer, running } = world;
  await activate(world);
  await noAncestors(world);
  const request = await expectRequest(world, 0);
  overseer.activate(child, 3, [leaf]);
  await answerSessionInfo(world);
  await answerCores(world, child, []);
  (await overseer.expect("chain-api", "ancestors")).reply(ok([leaf]));
  await answerSession(world);
  await answerCores(world, leaf, [receipt]);
  await overseer.expectSilence();
  overseer.deactivate(child);
  await overseer.settle();
  request.reply(ok({ peer, response: { type: "chunk", value: chunkAt(OURS) } }));
  await overseer.conclude(running);
});

test("ancestors of another session are left alone", async () => {
  const world = start();
  world.overseer.activate(leaf, 2);
  await answerSessionInfo(world, 2);
  await answerCores(world, leaf, []);
  (await world.overseer.expect("chain-api", "ancestors")).reply(ok([parent]));
  await answerSession(world, 1);
  await world.overseer.conclude(world.running);
});

test("stale leaves and sessions that are not ours fetch nothing", async () => {
  const world = start(new MemoryKeystore());
  const activated = { hash: leaf, number: 2, status: "stale" } as const;
  world.overseer.signal({ type: "activeLeaves", activated, deactivated: [] });
  await world.overseer.expectSilence();
  world.overseer.activate(leaf, 2);
  await answerSessionInfo(world);
  await world.overseer.conclude(world.running);
});

test("chunks and PoVs are served from the store", async () => {
  const { overseer, running } = start();
  const candidate = candidateHash(receipt);
  const chunkQuestion = {
    type: "chunkRequest",
    peer,
    payload: { candidateHash: candidate, validatorIndex: asValidatorIndex(1) },
  } as const;
  const chunk = overseer.ask(chunkQuestion);
  (await overseer.expect("availability-store", "queryChunk")).reply(chunkAt(1));
  assert.deepEqual(await chunk, { type: "chunk", value: chunkAt(1) });
  const noChunk = overseer.ask(chunkQuestion);
  (await overseer.expect("availability-store", "queryChunk")).reply(undefined);
  assert.deepEqual(await noChunk, { type: "noSuchChunk" });

  const povQuestion = { type: "povRequest", peer, payload: { candidateHash: candidate } } as const;
  const pov = overseer.ask(povQuestion);
  (await overseer.expect("availability-store", "queryAvailableData")).reply(availableData);
  assert.deepEqual(await pov, { type: "pov", value: availableData.pov });
  const noPov = overseer.ask(povQuestion);
  (await overseer.expect("availability-store", "queryAvailableData")).reply(undefined);
  assert.deepEqual(await noPov, { type: "noSuchPov" });
  await overseer.conclude(running);
});

const fetchPov = {
  type: "fetchPov",
  relayParent: leaf,
  fromValidator: asValidatorIndex(1),
  paraId: asParaId(2000),
  candidateHash: asCandidateHash(sampleHash(9)),
  povHash: povHash(availableData.pov),
} as const;

async function expectPovRequest({ overseer }: World) {
  (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(asSessionIndex(1)));
  (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(sessionInfo));
  const request = await overseer.expect("network-bridge-tx", "requestPov");
  assert.deepEqual(request.to, { type: "authority", authority: sessionInfo.discoveryKeys[1] });
  return request;
}

test("a PoV comes from the validator that signed, and its hash is checked", async () => {
  const world = start();
  const { overseer, running } = world;
  const good = overseer.ask(fetchPov);
  (await expectPovRequest(world)).reply(
    ok({ peer, response: { type: "pov", value: availableData.pov } }),
  );
  assert.deepEqual(await good, ok(availableData.pov));

  const wrong = overseer.ask(fetchPov);
  const otherPov = { blockData: new Uint8Array([1]) };
  (await expectPovRequest(world)).reply(ok({ peer, response: { type: "pov", value: otherPov } }));
  const report = await overseer.expect("network-bridge-tx", "reportPeer");
  assert.deepEqual([report.peer, report.change], [peer, "costMajor"]);
  assert.deepEqual(await wrong, err({ code: "wrongPov" }));

  const none = overseer.ask(fetchPov);
  (await expectPovRequest(world)).reply(ok({ peer, response: { type: "noSuchPov" } }));
  assert.deepEqual(await none, err({ code: "noSuchPov" }));

  const gone = overseer.ask(fetchPov);
  (await expectPovRequest(world)).reply(err({ code: "notConnected" }));
  assert.deepEqual(await gone, err({ code: "unavailable" }));
  await overseer.conclude(running);
});

test("a fetch ends with its relay parent", async () => {
  const world = start();
  const pending = world.overseer.ask(fetchPov);
  const request = await expectPovRequest(world);
  world.overseer.deactivate(leaf);
  await assert.rejects(pending, Cancelled);
  request.reply(err({ code: "timeout" }));
  await world.overseer.conclude(world.running);
});
