import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok, silentLogger } from "@parahost/base";
import { preDigestItem, slotTranscript } from "@parahost/consensus";
import { type Keystore, MemoryKeystore } from "@parahost/crypto";
import {
  type AvailableData,
  asBabeId,
  asSessionIndex,
  type BabeEpoch,
  type CandidateReceipt,
  candidateHash,
  type Header,
  headerHash,
  type NodeFeatures,
  nodeFeatures,
  parachainLogItem,
  ZERO_HASH,
} from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import { MemoryStore } from "@parahost/storage";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import type { FishermenStake } from "../runtime-api/runtime-api-at.ts";
import { BLOCK_MS, keystores, receipts, SLOT, SLOT_MS, sessionInfo } from "./sample-approval.ts";
import { type ApprovalVotingSends, run } from "./subsystem.ts";

const author = new MemoryKeystore();
const inserted = author.insert("babe", "//Author");
assert.ok(inserted.ok);
const epoch: BabeEpoch = {
  epochIndex: 1,
  startSlot: SLOT,
  duration: 100,
  authorities: [{ id: asBabeId(inserted.value), weight: 1 }],
  randomness: new Uint8Array(32),
  config: {
    c: { numerator: 1, denominator: 4 },
    allowedSlots: { type: "primaryAndSecondaryVRFSlots" },
  },
};
const vrf = author.vrfSign("babe", inserted.value, slotTranscript(SLOT, epoch));
assert.ok(vrf !== undefined);
const claim = { authorityIndex: 0, slot: SLOT, vrfSignature: vrf };
const header: Header = {
  parentHash: ZERO_HASH,
  number: 1,
  stateRoot: ZERO_HASH,
  extrinsicsRoot: ZERO_HASH,
  digest: [preDigestItem({ type: "secondaryVRF", value: claim })],
};
const hash = headerHash(header);

const data: AvailableData = {
  pov: { blockData: new Uint8Array([1]) },
  validationData: {
    parentHead: new Uint8Array(0),
    relayParentNumber: 1,
    relayParentStorageRoot: ZERO_HASH,
    maxPovSize: 9,
  },
};

function start(
  us: number | undefined,
  store = new MemoryStore(["ownApprovals"] as const),
  keystore: Keystore = (us === undefined ? undefined : keystores[us]) ?? new MemoryKeystore(),
) {
  const overseer = new FakeOverseer<"approval-voting", ApprovalVotingSends>();
  const clock = new ManualClock(BLOCK_MS);
  const approved: CandidateReceipt[] = [];
  const running = run(overseer.context, {
    clock,
    logger: silentLogger,
    keystore,
    store,
    profile: "modern",
    slotMs: SLOT_MS,
    onApproved: (receipt) => approved.push(receipt),
  });
  return { overseer, clock, store, running, approved };
}

type World = ReturnType<typeof start>;

/** The chain tells of a block that includes the candidates. */
async function open(
  { overseer }: World,
  included: readonly CandidateReceipt[],
  coalesce = 1,
  features: NodeFeatures = nodeFeatures("assignmentsV2"),
  stakes: readonly FishermenStake[] = [],
  block: Header = header,
) {
  overseer.activate(headerHash(block), 1);
  (await overseer.expect("chain-api", "blockHeader")).reply(ok(block));
  (await overseer.expect("chain-api", "blockHeader")).reply(ok(undefined));
  const events = included.map((receipt, core) => ({
    type: "included" as const,
    value: { receipt, headData: new Uint8Array(1), core, group: core },
  }));
  (await overseer.expect("runtime-api", "candidateEvents")).reply(ok(events as never));
  const session = await overseer.expect("runtime-api", "sessionIndexForChild");
  // A block belongs to the session that its parent announced.
  assert.equal(session.relayParent, header.parentHash);
  session.reply(ok(asSessionIndex(1)));
  (await overseer.expect("runtime-api", "currentBabeEpoch")).reply(ok(epoch));
  (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(sessionInfo));
  (await overseer.expect("runtime-api", "nodeFeatures")).reply(ok(features));
  const params = await overseer.expect("runtime-api", "approvalVotingParams");
  params.reply(ok({ maxApprovalCoalesceCount: coalesce }));
  (await overseer.expect("runtime-api", "fishermenStakes")).reply(ok(stakes));
  return overseer.expect("approval-distribution", "newBlocks");
}

