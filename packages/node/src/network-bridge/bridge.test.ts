import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok, silentLogger } from "@parahost/base";
import {
  ChunkFetchingRequest,
  ChunkFetchingResponse,
  chunkFetchingProtocol,
  collationProtocol,
  MemoryNetwork,
  type Network,
  type NotificationChannel,
  type NotificationEvent,
  peerId,
  Role,
  SendDisputeRequest,
  sendDisputeProtocol,
  ValidationWireMessage,
  VotesRequest,
  validationProtocol,
  votesProtocol,
} from "@parahost/network";
import {
  asAuthorityDiscoveryId,
  asCandidateHash,
  asHash,
  asSessionIndex,
  asValidatorIndex,
} from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { disputeMessage, SESSION } from "../dispute-votes/testing.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { sampleReceipt } from "../sample-candidate.ts";
import { AuthorityTable } from "./authority-discovery.ts";
import { NetworkBridge } from "./bridge.ts";
import { REPUTATION_FLUSH_MS } from "./reputation-batch.ts";
import { type NetworkBridgeRxSends, runRx } from "./rx.ts";
import { runTx } from "./tx.ts";

const chain = { genesisHash: asHash(`0x${"00".repeat(32)}`) };
const leaf = asHash(`0x${"aa".repeat(32)}`);
const next = asHash(`0x${"bb".repeat(32)}`);
const us = peerId("alice");
const them = peerId("bob");
const bobsKey = asAuthorityDiscoveryId(`0x${"b0".repeat(32)}`);
const nobodysKey = asAuthorityDiscoveryId(`0x${"ee".repeat(32)}`);
const candidateHash = asCandidateHash(`0x${"cc".repeat(32)}`);
const chunkRequest = { candidateHash, validatorIndex: asValidatorIndex(0) };
const bitfield = {
  payload: { length: 1, bytes: new Uint8Array([1]) },
  validatorIndex: asValidatorIndex(0),
  signature: new Uint8Array(64),
};
const bitfieldMessage = {
  type: "bitfieldDistribution",
  value: { type: "bitfield", value: { relayParent: leaf, bitfield } },
} as const;

/** A peer that does what the test says. */
class Peer {
  readonly heard: NotificationEvent[] = [];
  readonly channel: NotificationChannel;

  readonly network: Network;

  constructor(network: Network, role: Role = Role.authority) {
    this.network = network;
    this.channel = network.registerNotifications(
      validationProtocol(chain, {
        handshake: () => new Uint8Array([role]),
        accept: () => true,
      }),
      (event) => this.heard.push(event),
    );
  }

  say(message: ValidationWireMessage): void {
    this.channel.send(us, encode(ValidationWireMessage, message));
  }

  /** Messages since the last call. */
  messages(): ValidationWireMessage[] {
    return this.heard
      .splice(0)
      .flatMap((event) =>
        event.type === "message" ? [decode(ValidationWireMessage, event.bytes)] : [],
      );
  }
}

function start(role: Role = Role.authority) {
  const clock = new ManualClock();
  const memory = new MemoryNetwork(clock);
  const discovery = new AuthorityTable();
  discovery.add(bobsKey, them);
  const network = memory.join(us);
  const deps = { network, chain, role, discovery, clock, logger: silentLogger };
  const bridge = new NetworkBridge(deps);
  return { clock, memory, network, bridge };
}

function startRx() {
  const world = start();
  const overseer = new FakeOverseer<"network-bridge-rx", NetworkBridgeRxSends>();
  const running = runRx(overseer.context, world.bridge);
  const bob = new Peer(world.memory.join(them));
  return { ...world, overseer, running, bob };
}

/** Connects and takes in what is said about it. */
async function connect({ clock, overseer, bob }: ReturnType<typeof startRx>): Promise<void> {
  bob.channel.setReserved([us]);
  await clock.advance(1);
  for (const listener of [
    "approval-distribution",
    "bitfield-distribution",
    "statement-distribution",
    "gossip-support",
  ] as const)
    assert.equal((await overseer.expect(listener, "networkEvent")).event.type, "peerConnected");
}

