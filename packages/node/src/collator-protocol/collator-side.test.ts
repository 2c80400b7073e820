import assert from "node:assert/strict";
import test from "node:test";
import { expectOk, silentLogger } from "@parahost/base";
import { DirectVerifier, MemoryKeystore } from "@parahost/crypto";
import {
  type CollationFetchingResponse,
  type CollatorProtocolMessage,
  declarePayload,
  peerIdOfName,
  type ReputationClass,
} from "@parahost/network";
import { asCollatorId, asCoreIndex, asHash, asParaId, type Hash } from "@parahost/primitives";
import {
  AUTHORITIES,
  answerRuntime,
  LEAF,
  parentHeadOf,
  peerOf,
  type SampleCandidate,
  sampleCandidate,
  signed,
} from "../backing-groups/test-chain.ts";
import type { CollationSecondedSignal } from "../collation-generation/messages.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { Cancelled, oneShot, unlessCancelled } from "../overseer/reply.ts";
import { type CollatorSideSends, runCollatorSide } from "./collator-side.ts";

const SLOT_MS = 2400;
const localPeer = peerIdOfName("collator");
const pov = { blockData: new Uint8Array([1, 2, 3]) };
const candidate = sampleCandidate(0, { pov });
type Overseer = FakeOverseer<"collator-protocol", CollatorSideSends>;

/** A collator of para 1000, whose candidates group 0 (validators 0, 1, 2) backs. */
async function world({ collateOn = true } = {}) {
  const clock = new ManualClock(0);
  const keystore = new MemoryKeystore();
  const collatorKey = asCollatorId(expectOk(keystore.insert("coll", "//Collator"), "a good URI"));
  const overseer: Overseer = new FakeOverseer();
  const verifier = new DirectVerifier();
  const running = runCollatorSide(overseer.context, {
    clock,
    logger: silentLogger,
    keystore,
    verifier,
    localPeer,
    collatorKey,
    slotMs: SLOT_MS,
  });
  overseer.activate(LEAF, 7);
  await answerRuntime(overseer, ["asyncBackingParams"]);
  if (collateOn) overseer.message({ type: "collateOn", paraId: asParaId(1000) });
  return { clock, overseer, running, collatorKey, verifier };
}
type World = Awaited<ReturnType<typeof world>>;

function connect(overseer: Overseer, validator: number): void {
  const authorities = AUTHORITIES.slice(validator, validator + 1);
  overseer.message({
    type: "networkEvent",
    event: {
      type: "peerConnected",
      peer: peerOf(validator),
      role: "authority",
      version: 2,
      authorities,
    },
  });
}

function setView(overseer: Overseer, validator: number, heads: readonly Hash[] = [LEAF]): void {
  const view = { heads, finalizedNumber: 0 };
  overseer.message({
    type: "networkEvent",
    event: { type: "peerViewChange", peer: peerOf(validator), view },
  });
}

function say(overseer: Overseer, validator: number, message: CollatorProtocolMessage): void {
  overseer.message({
    type: "networkEvent",
    event: { type: "peerMessage", peer: peerOf(validator), message },
  });
}

function distribute(
  overseer: Overseer,
  sample: SampleCandidate = candidate,
): Promise<CollationSecondedSignal | undefined> {
  const { reply, answer } = oneShot<CollationSecondedSignal>("seconded");
  overseer.message({
    type: "distributeCollation",
    candidateReceipt: sample.plainReceipt,
    parentHeadDataHash: parentHeadOf(sample),
    pov,
    parentHeadData: sample.persistedValidationData.parentHead,
    onSeconded: reply,
    coreIndex: asCoreIndex(0),
  });
  return unlessCancelled(answer);
}

async function expectMessage(overseer: Overseer, validator: number) {
  const { peers, message } = await overseer.expect("network-bridge-tx", "sendCollationMessage");
  assert.deepEqual(peers, [peerOf(validator)]);
  return message.value;
}

