import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok, silentLogger } from "@parahost/base";
import { DirectVerifier, type MemoryKeystore } from "@parahost/crypto";
import {
  asSessionIndex,
  asValidatorIndex,
  type CandidateEvent,
  type CandidateHash,
  type CandidateReceipt,
  candidateHash,
  type DisputeVote,
  type Hash,
  type ScrapedOnChainVotes,
  type SessionIndex,
  SPLIT_SETTLE_BLOCKS,
} from "@parahost/primitives";
import { MemoryStore } from "@parahost/storage";
import { ACTIVE_AFTER_CONCLUSION_MS } from "../dispute-votes/status.ts";
import { against, inFavour, keysOf, SESSION, sessionInfoOf } from "../dispute-votes/testing.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { Cancelled } from "../overseer/reply.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import { DISPUTE_COLUMNS, type DisputeColumn } from "./database.ts";
import type { ImportOutcome } from "./messages.ts";
import { type DisputeCoordinatorSends, run } from "./subsystem.ts";

const receipt = sampleReceipt();
const hash = candidateHash(receipt);
const key = { session: SESSION, candidateHash: hash };
const block = (number: number) => ({ number, hash: sampleHash(0xb000 + number) });
const explicit = { type: "explicit" } as const;
const approval = { type: "approvalChecking" } as const;
const recovered = ok({
  pov: { blockData: new Uint8Array([1]) },
  validationData: {
    parentHead: new Uint8Array([1]),
    relayParentNumber: 1,
    relayParentStorageRoot: sampleHash(2),
    maxPovSize: 100,
  },
});

type Store = MemoryStore<DisputeColumn>;

function start(options: { readonly keys?: MemoryKeystore; readonly store?: Store } = {}) {
  const { keys = keysOf(0), store = new MemoryStore(DISPUTE_COLUMNS) } = options;
  const overseer = new FakeOverseer<"dispute-coordinator", DisputeCoordinatorSends>();
  const clock = new ManualClock(1_000_000);
  const told: string[] = [];
  const kept = new Map<CandidateHash, boolean>();
  overseer.replace("availability-store", (message) => {
    if (message.type === "noteDisputed") kept.set(message.candidateHash, message.disputed);
  });
  const running = run(overseer.context, {
    clock,
    logger: silentLogger,
    keystore: keys,
    verifier: new DirectVerifier(),
    store,
    watcher: {
      raised: (para, _, validator) => told.push(`para ${para} disputed by ${validator}`),
      concluded: (para, _, outcome) => told.push(`para ${para} is ${outcome}`),
    },
  });
  return { overseer, clock, store, running, told, kept };
}

type World = ReturnType<typeof start>;

interface BlockFacts {
  readonly number: number;
  readonly backs?: readonly CandidateReceipt[];
  readonly includes?: readonly CandidateReceipt[];
  readonly votes?: ScrapedOnChainVotes;
}

const eventOf = (type: "backed" | "included", candidate: CandidateReceipt): CandidateEvent =>
  ({
    type,
    value: { receipt: candidate, headData: new Uint8Array(), core: 0, group: 0 },
  }) as unknown as CandidateEvent;

/** Activates a leaf and answers what the coordinator asks about it; `blocks` are those that it reads. */
async function leaf(
  { overseer }: World,
  blocks: readonly BlockFacts[],
  facts: {
    readonly disabled?: readonly number[];
    readonly session?: SessionIndex;
    readonly newSessions?: readonly number[];
    readonly ancestors?: readonly Hash[];
  } = {},
): Promise<void> {
  const last = blocks.at(-1) ?? assert.fail("a leaf");
  overseer.activate(block(last.number).hash, last.number);
  const session = facts.session ?? SESSION;
  (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(session));
  for (const index of facts.newSessions ?? []) {
    const question = await overseer.expect("runtime-api", "sessionInfo");
    assert.deepEqual(question.args, [index]);
    question.reply(ok(index >= SESSION ? sessionInfoOf() : undefined));
  }
  const disabled = (facts.disabled ?? []).map(asValidatorIndex);
  (await overseer.expect("runtime-api", "disabledValidators")).reply(ok(disabled));
  if (facts.ancestors !== undefined)
    (await overseer.expect("chain-api", "ancestors")).reply(ok(facts.ancestors));
  for (const { number, backs = [], includes = [], votes } of blocks) {
    const events = await overseer.expect("runtime-api", "candidateEvents");
    assert.equal(events.relayParent, block(number).hash);
    events.reply(
      ok([
        ...backs.map((candidate) => eventOf("backed", candidate)),
        ...includes.map((candidate) => eventOf("included", candidate)),
      ]),
    );
    (await overseer.expect("runtime-api", "onChainVotes")).reply(ok(votes));
  }
}

