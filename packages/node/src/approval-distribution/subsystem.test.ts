import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError, SeededRandom, silentLogger } from "@parahost/base";
import { DirectVerifier } from "@parahost/crypto";
import { type PeerId, peerId } from "@parahost/network";
import { type AuthorityDiscoveryId, asValidatorIndex } from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import {
  assignmentOf,
  BLOCK_MS,
  claimOf,
  SLOT_MS,
  sampleBlock,
  sessionInfo,
  voteOf,
} from "../approval-voting/sample-approval.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { sampleHash } from "../sample-candidate.ts";
import { type ApprovalDistributionSends, run } from "./subsystem.ts";

const genesis = sampleHash(1);
const block = sampleBlock(1, sampleHash(2), genesis);
const [alice, bob, charlie] = ["alice", "bob", "charlie"].map(peerId) as [PeerId, PeerId, PeerId];

function start(nowMs = BLOCK_MS, verifier = new DirectVerifier()) {
  const overseer = new FakeOverseer<"approval-distribution", ApprovalDistributionSends>();
  const clock = new ManualClock(nowMs);
  const running = run(overseer.context, {
    clock,
    logger: silentLogger,
    random: new SeededRandom(1),
    verifier,
    profile: "modern",
    slotMs: SLOT_MS,
  });
  return { overseer, running, clock };
}

type World = ReturnType<typeof start>;
type Event = Parameters<World["overseer"]["message"]>[0] extends infer M
  ? Extract<M, { type: "networkEvent" }> extends { event: infer E }
    ? E
    : never
  : never;

const tell = ({ overseer }: World, event: Event): void =>
  overseer.message({ type: "networkEvent", event });

function connect(world: World, peer: PeerId, authorities: readonly AuthorityDiscoveryId[] = []) {
  tell(world, { type: "peerConnected", peer, role: "authority", version: 3, authorities });
}

function see(world: World, peer: PeerId, heads = [block.hash]): void {
  tell(world, { type: "peerViewChange", peer, view: { heads, finalizedNumber: 0 } });
}

type Assignments = ReturnType<typeof claimOf>[];
type Votes = ReturnType<typeof voteOf>[];

const say = {
  assignments: (world: World, peer: PeerId, ...value: Assignments): void =>
    tell(world, { type: "peerMessage", peer, message: { type: "assignments", value } }),
  approvals: (world: World, peer: PeerId, ...value: Votes): void =>
    tell(world, { type: "peerMessage", peer, message: { type: "approvals", value } }),
};

/** What has been said so far is checked. */
const windowCloses = ({ clock }: World): Promise<void> => clock.advance(10);

async function assignments(world: World, peer: PeerId, ...value: Assignments): Promise<void> {
  say.assignments(world, peer, ...value);
  await windowCloses(world);
}

async function approvals(world: World, peer: PeerId, ...value: Votes): Promise<void> {
  say.approvals(world, peer, ...value);
  await windowCloses(world);
}

async function expectReport({ overseer }: World, peer: PeerId, change: string): Promise<void> {
  const report = await overseer.expect("network-bridge-tx", "reportPeer");
  assert.deepEqual([report.peer, report.change], [peer, change]);
}

async function expectSent({ overseer }: World, peer: PeerId, value: object): Promise<void> {
  const sent = await overseer.expect("network-bridge-tx", "sendValidationMessage");
  assert.deepEqual(sent.peers, [peer]);
  assert.deepEqual(sent.message, { type: "approvalDistribution", value });
}

const claim = claimOf(0, block);
const vote = voteOf(0, block, [1]);

