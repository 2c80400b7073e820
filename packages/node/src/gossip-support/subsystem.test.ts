import assert from "node:assert/strict";
import { test } from "node:test";
import { err, expectOk, ok, silentLogger } from "@parahost/base";
import { MemoryKeystore } from "@parahost/crypto";
import { type PeerId, peerId } from "@parahost/network";
import {
  type AuthorityDiscoveryId,
  asAuthorityDiscoveryId,
  asHash,
  asSessionIndex,
  type BabeEpoch,
  type Hash,
  type SessionInfo,
} from "@parahost/primitives";
import { AuthorityTable } from "../network-bridge/authority-discovery.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import {
  type GossipSupportSends,
  RESOLVE_AGAIN_AFTER_MS,
  RETRY_AFTER_MS,
  run,
} from "./subsystem.ts";
import { gossipTopology } from "./topology.ts";

const leafAt = (number: number): Hash => asHash(`0x${String(number).padStart(64, "0")}`);
const keystore = new MemoryKeystore();
const ours = asAuthorityDiscoveryId(expectOk(keystore.insert("audi", "//Alice"), "a key"));
const others = [1, 2, 3].map((i) => asAuthorityDiscoveryId(`0x${`0${i}`.repeat(32)}`));
const authorities = [...others, ours];
const peers = others.map((_, i) => peerId(`peer${i}`));
const randomness = new Uint8Array(32).fill(7);
const sessionInfo = { discoveryKeys: authorities } as unknown as SessionInfo;
const epoch = { randomness } as unknown as BabeEpoch;

function start(known: readonly number[], ownKeys = keystore) {
  const clock = new ManualClock();
  const discovery = new AuthorityTable();
  const learn = (i: number): void =>
    discovery.add(others[i] as AuthorityDiscoveryId, peers[i] as PeerId);
  known.forEach(learn);
  const overseer = new FakeOverseer<"gossip-support", GossipSupportSends>();
  const deps = { clock, logger: silentLogger, keystore: ownKeys, discovery };
  return { clock, learn, overseer, running: run(overseer.context, deps) };
}

type Test = ReturnType<typeof start>;

async function answerSession({ overseer }: Test, session: number): Promise<void> {
  const asked = await overseer.expect("runtime-api", "sessionIndexForChild");
  asked.reply(ok(asSessionIndex(session)));
}

async function answerAuthorities({ overseer }: Test): Promise<void> {
  (await overseer.expect("runtime-api", "authorities")).reply(ok(authorities));
}

async function newSession(world: Test, number: number, session: number): Promise<void> {
  const { overseer } = world;
  overseer.activate(leafAt(number), number);
  await answerSession(world, session);
  await answerAuthorities(world);
  (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(sessionInfo));
  (await overseer.expect("runtime-api", "currentBabeEpoch")).reply(ok(epoch));
  const { topology } = await overseer.expect("network-bridge-rx", "newGossipTopology");
  assert.deepEqual(
    topology,
    gossipTopology(asSessionIndex(session), authorities, 3 as never, randomness),
  );
}

async function expectConnect({ overseer }: Test, expected: readonly PeerId[]): Promise<void> {
  const message = await overseer.expect("network-bridge-tx", "connectToResolvedValidators");
  assert.deepEqual([message.peers, message.peerSet], [expected, "validation"]);
}

async function expectIds({ overseer }: Test, peer: PeerId, ids: unknown): Promise<void> {
  const message = await overseer.expect("network-bridge-rx", "updatedAuthorityIds");
  assert.deepEqual([message.peer, message.authorities], [peer, ids]);
}

test("a new session is laid out as a grid and its authorities are connected", async () => {
  const world = start([0, 1, 2]);
  await newSession(world, 1, 1);
  await expectConnect(world, peers);
  for (const i of [0, 1, 2]) await expectIds(world, peers[i] as PeerId, [others[i]]);
  world.overseer.activate(leafAt(2), 2);
  await answerSession(world, 1);
  await newSession(world, 3, 2);
  await expectConnect(world, peers);
  await world.overseer.conclude(world.running);
});

test("with a third of the authorities unknown it tries again after five seconds", async () => {
  const world = start([0, 1]);
  await newSession(world, 1, 1);
  await expectConnect(world, peers.slice(0, 2));
  await expectIds(world, peers[0] as PeerId, [others[0]]);
  await expectIds(world, peers[1] as PeerId, [others[1]]);
  await world.clock.advance(RETRY_AFTER_MS - 1);
  world.overseer.activate(leafAt(2), 2);
  await answerSession(world, 1);
  await world.clock.advance(1);
  world.learn(2);
  world.overseer.activate(leafAt(3), 3);
  await answerSession(world, 1);
  await answerAuthorities(world);
  await expectConnect(world, peers);
  await expectIds(world, peers[2] as PeerId, [others[2]]);
  await world.overseer.conclude(world.running);
});

test("addresses are looked up again after ten minutes", async () => {
  const world = start([0, 1, 2]);
  await newSession(world, 1, 1);
  await expectConnect(world, peers);
  for (const i of [0, 1, 2]) await expectIds(world, peers[i] as PeerId, [others[i]]);
  await world.clock.advance(RESOLVE_AGAIN_AFTER_MS);
  world.overseer.activate(leafAt(2), 2);
  await answerSession(world, 1);
  await answerAuthorities(world);
  await expectConnect(world, peers);
  await world.overseer.conclude(world.running);
});

test("who is no authority asks to be connected to nobody", async () => {
  const world = start([0, 1, 2], new MemoryKeystore());
  world.overseer.activate(leafAt(1), 1);
  await answerSession(world, 1);
  await answerAuthorities(world);
  await expectConnect(world, []);
  world.overseer.activate(leafAt(2), 2);
  await answerSession(world, 1);
  await world.overseer.conclude(world.running);
});

test("without session info the next leaf is tried", async () => {
  const world = start([0, 1, 2]);
  world.overseer.activate(leafAt(1), 1);
  await answerSession(world, 1);
  await answerAuthorities(world);
  const asked = await world.overseer.expect("runtime-api", "sessionInfo");
  asked.reply(err({ code: "unavailable", relayParent: leafAt(1) }));
  (await world.overseer.expect("runtime-api", "currentBabeEpoch")).reply(ok(epoch));
  await newSession(world, 2, 1);
  await expectConnect(world, peers);
  for (const i of [0, 1, 2]) await expectIds(world, peers[i] as PeerId, [others[i]]);
  await world.overseer.conclude(world.running);
});
