import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk, ok, type Random, silentLogger } from "@parahost/base";
import { DirectVerifier, MemoryKeystore } from "@parahost/crypto";
import { type PeerId, peerId, type ReputationClass } from "@parahost/network";
import {
  asAuthorityDiscoveryId,
  asSessionIndex,
  asValidatorId,
  asValidatorIndex,
  bitfieldPayload,
  type Hash,
  type UncheckedSignedAvailabilityBitfield,
  type ValidatorId,
} from "@parahost/primitives";
import { bitsFrom } from "@parahost/scale";
import type { GossipTopology, NetworkEvent } from "../network-bridge/messages.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { sampleHash } from "../sample-candidate.ts";
import type { BitfieldDistributionMessage } from "./messages.ts";
import { type BitfieldDistributionSends, run } from "./subsystem.ts";

type Event = Extract<BitfieldDistributionMessage, { type: "networkEvent" }>["event"];

const VALIDATORS = 9;
/** In the middle of a square of nine; 3 and 5 are in its row, 1 and 7 in its column. */
const OURS = 4;
const CORES = 2;
const session = asSessionIndex(1);
const leaf = sampleHash(0xa1);
const keystore = new MemoryKeystore();
const validators = Array.from({ length: VALIDATORS }, (_, i) =>
  asValidatorId(expectOk(keystore.insert("para", `//${i}`), "a key")),
);
const authorities = validators.map((_, i) => asAuthorityDiscoveryId(sampleHash(0x10 + i)));
const topology: GossipTopology = {
  session,
  localIndex: asValidatorIndex(OURS),
  canonicalShuffling: authorities.map((authority, i) => ({
    authority,
    validatorIndex: asValidatorIndex(i),
  })),
  shuffledIndices: authorities.map((_, i) => i),
};
const peers = validators.map((_, i) => peerId(`peer${i}`));
const peer = (index: number): PeerId => peers[index] as PeerId;
/** Always the same draw, 15 of 25: nobody outside the grid is lucky. */
const unlucky: Random = { fill: (target) => target.set([0x00, 0xff, 0xff, 0xff]) };

function signed(
  validator: number,
  bits: readonly boolean[] = [true, false],
  parentHash: Hash = leaf,
): UncheckedSignedAvailabilityBitfield {
  const payload = bitsFrom(bits);
  const message = bitfieldPayload(payload, { sessionIndex: session, parentHash });
  const signature = keystore.sign("para", validators[validator] as ValidatorId, message);
  assert.ok(signature !== undefined);
  return { payload, validatorIndex: asValidatorIndex(validator), signature };
}

function start() {
  const overseer = new FakeOverseer<"bitfield-distribution", BitfieldDistributionSends>();
  const deps = { verifier: new DirectVerifier(), random: unlucky, logger: silentLogger };
  return { overseer, running: run(overseer.context, deps) };
}

type World = ReturnType<typeof start>;

function event({ overseer }: World, event: Event | NetworkEvent<never>): void {
  overseer.message({ type: "networkEvent", event });
}

/** Connects the peers at these places; they work on the leaf. */
function connect(world: World, ...places: readonly number[]): void {
  for (const place of places) {
    event(world, {
      type: "peerConnected",
      peer: peer(place),
      role: "authority",
      version: 3,
      authorities: authorities.slice(place, place + 1),
    });
    view(world, place, leaf);
  }
}

function view(world: World, place: number, ...heads: readonly Hash[]): void {
  event(world, { type: "peerViewChange", peer: peer(place), view: { heads, finalizedNumber: 0 } });
}

function tell(
  world: World,
  from: number,
  bitfield: UncheckedSignedAvailabilityBitfield,
  relayParent = leaf,
): void {
  const message = { type: "bitfield", value: { relayParent, bitfield } } as const;
  event(world, { type: "peerMessage", peer: peer(from), message });
}