const SIX_SESSIONS = [4, 5, 6, 7, 8, 9];

/** Validators 1 and 2 back the candidate. */
const backing: ScrapedOnChainVotes = {
  session: SESSION,
  backingValidatorsPerCandidate: [
    {
      receipt,
      votes: [1, 2].map((validator) => ({
        validatorIndex: asValidatorIndex(validator),
        attestation: { type: "explicit", value: inFavour(validator, receipt).signature },
      })),
    },
  ],
  disputes: [],
};

/** Started, with a first leaf that backs and includes the candidate. */
async function onChain(
  options: Parameters<typeof start>[0] = {},
  disabled: readonly number[] = [],
) {
  const world = start(options);
  const blocks = [{ number: 1, backs: [receipt], includes: [receipt], votes: backing }];
  await leaf(world, blocks, { newSessions: SIX_SESSIONS, disabled });
  await world.overseer.settle();
  return world;
}

/** Started, with a first leaf that knows nothing. */
async function offChain(options: Parameters<typeof start>[0] = {}) {
  const world = start(options);
  await leaf(world, [{ number: 1 }], { newSessions: SIX_SESSIONS });
  await world.overseer.settle();
  return world;
}

const hear = (
  { overseer }: World,
  statements: readonly DisputeVote[],
  candidateReceipt = receipt,
): Promise<ImportOutcome> =>
  overseer.ask({ type: "importStatements", candidateReceipt, session: SESSION, statements });

async function expectApprovals(
  { overseer }: World,
  ...approvers: readonly number[]
): Promise<void> {
  const asked = await overseer.expect("approval-voting", "getApprovalSignaturesForCandidate");
  assert.equal(asked.candidateHash, hash);
  asked.reply(
    new Map(
      approvers.map((validator) => [
        asValidatorIndex(validator),
        { candidateHashes: [hash], signature: inFavour(validator, receipt, approval).signature },
      ]),
    ),
  );
}

/** The candidate is queued, and its turn comes. */
async function expectRecovery({ overseer }: World, number: number | undefined = 7) {
  const asked = await overseer.expect("chain-api", "blockNumber");
  assert.equal(asked.hash, receipt.descriptor.relayParent);
  asked.reply(ok(number));
  const recovery = await overseer.expect("availability-recovery", "recoverAvailableData");
  assert.deepEqual([recovery.session, recovery.backingGroup], [SESSION, undefined]);
  return recovery.reply;
}

async function expectExecution({ overseer }: World) {
  const code = await overseer.expect("runtime-api", "validationCodeByHash");
  assert.deepEqual(code.args, [receipt.descriptor.validationCodeHash]);
  code.reply(ok(new Uint8Array([7])));
  (await overseer.expect("runtime-api", "sessionExecutorParams")).reply(ok([]));
  const execution = await overseer.expect("candidate-validation", "validateFromExhaustive");
  assert.deepEqual(execution.purpose, { type: "dispute" });
  return execution.reply;
}

const INVALID = ok({ type: "invalid", reason: { code: "timeout" } } as const);
const valid = ok({ type: "valid" }) as unknown as Parameters<
  Awaited<ReturnType<typeof expectExecution>>
>[0];

