import assert from "node:assert/strict";
import test from "node:test";
import { ok, silentLogger } from "@parahost/base";
import { DirectVerifier } from "@parahost/crypto";
import type { ReputationClass, StatementDistributionMessage } from "@parahost/network";
import { asGroupIndex, type Hash } from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import {
  AUTHORITIES,
  answerRuntime,
  type ChainFacts,
  keystoreOf,
  LEAF,
  parentHeadOf,
  peerOf,
  type SampleCandidate,
  sampleCandidate,
  signed,
} from "./sample-chain.ts";
import type { StatementDistributionSends } from "./state.ts";
import { filterOf } from "./statement-filter.ts";
import { run } from "./subsystem.ts";

const SLOT_MS = 2000;
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
  await answerRuntime(overseer, facts);
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
  await expectReport(overseer, 1, "benefitMajorFirst");
  const request = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  assert.deepEqual(request.to, { type: "peer", peer: peerOf(1) });
  assert.equal(request.payload.candidateHash, candidate.hash);
  assert.deepEqual(onesOf(request.payload.mask.secondedInGroup), [1]);
  request.reply(
    ok({
      peer: peerOf(1),
      response: {
        candidateReceipt: candidate.receipt,
        persistedValidationData: candidate.persistedValidationData,
        statements: [],
      },
    }),
  );
  await expectForwarded(overseer, seconding);
  await expectStatement(overseer, [2], seconding);
  await expectReport(overseer, 1, "benefitMajor");
  // Our vote follows.
  share(overseer, "valid", candidate);
  await expectStatement(overseer, [1, 2], signed(0, "valid", candidate));
  await overseer.conclude(running);
});

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
  say(overseer, 3, {
    type: "backedCandidateManifest",
    value: {
      relayParent: LEAF,
      candidateHash: candidate.hash,
      groupIndex: asGroupIndex(1),
      paraId: candidate.receipt.descriptor.paraId,
      parentHeadDataHash: parentHeadOf(candidate),
      statementKnowledge: knowledge,
    },
  });
  const request = await overseer.expect("network-bridge-tx", "requestAttestedCandidate");
  request.reply(
    ok({
      peer: peerOf(3),
      response: {
        candidateReceipt: candidate.receipt,
        persistedValidationData: candidate.persistedValidationData,
        statements: [signed(3, "seconded", candidate), signed(4, "valid", candidate)],
      },
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