async function activate({ overseer }: World, hash = leaf): Promise<void> {
  overseer.activate(hash, 1);
  (await overseer.expect("runtime-api", "validators")).reply(ok(validators));
  (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(session));
  const cores = Array.from({ length: CORES }, () => ({ type: "free" }) as const);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok(cores));
}

async function startOnLeaf(...places: readonly number[]): Promise<World> {
  const world = start();
  await activate(world);
  event(world, { type: "newGossipTopology", topology });
  connect(world, ...places);
  await world.overseer.settle();
  return world;
}

async function expectReport(
  { overseer }: World,
  place: number,
  change: ReputationClass,
): Promise<void> {
  const report = await overseer.expect("network-bridge-tx", "reportPeer");
  assert.deepEqual([report.peer, report.change], [peer(place), change]);
}

async function expectProvided(
  { overseer }: World,
  bitfield: UncheckedSignedAvailabilityBitfield,
): Promise<void> {
  const provided = await overseer.expect("provisioner", "provisionableData");
  assert.equal(provided.relayParent, leaf);
  assert.deepEqual(provided.data, { type: "bitfield", bitfield });
}

async function expectRelay(
  { overseer }: World,
  bitfield: UncheckedSignedAvailabilityBitfield,
  ...places: readonly number[]
): Promise<void> {
  const sent = await overseer.expect("network-bridge-tx", "sendValidationMessage");
  assert.deepEqual(sent.message, {
    type: "bitfieldDistribution",
    value: { type: "bitfield", value: { relayParent: leaf, bitfield } },
  });
  assert.deepEqual([...sent.peers].sort(), places.map(peer).sort());
}

test("our bitfield goes to the provisioner and along both axes of the grid", async () => {
  const world = await startOnLeaf(1, 3, 5, 7);
  const bitfield = signed(OURS);
  world.overseer.message({ type: "distributeBitfield", relayParent: leaf, bitfield });
  await expectProvided(world, bitfield);
  await expectRelay(world, bitfield, 1, 3, 5, 7);
  await world.overseer.conclude(world.running);
});

test("a bitfield from our row is passed on along our column, to nobody who has it", async () => {
  const world = await startOnLeaf(1, 3, 5, 7);
  const bitfield = signed(3);
  tell(world, 3, bitfield);
  await expectReport(world, 3, "benefitMinorFirst");
  await expectProvided(world, bitfield);
  await expectRelay(world, bitfield, 1, 5, 7);
  tell(world, 7, bitfield);
  await expectReport(world, 7, "benefitMinor");
  await world.overseer.conclude(world.running);
});

test("beside the grid no more than four others hear of it", async () => {
  const world = await startOnLeaf(0, 1, 2, 3, 5, 6, 7, 8);
  const bitfield = signed(3);
  tell(world, 3, bitfield);
  await expectReport(world, 3, "benefitMinorFirst");
  await expectProvided(world, bitfield);
  const sent = await world.overseer.expect("network-bridge-tx", "sendValidationMessage");
  assert.equal(sent.peers.length, 6);
  assert.ok(sent.peers.includes(peer(1)) && sent.peers.includes(peer(7)));
  await world.overseer.conclude(world.running);
});

test("peers that work on other leaves are spared", async () => {
  const world = await startOnLeaf(1, 7);
  view(world, 1, sampleHash(0xee));
  const bitfield = signed(OURS);
  world.overseer.message({ type: "distributeBitfield", relayParent: leaf, bitfield });
  await expectProvided(world, bitfield);
  await expectRelay(world, bitfield, 7);
  await world.overseer.conclude(world.running);
});

test("bad bitfields are refused at a price", async () => {
  const world = await startOnLeaf(0);
  const good = signed(0);
  tell(world, 0, good, sampleHash(0xee));
  await expectReport(world, 0, "costMinor");
  tell(world, 0, { ...good, validatorIndex: asValidatorIndex(VALIDATORS) });
  await expectReport(world, 0, "costMajor");
  tell(world, 0, { ...good, validatorIndex: asValidatorIndex(1) });
  await expectReport(world, 0, "costMajor");
  tell(world, 0, signed(2, [true, false], sampleHash(0xee)));
  await expectReport(world, 0, "costMajor");
  tell(world, 0, signed(3, [true, false, true]));
  await expectReport(world, 0, "costMajor");
  await world.overseer.conclude(world.running);
});