async function expectSent({ overseer }: World) {
  const { message } = await overseer.expect("dispute-distribution", "sendDispute");
  return {
    inFavour: [message.validVote.validatorIndex, message.validVote.kind.type],
    against: message.invalidVote.validatorIndex,
  };
}

const votesIn = async ({ overseer }: World) => {
  const [entry] = await overseer.ask({ type: "queryCandidateVotes", disputes: [key] });
  return (
    entry && { valid: [...entry.votes.valid.keys()], invalid: [...entry.votes.invalid.keys()] }
  );
};

const undisputed = ({ overseer }: World) =>
  overseer.ask({
    type: "determineUndisputedChain",
    base: block(0),
    blockDescriptions: [{ blockHash: block(1).hash, session: SESSION, candidates: [hash] }],
  });

test("until the first leaf is read every question is cancelled", async () => {
  const { overseer, running } = start();
  await assert.rejects(overseer.ask({ type: "activeDisputes" }), Cancelled);
  await assert.rejects(hear({ overseer } as World, [against(1, receipt)]), Cancelled);
  overseer.activate(block(1).hash, 1);
  const session = await overseer.expect("runtime-api", "sessionIndexForChild");
  await assert.rejects(overseer.ask({ type: "recentDisputes" }), Cancelled);
  session.reply.cancel();
  await overseer.conclude(running);
});

test("backing votes of a block are on record, and nobody is asked anything about them", async () => {
  const world = await onChain();
  assert.deepEqual(await votesIn(world), { valid: [1, 2], invalid: [] });
  assert.deepEqual(await world.overseer.ask({ type: "recentDisputes" }), []);
  assert.deepEqual(await undisputed(world), block(1));
  await world.overseer.conclude(world.running);
});

test("a dispute is checked and voted on; the vote is on disk before it is sent", async () => {
  const world = await onChain();
  assert.equal(await hear(world, [inFavour(1, receipt), against(3, receipt)]), "validImport");
  assert.deepEqual(world.told, ["para 2000 disputed by 3"]);
  assert.deepEqual(await undisputed(world), block(0));
  await expectApprovals(world, 4);
  (await expectRecovery(world))(recovered);
  const execution = await expectExecution(world);
  assert.deepEqual(await votesIn(world), { valid: [1, 2, 4], invalid: [3] });
  execution(INVALID);
  assert.deepEqual(await expectSent(world), { inFavour: [1, "backingValid"], against: 0 });
  assert.deepEqual(await votesIn(world), { valid: [1, 2, 4], invalid: [0, 3] });
  await world.overseer.conclude(world.running);
});

test("what our keys do not sign now is signed at a later leaf, without another check", async () => {
  const keys = keysOf(0);
  let isHeld = true;
  const held = new Proxy(keys, {
    get: (target, name) =>
      name === "sign" && isHeld
        ? () => undefined
        : (target[name as keyof MemoryKeystore] as CallableFunction).bind(target),
  });
  const world = await onChain({ keys: held });
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  (await expectRecovery(world))(recovered);
  (await expectExecution(world))(valid);
  await world.overseer.expectSilence();
  isHeld = false;
  await leaf(world, [{ number: 2 }], { ancestors: [block(1).hash] });
  assert.deepEqual(await expectSent(world), { inFavour: [0, "explicit"], against: 3 });
  await world.overseer.conclude(world.running);
});

test("a candidate that proves valid gets a valid vote", async () => {
  const world = await onChain();
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  (await expectRecovery(world))(recovered);
  (await expectExecution(world))(valid);
  assert.deepEqual(await expectSent(world), { inFavour: [0, "explicit"], against: 3 });
  await world.overseer.conclude(world.running);
});

test("data that does not have its root is invalid without being executed", async () => {
  const world = await onChain();
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  (await expectRecovery(world))(err({ code: "invalid" }));
  assert.equal((await expectSent(world)).against, 0);
  await world.overseer.conclude(world.running);
});

test("who has approved the candidate publishes that vote and does not check again", async () => {
  const world = await onChain();
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world, 0);
  assert.deepEqual(await expectSent(world), { inFavour: [0, "approvalChecking"], against: 3 });
  await world.overseer.conclude(world.running);
});

