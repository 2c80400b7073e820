import assert from "node:assert/strict";
import test from "node:test";
import { err, ok, silentLogger } from "@parahost/base";
import { DirectVerifier } from "@parahost/crypto";
import type {
  AttestedCandidateResponse,
  BackedCandidateManifest,
  ReputationClass,
  StatementDistributionMessage,
} from "@parahost/network";
import { asGroupIndex, asHash, asParaId, asValidatorIndex, type Hash } from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import {
  AUTHORITIES,
  answerRuntime,
  type ChainFacts,
  KEYS,
  keystoreOf,
  LEAF,
  parentHeadOf,
  peerOf,
  type SampleCandidate,
  sampleCandidate,
  signed,
} from "../backing-groups/test-chain.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { oneShot, unlessCancelled } from "../overseer/reply.ts";
import { REPEATS_MAX, SENDS_MAX } from "./cluster-tracker.ts";
import { ASKS_MAX } from "./request-manager.ts";
import type { StatementDistributionSends } from "./state.ts";
import { filterOf } from "./statement-filter.ts";
import { run } from "./subsystem.ts";

const SLOT_MS = 2000;
/** A relay parent that is no leaf. */
const OTHER = asHash(`0x${"2e".repeat(32)}`);
/** What a new leaf makes us ask. */
const LEAF_QUERIES = [
  "asyncBackingParams",
  "validators",
  "sessionIndexForChild",
  "validatorGroups",
  "availabilityCores",
  "disabledValidators",
  "sessionInfo",
  "minimumBackingVotes",
] as const;
type Overseer = FakeOverseer<"statement-distribution", StatementDistributionSends>;

/** We are validator 0; the peers of the named validators are connected and have the leaf in view. */
async function world(connected: readonly number[], facts: ChainFacts = {}) {
  const clock = new ManualClock(0);
  const overseer: Overseer = new FakeOverseer();
  const running = run(overseer.context, {
    clock,
    logger: silentLogger,
    keystore: keystoreOf(0),
    verifier: new DirectVerifier(),
    slotMs: SLOT_MS,
  });
  overseer.activate(LEAF, 7);
  await answerRuntime(overseer, LEAF_QUERIES, facts);
  for (const validator of connected) connect(overseer, validator);
  return { clock, overseer, running };
}

function connect(overseer: Overseer, validator: number, heads: readonly Hash[] = [LEAF]): void {
  const peer = peerOf(validator);
  const authorities = AUTHORITIES.slice(validator, validator + 1);
  overseer.message({
    type: "networkEvent",
    event: { type: "peerConnected", peer, role: "authority", version: 3, authorities },
  });
  overseer.message({
    type: "networkEvent",
    event: { type: "peerViewChange", peer, view: { heads, finalizedNumber: 0 } },
  });
}

function say(overseer: Overseer, validator: number, message: StatementDistributionMessage): void {
  overseer.message({
    type: "networkEvent",
    event: { type: "peerMessage", peer: peerOf(validator), message },
  });
}

function sayStatement(
  overseer: Overseer,
  from: number,
  statement: ReturnType<typeof signed>,
  relayParent = LEAF,
): void {
  say(overseer, from, { type: "statement", value: { relayParent, statement } });
}

function share(overseer: Overseer, type: "seconded" | "valid", candidate: SampleCandidate): void {
  const { validatorIndex, signature } = signed(0, type, candidate);
  const payload =
    type === "seconded"
      ? {
          type,
          value: candidate.receipt,
          persistedValidationData: candidate.persistedValidationData,
        }
      : { type, value: candidate.hash };
  overseer.message({
    type: "share",
    relayParent: LEAF,
    statement: { payload, validatorIndex, signature },
  });
}

async function expectSent(overseer: Overseer, to: readonly number[]) {
  const { peers, message } = await overseer.expect("network-bridge-tx", "sendValidationMessage");
  assert.deepEqual([...peers].sort(), to.map(peerOf));
  assert.ok(message.type === "statementDistribution");
  return message.value;
}

async function expectStatement(
  overseer: Overseer,
  to: readonly number[],
  statement: ReturnType<typeof signed>,
): Promise<void> {
  const sent = await expectSent(overseer, to);
  assert.deepEqual(sent, { type: "statement", value: { relayParent: LEAF, statement } });
}