async function answerCheck({ overseer }: World, isValid: boolean): Promise<void> {
  (await overseer.expect("runtime-api", "validationCodeByHash")).reply(ok(new Uint8Array(1)));
  (await overseer.expect("runtime-api", "sessionExecutorParams")).reply(ok([]));
  const validation = await overseer.expect("candidate-validation", "validateFromExhaustive");
  assert.deepEqual(validation.purpose, { type: "approval" });
  validation.reply(
    ok(
      isValid
        ? { type: "valid", commitments: {} as never, persistedValidationData: data.validationData }
        : { type: "invalid", reason: { code: "invalidOutputs" } },
    ),
  );
}

const [first, second] = receipts;
assert.ok(first !== undefined && second !== undefined);

test("a block without candidates is approved at once", async () => {
  const world = start(4);
  const { overseer, running } = world;
  await open(world, []);
  assert.equal((await overseer.expect("chain-selection", "approved")).hash, hash);
  const found = await overseer.ask({ type: "approvedAncestor", hash, floor: 0 });
  assert.deepEqual([found?.hash, found?.number], [hash, 1]);
  await overseer.conclude(running);
});

test("an own check is announced, recovered, executed, and approved under our signature", async () => {
  const world = start(4);
  const { overseer, running, store } = world;
  await open(world, [first]);
  const announced = await overseer.expect("approval-distribution", "distributeAssignment");
  assert.equal(announced.assignment.assignment.validator, 4);
  assert.deepEqual(onesOf(announced.assignment.claimedCandidates), [0]);
  const recovery = await overseer.expect("availability-recovery", "recoverAvailableData");
  assert.deepEqual([recovery.backingGroup, recovery.coreIndex], [0, 0]);
  // What was announced is on disk before anything follows from it.
  assert.equal([...store.range("ownApprovals", new Uint8Array(0))].length, 1);
  recovery.reply(ok(data));
  await answerCheck(world, true);
  const { vote } = await overseer.expect("approval-distribution", "distributeApproval");
  assert.deepEqual([vote.validator, onesOf(vote.candidateIndices)], [4, [0]]);
  assert.equal([...store.range("ownApprovals", new Uint8Array(0))].length, 2);
  const question = {
    type: "getApprovalSignaturesForCandidate",
    candidateHash: candidateHash(first),
  } as const;
  assert.deepEqual([...(await overseer.ask(question)).keys()], [4]);
  // The other assignment and vote that are needed come from a peer; then a second must pass.
  overseer.message({
    type: "importAssignment",
    blockHash: hash,
    validator: 5 as never,
    candidates: [0],
    cert: { tranche: 0, criterion: "story" },
  });
  overseer.message({ type: "importApproval", vote: { ...vote, validator: 5 as never } });
  await overseer.expectSilence();
  assert.equal(await overseer.ask({ type: "approvedAncestor", hash, floor: 0 }), undefined);
  await world.clock.advance(1000);
  assert.equal((await overseer.expect("chain-selection", "approved")).hash, hash);
  assert.deepEqual(world.approved, [first]);
  const isApproved = (receipt: CandidateReceipt) =>
    overseer.ask({ type: "isApproved", blockHash: hash, candidateHash: candidateHash(receipt) });
  assert.deepEqual([await isApproved(first), await isApproved(second)], [true, false]);
  // Once it is final nothing is left.
  overseer.signal({ type: "blockFinalized", hash, number: 1 });
  await overseer.settle();
  assert.equal([...store.range("ownApprovals", new Uint8Array(0))].length, 0);
  await overseer.conclude(running);
});