test("who has backed the candidate says nothing more", async () => {
  const world = await onChain({ keys: keysOf(1) });
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  await world.overseer.conclude(world.running);
});

test("a node that is no validator of the session only keeps the record", async () => {
  const world = await onChain({ keys: keysOf() });
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  await world.overseer.conclude(world.running);
});

test("each of our validators votes, with the keys of its session", async () => {
  const world = await onChain({ keys: keysOf(0, 5) });
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  (await expectRecovery(world))(recovered);
  (await expectExecution(world))(INVALID);
  assert.equal((await expectSent(world)).against, 0);
  assert.equal((await expectSent(world)).against, 5);
  await world.overseer.conclude(world.running);
});

test("what cannot be had or fails on our side gives no vote, and is tried again at the next leaf", async () => {
  const world = await onChain();
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  (await expectRecovery(world))(err({ code: "unavailable" }));
  await world.overseer.expectSilence();
  await leaf(world, [{ number: 2 }], { ancestors: [block(1).hash] });
  (await expectRecovery(world))(recovered);
  (await expectExecution(world))(err({ code: "validationFailed", message: "no disk" }));
  await world.overseer.expectSilence();
  await leaf(world, [{ number: 3 }], { ancestors: [block(2).hash] });
  (await expectRecovery(world))(recovered);
  (await world.overseer.expect("runtime-api", "validationCodeByHash")).reply(ok(undefined));
  assert.deepEqual((await votesIn(world))?.invalid, [3]);
  await world.overseer.conclude(world.running);
});

test("a new vote is reason to try again at once", async () => {
  const world = await onChain();
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  (await expectRecovery(world))(err({ code: "unavailable" }));
  await world.overseer.settle();
  const heard = hear(world, [against(4, receipt)]);
  (await expectRecovery(world))(recovered);
  assert.equal(await heard, "validImport");
  (await expectExecution(world))(INVALID);
  await expectSent(world);
  await world.overseer.conclude(world.running);
});

test("when most find it invalid every block that includes it is reverted, on every fork", async () => {
  const world = await onChain({ keys: keysOf() });
  await leaf(world, [{ number: 2, includes: [receipt] }], { ancestors: [block(1).hash] });
  await world.overseer.settle();
  await hear(world, [inFavour(1, receipt), against(3, receipt), against(4, receipt)]);
  await expectApprovals(world);
  const last = hear(
    world,
    [0, 5, 6].map((validator) => against(validator, receipt)),
  );
  const { blocks } = await world.overseer.expect("chain-selection", "revertBlocks");
  assert.deepEqual(blocks, [block(1), block(2)]);
  assert.equal(await last, "validImport");
  await expectApprovals(world, 2);
  assert.deepEqual(world.told, ["para 2000 disputed by 3", "para 2000 is invalid"]);
  assert.deepEqual(await undisputed(world), block(0));
  await world.overseer.conclude(world.running);
});

test("a block that includes a candidate which has lost is reverted as it comes", async () => {
  const world = await onChain({ keys: keysOf() });
  await hear(world, [inFavour(1, receipt), ...[0, 3, 4, 5, 6].map((v) => against(v, receipt))]);
  await world.overseer.expect("chain-selection", "revertBlocks");
  await expectApprovals(world);
  await leaf(world, [{ number: 2, includes: [receipt] }], { ancestors: [block(1).hash] });
  const { blocks } = await world.overseer.expect("chain-selection", "revertBlocks");
  assert.deepEqual(blocks, [block(2)]);
  await world.overseer.conclude(world.running);
});