async function expectReport(
  overseer: Overseer,
  validator: number,
  change: ReputationClass,
): Promise<string> {
  const reported = await overseer.expect("network-bridge-tx", "reportPeer");
  assert.deepEqual([reported.peer, reported.change], [peerOf(validator), change]);
  return reported.reason;
}

async function expectForwarded(
  overseer: Overseer,
  statement: ReturnType<typeof signed>,
): Promise<void> {
  const forwarded = await overseer.expect("candidate-backing", "statement");
  assert.equal(forwarded.relayParent, LEAF);
  assert.equal(forwarded.statement.payload.type, statement.payload.type);
  assert.equal(forwarded.statement.validatorIndex, statement.validatorIndex);
  assert.deepEqual(forwarded.statement.signature, statement.signature);
}

function sayManifest(
  overseer: Overseer,
  from: number,
  candidate: SampleCandidate,
  changes: Partial<BackedCandidateManifest> = {},
): void {
  say(overseer, from, {
    type: "backedCandidateManifest",
    value: {
      relayParent: LEAF,
      candidateHash: candidate.hash,
      groupIndex: asGroupIndex(1),
      paraId: candidate.receipt.descriptor.paraId,
      parentHeadDataHash: parentHeadOf(candidate),
      statementKnowledge: filterOf(2, [0], [1]),
      ...changes,
    },
  });
}

const responseOf = (
  candidate: SampleCandidate,
  statements: AttestedCandidateResponse["statements"] = [],
): AttestedCandidateResponse => ({
  candidateReceipt: candidate.receipt,
  persistedValidationData: candidate.persistedValidationData,
  statements,
});

/** A peer's request for a candidate, and what became of it. */
async function ask(
  overseer: Overseer,
  from: number,
  candidateHash: SampleCandidate["hash"],
  mask = filterOf(3),
): Promise<AttestedCandidateResponse | undefined> {
  const { reply, answer } = oneShot<AttestedCandidateResponse>("request");
  const payload = { candidateHash, mask };
  overseer.message({ type: "attestedCandidateRequest", peer: peerOf(from), payload, reply });
  await overseer.settle();
  return unlessCancelled(answer);
}

/** Our group's candidate, seconded by us and told to members. */
async function secondedByUs(connected: readonly number[], facts: ChainFacts = {}) {
  const net = await world(connected, facts);
  const candidate = sampleCandidate(0);
  share(net.overseer, "seconded", candidate);
  await expectStatement(
    net.overseer,
    connected.filter((validator) => validator < 3),
    signed(0, "seconded", candidate),
  );
  return { ...net, candidate };
}

/** The same, voted for by validator 1, backed and announced to whoever is connected beyond. */
async function backedByUs(connected: readonly number[]) {
  const net = await secondedByUs(connected);
  const { candidate, overseer } = net;
  sayStatement(overseer, 1, signed(1, "valid", candidate));
  await expectReport(overseer, 1, "benefitMajorFirst");
  await expectForwarded(overseer, signed(1, "valid", candidate));
  overseer.message({ type: "backed", candidateHash: candidate.hash });
  const beyond = connected.filter((validator) => validator >= 3);
  if (beyond.length > 0)
    assert.equal((await expectSent(overseer, beyond)).type, "backedCandidateManifest");
  return net;
}

// Cluster

test("our own seconding goes to our group, and nobody else", async () => {
  const { overseer, running } = await world([1, 2, 3]);
  const candidate = sampleCandidate(0);
  share(overseer, "seconded", candidate);
  await expectStatement(overseer, [1, 2], signed(0, "seconded", candidate));
  await overseer.conclude(running);
});

test("a candidate that a member seconded is fetched from whoever told us, then forwarded and relayed", async () => {
  const { overseer, running } = await world([1, 2]);
  const candidate = sampleCandidate(0);
  const seconding = signed(1, "seconded", candidate);
  sayStatement(overseer, 1, seconding);
  const request = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  assert.deepEqual(request.to, { type: "peer", peer: peerOf(1) });
  assert.equal(request.payload.candidateHash, candidate.hash);
  assert.deepEqual(onesOf(request.payload.mask.secondedInGroup), [1]);
  request.reply(ok({ peer: peerOf(1), response: responseOf(candidate) }));
  await expectForwarded(overseer, seconding);
  await expectStatement(overseer, [2], seconding);
  await expectReport(overseer, 1, "benefitMajor");
  // Our vote follows.
  share(overseer, "valid", candidate);
  await expectStatement(overseer, [1, 2], signed(0, "valid", candidate));
  await overseer.conclude(running);
});