async function expectView(overseer: ReturnType<typeof startRx>["overseer"], heads: unknown[]) {
  for (const listener of [
    "approval-distribution",
    "bitfield-distribution",
    "statement-distribution",
    "collator-protocol",
  ] as const) {
    const { event } = await overseer.expect(listener, "networkEvent");
    assert.deepEqual(event.type === "ourViewChange" && event.view.heads, heads);
  }
}

test("a peer is announced with the authorities that discovery places there", async () => {
  const world = startRx();
  const { overseer, running, bob, clock } = world;
  bob.channel.setReserved([us]);
  await clock.advance(1);
  const connected = {
    type: "peerConnected",
    peer: them,
    role: "authority",
    version: 3,
    authorities: [bobsKey],
  };
  for (const listener of [
    "approval-distribution",
    "bitfield-distribution",
    "statement-distribution",
    "gossip-support",
  ] as const)
    assert.deepEqual((await overseer.expect(listener, "networkEvent")).event, connected);
  bob.channel.disconnect(us);
  await clock.advance(1);
  for (const listener of [
    "approval-distribution",
    "bitfield-distribution",
    "statement-distribution",
    "gossip-support",
  ] as const)
    assert.equal((await overseer.expect(listener, "networkEvent")).event.type, "peerDisconnected");
  await overseer.conclude(running);
});

test("peers and subsystems hear of our view when its heads change", async () => {
  const world = startRx();
  const { overseer, running, bob, clock } = world;
  await connect(world);
  assert.deepEqual(bob.messages(), []);
  overseer.activate(leaf, 1);
  await expectView(overseer, [leaf]);
  overseer.signal({ type: "blockFinalized", hash: leaf, number: 1 });
  await overseer.expectSilence();
  overseer.activate(next, 2, [leaf]);
  await expectView(overseer, [next]);
  await clock.advance(1);
  assert.deepEqual(bob.messages(), [
    { type: "viewUpdate", value: { heads: [leaf], finalizedNumber: 0 } },
    { type: "viewUpdate", value: { heads: [next], finalizedNumber: 1 } },
  ]);
  await overseer.conclude(running);
});

test("a peer that connects later is told our view", async () => {
  const world = startRx();
  world.overseer.activate(leaf, 1);
  await expectView(world.overseer, [leaf]);
  await connect(world);
  await world.clock.advance(1);
  assert.equal(world.bob.messages()[0]?.type, "viewUpdate");
  await world.overseer.conclude(world.running);
});

test("views and messages of a peer reach who handles them, in order", async () => {
  const world = startRx();
  const { overseer, running, bob, clock } = world;
  await connect(world);
  const view = { heads: [leaf], finalizedNumber: 0 };
  bob.say({ type: "viewUpdate", value: view });
  bob.say({ type: "viewUpdate", value: view });
  bob.say({ type: "protocolMessage", value: bitfieldMessage });
  await clock.advance(1);
  for (const listener of [
    "approval-distribution",
    "bitfield-distribution",
    "statement-distribution",
    "gossip-support",
  ] as const)
    assert.deepEqual((await overseer.expect(listener, "networkEvent")).event, {
      type: "peerViewChange",
      peer: them,
      view,
    });
  assert.deepEqual((await overseer.expect("bitfield-distribution", "networkEvent")).event, {
    type: "peerMessage",
    peer: them,
    message: bitfieldMessage.value,
  });
  await overseer.conclude(running);
});

test("nonsense, empty views and finality that goes back cost the peer", async () => {
  const world = startRx();
  const { overseer, running, bob, clock, network } = world;
  await connect(world);
  const reports: string[] = [];
  const report = network.report.bind(network);
  network.report = (peer, delta, reason) => {
    reports.push(`${reason} ${delta}`);
    report(peer, delta, reason);
  };
  bob.channel.send(us, new Uint8Array([9, 9, 9]));
  bob.say({ type: "viewUpdate", value: { heads: [], finalizedNumber: 0 } });
  bob.say({ type: "viewUpdate", value: { heads: [leaf], finalizedNumber: 5 } });
  bob.say({ type: "viewUpdate", value: { heads: [next], finalizedNumber: 4 } });
  const six = Array.from({ length: 6 }, (_, i) => `${`0x${i}`.padEnd(66, "0")}`);
  bob.channel.send(
    us,
    new Uint8Array([2, 6 << 2, ...six.flatMap(() => new Array<number>(32).fill(1)), 9, 0, 0, 0]),
  );
  await clock.advance(1);
  for (const listener of [
    "approval-distribution",
    "bitfield-distribution",
    "statement-distribution",
    "gossip-support",
  ] as const)
    await overseer.expect(listener, "networkEvent");
  await overseer.conclude(running);
  assert.deepEqual(reports, [
    "undecodable message -300000",
    "emptyView -300000",
    "finalityReversed -300000",
    "undecodable message -300000",
  ]);
});