async function expectDeclaration({ overseer, collatorKey, verifier }: World, validator: number) {
  const message = await expectMessage(overseer, validator);
  assert.ok(message.type === "declare");
  assert.deepEqual([message.value.collatorId, message.value.paraId], [collatorKey, 1000]);
  const isSigned = verifier.verify({
    scheme: "sr25519",
    publicKey: collatorKey,
    message: declarePayload(localPeer),
    signature: message.value.signature,
  });
  assert.ok(isSigned);
}

async function expectAdvertisement(overseer: Overseer, validator: number): Promise<void> {
  assert.deepEqual(await expectMessage(overseer, validator), {
    type: "advertiseCollation",
    value: {
      relayParent: LEAF,
      candidateHash: candidate.hash,
      parentHeadDataHash: parentHeadOf(candidate),
    },
  });
}

async function expectGroupConnection(overseer: Overseer): Promise<void> {
  await answerRuntime(overseer, ["validatorGroups", "sessionIndexForChild", "sessionInfo"]);
  const wanted = await overseer.expect("network-bridge-tx", "connectToValidators");
  assert.deepEqual([wanted.authorities, wanted.peerSet], [AUTHORITIES.slice(0, 3), "collation"]);
  wanted.reply(0);
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

function request(overseer: Overseer, validator: number, candidateHash = candidate.hash) {
  const { reply, answer } = oneShot<CollationFetchingResponse>("collation");
  overseer.message({
    type: "collationRequest",
    peer: peerOf(validator),
    payload: { relayParent: LEAF, paraId: asParaId(1000), candidateHash },
    reply,
  });
  return unlessCancelled(answer);
}

/** Validators are connected, know the leaf and were told of the collation. */
async function advertised(validators: readonly number[]) {
  const net = await world();
  for (const validator of validators) {
    connect(net.overseer, validator);
    setView(net.overseer, validator);
    await expectDeclaration(net, validator);
  }
  const onSeconded = distribute(net.overseer);
  await expectGroupConnection(net.overseer);
  for (const validator of validators) await expectAdvertisement(net.overseer, validator);
  return { ...net, onSeconded };
}

test("the group is connected to, and who of it knows the leaf is told, after our declaration", async () => {
  const net = await world();
  const { overseer, running } = net;
  void distribute(overseer);
  await expectGroupConnection(overseer);
  connect(overseer, 0);
  await expectDeclaration(net, 0);
  await overseer.expectSilence();
  setView(overseer, 0);
  await expectAdvertisement(overseer, 0);
  // Once is enough, and another group has nothing to do with it.
  setView(overseer, 0, []);
  setView(overseer, 0);
  connect(overseer, 3);
  await expectDeclaration(net, 3);
  setView(overseer, 3);
  await overseer.conclude(running);
});

test("whoever connects before we know our para is told as soon as we do", async () => {
  const net = await world({ collateOn: false });
  connect(net.overseer, 1);
  await net.overseer.expectSilence();
  net.overseer.message({ type: "collateOn", paraId: asParaId(1000) });
  await expectDeclaration(net, 1);
  await net.overseer.conclude(net.running);
});

test("a peer that turns out to be a validator is told then", async () => {
  const net = await world();
  const { overseer, running } = net;
  const peer = peerOf(1);
  overseer.message({
    type: "networkEvent",
    event: { type: "peerConnected", peer, role: "full", version: 2, authorities: [] },
  });
  setView(overseer, 1);
  void distribute(overseer);
  await expectGroupConnection(overseer);
  await overseer.expectSilence();
  const authorities = AUTHORITIES.slice(1, 2);
  overseer.message({
    type: "networkEvent",
    event: { type: "updatedAuthorityIds", peer, authorities },
  });
  await expectDeclaration(net, 1);
  await expectAdvertisement(overseer, 1);
  await overseer.conclude(running);
});

test("collations of another para, off the leaf, or beyond the first are not distributed", async () => {
  const { overseer, running } = await world();
  assert.equal(await distribute(overseer, sampleCandidate(1, { pov })), undefined);
  const relayParent = asHash(`0x${"2e".repeat(32)}`);
  assert.equal(await distribute(overseer, sampleCandidate(0, { pov, relayParent })), undefined);
  void distribute(overseer);
  await expectGroupConnection(overseer);
  assert.equal(await distribute(overseer, sampleCandidate(0, { pov, salt: 5 })), undefined);
  await overseer.conclude(running);
});

test("who did not ask is told again, declaration and all, even if it named no leaf", async () => {
  const net = await advertised([0, 1]);
  const { clock, overseer, running } = net;
  connect(overseer, 2);
  await expectDeclaration(net, 2);
  await request(overseer, 1);
  await clock.advance(SLOT_MS / 6);
  for (const validator of [0, 2]) {
    await expectDeclaration(net, validator);
    await expectAdvertisement(overseer, validator);
  }
  await request(overseer, 0);
  await clock.advance(SLOT_MS / 6);
  await expectDeclaration(net, 2);
  await expectAdvertisement(overseer, 2);
  await clock.advance(SLOT_MS);
  await overseer.conclude(running);
});

test("a collation is handed to whoever was told, one after the other", async () => {
  const { clock, overseer, running } = await advertised([0, 1]);
  const expected = {
    type: "collationWithParentHeadData",
    value: {
      candidateReceipt: candidate.plainReceipt,
      pov,
      parentHeadData: candidate.persistedValidationData.parentHead,
    },
  };
  assert.deepEqual(await request(overseer, 0), expected);
  let served: CollationFetchingResponse | undefined;
  void request(overseer, 1).then((answer) => {
    served = answer;
  });
  assert.equal(await request(overseer, 1), undefined, "one answer is enough");
  await clock.advance(149);
  assert.equal(served, undefined);
  await clock.advance(1);
  assert.deepEqual(served, expected);
  await overseer.conclude(running);
});

test("who was not told, wants another candidate, or asks again and again gets nothing", async () => {
  const { clock, overseer, running } = await advertised([0]);
  assert.equal(await request(overseer, 1), undefined);
  assert.match(await expectReport(overseer, 1, "costMinor"), /not advertised/);
  assert.equal(await request(overseer, 0, sampleCandidate(0, { salt: 9 }).hash), undefined);
  for (let i = 0; i < 6; i++) {
    assert.ok((await request(overseer, 0)) !== undefined);
    await clock.advance(150);
  }
  assert.equal(await request(overseer, 0), undefined);
  assert.match(await expectReport(overseer, 0, "costMinor"), /again and again/);
  await overseer.conclude(running);
});

test("with its leaf a collation is gone", async () => {
  const { overseer, running, onSeconded } = await advertised([0]);
  overseer.deactivate(LEAF);
  assert.equal(await request(overseer, 0), undefined);
  assert.equal(await onSeconded, undefined);
  await overseer.conclude(running);
});

test("a collation outlives its leaf while another lets its relay parent in", async () => {
  const { overseer, running, onSeconded } = await advertised([0]);
  const child = asHash(`0x${"2e".repeat(32)}`);
  const asyncBackingParams = { maxCandidateDepth: 1, allowedAncestryLen: 1 };
  overseer.activate(child, 8, [LEAF]);
  await answerRuntime(overseer, ["asyncBackingParams", "sessionIndexForChild"], {
    asyncBackingParams,
  });
  (await overseer.expect("chain-api", "ancestors")).reply({ ok: true, value: [LEAF] });
  await answerRuntime(overseer, ["sessionIndexForChild"]);
  await overseer.settle();
  // Who has the child in view knows what the child lets in.
  connect(overseer, 1);
  await overseer.expect("network-bridge-tx", "sendCollationMessage");
  setView(overseer, 1, [child]);
  await expectAdvertisement(overseer, 1);
  assert.ok((await request(overseer, 0)) !== undefined);
  overseer.deactivate(child);
  assert.equal(await onSeconded, undefined);
  await overseer.conclude(running);
});

test("at one relay parent there are as many collations as may follow one another", async () => {
  const { overseer, running } = await advertised([]);
  const other = sampleCandidate(0, { pov, salt: 1 });
  assert.equal(await distribute(overseer, other), undefined, "one by the guide's rule");
  await overseer.conclude(running);
});

test("who waits when the leaf goes is refused", async () => {
  const { clock, overseer, running } = await advertised([0, 1]);
  await request(overseer, 0);
  const waiting = request(overseer, 1);
  overseer.deactivate(LEAF);
  assert.equal(await waiting, undefined);
  await clock.advance(SLOT_MS);
  await overseer.conclude(running);
});

test("that it was seconded is told, when a member of the group signed it", async () => {
  const { overseer, running, onSeconded } = await advertised([0]);
  const seconding = (validator: number, sample = candidate) => {
    const { signature, validatorIndex } = signed(validator, "seconded", sample);
    const payload = { type: "seconded", value: sample.receipt } as const;
    return { payload, validatorIndex, signature };
  };
  const tell = (statement: ReturnType<typeof seconding>): void =>
    say(overseer, 0, { type: "collationSeconded", value: { relayParent: LEAF, statement } });

  tell(seconding(0, sampleCandidate(0, { salt: 1 })));
  assert.match(await expectReport(overseer, 0, "costMinor"), /not ours/);
  tell(seconding(3));
  assert.match(await expectReport(overseer, 0, "costMinor"), /not ours/);
  tell({ ...seconding(1), signature: seconding(2).signature });
  assert.match(await expectReport(overseer, 0, "costMajor"), /bad signature/);
  tell(seconding(1));
  assert.deepEqual(await onSeconded, { relayParent: LEAF, statement: seconding(1) });
  tell(seconding(2));
  await overseer.conclude(running);
});

test("a validator that collates pays for it", async () => {
  const { overseer, running } = await advertised([0]);
  const value = {
    relayParent: LEAF,
    candidateHash: candidate.hash,
    parentHeadDataHash: LEAF,
  };
  say(overseer, 0, { type: "advertiseCollation", value });
  assert.match(await expectReport(overseer, 0, "costMinor"), /do not collate/);
  await overseer.conclude(running);
});

test("the connection to the groups is made and given up on demand", async () => {
  const { overseer, running } = await advertised([]);
  overseer.message({ type: "connectToBackingGroups" });
  const wanted = await overseer.expect("network-bridge-tx", "connectToValidators");
  assert.deepEqual(wanted.authorities, AUTHORITIES.slice(0, 3));
  wanted.reply(3);
  overseer.message({ type: "disconnectFromBackingGroups" });
  const none = await overseer.expect("network-bridge-tx", "connectToValidators");
  assert.deepEqual(none.authorities, []);
  none.reply(0);
  await overseer.conclude(running);
});

test("without a runtime nothing is distributed, and that is no failure", async () => {
  const { overseer, running } = await world();
  const { reply, answer } = oneShot<CollationSecondedSignal>("seconded");
  overseer.message({
    type: "distributeCollation",
    candidateReceipt: candidate.plainReceipt,
    parentHeadDataHash: parentHeadOf(candidate),
    pov,
    parentHeadData: candidate.persistedValidationData.parentHead,
    onSeconded: reply,
    coreIndex: asCoreIndex(0),
  });
  (await overseer.expect("runtime-api", "validatorGroups")).reply.cancel();
  await answerRuntime(overseer, ["sessionIndexForChild", "sessionInfo"]);
  await assert.rejects(answer, Cancelled);
  await overseer.conclude(running);
});