test("a statement that is bad in itself costs its sender", async () => {
  const { overseer, running } = await world([1, 3], { disabled: [2] });
  const candidate = sampleCandidate(0);
  const good = signed(1, "seconded", candidate);

  sayStatement(overseer, 1, { ...good, signature: new Uint8Array(64) as typeof good.signature });
  assert.match(await expectReport(overseer, 1, "costMajor"), /bad signature/);
  sayStatement(overseer, 1, { ...good, signature: signed(2, "seconded", candidate).signature });
  assert.match(await expectReport(overseer, 1, "costMajor"), /bad signature/);
  sayStatement(overseer, 1, { ...good, payload: { type: "seconded", value: LEAF as never } });
  assert.match(await expectReport(overseer, 1, "costMajor"), /bad signature/);
  for (const index of [7, 2 ** 32 - 1]) {
    sayStatement(overseer, 1, { ...good, validatorIndex: asValidatorIndex(index) });
    assert.match(await expectReport(overseer, 1, "costMajor"), /no validator/);
  }
  sayStatement(overseer, 1, signed(2, "seconded", candidate));
  assert.match(await expectReport(overseer, 1, "costMinor"), /disabled/);
  await overseer.conclude(running);
});

test("a signature of another session or relay parent is a bad one", async () => {
  const { overseer, running } = await world([1]);
  const elsewhere = signed(1, "seconded", sampleCandidate(0), OTHER);
  sayStatement(overseer, 1, elsewhere);
  assert.match(await expectReport(overseer, 1, "costMajor"), /bad signature/);
  await overseer.conclude(running);
});

test("a statement from the wrong place costs its sender", async () => {
  const { overseer, running } = await world([1, 3]);
  const candidate = sampleCandidate(0);
  // Of our group, by somebody else's group.
  sayStatement(overseer, 3, signed(1, "seconded", candidate));
  assert.match(await expectReport(overseer, 3, "costMinor"), /unexpected/);
  // Of another group, by a member of ours.
  sayStatement(overseer, 1, signed(3, "seconded", sampleCandidate(1)));
  assert.match(await expectReport(overseer, 1, "costMinor"), /unexpected/);
  // A vote for what nobody seconded.
  sayStatement(overseer, 1, signed(1, "valid", candidate));
  assert.match(await expectReport(overseer, 1, "costMinor"), /unexpected/);
  // At a relay parent that we never saw.
  sayStatement(overseer, 1, signed(1, "seconded", candidate, OTHER), OTHER);
  assert.match(await expectReport(overseer, 1, "costMinor"), /unknown relay parent/);
  // By a peer behind which there is no validator.
  overseer.message({
    type: "networkEvent",
    event: { type: "updatedAuthorityIds", peer: peerOf(1), authorities: [] },
  });
  sayStatement(overseer, 1, signed(1, "seconded", candidate));
  assert.match(await expectReport(overseer, 1, "costMinor"), /unexpected/);
  await overseer.conclude(running);
});

test("without a core our group has nothing to second", async () => {
  const { overseer, running } = await world([1], { cores: [{ type: "free" }] });
  sayStatement(overseer, 1, signed(1, "seconded", sampleCandidate(0)));
  assert.match(await expectReport(overseer, 1, "costMinor"), /unexpected/);
  await overseer.conclude(running);
});

test("whoever comes late with a leaf that is gone pays nothing", async () => {
  const { overseer, running, candidate } = await backedByUs([1, 3]);
  overseer.deactivate(LEAF);
  sayStatement(overseer, 1, signed(2, "valid", candidate));
  sayManifest(overseer, 3, sampleCandidate(1));
  say(overseer, 3, {
    type: "backedCandidateKnown",
    value: { candidateHash: candidate.hash, statementKnowledge: filterOf(3, [0], [1]) },
  });
  assert.equal(await ask(overseer, 3, candidate.hash), undefined);
  await overseer.conclude(running);
});