test("when most find it valid the chain goes on, and the dispute is active for three minutes more", async () => {
  const world = await onChain({ keys: keysOf() });
  await hear(world, [against(3, receipt), ...[0, 4, 5].map((v) => inFavour(v, receipt, explicit))]);
  await expectApprovals(world);
  assert.deepEqual(await undisputed(world), block(1));
  assert.equal((await world.overseer.ask({ type: "activeDisputes" })).length, 1);
  await world.clock.advance(ACTIVE_AFTER_CONCLUSION_MS);
  assert.deepEqual(await world.overseer.ask({ type: "activeDisputes" }), []);
  const [dispute] = await world.overseer.ask({ type: "recentDisputes" });
  assert.deepEqual(dispute, { ...key, status: { type: "concludedFor", value: 1_000_000 } });
  assert.deepEqual(world.told.at(-1), "para 2000 is valid");
  await world.overseer.conclude(world.running);
});

test("an even dispute is called split when stragglers had their time, and reverted", async () => {
  const world = await onChain({ keys: keysOf() });
  await hear(
    world,
    [0, 4].map((v) => inFavour(v, receipt, explicit)),
  );
  await hear(
    world,
    [3, 5, 6].map((v) => against(v, receipt)),
  );
  await expectApprovals(world);
  const number = 1 + SPLIT_SETTLE_BLOCKS;
  await leaf(world, [{ number }], { ancestors: [block(1).hash] });
  const { blocks } = await world.overseer.expect("chain-selection", "revertBlocks");
  assert.deepEqual(blocks, [block(1)]);
  await expectApprovals(world);
  await world.overseer.conclude(world.running);
});

test("a candidate that no chain shows is not checked until enough vouch for it", async () => {
  const world = await offChain();
  assert.equal(await hear(world, [inFavour(1, receipt), against(3, receipt)]), "validImport");
  await expectApprovals(world);
  await world.overseer.expectSilence();
  const more = hear(world, [against(4, receipt), inFavour(5, receipt, explicit)]);
  (await expectRecovery(world, undefined))(err({ code: "unavailable" }));
  assert.equal(await more, "validImport");
  await world.overseer.conclude(world.running);
});

test("a candidate that no chain shows is checked once a block backs it", async () => {
  const world = await offChain();
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  await leaf(world, [{ number: 2, backs: [receipt] }], { ancestors: [block(1).hash] });
  (await expectRecovery(world))(recovered);
  (await expectExecution(world))(INVALID);
  await expectSent(world);
  await world.overseer.conclude(world.running);
});

test("a validator cannot dispute more unseen candidates than it has slots", async () => {
  const world = await offChain({ keys: keysOf() });
  for (let para = 1; para <= 50; para++) {
    const made = sampleReceipt({ paraId: para });
    assert.equal(await hear(world, [inFavour(1, made), against(3, made)], made), "validImport");
    (await world.overseer.expect("approval-voting", "getApprovalSignaturesForCandidate")).reply(
      new Map(),
    );
  }
  const made = sampleReceipt({ paraId: 51 });
  assert.equal(await hear(world, [inFavour(1, made), against(3, made)], made), "invalidImport");
  await world.overseer.conclude(world.running);
});

test("disputes of disabled validators alone are neither checked nor in the way of finality", async () => {
  const world = await onChain({}, [3]);
  assert.equal(await hear(world, [inFavour(1, receipt), against(3, receipt)]), "validImport");
  await expectApprovals(world, 0);
  await world.overseer.expectSilence();
  assert.deepEqual(await undisputed(world), block(1));
  await hear(world, [against(4, receipt)]);
  assert.deepEqual(await undisputed(world), block(0));
  await world.overseer.conclude(world.running);
});

test("a dispute that disabled validators raised is checked when a block counts its votes", async () => {
  const world = await onChain({}, [3]);
  const statements = [inFavour(1, receipt), against(3, receipt)];
  await hear(world, statements);
  await expectApprovals(world);
  assert.deepEqual(await world.overseer.ask({ type: "recentDisputes" }), []);
  const disputes = [{ candidateHash: hash, session: SESSION, statements }];
  const votes = { session: SESSION, backingValidatorsPerCandidate: [], disputes };
  await leaf(world, [{ number: 2, votes }], { disabled: [3], ancestors: [block(1).hash] });
  (await expectRecovery(world))(recovered);
  assert.deepEqual(await undisputed(world), block(0));
  (await expectExecution(world))(valid);
  assert.deepEqual(await expectSent(world), { inFavour: [0, "explicit"], against: 3 });
  await world.overseer.conclude(world.running);
});