test("a block whose digest says so is approved by force, though nobody has checked", async () => {
  const world = start(undefined);
  const { overseer, running } = world;
  const log = parachainLogItem({ type: "forceApprove", value: 1 });
  const forced = { ...header, digest: [...header.digest, log] };
  await open(world, [first], 1, undefined, [], forced);
  assert.equal((await overseer.expect("chain-selection", "approved")).hash, headerHash(forced));
  assert.deepEqual(world.approved, [first]);
  await overseer.conclude(running);
});

test("what a block says of the chain before it does not concern the block itself", async () => {
  const world = start(undefined);
  const { overseer, running } = world;
  const log = parachainLogItem({ type: "forceApprove", value: 0 });
  await open(world, [first], 1, undefined, [], { ...header, digest: [...header.digest, log] });
  await overseer.expectSilence();
  assert.deepEqual(world.approved, []);
  await overseer.conclude(running);
});

test("an invalid candidate is disputed and never approved", async () => {
  const world = start(4);
  const { overseer, running } = world;
  await open(world, [first]);
  await overseer.expect("approval-distribution", "distributeAssignment");
  (await overseer.expect("availability-recovery", "recoverAvailableData")).reply(ok(data));
  await answerCheck(world, false);
  const issued = await overseer.expect("dispute-coordinator", "issueLocalStatement");
  assert.deepEqual([issued.valid, issued.candidateReceipt], [false, first]);
  await overseer.conclude(running);
});

test("a candidate that another fork includes too is approved there as well, and not checked again", async () => {
  const world = start(4);
  const { overseer, running } = world;
  await open(world, [first]);
  await overseer.expect("approval-distribution", "distributeAssignment");
  (await overseer.expect("availability-recovery", "recoverAvailableData")).reply(ok(data));
  await answerCheck(world, true);
  await overseer.expect("approval-distribution", "distributeApproval");
  const fork: Header = { ...header, extrinsicsRoot: `0x${"11".repeat(32)}` as typeof ZERO_HASH };
  await open(world, [first], 1, undefined, [], fork);
  const announced = await overseer.expect("approval-distribution", "distributeAssignment");
  assert.equal(announced.assignment.assignment.blockHash, headerHash(fork));
  const { vote } = await overseer.expect("approval-distribution", "distributeApproval");
  assert.equal(vote.blockHash, headerHash(fork));
  // Both are blocks of one slot and author, which are described anew.
  await overseer.expect("approval-distribution", "newBlocks");
  await overseer.expectSilence();
  await overseer.conclude(running);
});

test("data that nobody has is looked for again, twelve seconds later", async () => {
  const world = start(4);
  const { overseer, running, clock } = world;
  await open(world, [first]);
  await overseer.expect("approval-distribution", "distributeAssignment");
  const unavailable = err({ code: "unavailable" } as const);
  (await overseer.expect("availability-recovery", "recoverAvailableData")).reply(unavailable);
  await overseer.expectSilence();
  await clock.advance(12_000);
  (await overseer.expect("availability-recovery", "recoverAvailableData")).reply(ok(data));
  await answerCheck(world, true);
  await overseer.expect("approval-distribution", "distributeApproval");
  await overseer.conclude(running);
});

test("data without the candidate's erasure root is a vote against it", async () => {
  const world = start(4);
  const { overseer, running } = world;
  await open(world, [first]);
  await overseer.expect("approval-distribution", "distributeAssignment");
  const invalid = err({ code: "invalid" } as const);
  (await overseer.expect("availability-recovery", "recoverAvailableData")).reply(invalid);
  await overseer.expect("dispute-coordinator", "issueLocalStatement");
  await overseer.conclude(running);
});