test("a repeat is free until it becomes a flood", async () => {
  const { overseer, running, candidate } = await secondedByUs([1]);
  const vote = signed(1, "valid", candidate);
  sayStatement(overseer, 1, vote);
  await expectReport(overseer, 1, "benefitMajorFirst");
  await expectForwarded(overseer, vote);
  for (let i = 0; i < REPEATS_MAX; i++) sayStatement(overseer, 1, vote);
  await overseer.expectSilence();
  sayStatement(overseer, 1, vote);
  assert.match(await expectReport(overseer, 1, "costMinorRepeated"), /tooOften/);
  await overseer.conclude(running);
});

test("a validator that seconds twice is reported with both signatures, once, and heard no more", async () => {
  const { overseer, running } = await world([1, 2]);
  const [first, second, third] = [0, 1, 2].map((salt) => sampleCandidate(0, { salt }));
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  sayStatement(overseer, 1, signed(1, "seconded", first));
  const request = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  // To another member it said something else, which that member passes on in good faith.
  sayStatement(overseer, 2, signed(1, "seconded", second));
  const offence = await overseer.expect("misbehavior-arbitration", "doubleVote");
  assert.deepEqual([offence.relayParent, offence.validatorIndex], [LEAF, 1]);
  assert.deepEqual(
    offence.votes.map(({ statement, signature }) => ({ statement, signature })),
    [first, second].map((candidate) => {
      const { payload, signature } = signed(1, "seconded", candidate);
      return { statement: payload, signature };
    }),
  );
  sayStatement(overseer, 2, signed(1, "valid", third));
  await overseer.expectSilence();
  sayStatement(overseer, 1, signed(1, "seconded", third));
  assert.match(await expectReport(overseer, 1, "costMinor"), /excessiveSeconded/);
  request.reply(err({ code: "refused" }));
  await overseer.conclude(running);
});

test("whoever passes on two candidates of one validator pays, and the validator is reported", async () => {
  const { overseer, running } = await world([1]);
  const [first, second] = [sampleCandidate(0), sampleCandidate(0, { salt: 1 })];
  sayStatement(overseer, 1, signed(1, "seconded", first));
  (await overseer.expect("network-bridge-tx", "requestAttestedCandidate")).reply.cancel();
  // What is not signed proves nothing.
  const unsigned = { ...signed(1, "seconded", second), signature: new Uint8Array(64) as never };
  sayStatement(overseer, 1, unsigned);
  assert.match(await expectReport(overseer, 1, "costMinor"), /excessiveSeconded/);
  await overseer.expectSilence();
  sayStatement(overseer, 1, signed(1, "seconded", second));
  assert.match(await expectReport(overseer, 1, "costMinor"), /excessiveSeconded/);
  await overseer.expect("misbehavior-arbitration", "doubleVote");
  await overseer.conclude(running);
});

test("seconding and voting for one candidate is a double vote", async () => {
  const { overseer, running, candidate } = await secondedByUs([1]);
  sayStatement(overseer, 1, signed(1, "valid", candidate));
  await expectReport(overseer, 1, "benefitMajorFirst");
  await expectForwarded(overseer, signed(1, "valid", candidate));
  sayStatement(overseer, 1, signed(1, "seconded", candidate));
  await overseer.expect("misbehavior-arbitration", "selfContradiction");
  await overseer.conclude(running);
});

test("our statements are sent again to members that do not show to know them", async () => {
  const { clock, overseer, running, candidate } = await secondedByUs([1, 2]);
  sayStatement(overseer, 1, signed(1, "valid", candidate));
  await expectReport(overseer, 1, "benefitMajorFirst");
  await expectForwarded(overseer, signed(1, "valid", candidate));
  await expectStatement(overseer, [2], signed(1, "valid", candidate));
  for (let again = 1; again < SENDS_MAX; again++) {
    await clock.advance(SLOT_MS / 8);
    await expectStatement(overseer, [2], signed(0, "seconded", candidate));
  }
  await clock.advance(4 * SLOT_MS);
  await overseer.conclude(running);
});