test("bad signatures and sessions outside of the window are refused", async () => {
  const world = await onChain();
  const forged = { ...against(3, receipt), validatorIndex: asValidatorIndex(4) };
  assert.equal(await hear(world, [inFavour(1, receipt), forged]), "invalidImport");
  for (const session of [SESSION - 6, SESSION + 1].map(asSessionIndex)) {
    const statements = [inFavour(1, receipt, explicit, session), against(3, receipt, session)];
    const question = {
      type: "importStatements",
      candidateReceipt: receipt,
      session,
      statements,
    } as const;
    assert.equal(await world.overseer.ask(question), "invalidImport");
  }
  assert.deepEqual(await world.overseer.ask({ type: "recentDisputes" }), []);
  await world.overseer.conclude(world.running);
});

test("our own finding raises a dispute against the backers", async () => {
  const world = await onChain();
  world.overseer.message({
    type: "issueLocalStatement",
    session: SESSION,
    candidateReceipt: receipt,
    valid: false,
  });
  await expectApprovals(world);
  assert.deepEqual(await expectSent(world), { inFavour: [1, "backingValid"], against: 0 });
  await world.overseer.conclude(world.running);
});

test("whoever has voted does not contradict itself", async () => {
  const world = await onChain({ keys: keysOf(1) });
  const finding = {
    type: "issueLocalStatement",
    session: SESSION,
    candidateReceipt: receipt,
  } as const;
  world.overseer.message({ ...finding, valid: false });
  assert.deepEqual(await votesIn(world), { valid: [1, 2], invalid: [] });
  await world.overseer.conclude(world.running);
});

test("a finding from before the first leaf is kept until then", async () => {
  const world = start();
  world.overseer.message({
    type: "issueLocalStatement",
    session: SESSION,
    candidateReceipt: receipt,
    valid: false,
  });
  await world.overseer.settle();
  const blocks = [{ number: 1, backs: [receipt], votes: backing }];
  await leaf(world, blocks, { newSessions: SIX_SESSIONS });
  await expectApprovals(world);
  assert.equal((await expectSent(world)).against, 0);
  await world.overseer.conclude(world.running);
});