test("a good assignment and the vote after it go to approval voting and to who does not know them", async () => {
  const world = start();
  const { overseer, running } = world;
  overseer.message({ type: "newBlocks", blocks: [block] });
  for (const peer of [alice, bob, charlie]) connect(world, peer);
  for (const peer of [alice, bob]) see(world, peer);
  await assignments(world, alice, claim);
  const imported = await overseer.expect("approval-voting", "importAssignment");
  assert.deepEqual(
    [imported.blockHash, imported.validator, imported.candidates, imported.cert],
    [block.hash, 0, [1], { tranche: 0, criterion: "story" }],
  );
  await expectReport(world, alice, "benefitMinorFirst");
  // Charlie does not follow the block.
  await expectSent(world, bob, { type: "assignments", value: [claim] });
  await approvals(world, alice, vote);
  assert.deepEqual((await overseer.expect("approval-voting", "importApproval")).vote, vote);
  await expectReport(world, alice, "benefitMinorFirst");
  await expectSent(world, bob, { type: "approvals", value: [vote] });
  // Who turns to the block later is told all of it, assignments first.
  see(world, charlie);
  await expectSent(world, charlie, { type: "assignments", value: [claim] });
  await expectSent(world, charlie, { type: "approvals", value: [vote] });
  // And nothing twice.
  see(world, charlie, [block.hash, sampleHash(9)]);
  await overseer.conclude(running);
});

test("our own messages go to everybody who follows the block, a vote never before its assignment", async () => {
  const world = start();
  const { overseer, running } = world;
  connect(world, alice);
  see(world, alice);
  overseer.message({ type: "newBlocks", blocks: [block] });
  overseer.message({ type: "distributeAssignment", assignment: claim });
  await expectSent(world, alice, { type: "assignments", value: [claim] });
  overseer.message({ type: "distributeApproval", vote });
  await expectSent(world, alice, { type: "approvals", value: [vote] });
  tell(world, { type: "peerDisconnected", peer: alice });
  connect(world, alice);
  see(world, alice);
  await expectSent(world, alice, { type: "assignments", value: [claim] });
  await expectSent(world, alice, { type: "approvals", value: [vote] });
  await overseer.conclude(running);
});

test("a forged certificate, a wrong signature and a vote without assignment are refused", async () => {
  const world = start();
  const { overseer, running } = world;
  overseer.message({ type: "newBlocks", blocks: [block] });
  connect(world, alice);
  await approvals(world, alice, vote);
  await expectReport(world, alice, "costMinor");
  const { assignment, claimedCandidates } = claimOf(1, block);
  const stolen = { ...assignment, validator: claim.assignment.validator };
  await assignments(world, alice, { assignment: stolen, claimedCandidates });
  await expectReport(world, alice, "costMajor");
  await assignments(world, alice, claim);
  await overseer.expect("approval-voting", "importAssignment");
  await expectReport(world, alice, "benefitMinorFirst");
  await approvals(world, alice, { ...vote, signature: new Uint8Array(64) });
  await expectReport(world, alice, "costMajor");
  await approvals(world, alice, voteOf(0, block, [0]));
  await expectReport(world, alice, "costMinor");
  const beyond = { ...vote, candidateIndices: { length: 9, bytes: new Uint8Array([0, 1]) } };
  await approvals(world, alice, beyond);
  await expectReport(world, alice, "costMajor");
  await overseer.conclude(running);
});

test("what comes in one window is checked together, and each peer answers for its own", async () => {
  const world = start();
  const { overseer, running } = world;
  overseer.message({ type: "newBlocks", blocks: [block] });
  for (const peer of [alice, bob, charlie]) connect(world, peer);
  const forged = { ...claimOf(1, block).assignment, validator: claim.assignment.validator };
  const bad = { assignment: forged, claimedCandidates: claimOf(1, block).claimedCandidates };
  // The vote is faster than the assignment that it needs.
  say.approvals(world, charlie, vote);
  say.assignments(world, alice, bad);
  say.assignments(world, charlie, bad);
  say.assignments(world, bob, claim);
  say.assignments(world, charlie, claim, claim);
  await overseer.expectSilence();
  await windowCloses(world);
  await expectReport(world, alice, "costMajor");
  await expectReport(world, charlie, "costMajor");
  await overseer.expect("approval-voting", "importAssignment");
  await expectReport(world, bob, "benefitMinorFirst");
  await expectReport(world, charlie, "costMinorRepeated");
  await overseer.expect("approval-voting", "importApproval");
  await expectReport(world, charlie, "benefitMinorFirst");
  const other = claimOf(1, block);
  const good = voteOf(1, block, onesOf(other.claimedCandidates));
  say.assignments(world, alice, other);
  say.approvals(world, alice, { ...good, signature: vote.signature });
  say.approvals(world, bob, good);
  await windowCloses(world);
  await overseer.expect("approval-voting", "importAssignment");
  await expectReport(world, alice, "benefitMinorFirst");
  await expectReport(world, alice, "costMajor");
  await overseer.expect("approval-voting", "importApproval");
  await expectReport(world, bob, "benefitMinorFirst");
  await overseer.conclude(running);
});