test("who connects, or learns of the leaf, is told what it lacks", async () => {
  const { overseer, running, candidate } = await backedByUs([1]);
  connect(overseer, 3);
  assert.equal((await expectSent(overseer, [3])).type, "backedCandidateManifest");
  connect(overseer, 2, []);
  await overseer.expectSilence();
  overseer.message({
    type: "networkEvent",
    event: {
      type: "peerViewChange",
      peer: peerOf(2),
      view: { heads: [LEAF, OTHER], finalizedNumber: 0 },
    },
  });
  await expectStatement(overseer, [2], signed(0, "seconded", candidate));
  await expectStatement(overseer, [2], signed(1, "valid", candidate));
  // It was gone and is back.
  const gone = { type: "peerDisconnected", peer: peerOf(2) } as const;
  overseer.message({ type: "networkEvent", event: gone });
  connect(overseer, 2);
  await expectStatement(overseer, [2], signed(0, "seconded", candidate));
  await expectStatement(overseer, [2], signed(1, "valid", candidate));
  await overseer.conclude(running);
});

test("a peer whose view update was lost is told all the same, a little later", async () => {
  const { clock, overseer, running } = await world([]);
  connect(overseer, 1, []);
  const candidate = sampleCandidate(0);
  share(overseer, "seconded", candidate);
  await overseer.expectSilence();
  await clock.advance(SLOT_MS / 4 - 1);
  await overseer.expectSilence();
  await clock.advance(1);
  await expectStatement(overseer, [1], signed(0, "seconded", candidate));
  await overseer.conclude(running);
});

test("what we share must be ours, about a candidate that is known, and not against what we said", async () => {
  const { overseer, running, candidate } = await secondedByUs([1]);
  const foreign = signed(1, "valid", candidate);
  const payload = { type: "valid", value: candidate.hash } as const;
  overseer.message({ type: "share", relayParent: LEAF, statement: { ...foreign, payload } });
  overseer.message({
    type: "share",
    relayParent: OTHER,
    statement: { ...signed(0, "valid", candidate), payload },
  });
  share(overseer, "valid", candidate);
  share(overseer, "valid", sampleCandidate(0, { salt: 1 }));
  await overseer.conclude(running);
});

// Requests for candidates

test("a statement earns nothing before its candidate is handed over, and a bad answer costs", async () => {
  const { overseer, running } = await world([1]);
  const [candidate, other] = [sampleCandidate(0), sampleCandidate(0, { salt: 1 })];
  sayStatement(overseer, 1, signed(1, "seconded", candidate));
  const request = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  request.reply(ok({ peer: peerOf(1), response: responseOf(other) }));
  assert.match(await expectReport(overseer, 1, "costMajor"), /candidateHashMismatch/);
  await overseer.conclude(running);
});

test("the next who told is asked after a while, and again the first", async () => {
  const { clock, overseer, running } = await world([1, 2]);
  const candidate = sampleCandidate(0);
  sayStatement(overseer, 1, signed(1, "seconded", candidate));
  const first = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  sayStatement(overseer, 2, signed(1, "seconded", candidate));
  await overseer.expectSilence();
  await clock.advance(SLOT_MS / 4);
  const second = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  assert.deepEqual(second.to, { type: "peer", peer: peerOf(2) });
  second.reply(err({ code: "timeout" }));
  await clock.advance(SLOT_MS / 4);
  const third = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  assert.deepEqual(third.to, { type: "peer", peer: peerOf(1) });
  third.reply(ok({ peer: peerOf(1), response: responseOf(candidate) }));
  await expectForwarded(overseer, signed(1, "seconded", candidate));
  await expectReport(overseer, 1, "benefitMajor");
  // The answer that everybody had given up comes too late to matter.
  first.reply(ok({ peer: peerOf(1), response: responseOf(candidate) }));
  await clock.advance(SLOT_MS);
  await overseer.conclude(running);
});