test("after a restart our votes are sent again and what we have not voted on is checked", async () => {
  const store: Store = new MemoryStore(DISPUTE_COLUMNS);
  const before = await onChain({ store });
  await hear(before, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(before);
  const recovery = await expectRecovery(before);

  const without = await onChain({ store });
  assert.deepEqual(without.told, []);
  await expectApprovals(without);
  (await expectRecovery(without))(err({ code: "invalid" }));
  await expectSent(without);
  await without.overseer.conclude(without.running);

  const voted = await onChain({ store });
  await expectApprovals(voted);
  assert.equal((await expectSent(voted)).against, 0);
  await voted.overseer.conclude(voted.running);
  recovery.cancel();
  await before.overseer.conclude(before.running);
});

test("a candidate in question is checked once a block backs it, and disputed if it is invalid", async () => {
  const world = await offChain();
  const question = {
    type: "candidateInQuestion",
    session: SESSION,
    candidateReceipt: receipt,
    statements: [inFavour(1, receipt)],
    foundInvalid: false,
  } as const;
  world.overseer.message(question);
  await world.overseer.expectSilence();
  await leaf(world, [{ number: 2, backs: [receipt] }], { ancestors: [block(1).hash] });
  (await expectRecovery(world))(recovered);
  (await expectExecution(world))(INVALID);
  await expectApprovals(world);
  assert.deepEqual(await expectSent(world), { inFavour: [1, "backingValid"], against: 0 });
  await world.overseer.conclude(world.running);
});

test("a candidate in question that proves valid needs no word of ours", async () => {
  const world = await onChain();
  world.overseer.message({
    type: "candidateInQuestion",
    session: SESSION,
    candidateReceipt: receipt,
    statements: [],
    foundInvalid: false,
  });
  (await expectRecovery(world))(recovered);
  (await expectExecution(world))(valid);
  await world.overseer.conclude(world.running);
});

test("what we found invalid before anybody backed it is disputed when a block backs it", async () => {
  const world = await offChain();
  world.overseer.message({
    type: "candidateInQuestion",
    session: SESSION,
    candidateReceipt: receipt,
    statements: [inFavour(1, receipt)],
    foundInvalid: true,
  });
  const blocks = [{ number: 2, backs: [receipt], votes: backing }];
  await leaf(world, blocks, { ancestors: [block(1).hash] });
  await expectApprovals(world);
  assert.equal((await expectSent(world)).against, 0);
  await world.overseer.conclude(world.running);
});

test("sets of dispute statements in blocks are votes like any other", async () => {
  const world = await onChain({ keys: keysOf() });
  const statements = [inFavour(1, receipt), against(3, receipt), against(4, receipt)];
  const disputes = [{ candidateHash: hash, session: SESSION, statements }];
  const votes = { session: SESSION, backingValidatorsPerCandidate: [], disputes };
  await leaf(world, [{ number: 2, votes }], { ancestors: [block(1).hash] });
  await expectApprovals(world);
  assert.deepEqual((await votesIn(world))?.invalid, [3, 4]);
  await world.overseer.conclude(world.running);
});

test("three candidates are checked at one time, the oldest first", async () => {
  const world = start();
  const candidates = [1, 2, 3, 4, 5].map((paraId) =>
    sampleReceipt({ paraId, relayParent: sampleHash(paraId) }),
  );
  await leaf(world, [{ number: 1, includes: candidates }], { newSessions: SIX_SESSIONS });
  await world.overseer.settle();
  const recoveries = [];
  for (const made of candidates) {
    await hear(world, [inFavour(1, made), against(3, made)], made);
    (await world.overseer.expect("approval-voting", "getApprovalSignaturesForCandidate")).reply(
      new Map(),
    );
    const asked = await world.overseer.expect("chain-api", "blockNumber");
    asked.reply(ok(10 - Number(asked.hash)));
    if (recoveries.length === 3) continue;
    const recovery = await world.overseer.expect("availability-recovery", "recoverAvailableData");
    assert.deepEqual(recovery.candidateReceipt, made);
    recoveries.push(recovery.reply);
  }
  await world.overseer.expectSilence();
  recoveries[0]?.(err({ code: "unavailable" }));
  const next = await world.overseer.expect("availability-recovery", "recoverAvailableData");
  assert.equal(next.candidateReceipt.descriptor.paraId, 5);
  for (const reply of [...recoveries.slice(1), next.reply]) reply.cancel();
  (await world.overseer.expect("availability-recovery", "recoverAvailableData")).reply.cancel();
  await world.overseer.conclude(world.running);
});

test("a new session moves the window and forgets what leaves it", async () => {
  const world = await onChain({ keys: keysOf() });
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  assert.equal(world.kept.get(hash), true, "its data is kept");
  const session = asSessionIndex(SESSION + 6);
  await leaf(world, [{ number: 2 }], {
    ancestors: [block(1).hash],
    session,
    newSessions: [10, 11, 12, 13, 14, 15],
  });
  await world.overseer.settle();
  assert.deepEqual(await world.overseer.ask({ type: "recentDisputes" }), []);
  assert.equal(world.kept.get(hash), false, "its data may go");
  assert.equal(await hear(world, [against(4, receipt)]), "invalidImport");
  await world.overseer.conclude(world.running);
});

test("candidates far below finality cannot be disputed any more", async () => {
  const world = await onChain();
  world.overseer.signal({ type: "blockFinalized", ...block(20) });
  await world.overseer.settle();
  await hear(world, [inFavour(1, receipt), against(3, receipt)]);
  await expectApprovals(world);
  await world.overseer.conclude(world.running);
});