test("after a restart the same is said again, and nothing is checked or signed anew", async () => {
  const before = start(4);
  await open(before, [first]);
  const said = await before.overseer.expect("approval-distribution", "distributeAssignment");
  (await before.overseer.expect("availability-recovery", "recoverAvailableData")).reply(ok(data));
  await answerCheck(before, true);
  const { vote } = await before.overseer.expect("approval-distribution", "distributeApproval");
  await before.overseer.conclude(before.running);

  const { store } = before;
  const after = start(4, store);
  await open(after, [first]);
  const { overseer } = after;
  const again = await overseer.expect("approval-distribution", "distributeAssignment");
  assert.deepEqual(again.assignment, said.assignment);
  const voted = await overseer.expect("approval-distribution", "distributeApproval");
  assert.deepEqual(voted.vote, vote);
  await overseer.conclude(after.running);
});

test("a block that was read while our keys gave no signature is checked from a later leaf on", async () => {
  const keys = keystores[4] ?? assert.fail();
  let isHeld = true;
  const held = new Proxy(keys, {
    get: (target, name) =>
      name === "vrfSign" && isHeld
        ? () => undefined
        : (target[name as keyof MemoryKeystore] as CallableFunction).bind(target),
  });
  const world = start(4, new MemoryStore(["ownApprovals"] as const), held);
  const { overseer, running } = world;
  await open(world, [first]);
  await overseer.expectSilence();
  isHeld = false;
  overseer.activate(hash, 1);
  await overseer.expect("approval-distribution", "distributeAssignment");
  (await overseer.expect("availability-recovery", "recoverAvailableData")).reply(ok(data));
  await answerCheck(world, true);
  await overseer.expect("approval-distribution", "distributeApproval");
  await overseer.conclude(running);
});

test("one signature covers what is ready, when the session allows and time does not press", async () => {
  const world = start(4);
  const { overseer, running } = world;
  await open(world, [first, second], 2);
  const announced = await overseer.expect("approval-distribution", "distributeAssignment");
  assert.deepEqual(onesOf(announced.assignment.claimedCandidates), [0, 1]);
  const recoveries = [
    await overseer.expect("availability-recovery", "recoverAvailableData"),
    await overseer.expect("availability-recovery", "recoverAvailableData"),
  ];
  for (const { reply } of recoveries) {
    reply(ok(data));
    await answerCheck(world, true);
  }
  const { vote } = await overseer.expect("approval-distribution", "distributeApproval");
  assert.deepEqual(onesOf(vote.candidateIndices), [0, 1]);
  await overseer.conclude(running);
});

test("an approval that stays alone is sent after six seconds", async () => {
  const world = start(4);
  const { overseer, running, clock } = world;
  await open(world, [first], 2);
  await overseer.expect("approval-distribution", "distributeAssignment");
  (await overseer.expect("availability-recovery", "recoverAvailableData")).reply(ok(data));
  await answerCheck(world, true);
  await clock.advance(5_999);
  await overseer.expectSilence();
  await clock.advance(1);
  await overseer.expect("approval-distribution", "distributeApproval");
  await overseer.conclude(running);
});

test("who has no key only counts, and a block whose state is gone is not approved", async () => {
  const world = start(undefined);
  const { overseer, running } = world;
  await open(world, [first]);
  await overseer.expectSilence();
  await overseer.conclude(running);

  const blind = start(4);
  blind.overseer.activate(hash, 1);
  (await blind.overseer.expect("chain-api", "blockHeader")).reply(ok(header));
  (await blind.overseer.expect("chain-api", "blockHeader")).reply(ok(undefined));
  (await blind.overseer.expect("runtime-api", "candidateEvents")).reply(
    err({ code: "unavailable" } as never),
  );
  (await blind.overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(asSessionIndex(1)));
  (await blind.overseer.expect("runtime-api", "currentBabeEpoch")).reply(ok(epoch));
  const found = await blind.overseer.ask({ type: "approvedAncestor", hash, floor: 0 });
  assert.equal(found, undefined);
  await blind.overseer.conclude(blind.running);
});