test("a bad answer costs, and the next who told is asked at once", async () => {
  const { overseer, running } = await world([3, 4]);
  const candidate = sampleCandidate(1);
  sayManifest(overseer, 3, candidate);
  sayManifest(overseer, 4, candidate);
  const first = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  const forged = { ...signed(4, "valid", candidate), signature: new Uint8Array(64) as never };
  first.reply(
    ok({
      peer: peerOf(3),
      response: responseOf(candidate, [signed(3, "seconded", candidate), forged]),
    }),
  );
  assert.match(await expectReport(overseer, 3, "costMajor"), /badSignature/);
  const second = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  assert.deepEqual(second.to, { type: "peer", peer: peerOf(4) });
  second.reply(ok({ peer: peerOf(4), response: responseOf(sampleCandidate(1, { salt: 9 })) }));
  assert.match(await expectReport(overseer, 4, "costMajor"), /candidateHashMismatch/);
  await overseer.conclude(running);
});

test("an answer after the leaf is gone is ignored", async () => {
  const { overseer, running } = await world([3]);
  const candidate = sampleCandidate(1);
  sayManifest(overseer, 3, candidate);
  const request = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  overseer.deactivate(LEAF);
  await overseer.settle();
  request.reply(ok({ peer: peerOf(3), response: responseOf(candidate) }));
  await overseer.conclude(running);
});

test("who was told is served, without what it does not want", async () => {
  const { overseer, running, candidate } = await backedByUs([1, 3]);
  const statements = [signed(0, "seconded", candidate), signed(1, "valid", candidate)];
  assert.deepEqual(await ask(overseer, 3, candidate.hash), responseOf(candidate, statements));
  assert.deepEqual(
    await ask(overseer, 1, candidate.hash, filterOf(3, [], [1])),
    responseOf(candidate, statements.slice(0, 1)),
  );
  await overseer.conclude(running);
});

test("who was not told, or asks with a mask of another size, or too often, is refused", async () => {
  const { overseer, running, candidate } = await secondedByUs([1, 3]);
  assert.equal(await ask(overseer, 3, candidate.hash), undefined);
  assert.match(await expectReport(overseer, 3, "costMajor"), /not told/);
  assert.equal(await ask(overseer, 1, sampleCandidate(0, { salt: 5 }).hash), undefined);
  assert.match(await expectReport(overseer, 1, "costMajor"), /unknown candidate/);
  assert.equal(await ask(overseer, 1, candidate.hash, filterOf(33)), undefined);
  assert.match(await expectReport(overseer, 1, "costMajor"), /malformed mask/);
  for (let i = 0; i < 2 * ASKS_MAX; i++)
    assert.ok((await ask(overseer, 1, candidate.hash)) !== undefined);
  assert.equal(await ask(overseer, 1, candidate.hash), undefined);
  assert.match(await expectReport(overseer, 1, "costMajor"), /again and again/);
  await overseer.conclude(running);
});

// Grid

test("a backed candidate of our group is announced to all others", async () => {
  const { overseer, running } = await world([1, 3, 5]);
  const candidate = sampleCandidate(0);
  share(overseer, "seconded", candidate);
  await expectStatement(overseer, [1], signed(0, "seconded", candidate));
  sayStatement(overseer, 1, signed(1, "valid", candidate));
  await expectReport(overseer, 1, "benefitMajorFirst");
  await expectForwarded(overseer, signed(1, "valid", candidate));
  overseer.message({ type: "backed", candidateHash: candidate.hash });
  const manifest = await expectSent(overseer, [3, 5]);
  assert.ok(manifest.type === "backedCandidateManifest");
  assert.equal(manifest.value.candidateHash, candidate.hash);
  assert.deepEqual(manifest.value.statementKnowledge, filterOf(3, [0], [1]));
  await overseer.conclude(running);
});

test("a manifest leads to a request, its statements to backing, and backing to an acknowledgement", async () => {
  const { overseer, running } = await world([3]);
  const candidate = sampleCandidate(1);
  const knowledge = filterOf(2, [0], [1]);
  sayManifest(overseer, 3, candidate);
  const request = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  request.reply(
    ok({
      peer: peerOf(3),
      response: responseOf(candidate, [
        signed(3, "seconded", candidate),
        signed(4, "valid", candidate),
      ]),
    }),
  );
  await expectForwarded(overseer, signed(3, "seconded", candidate));
  await expectForwarded(overseer, signed(4, "valid", candidate));
  await expectReport(overseer, 3, "benefitMajor");
  overseer.message({ type: "backed", candidateHash: candidate.hash });
  assert.deepEqual(await expectSent(overseer, [3]), {
    type: "backedCandidateKnown",
    value: { candidateHash: candidate.hash, statementKnowledge: knowledge },
  });
  await overseer.conclude(running);
});