test("the same peer may not tell the same thing twice", async () => {
  const world = await startOnLeaf(0);
  const bitfield = signed(0);
  tell(world, 0, bitfield);
  await expectReport(world, 0, "benefitMinorFirst");
  await expectProvided(world, bitfield);
  tell(world, 0, bitfield);
  await expectReport(world, 0, "costMinorRepeated");
  await world.overseer.conclude(world.running);
});

test("of two different bitfields of a validator the first one counts", async () => {
  const world = await startOnLeaf(0, 8);
  const bitfield = signed(0);
  tell(world, 0, bitfield);
  await expectReport(world, 0, "benefitMinorFirst");
  await expectProvided(world, bitfield);
  await expectRelay(world, bitfield, 8);
  tell(world, 8, signed(0, [false, true]));
  await world.overseer.expectSilence();
  connect(world, 7);
  await expectRelay(world, bitfield, 7);
  await world.overseer.conclude(world.running);
});

test("a bitfield that is known counts for its sender only when it is signed", async () => {
  const world = await startOnLeaf(0, 7, 8);
  const bitfield = signed(0);
  tell(world, 0, bitfield);
  await expectReport(world, 0, "benefitMinorFirst");
  await expectProvided(world, bitfield);
  await expectRelay(world, bitfield, 7, 8);
  // Another signature under the same bits is as good as the first.
  tell(world, 7, signed(0));
  await expectReport(world, 7, "benefitMinor");
  const forged = bitfield.signature.map((byte) => byte ^ 1) as typeof bitfield.signature;
  tell(world, 8, { ...bitfield, signature: forged });
  await expectReport(world, 8, "costMajor");
  await world.overseer.conclude(world.running);
});

test("a neighbour that turns to the leaf late is told what it missed, others are not", async () => {
  const world = await startOnLeaf(0);
  const bitfield = signed(0);
  tell(world, 0, bitfield);
  await expectReport(world, 0, "benefitMinorFirst");
  await expectProvided(world, bitfield);
  connect(world, 1, 2);
  await expectRelay(world, bitfield, 1);
  view(world, 1, leaf, sampleHash(0xee));
  await world.overseer.conclude(world.running);
});

test("bitfields wait for the grid of their session", async () => {
  const world = start();
  await activate(world);
  connect(world, 1);
  const bitfield = signed(OURS);
  world.overseer.message({ type: "distributeBitfield", relayParent: leaf, bitfield });
  await expectProvided(world, bitfield);
  await world.overseer.expectSilence();
  event(world, { type: "newGossipTopology", topology });
  await expectRelay(world, bitfield, 1);
  await world.overseer.conclude(world.running);
});

test("nothing is kept of a leaf that is no longer active", async () => {
  const world = await startOnLeaf(0);
  world.overseer.deactivate(leaf);
  await world.overseer.settle();
  tell(world, 0, signed(0));
  await expectReport(world, 0, "costMinor");
  await world.overseer.conclude(world.running);
});

test("a peer that learns who it is takes its place in the grid", async () => {
  const world = await startOnLeaf();
  event(world, {
    type: "peerConnected",
    peer: peer(1),
    role: "authority",
    version: 3,
    authorities: [],
  });
  event(world, {
    type: "updatedAuthorityIds",
    peer: peer(1),
    authorities: authorities.slice(1, 2),
  });
  const bitfield = signed(OURS);
  world.overseer.message({ type: "distributeBitfield", relayParent: leaf, bitfield });
  await expectProvided(world, bitfield);
  view(world, 1, leaf);
  await expectRelay(world, bitfield, 1);
  await world.overseer.conclude(world.running);
});