test("a peer's request is decoded, handed on and answered or refused", async () => {
  const world = startRx();
  const { overseer, running, bob, clock } = world;
  await connect(world);
  const protocol = chunkFetchingProtocol(chain);
  bob.network.registerRequests(protocol);
  const ask = (payload: Uint8Array) => bob.network.request(us, protocol.name, payload);

  const answered = ask(encode(ChunkFetchingRequest, chunkRequest));
  await clock.advance(1);
  const incoming = await overseer.expect("availability-distribution", "chunkRequest");
  assert.deepEqual([incoming.peer, incoming.payload], [them, chunkRequest]);
  incoming.reply({ type: "noSuchChunk" });
  await clock.advance(1);
  assert.deepEqual(await answered, ok(encode(ChunkFetchingResponse, { type: "noSuchChunk" })));

  const refused = ask(encode(ChunkFetchingRequest, chunkRequest));
  await clock.advance(1);
  (await overseer.expect("availability-distribution", "chunkRequest")).reply.cancel();
  await clock.advance(1);
  assert.deepEqual(await refused, err({ code: "refused" }));

  const nonsense = ask(new Uint8Array([1, 2, 3]));
  await clock.advance(1);
  assert.deepEqual(await nonsense, err({ code: "refused" }));
  await overseer.conclude(running);
});

test("a peer's votes on a candidate, and its question for those of others, are answered", async () => {
  const world = startRx();
  const { overseer, running, bob, clock } = world;
  await connect(world);
  const [dispute, votes] = [sendDisputeProtocol(chain), votesProtocol(chain)];
  bob.network.registerRequests(dispute);
  bob.network.registerRequests(votes);
  const message = disputeMessage(sampleReceipt(), { invalid: 1, valid: 2 });
  const sent = bob.network.request(us, dispute.name, encode(SendDisputeRequest, message));
  await clock.advance(1);
  const heard = await overseer.expect("dispute-distribution", "disputeRequest");
  assert.deepEqual(heard.payload, message);
  heard.reply({ type: "confirmed" });

  const none = { length: 0, bytes: new Uint8Array() };
  const question = { candidateHash, session: SESSION, haveValid: none, haveInvalid: none };
  const asked = bob.network.request(us, votes.name, encode(VotesRequest, question));
  await clock.advance(1);
  const wanted = await overseer.expect("dispute-distribution", "votesRequest");
  assert.deepEqual(wanted.payload, question);
  wanted.reply({ type: "noSuchDispute" });
  await clock.advance(1);
  assert.deepEqual(await sent, ok(new Uint8Array([0])));
  assert.deepEqual(await asked, ok(new Uint8Array([1])));
  await overseer.conclude(running);
});

test("topologies and authority ids are passed on", async () => {
  const { overseer, running } = startRx();
  const topology = {
    session: asSessionIndex(1),
    localIndex: undefined,
    canonicalShuffling: [],
    shuffledIndices: [],
  };
  overseer.message({ type: "newGossipTopology", topology });
  overseer.message({ type: "updatedAuthorityIds", peer: them, authorities: [bobsKey] });
  for (const listener of [
    "approval-distribution",
    "bitfield-distribution",
    "statement-distribution",
  ] as const) {
    const { event } = await overseer.expect(listener, "networkEvent");
    assert.deepEqual(event, { type: "newGossipTopology", topology });
  }
  for (const listener of [
    "approval-distribution",
    "bitfield-distribution",
    "statement-distribution",
    "collator-protocol",
  ] as const)
    assert.equal(
      (await overseer.expect(listener, "networkEvent")).event.type,
      "updatedAuthorityIds",
    );
  await overseer.conclude(running);
});