test("a bad manifest costs its sender", async () => {
  const { overseer, running } = await world([3, 4, 5], { disabled: [6] });
  const candidate = sampleCandidate(1);
  const refuse = async (
    from: number,
    changes: Partial<BackedCandidateManifest>,
    change: ReputationClass,
    reason: RegExp,
  ): Promise<void> => {
    sayManifest(overseer, from, candidate, changes);
    assert.match(await expectReport(overseer, from, change), reason);
  };
  await refuse(3, { paraId: asParaId(1000) }, "costMajor", /notAssigned/);
  await refuse(3, { groupIndex: asGroupIndex(9) }, "costMajor", /notAssigned/);
  await refuse(3, { statementKnowledge: filterOf(33, [0], [1]) }, "costMajor", /malformed/);
  await refuse(3, { statementKnowledge: filterOf(2, [0]) }, "costMajor", /insufficient/);
  await refuse(3, { statementKnowledge: filterOf(2, [], [0, 1]) }, "costMajor", /insufficient/);
  await refuse(5, {}, "costMinor", /unexpected/);
  await refuse(3, { relayParent: OTHER }, "costMinor", /unknown relay parent/);
  const ofDisabled = { groupIndex: asGroupIndex(2), paraId: asParaId(1002) };
  await refuse(5, ofDisabled, "costMajor", /insufficient/);

  sayManifest(overseer, 3, candidate);
  (await overseer.expect("network-bridge-tx", "requestAttestedCandidate")).reply.cancel();
  await refuse(3, { statementKnowledge: filterOf(2, [1], [0]) }, "costMajor", /conflicting/);
  await refuse(3, { parentHeadDataHash: OTHER }, "costMajor", /not true/);
  sayManifest(overseer, 3, sampleCandidate(1, { salt: 1 }));
  assert.match(await expectReport(overseer, 3, "costMinor"), /excessiveSeconded/);
  await overseer.conclude(running);
});

test("an acknowledgement from somebody that we did not tell costs", async () => {
  const { overseer, running, candidate } = await secondedByUs([1, 3]);
  for (const candidateHash of [candidate.hash, sampleCandidate(1).hash]) {
    const value = { candidateHash, statementKnowledge: filterOf(3, [0], [1]) };
    say(overseer, 3, { type: "backedCandidateKnown", value });
    assert.match(await expectReport(overseer, 3, "costMinor"), /unexpected/);
  }
  await overseer.conclude(running);
});

test("who lied about a candidate pays when it is known", async () => {
  const { overseer, running } = await world([3, 4]);
  const candidate = sampleCandidate(1);
  sayManifest(overseer, 3, candidate);
  sayManifest(overseer, 4, candidate, { parentHeadDataHash: OTHER });
  const request = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  await overseer.settle();
  const statements = [signed(3, "seconded", candidate), signed(4, "valid", candidate)];
  request.reply(ok({ peer: peerOf(3), response: responseOf(candidate, statements) }));
  assert.match(await expectReport(overseer, 4, "costMajor"), /not true/);
  for (const statement of statements) await expectForwarded(overseer, statement);
  await expectReport(overseer, 3, "benefitMajor");
  await overseer.conclude(running);
});

test("a quorum that contradicts what its voters said before is not asked for", async () => {
  const { overseer, running } = await world([3, 4]);
  const [first, second] = [sampleCandidate(1), sampleCandidate(1, { salt: 1 })];
  sayManifest(overseer, 3, first);
  const request = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  const statements = [signed(3, "seconded", first), signed(4, "valid", first)];
  request.reply(ok({ peer: peerOf(3), response: responseOf(first, statements) }));
  for (const statement of statements) await expectForwarded(overseer, statement);
  await expectReport(overseer, 3, "benefitMajor");
  sayManifest(overseer, 4, second);
  await overseer.conclude(running);
});

