import assert from "node:assert/strict";
import { test } from "node:test";
import { err, expectOk, ok, SeededRandom, silentLogger } from "@parahost/base";
import { DirectVerifier, MemoryKeystore } from "@parahost/crypto";
import { peerId, type VotesRequest } from "@parahost/network";
import {
  type AuthorityDiscoveryId,
  asAuthorityDiscoveryId,
  asSessionIndex,
  asValidatorIndex,
  candidateHash,
  type DisputeVote,
  type Hash,
  type SessionIndex,
  type UncheckedDisputeMessage,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import type { DisputeListEntry } from "../dispute-coordinator/messages.ts";
import { noVotes, withVotes } from "../dispute-votes/candidate-votes.ts";
import {
  against,
  disputeMessage,
  inFavour,
  SESSION,
  sessionInfoOf,
} from "../dispute-votes/testing.ts";
import { AuthorityTable } from "../network-bridge/authority-discovery.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { Cancelled } from "../overseer/reply.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import { QUEUE_MAX } from "./authority-queues.ts";
import { COLLECTING_MS } from "./batches.ts";
import { RECEIVE_PACE_MS } from "./receiver.ts";
import { SEND_PACE_MS } from "./sender.ts";
import { type DisputeDistributionSends, run } from "./subsystem.ts";

const LEAF = sampleHash(0x1eaf);
const NEXT = sampleHash(0x1eb0);
const receipt = sampleReceipt();
const hash = candidateHash(receipt);
const active: DisputeListEntry = {
  session: SESSION,
  candidateHash: hash,
  status: { type: "active" },
};

const keystore = new MemoryKeystore();
const us = asAuthorityDiscoveryId(expectOk(keystore.insert("audi", "//Alice"), "a key"));
/** Validator 0 are we; 1 to 3 are the others. */
const authorities = [us, ...[1, 2, 3].map((n) => asAuthorityDiscoveryId(sampleHash(0xa000 + n)))];
const peer = (validator: number) => peerId(`peer ${validator}`);
const info = { ...sessionInfoOf(4), discoveryKeys: authorities };

function start() {
  const overseer = new FakeOverseer<"dispute-distribution", DisputeDistributionSends>();
  const clock = new ManualClock(1_000_000);
  const discovery = new AuthorityTable();
  for (const [validator, authority] of authorities.entries())
    discovery.add(authority, peer(validator));
  const running = run(overseer.context, {
    clock,
    random: new SeededRandom("votes"),
    logger: silentLogger,
    keystore,
    verifier: new DirectVerifier(),
    discovery,
  });
  return { overseer, clock, running };
}

type World = ReturnType<typeof start>;

/** A new leaf, on which these disputes are active. */
async function leaf(
  { overseer }: World,
  at: Hash,
  disputes: readonly DisputeListEntry[],
  options: {
    readonly session?: SessionIndex;
    readonly newSession?: typeof info;
    readonly gone?: Hash;
  } = {},
): Promise<void> {
  const { session = SESSION, newSession, gone } = options;
  overseer.activate(at, 1, gone === undefined ? [] : [gone]);
  (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(session));
  if (newSession !== undefined)
    (await overseer.expect("runtime-api", "sessionInfo")).reply(ok(newSession));
  (await overseer.expect("dispute-coordinator", "activeDisputes")).reply(disputes);
}

async function started(): Promise<World> {
  const world = start();
  await leaf(world, LEAF, [], { newSession: info });
  await world.overseer.settle();
  return world;
}

/** The delivery's next request must go to this validator. */
async function expectSent({ overseer }: World, validator: number) {
  const asked = await overseer.expect("network-bridge-tx", "requestDisputeConfirmation");
  assert.deepEqual(asked.to, { type: "authority", authority: authorities[validator] });
  assert.equal(asked.ifDisconnected, "immediateError");
  return {
    message: asked.payload,
    confirm: () => asked.reply(ok({ peer: peer(validator), response: { type: "confirmed" } })),
    fail: () => asked.reply(err({ code: "notConnected" })),
  };
}

const hear = (
  { overseer }: World,
  from: number,
  payload: UncheckedDisputeMessage,
  as = peer(from),
) => overseer.ask({ type: "disputeRequest", peer: as, payload });

async function expectImport({ overseer }: World, ...voters: readonly number[]) {
  const asked = await overseer.expect("dispute-coordinator", "importStatements");
  assert.equal(asked.session, SESSION);
  assert.deepEqual(
    asked.statements.map(({ validatorIndex }) => validatorIndex),
    voters,
  );
  return asked.reply;
}

async function expectReport({ overseer }: World, from: number, change: string, reason: string) {
  const report = await overseer.expect("network-bridge-tx", "reportPeer");
  assert.deepEqual([report.peer, report.change, report.reason], [peer(from), change, reason]);
}

const dispute = (invalid: number, valid: number, candidate = receipt) =>
  disputeMessage(candidate, { invalid, valid });

// Sending

test("a vote goes to every other validator and is not repeated to who confirmed it", async () => {
  const world = await started();
  const message = dispute(0, 1);
  world.overseer.message({ type: "sendDispute", message });
  const first = await expectSent(world, 1);
  assert.equal(first.message, message);
  first.confirm();
  (await expectSent(world, 2)).fail();
  (await expectSent(world, 3)).confirm();
  await world.clock.advance(SEND_PACE_MS);
  await leaf(world, NEXT, [active], { gone: LEAF });
  const question = await world.overseer.expect("dispute-coordinator", "queryCandidateVotes");
  question.reply([]);
  (await expectSent(world, 2)).confirm();
  await world.clock.advance(SEND_PACE_MS);
  await leaf(world, LEAF, [active], { gone: NEXT });
  (await world.overseer.expect("dispute-coordinator", "queryCandidateVotes")).reply([]);
  await world.overseer.conclude(world.running);
});

test("a message that is being delivered is not delivered twice", async () => {
  const world = await started();
  for (let i = 0; i < 2; i++)
    world.overseer.message({ type: "sendDispute", message: dispute(0, 1) });
  for (const validator of [1, 2, 3]) (await expectSent(world, validator)).confirm();
  await world.overseer.conclude(world.running);
});

test("when the dispute is over, who has not confirmed is left alone", async () => {
  const world = await started();
  world.overseer.message({ type: "sendDispute", message: dispute(0, 1) });
  for (const validator of [1, 2, 3]) (await expectSent(world, validator)).fail();
  await leaf(world, NEXT, [], { gone: LEAF });
  await world.overseer.expectSilence();
  await leaf(world, LEAF, [active], { gone: NEXT });
  (await world.overseer.expect("dispute-coordinator", "queryCandidateVotes")).reply([]);
  await world.overseer.conclude(world.running);
});

test("a delivery that starts while the coordinator is asked is not taken for one that is over", async () => {
  const world = await started();
  world.overseer.activate(NEXT, 2, [LEAF]);
  (await world.overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(SESSION));
  const asked = await world.overseer.expect("dispute-coordinator", "activeDisputes");
  world.overseer.message({ type: "sendDispute", message: dispute(0, 1) });
  for (const validator of [1, 2, 3]) (await expectSent(world, validator)).fail();
  asked.reply([]);
  await world.clock.advance(SEND_PACE_MS);
  await leaf(world, LEAF, [active], { gone: NEXT });
  await world.clock.advance(SEND_PACE_MS);
  const question = await world.overseer.expect("dispute-coordinator", "queryCandidateVotes");
  question.reply([]);
  for (const validator of [1, 2, 3]) (await expectSent(world, validator)).confirm();
  await world.overseer.conclude(world.running);
});

test("two disputes keep a pace that receivers bear", async () => {
  const world = await started();
  world.overseer.message({ type: "sendDispute", message: dispute(0, 1) });
  world.overseer.message({
    type: "sendDispute",
    message: dispute(0, 1, sampleReceipt({ paraId: 5 })),
  });
  for (const validator of [1, 2, 3]) (await expectSent(world, validator)).confirm();
  await world.clock.advance(SEND_PACE_MS - 1);
  await world.overseer.expectSilence();
  await world.clock.advance(1);
  for (const validator of [1, 2, 3]) (await expectSent(world, validator)).confirm();
  await world.overseer.conclude(world.running);
});

test("authorities of a new session get the votes of the old one too", async () => {
  const world = await started();
  world.overseer.message({ type: "sendDispute", message: dispute(0, 1) });
  for (const validator of [1, 2, 3]) (await expectSent(world, validator)).confirm();
  await world.clock.advance(SEND_PACE_MS);
  const late: AuthorityDiscoveryId = asAuthorityDiscoveryId(sampleHash(0xa00f));
  const session = asSessionIndex(SESSION + 1);
  const newSession = { ...info, discoveryKeys: [us, late] };
  await leaf(world, NEXT, [active], { session, newSession, gone: LEAF });
  (await world.overseer.expect("dispute-coordinator", "queryCandidateVotes")).reply([]);
  const asked = await world.overseer.expect("network-bridge-tx", "requestDisputeConfirmation");
  assert.deepEqual(asked.to, { type: "authority", authority: late });
  asked.reply(err({ code: "unresolved" }));
  await world.overseer.conclude(world.running);
});

test("what we are to send before the first leaf waits for it", async () => {
  const world = start();
  world.overseer.message({ type: "sendDispute", message: dispute(0, 1) });
  await world.overseer.expectSilence();
  await leaf(world, LEAF, [active], { newSession: info });
  (await world.overseer.expect("dispute-coordinator", "queryCandidateVotes")).reply([]);
  for (const validator of [1, 2, 3]) (await expectSent(world, validator)).confirm();
  await world.overseer.conclude(world.running);
});

// Receiving

test("a vote is confirmed once the coordinator has it on disk, not before", async () => {
  const world = await started();
  let isConfirmed = false;
  const heard = hear(world, 2, dispute(2, 1)).then((response) => {
    isConfirmed = true;
    return response;
  });
  const imported = await expectImport(world, 1, 2);
  await world.overseer.settle();
  assert.ok(!isConfirmed);
  imported("validImport");
  assert.deepEqual(await heard, { type: "confirmed" });
  await world.clock.advance(COLLECTING_MS);
  await world.overseer.conclude(world.running);
});

test("a stranger's dispute is refused and costs it", async () => {
  const world = await started();
  const stranger = peerId("stranger");
  const heard = hear(world, 2, dispute(2, 1), stranger);
  const report = await world.overseer.expect("network-bridge-tx", "reportPeer");
  assert.deepEqual([report.peer, report.change], [stranger, "costMajor"]);
  await assert.rejects(heard, Cancelled);
  await world.overseer.conclude(world.running);
});

test("forged votes, of either side, ban their sender", async () => {
  const world = await started();
  const good = dispute(2, 1);
  const signature = new Uint8Array(64);
  for (const forged of [
    { ...good, invalidVote: { ...good.invalidVote, signature } },
    { ...good, validVote: { ...good.validVote, signature } },
    { ...good, candidateReceipt: sampleReceipt({ paraId: 9 }) },
  ]) {
    const heard = hear(world, 2, forged);
    await expectReport(world, 2, "malicious", "dispute vote: badSignature");
    await assert.rejects(heard, Cancelled);
    await world.clock.advance(RECEIVE_PACE_MS);
  }
  const stranger = {
    ...good,
    validVote: { ...good.validVote, validatorIndex: asValidatorIndex(6) },
  };
  const heard = hear(world, 2, stranger);
  await expectReport(world, 2, "malicious", "dispute vote: noSuchValidator");
  await assert.rejects(heard, Cancelled);
  await world.clock.advance(RECEIVE_PACE_MS);
  await world.overseer.conclude(world.running);
});

test("a validator cannot dispute with itself, nor in a session that there is none of", async () => {
  const world = await started();
  const alone = hear(world, 2, dispute(2, 2));
  await expectReport(world, 2, "costMajor", "a dispute of one validator with itself");
  await assert.rejects(alone, Cancelled);
  await world.clock.advance(RECEIVE_PACE_MS);
  const nowhere = hear(world, 2, { ...dispute(2, 1), sessionIndex: asSessionIndex(77) });
  (await world.overseer.expect("runtime-api", "sessionInfo")).reply(ok(undefined));
  await expectReport(world, 2, "costMinor", "a dispute of no session");
  await assert.rejects(nowhere, Cancelled);
  await world.clock.advance(RECEIVE_PACE_MS);
  await world.overseer.conclude(world.running);
});

test("an improper dispute bans the disputer; others who pass it on pay little", async () => {
  const world = await started();
  const disputer = hear(world, 2, dispute(2, 1));
  (await expectImport(world, 1, 2))("invalidImport");
  await expectReport(world, 2, "malicious", "an improper dispute");
  await assert.rejects(disputer, Cancelled);
  const other = hear(world, 3, dispute(2, 3));
  await world.clock.advance(RECEIVE_PACE_MS);
  await world.clock.advance(COLLECTING_MS);
  (await expectImport(world, 3, 2))("invalidImport");
  await expectReport(world, 3, "costMinor", "a vote on an improper dispute");
  await assert.rejects(other, Cancelled);
  await world.overseer.conclude(world.running);
});

test("a coordinator that is not ready refuses without blame", async () => {
  const world = await started();
  const heard = hear(world, 2, dispute(2, 1));
  (await expectImport(world, 1, 2)).cancel();
  await assert.rejects(heard, Cancelled);
  await world.clock.advance(COLLECTING_MS);
  await world.overseer.conclude(world.running);
});

test("each authority has its turn every 100 ms, and more than fill its queue cost it", async () => {
  const world = await started();
  const others = Array.from({ length: QUEUE_MAX + 2 }, (_, i) => sampleReceipt({ paraId: i + 1 }));
  const heard = others.map((candidate) => hear(world, 2, dispute(2, 1, candidate)));
  (await expectImport(world, 1, 2))("validImport");
  await expectReport(world, 2, "costMinor", "too many disputes at once");
  await assert.rejects(heard[QUEUE_MAX + 1] ?? assert.fail(), Cancelled);
  await world.overseer.expectSilence();
  const another = hear(world, 3, dispute(3, 1, sampleReceipt({ paraId: 99 })));
  for (let turn = 1; turn <= QUEUE_MAX; turn++) {
    await world.clock.advance(RECEIVE_PACE_MS);
    (await expectImport(world, 1, 2))("validImport");
    if (turn === 1) (await expectImport(world, 1, 3))("validImport");
  }
  assert.deepEqual(await another, { type: "confirmed" });
  await world.clock.advance(COLLECTING_MS);
  await world.overseer.conclude(world.running);
});

test("votes that follow on the first are imported together, once each", async () => {
  const world = await started();
  const first = hear(world, 2, dispute(2, 1));
  (await expectImport(world, 1, 2))("validImport");
  await first;
  const second = hear(world, 3, dispute(3, 1));
  await world.clock.advance(RECEIVE_PACE_MS);
  const third = hear(world, 2, dispute(2, 1));
  await world.clock.advance(RECEIVE_PACE_MS);
  await world.overseer.expectSilence();
  await world.clock.advance(COLLECTING_MS);
  (await expectImport(world, 1, 3, 2))("validImport");
  assert.deepEqual(await Promise.all([second, third]), [
    { type: "confirmed" },
    { type: "confirmed" },
  ]);
  await world.overseer.conclude(world.running);
});

// Filling gaps

const entryOf = (...votes: readonly DisputeVote[]) => ({
  session: SESSION,
  candidateHash: hash,
  votes: withVotes(noVotes(receipt), votes).votes,
});

/** A leaf with the dispute; the coordinator has these votes and we ask somebody for more. */
async function askingFor(world: World, ...votes: readonly DisputeVote[]) {
  await leaf(world, NEXT, [active], { gone: LEAF });
  const query = await world.overseer.expect("dispute-coordinator", "queryCandidateVotes");
  assert.deepEqual(
    query.disputes.map(({ candidateHash: candidate }) => candidate),
    [hash],
  );
  query.reply([entryOf(...votes)]);
}

test("at each leaf one authority is asked for the votes that we lack of an active dispute", async () => {
  const world = await started();
  await askingFor(world, inFavour(1, receipt), against(2, receipt));
  const asked = await world.overseer.expect("network-bridge-tx", "requestVotes");
  assert.deepEqual(asked.payload, {
    candidateHash: hash,
    session: SESSION,
    haveValid: bitsAt(4, [1]),
    haveInvalid: bitsAt(4, [2]),
  });
  const value = [inFavour(3, receipt), against(0, receipt)];
  asked.reply(ok({ peer: peer(3), response: { type: "votes", value } }));
  (await expectImport(world, 3, 0))("validImport");
  await world.overseer.conclude(world.running);
});

test("nobody is asked when everybody has voted", async () => {
  const world = await started();
  await askingFor(world, inFavour(1, receipt), ...[0, 2, 3].map((v) => against(v, receipt)));
  await world.overseer.conclude(world.running);
});

test("forged votes in an answer ban who gave it, and no answer costs nothing", async () => {
  const world = await started();
  await askingFor(world, inFavour(1, receipt), against(2, receipt));
  const asked = await world.overseer.expect("network-bridge-tx", "requestVotes");
  const value = [{ ...inFavour(3, receipt), validatorIndex: asValidatorIndex(0) }];
  asked.reply(ok({ peer: peer(3), response: { type: "votes", value } }));
  await expectReport(world, 3, "malicious", "dispute vote: badSignature");
  for (const answer of [
    ok({ peer: peer(3), response: { type: "noSuchDispute" } as const }),
    ok({ peer: peer(3), response: { type: "votes", value: [] } as const }),
    err({ code: "timeout" } as const),
  ]) {
    await leaf(world, LEAF, [active], { gone: NEXT });
    const query = await world.overseer.expect("dispute-coordinator", "queryCandidateVotes");
    query.reply([entryOf(inFavour(1, receipt), against(2, receipt))]);
    (await world.overseer.expect("network-bridge-tx", "requestVotes")).reply(answer);
    await world.overseer.expectSilence();
  }
  await world.overseer.conclude(world.running);
});

const wants = (valid: readonly number[], invalid: readonly number[]): VotesRequest => ({
  candidateHash: hash,
  session: SESSION,
  haveValid: bitsAt(2, valid),
  haveInvalid: bitsAt(4, invalid),
});

test("whoever asks gets the votes that it has not", async () => {
  const world = await started();
  const asked = world.overseer.ask({
    type: "votesRequest",
    peer: peer(1),
    payload: wants([1], [2]),
  });
  const query = await world.overseer.expect("dispute-coordinator", "queryCandidateVotes");
  const votes = [
    inFavour(1, receipt),
    inFavour(3, receipt),
    against(2, receipt),
    against(0, receipt),
  ];
  query.reply([entryOf(...votes)]);
  assert.deepEqual(await asked, {
    type: "votes",
    value: [inFavour(3, receipt), against(0, receipt)],
  });
  await world.overseer.conclude(world.running);
});

test("a question about no dispute is answered so; strangers and the impatient are refused", async () => {
  const world = await started();
  const payload = wants([], []);
  const asked = world.overseer.ask({ type: "votesRequest", peer: peer(1), payload });
  const query = await world.overseer.expect("dispute-coordinator", "queryCandidateVotes");
  const again = world.overseer.ask({ type: "votesRequest", peer: peer(1), payload });
  await expectReport(world, 1, "costMinor", "questions without a pause");
  await assert.rejects(again, Cancelled);
  query.reply([]);
  assert.deepEqual(await asked, { type: "noSuchDispute" });
  const stranger = peerId("stranger");
  const refused = world.overseer.ask({ type: "votesRequest", peer: stranger, payload });
  assert.equal((await world.overseer.expect("network-bridge-tx", "reportPeer")).peer, stranger);
  await assert.rejects(refused, Cancelled);
  await world.overseer.conclude(world.running);
});