test("256 messages do not wait for the window to close", async () => {
  const world = start();
  const { overseer, running } = world;
  overseer.message({ type: "newBlocks", blocks: [block] });
  connect(world, alice);
  const { assignment, claimedCandidates } = claim;
  const forged = {
    assignment: { ...assignment, validator: asValidatorIndex(1) },
    claimedCandidates,
  };
  say.assignments(world, alice, ...Array<typeof claim>(255).fill(forged));
  await overseer.expectSilence();
  say.assignments(world, alice, forged);
  for (let i = 0; i < 256; i++) await expectReport(world, alice, "costMajor");
  await overseer.conclude(running);
});

test("a verifier that fails makes votes neither good nor bad", async () => {
  const failing = new DirectVerifier();
  failing.verifyBatch = () => Promise.reject(new HostError("verifierThread"));
  const world = start(BLOCK_MS, failing);
  const { overseer, running } = world;
  overseer.message({ type: "newBlocks", blocks: [block] });
  connect(world, alice);
  await assignments(world, alice, claim);
  await overseer.expect("approval-voting", "importAssignment");
  await expectReport(world, alice, "benefitMinorFirst");
  await approvals(world, alice, vote);
  await overseer.conclude(running);
});

test("a tranche far ahead of its time is not taken yet", async () => {
  const world = start(BLOCK_MS - 30_000);
  const { overseer, running } = world;
  overseer.message({ type: "newBlocks", blocks: [block] });
  connect(world, alice);
  await assignments(world, alice, claim);
  await expectReport(world, alice, "costMinor");
  await overseer.conclude(running);
});

test("repetition costs, unless it may be a validator's second try", async () => {
  const world = start();
  const { overseer, running } = world;
  overseer.message({ type: "newBlocks", blocks: [block] });
  connect(world, alice);
  connect(world, bob, sessionInfo.discoveryKeys.slice(0, 1));
  await assignments(world, alice, claim);
  await overseer.expect("approval-voting", "importAssignment");
  await expectReport(world, alice, "benefitMinorFirst");
  await assignments(world, alice, claim);
  await expectReport(world, alice, "costMinorRepeated");
  await assignments(world, bob, claim);
  await assignments(world, bob, claim);
  await overseer.conclude(running);
});

test("a block of our view may be talked about before it is read, others may not", async () => {
  const world = start();
  const { overseer, running } = world;
  connect(world, alice);
  await assignments(world, alice, claim);
  await expectReport(world, alice, "costMinor");
  const view = { heads: [block.hash], finalizedNumber: 0 };
  tell(world, { type: "ourViewChange", view });
  await assignments(world, alice, claim);
  await overseer.expectSilence();
  overseer.message({ type: "newBlocks", blocks: [block] });
  await windowCloses(world);
  await overseer.expect("approval-voting", "importAssignment");
  await expectReport(world, alice, "benefitMinorFirst");
  // What was final a short while ago is late, not wrong.
  overseer.signal({ type: "blockFinalized", hash: block.hash, number: 1 });
  await assignments(world, alice, claimOf(1, block));
  await overseer.conclude(running);
});

test("while finality lags what was sent is sent again", async () => {
  const world = start();
  const { overseer, running } = world;
  connect(world, alice);
  see(world, alice);
  overseer.message({ type: "newBlocks", blocks: [block] });
  overseer.message({ type: "distributeAssignment", assignment: claim });
  await expectSent(world, alice, { type: "assignments", value: [claim] });
  let parent = block.hash;
  for (let number = 2; number <= 5; number++) {
    const hash = sampleHash(number + 1);
    const next = { ...sampleBlock(number, hash, parent), candidates: [] };
    see(world, alice, [hash]);
    overseer.message({ type: "newBlocks", blocks: [next] });
    parent = hash;
  }
  await expectSent(world, alice, { type: "assignments", value: [claim] });
  await overseer.conclude(running);
});

test("everybody has something to check in the sample", () => {
  for (let validator = 0; validator < 6; validator++)
    assert.equal(assignmentOf(validator, block).tranche, 0);
});