test("a manifest is repeated until it is acknowledged, and late statements follow", async () => {
  const { clock, overseer, running, candidate } = await backedByUs([1, 3]);
  await clock.advance(SLOT_MS / 8);
  const again = await expectSent(overseer, [3]);
  assert.equal(again.type, "backedCandidateManifest");
  say(overseer, 3, {
    type: "backedCandidateKnown",
    value: { candidateHash: candidate.hash, statementKnowledge: filterOf(3, [0], [1]) },
  });
  await clock.advance(SLOT_MS);
  // The last member's vote reaches us through another that we told.
  connect(overseer, 2);
  for (const statement of [signed(0, "seconded", candidate), signed(1, "valid", candidate)])
    await expectStatement(overseer, [2], statement);
  sayStatement(overseer, 2, signed(2, "valid", candidate));
  await expectReport(overseer, 2, "benefitMajorFirst");
  await expectForwarded(overseer, signed(2, "valid", candidate));
  await expectStatement(overseer, [1], signed(2, "valid", candidate));
  await expectStatement(overseer, [3], signed(2, "valid", candidate));
  await overseer.conclude(running);
});

test("a repeated manifest is acknowledged again", async () => {
  const { overseer, running } = await world([3]);
  const candidate = sampleCandidate(1);
  sayManifest(overseer, 3, candidate);
  const statements = [signed(3, "seconded", candidate), signed(4, "valid", candidate)];
  (await overseer.expect("network-bridge-tx", "requestAttestedCandidate")).reply(
    ok({ peer: peerOf(3), response: responseOf(candidate, statements) }),
  );
  for (const statement of statements) await expectForwarded(overseer, statement);
  await expectReport(overseer, 3, "benefitMajor");
  overseer.message({ type: "backed", candidateHash: candidate.hash });
  assert.equal((await expectSent(overseer, [3])).type, "backedCandidateKnown");
  sayManifest(overseer, 3, candidate);
  assert.equal((await expectSent(overseer, [3])).type, "backedCandidateKnown");
  await overseer.conclude(running);
});

// Leaves

test("a leaf that was active before, or at which we are no validator, is left alone", async () => {
  const { overseer, running } = await world([1]);
  const activated = { hash: OTHER, number: 8, status: "stale" } as const;
  overseer.signal({ type: "activeLeaves", activated, deactivated: [] });
  sayStatement(overseer, 1, signed(1, "seconded", sampleCandidate(0), OTHER), OTHER);
  const third = asHash(`0x${"3e".repeat(32)}`);
  overseer.activate(third, 9);
  await answerRuntime(overseer, ["asyncBackingParams"]);
  (await overseer.expect("runtime-api", "validators")).reply(ok(KEYS.slice(1)));
  sayStatement(overseer, 1, signed(1, "seconded", sampleCandidate(0), third), third);
  const fourth = asHash(`0x${"4e".repeat(32)}`);
  overseer.activate(fourth, 10);
  const asked = await overseer.expect("runtime-api", "asyncBackingParams");
  asked.reply(err({ code: "unavailable", relayParent: fourth }));
  await overseer.conclude(running);
});

test("statements at a relay parent that the new leaf lets in are taken and told on", async () => {
  const { overseer, running } = await world([1]);
  const asyncBackingParams = { maxCandidateDepth: 1, allowedAncestryLen: 1 };
  overseer.activate(OTHER, 8, [LEAF]);
  await answerRuntime(overseer, ["asyncBackingParams", "sessionIndexForChild"], {
    asyncBackingParams,
  });
  (await overseer.expect("chain-api", "ancestors")).reply(ok([LEAF]));
  await answerRuntime(overseer, ["sessionIndexForChild"]);
  await answerRuntime(overseer, LEAF_QUERIES.slice(1));
  sayStatement(overseer, 1, signed(1, "seconded", sampleCandidate(0)));
  (await overseer.expect("network-bridge-tx", "requestAttestedCandidate")).reply(
    err({ code: "notConnected" }),
  );
  // Who has only the child in view knows what the child lets in.
  share(overseer, "seconded", sampleCandidate(0, { salt: 1 }));
  await expectSent(overseer, [1]);
  connect(overseer, 2, [OTHER]);
  await expectSent(overseer, [2]);
  overseer.deactivate(OTHER);
  sayStatement(overseer, 1, signed(1, "seconded", sampleCandidate(0)));
  await overseer.conclude(running);
});