test("only an authority takes collators, and nobody with a handshake of nonsense", async () => {
  for (const [role, handshake, taken] of [
    [Role.authority, [Role.full], true],
    [Role.full, [Role.full], false],
    [Role.authority, [77], false],
    [Role.authority, [Role.full, 0], false],
  ] as const) {
    const { clock, memory } = start(role);
    let opened = false;
    const channel = memory.join(them).registerNotifications(
      collationProtocol(chain, {
        handshake: () => new Uint8Array(handshake),
        accept: () => true,
      }),
      (event) => {
        opened ||= event.type === "opened";
      },
    );
    channel.setReserved([us]);
    await clock.advance(1);
    assert.equal(opened, taken, `${role} and ${handshake}`);
  }
});

// Transmitting

function startTx() {
  const world = start();
  const overseer = new FakeOverseer<"network-bridge-tx", never>();
  const running = runTx(overseer.context, world.bridge);
  const bob = new Peer(world.memory.join(them));
  return { ...world, overseer, running, bob };
}

test("authorities are resolved, connected to and sent messages", async () => {
  const { overseer, running, clock, bob } = startTx();
  const failed = await overseer.ask({
    type: "connectToValidators",
    authorities: [bobsKey, nobodysKey],
    peerSet: "validation",
  });
  assert.equal(failed, 1);
  await clock.advance(1);
  overseer.message({ type: "sendValidationMessage", peers: [them], message: bitfieldMessage });
  await overseer.settle();
  await clock.advance(1);
  assert.deepEqual(bob.messages(), [{ type: "protocolMessage", value: bitfieldMessage }]);
  overseer.message({ type: "disconnectPeers", peers: [them], peerSet: "validation" });
  await overseer.settle();
  await clock.advance(1);
  assert.equal(bob.heard.at(-1)?.type, "closed");
  await overseer.conclude(running);
});

test("a request is answered, refused, unresolved or undecodable", async () => {
  const { overseer, running, clock, bob, network, bridge } = startTx();
  const answers = [
    encode(ChunkFetchingResponse, { type: "noSuchChunk" }),
    undefined,
    new Uint8Array([42]),
  ];
  bob.network.registerRequests(chunkFetchingProtocol(chain), (request) => {
    const bytes = answers.shift();
    if (bytes === undefined) request.refuse();
    else request.respond(bytes);
  });
  overseer.message({ type: "connectToResolvedValidators", peers: [them], peerSet: "validation" });
  await overseer.settle();
  await clock.advance(1);
  const ask = async (authority: typeof bobsKey) => {
    const answer = overseer.ask({
      type: "requestChunk",
      to: { type: "authority", authority },
      payload: chunkRequest,
      ifDisconnected: "immediateError",
    });
    await overseer.settle();
    await clock.advance(1);
    return answer;
  };
  assert.deepEqual(await ask(bobsKey), ok({ peer: them, response: { type: "noSuchChunk" } }));
  assert.deepEqual(await ask(bobsKey), err({ code: "refused" }));
  assert.deepEqual(await ask(bobsKey), err({ code: "undecodable", peer: them }));
  assert.deepEqual(await ask(nobodysKey), err({ code: "unresolved" }));
  bridge.sets.validation.channel.disconnect(them);
  assert.deepEqual(await ask(bobsKey), err({ code: "notConnected" }));
  const reported: unknown[] = [];
  network.report = (...report) => reported.push(report);
  await overseer.conclude(running);
  assert.deepEqual(reported, [[them, -300_000, "undecodable response"]]);
});

test("reports are gathered, and applied at the end at the latest", async () => {
  const { overseer, running, clock, network } = startTx();
  const reported: unknown[] = [];
  network.report = (...report) => reported.push(report);
  const report = { peer: them, change: "costMinor", reason: "flood" } as const;
  overseer.message({ type: "reportPeer", ...report });
  overseer.message({ type: "reportPeers", reports: [report, report] });
  await clock.advance(REPUTATION_FLUSH_MS);
  assert.deepEqual(reported, [[them, -300_000, "flood"]]);
  overseer.message({ type: "reportPeer", ...report });
  await overseer.conclude(running);
  assert.equal(reported.length, 2);
  assert.equal(clock.pending, 0);
});
