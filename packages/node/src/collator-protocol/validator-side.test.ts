import assert from "node:assert/strict";
import test from "node:test";
import { err, expectOk, ok, silentLogger } from "@parahost/base";
import { DirectVerifier, MemoryKeystore } from "@parahost/crypto";
import {
  type AdvertiseCollation,
  type CollationFetchingResponse,
  type CollatorProtocolMessage,
  declarePayload,
  peerIdOfName,
  type ReputationClass,
} from "@parahost/network";
import {
  asCollatorId,
  asHash,
  asParaId,
  type CollatorSignature,
  type CoreState,
} from "@parahost/primitives";
import {
  answerRuntime,
  type ChainFacts,
  keystoreOf,
  LEAF,
  parentHeadOf,
  type SampleCandidate,
  sampleCandidate,
  signed,
  VALIDATION_DATA,
} from "../backing-groups/test-chain.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { runValidatorSide, type ValidatorSideSends } from "./validator-side.ts";

const LEAF_QUERIES = [
  "asyncBackingParams",
  "sessionIndexForChild",
  "validators",
  "validatorGroups",
  "availabilityCores",
] as const;
const OTHER = asHash(`0x${"2e".repeat(32)}`);
const pov = { blockData: new Uint8Array([1, 2, 3]) };
const candidate = sampleCandidate(0, { pov });
type Overseer = FakeOverseer<"collator-protocol", ValidatorSideSends>;

const collatorKeys = new MemoryKeystore();
const keyOf = (name: string) =>
  asCollatorId(expectOk(collatorKeys.insert("coll", `//${name}`), "a good URI"));

/** Validator 0, whose group backs para 1000. */
async function world(facts: ChainFacts = {}) {
  const clock = new ManualClock(0);
  const overseer: Overseer = new FakeOverseer();
  const running = runValidatorSide(overseer.context, {
    clock,
    logger: silentLogger,
    keystore: keystoreOf(0),
    verifier: new DirectVerifier(),
  });
  overseer.activate(LEAF, 7);
  await answerRuntime(overseer, LEAF_QUERIES, facts);
  return { clock, overseer, running };
}

function connect(overseer: Overseer, name: string): void {
  overseer.message({
    type: "networkEvent",
    event: {
      type: "peerConnected",
      peer: peerIdOfName(name),
      role: "full",
      version: 2,
      authorities: [],
    },
  });
}

function say(overseer: Overseer, name: string, message: CollatorProtocolMessage): void {
  overseer.message({
    type: "networkEvent",
    event: { type: "peerMessage", peer: peerIdOfName(name), message },
  });
}

/** The declaration of the collator whose key and peer bear this name. */
function declaration(name: string, para = 1000, key = name) {
  const collatorId = keyOf(key);
  const signature = collatorKeys.sign("coll", collatorId, declarePayload(peerIdOfName(name)));
  const value = { collatorId, paraId: asParaId(para), signature: signature as CollatorSignature };
  return { type: "declare", value } as const;
}

function join(overseer: Overseer, name: string): void {
  connect(overseer, name);
  say(overseer, name, declaration(name));
}

function advertise(
  overseer: Overseer,
  name: string,
  sample: SampleCandidate = candidate,
  changes: Partial<AdvertiseCollation> = {},
): void {
  say(overseer, name, {
    type: "advertiseCollation",
    value: {
      relayParent: LEAF,
      candidateHash: sample.hash,
      parentHeadDataHash: parentHeadOf(sample),
      ...changes,
    },
  });
}

async function expectReport(overseer: Overseer, name: string, change: ReputationClass) {
  const reported = await overseer.expect("network-bridge-tx", "reportPeer");
  assert.deepEqual([reported.peer, reported.change], [peerIdOfName(name), change]);
  return reported.reason;
}

async function expectDisconnect(overseer: Overseer, ...names: string[]): Promise<void> {
  const gone = await overseer.expect("network-bridge-tx", "disconnectPeers");
  assert.deepEqual([gone.peers, gone.peerSet], [names.map(peerIdOfName), "collation"]);
}

/** Backing is asked about an advertised collation. */
async function answerCanSecond(overseer: Overseer, sample = candidate, answer = true) {
  const asked = await overseer.expect("candidate-backing", "canSecond");
  assert.deepEqual(
    [asked.paraId, asked.relayParent, asked.candidateHash, asked.parentHeadDataHash],
    [1000, LEAF, sample.hash, parentHeadOf(sample)],
  );
  asked.reply(answer);
}

async function expectFetch(overseer: Overseer, name: string, sample = candidate) {
  const fetch = await overseer.expect("network-bridge-tx", "requestCollation");
  assert.deepEqual(fetch.to, { type: "peer", peer: peerIdOfName(name) });
  assert.deepEqual(fetch.payload, {
    relayParent: LEAF,
    paraId: asParaId(1000),
    candidateHash: sample.hash,
  });
  return {
    answer: (response: CollationFetchingResponse) =>
      fetch.reply(ok({ peer: peerIdOfName(name), response })),
    fail: (code: "timeout" | "refused" | "notConnected") => fetch.reply(err({ code })),
    failUndecodable: () => fetch.reply(err({ code: "undecodable", peer: peerIdOfName(name) })),
  };
}

const collationOf = (sample: SampleCandidate, given = pov): CollationFetchingResponse => ({
  type: "collationWithParentHeadData",
  value: {
    candidateReceipt: sample.plainReceipt,
    pov: given,
    parentHeadData: sample.persistedValidationData.parentHead,
  },
});

/** What candidates on the head that came with the collation are validated with. */
async function answerValidationData(overseer: Overseer): Promise<void> {
  const asked = await overseer.expect("prospective-parachains", "getProspectiveValidationData");
  assert.deepEqual([asked.paraId, asked.relayParent], [1000, LEAF]);
  assert.equal(asked.parentHead.type, "data");
  asked.reply({ ...VALIDATION_DATA, parentHead: asked.parentHead.value as Uint8Array });
}

async function expectSecond(overseer: Overseer, sample = candidate): Promise<void> {
  const handed = await overseer.expect("candidate-backing", "second");
  assert.deepEqual(handed, {
    type: "second",
    relayParent: LEAF,
    candidateReceipt: sample.plainReceipt,
    persistedValidationData: VALIDATION_DATA,
    pov,
  });
}

/** Backing has the collation of this collator. */
async function handedOver(name: string) {
  const net = await world();
  const { overseer } = net;
  join(overseer, name);
  advertise(overseer, name);
  await answerCanSecond(overseer);
  (await expectFetch(overseer, name)).answer(collationOf(candidate));
  await answerValidationData(overseer);
  await expectSecond(overseer);
  return net;
}

test("an advertised collation is fetched, checked and handed to backing", async () => {
  const { overseer, running } = await handedOver("alice");
  await overseer.conclude(running);
});

// Declarations

test("a declaration that somebody else signed is malicious", async () => {
  const { overseer, running } = await world();
  connect(overseer, "alice");
  // Made for another peer: whoever copies it cannot use it.
  say(overseer, "alice", declaration("bob"));
  assert.match(await expectReport(overseer, "alice", "malicious"), /bad signature/);
  const { value } = declaration("alice");
  say(overseer, "alice", { type: "declare", value: { ...value, collatorId: keyOf("carol") } });
  await expectReport(overseer, "alice", "malicious");
  await overseer.conclude(running);
});

test("a collator of another para is sent away", async () => {
  const { overseer, running } = await world();
  connect(overseer, "alice");
  say(overseer, "alice", declaration("alice", 1001));
  assert.match(await expectReport(overseer, "alice", "costMinor"), /not ours/);
  await expectDisconnect(overseer, "alice");
  await overseer.conclude(running);
});

test("the same declaration again is free, another one is not", async () => {
  const { overseer, running } = await world();
  join(overseer, "alice");
  say(overseer, "alice", declaration("alice"));
  await overseer.expectSilence();
  say(overseer, "alice", declaration("alice", 1000, "carol"));
  assert.match(await expectReport(overseer, "alice", "costMinor"), /declared twice/);
  await overseer.conclude(running);
});

test("who does not declare is sent away after a second", async () => {
  const { clock, overseer, running } = await world();
  connect(overseer, "silent");
  join(overseer, "alice");
  await clock.advance(999);
  await overseer.expectSilence();
  await clock.advance(1);
  await expectDisconnect(overseer, "silent");
  await overseer.conclude(running);
});

test("who is idle, or whose para is ours no more, is sent away with a new leaf", async () => {
  const { clock, overseer, running } = await world();
  join(overseer, "idle");
  await clock.advance(24_001);
  join(overseer, "alice");
  overseer.activate(OTHER, 8, [LEAF]);
  await answerRuntime(overseer, LEAF_QUERIES);
  await expectDisconnect(overseer, "idle");
  overseer.message({
    type: "networkEvent",
    event: { type: "peerDisconnected", peer: peerIdOfName("idle") },
  });
  await overseer.settle();
  const cores: CoreState[] = [{ type: "free" }];
  overseer.activate(LEAF, 9, [OTHER]);
  await answerRuntime(overseer, LEAF_QUERIES, { cores });
  await expectDisconnect(overseer, "alice");
  await overseer.conclude(running);
});

// Advertisements

test("an advertisement without declaration, off the leaf, or one too many costs", async () => {
  const { overseer, running } = await world();
  connect(overseer, "alice");
  advertise(overseer, "alice");
  assert.match(await expectReport(overseer, "alice", "costMinor"), /without a declaration/);
  say(overseer, "alice", declaration("alice"));
  advertise(overseer, "alice", candidate, { relayParent: OTHER });
  assert.match(await expectReport(overseer, "alice", "costMinor"), /out of view/);
  for (let salt = 1; salt <= 3; salt++) {
    const sample = sampleCandidate(0, { pov, salt });
    advertise(overseer, "alice", sample);
    await answerCanSecond(overseer, sample, false);
  }
  advertise(overseer, "alice");
  assert.match(await expectReport(overseer, "alice", "costMinor"), /too much/);
  await overseer.conclude(running);
});

test("an advertisement on a leaf that is just gone is free, and so is a repeat", async () => {
  const { overseer, running } = await world();
  join(overseer, "alice");
  advertise(overseer, "alice");
  await answerCanSecond(overseer, candidate, false);
  advertise(overseer, "alice");
  overseer.deactivate(LEAF);
  advertise(overseer, "alice", sampleCandidate(0, { salt: 1 }));
  await overseer.conclude(running);
});

test("on a second leaf where its para has no core a collator has nothing to advertise", async () => {
  const { overseer, running } = await world();
  join(overseer, "alice");
  overseer.activate(OTHER, 8);
  await answerRuntime(overseer, LEAF_QUERIES, { cores: [] });
  advertise(overseer, "alice", candidate, { relayParent: OTHER });
  assert.match(await expectReport(overseer, "alice", "costMinor"), /without a core/);
  await overseer.conclude(running);
});

test("what backing could not second is not fetched", async () => {
  const { overseer, running } = await world();
  join(overseer, "alice");
  advertise(overseer, "alice");
  await answerCanSecond(overseer, candidate, false);
  join(overseer, "bob");
  advertise(overseer, "bob");
  (await overseer.expect("candidate-backing", "canSecond")).reply.cancel();
  await overseer.conclude(running);
});

test("who seconds as a collator pays for it", async () => {
  const { overseer, running } = await world();
  join(overseer, "alice");
  const { signature, validatorIndex } = signed(1, "seconded", candidate);
  const payload = { type: "seconded", value: candidate.receipt } as const;
  const statement = { payload, validatorIndex, signature };
  say(overseer, "alice", { type: "collationSeconded", value: { relayParent: LEAF, statement } });
  assert.match(await expectReport(overseer, "alice", "costMinor"), /do not second/);
  await overseer.conclude(running);
});

// Fetching

test("a PoV with a wrong hash is malicious, and its collator is not heard again this session", async () => {
  const { overseer, running } = await world();
  join(overseer, "mallory");
  advertise(overseer, "mallory");
  await answerCanSecond(overseer);
  const wrong = { blockData: new Uint8Array([9]) };
  (await expectFetch(overseer, "mallory")).answer(collationOf(candidate, wrong));
  await answerValidationData(overseer);
  await expectReport(overseer, "mallory", "malicious");
  overseer.message({
    type: "networkEvent",
    event: { type: "peerDisconnected", peer: peerIdOfName("mallory") },
  });
  // Its key comes back behind another peer.
  connect(overseer, "another peer");
  say(overseer, "another peer", declaration("another peer", 1000, "mallory"));
  await expectDisconnect(overseer, "another peer");
  await overseer.conclude(running);
});

test("a collation for another para, of another relay parent or with other data is malicious", async () => {
  const { overseer, running } = await world();
  const other = sampleCandidate(1, { pov });
  const elsewhere = sampleCandidate(0, { pov, relayParent: OTHER });
  const cases: [string, SampleCandidate, CollationFetchingResponse][] = [
    ["other para", other, collationOf(other)],
    ["other relay parent", elsewhere, collationOf(elsewhere)],
    ["other candidate", candidate, collationOf(sampleCandidate(0, { pov, salt: 4 }))],
    [
      "other head",
      candidate,
      {
        type: "collationWithParentHeadData",
        value: {
          candidateReceipt: candidate.plainReceipt,
          pov,
          parentHeadData: new Uint8Array([7]),
        },
      },
    ],
  ];
  for (const [name, advertisedCandidate, answer] of cases) {
    join(overseer, name);
    advertise(overseer, name, advertisedCandidate);
    await answerCanSecond(overseer, advertisedCandidate);
    (await expectFetch(overseer, name, advertisedCandidate)).answer(answer);
    await answerValidationData(overseer);
    await expectReport(overseer, name, "malicious");
  }
  await overseer.conclude(running);
});

test("what a bad collator spoils another may still give", async () => {
  const { overseer, running } = await world();
  join(overseer, "mallory");
  join(overseer, "alice");
  advertise(overseer, "mallory");
  await answerCanSecond(overseer);
  const bad = await expectFetch(overseer, "mallory");
  advertise(overseer, "alice");
  await answerCanSecond(overseer);
  bad.answer(collationOf(candidate, { blockData: new Uint8Array([9]) }));
  await answerValidationData(overseer);
  await expectReport(overseer, "mallory", "malicious");
  (await expectFetch(overseer, "alice")).answer(collationOf(candidate));
  await answerValidationData(overseer);
  await expectSecond(overseer);
  await overseer.conclude(running);
});

test("when nothing is known of the relay parent any more, nobody is to blame", async () => {
  const { overseer, running } = await world();
  join(overseer, "alice");
  advertise(overseer, "alice");
  await answerCanSecond(overseer);
  (await expectFetch(overseer, "alice")).answer(collationOf(candidate));
  (await overseer.expect("prospective-parachains", "getProspectiveValidationData")).reply(
    undefined,
  );
  await overseer.conclude(running);
});

test("without an answer the next one is fetched as well, and then the first again", async () => {
  const { clock, overseer, running } = await world();
  const second = sampleCandidate(0, { pov, salt: 1 });
  join(overseer, "alice");
  join(overseer, "bob");
  advertise(overseer, "alice");
  await answerCanSecond(overseer);
  const first = await expectFetch(overseer, "alice");
  advertise(overseer, "bob", second);
  await answerCanSecond(overseer, second);
  await clock.advance(399);
  await overseer.expectSilence();
  await clock.advance(1);
  (await expectFetch(overseer, "bob", second)).fail("refused");
  const again = await expectFetch(overseer, "alice");
  first.fail("timeout");
  assert.match(await expectReport(overseer, "alice", "costMinor"), /timed out/);
  again.answer(collationOf(candidate));
  await answerValidationData(overseer);
  await expectSecond(overseer);
  await clock.advance(400);
  // Whoever was refused has his second try all the same: backing has not judged the other yet.
  (await expectFetch(overseer, "bob", second)).fail("notConnected");
  overseer.deactivate(LEAF);
  await clock.advance(2000);
  await overseer.conclude(running);
});

test("a collation is asked for three times, and again when it is advertised again", async () => {
  const { clock, overseer, running } = await world();
  join(overseer, "alice");
  advertise(overseer, "alice");
  await answerCanSecond(overseer);
  for (let i = 0; i < 3; i++) {
    (await expectFetch(overseer, "alice")).fail("refused");
    await clock.advance(400);
  }
  await overseer.expectSilence();
  advertise(overseer, "alice");
  await answerCanSecond(overseer);
  const last = await expectFetch(overseer, "alice");
  advertise(overseer, "alice");
  await overseer.expectSilence();
  last.failUndecodable();
  await clock.advance(400);
  await overseer.conclude(running);
});

test("two answers for one collation are one collation", async () => {
  const { clock, overseer, running } = await world();
  join(overseer, "alice");
  advertise(overseer, "alice");
  await answerCanSecond(overseer);
  const first = await expectFetch(overseer, "alice");
  await clock.advance(400);
  const second = await expectFetch(overseer, "alice");
  first.answer(collationOf(candidate));
  second.answer(collationOf(candidate));
  await answerValidationData(overseer);
  await answerValidationData(overseer);
  await expectSecond(overseer);
  await clock.advance(400);
  await overseer.conclude(running);
});

test("an answer after the leaf is gone is dropped", async () => {
  const { clock, overseer, running } = await world();
  join(overseer, "alice");
  advertise(overseer, "alice");
  await answerCanSecond(overseer);
  const fetch = await expectFetch(overseer, "alice");
  overseer.deactivate(LEAF);
  await overseer.settle();
  fetch.answer(collationOf(candidate));
  await clock.advance(400);
  await overseer.conclude(running);
});

// What becomes of it

test("the collator of a seconded collation is thanked and told, and nothing more is fetched", async () => {
  const { clock, overseer, running } = await handedOver("alice");
  const { signature, validatorIndex } = signed(0, "seconded", candidate);
  const payload = { type: "seconded", value: candidate.receipt } as const;
  const statement = { payload, validatorIndex, signature };
  overseer.message({ type: "seconded", relayParent: LEAF, statement });
  await expectReport(overseer, "alice", "benefitMinor");
  const told = await overseer.expect("network-bridge-tx", "sendCollationMessage");
  assert.deepEqual(told.peers, [peerIdOfName("alice")]);
  assert.deepEqual(told.message.value, {
    type: "collationSeconded",
    value: { relayParent: LEAF, statement },
  });
  join(overseer, "bob");
  const second = sampleCandidate(0, { pov, salt: 1 });
  advertise(overseer, "bob", second);
  await answerCanSecond(overseer, second);
  await clock.advance(400);
  await overseer.conclude(running);
});

test("an invalid collation is malicious, and the next one is fetched", async () => {
  const { overseer, running } = await handedOver("mallory");
  const second = sampleCandidate(0, { pov, salt: 1 });
  join(overseer, "bob");
  advertise(overseer, "bob", second);
  await answerCanSecond(overseer, second);
  await overseer.expectSilence();
  overseer.message({
    type: "invalid",
    relayParent: LEAF,
    candidateReceipt: candidate.plainReceipt,
  });
  assert.match(await expectReport(overseer, "mallory", "malicious"), /invalid collation/);
  (await expectFetch(overseer, "bob", second)).answer(collationOf(second));
  await answerValidationData(overseer);
  await expectSecond(overseer, second);
  await overseer.conclude(running);
});

test("what backing says of collations that are not ours changes nothing", async () => {
  const { overseer, running } = await world();
  overseer.message({
    type: "invalid",
    relayParent: LEAF,
    candidateReceipt: candidate.plainReceipt,
  });
  overseer.message({
    type: "invalid",
    relayParent: OTHER,
    candidateReceipt: candidate.plainReceipt,
  });
  await overseer.conclude(running);
});

test("a validator has no collations to give", async () => {
  const { overseer, running } = await world();
  const payload = { relayParent: LEAF, paraId: asParaId(1000), candidateHash: candidate.hash };
  const asked = overseer.ask({ type: "collationRequest", peer: peerIdOfName("alice"), payload });
  await assert.rejects(asked, /no answer/);
  await overseer.conclude(running);
});

test("on a leaf that was active before, or without a runtime, nothing is fetched", async () => {
  const { overseer, running } = await world();
  join(overseer, "alice");
  const activated = { hash: OTHER, number: 8, status: "stale" } as const;
  overseer.signal({ type: "activeLeaves", activated, deactivated: [] });
  advertise(overseer, "alice", candidate, { relayParent: OTHER });
  const third = asHash(`0x${"3e".repeat(32)}`);
  overseer.activate(third, 9);
  await answerRuntime(overseer, ["asyncBackingParams"]);
  (await overseer.expect("runtime-api", "sessionIndexForChild")).reply.cancel();
  await answerRuntime(overseer, LEAF_QUERIES.slice(2));
  advertise(overseer, "alice", candidate, { relayParent: third });
  await overseer.conclude(running);
});

// Depth and ancestry

const ASYNC = { asyncBackingParams: { maxCandidateDepth: 1, allowedAncestryLen: 1 } };

/** The leaf lets in the one before it, and two candidates are seconded at each. */
async function worldOfTwo() {
  const net = await world();
  net.overseer.activate(OTHER, 8, [LEAF]);
  await answerRuntime(net.overseer, ["asyncBackingParams", "sessionIndexForChild"], ASYNC);
  (await net.overseer.expect("chain-api", "ancestors")).reply(ok([LEAF]));
  await answerRuntime(net.overseer, ["sessionIndexForChild"]);
  await answerRuntime(net.overseer, LEAF_QUERIES.slice(1));
  return net;
}

test("a collation on a relay parent that the leaf lets in is fetched", async () => {
  const { overseer, running } = await worldOfTwo();
  join(overseer, "alice");
  advertise(overseer, "alice");
  await answerCanSecond(overseer);
  (await expectFetch(overseer, "alice")).answer(collationOf(candidate));
  await answerValidationData(overseer);
  await expectSecond(overseer);
  await overseer.conclude(running);
});

test("a collation without its parent's head waits until that is seconded", async () => {
  const { overseer, running } = await worldOfTwo();
  const before = sampleCandidate(0, { pov, salt: 1, relayParent: OTHER });
  const { paraHead } = before.receipt.descriptor;
  join(overseer, "alice");
  advertise(overseer, "alice", candidate, { parentHeadDataHash: paraHead });
  const asked = await overseer.expect("candidate-backing", "canSecond");
  assert.equal(asked.parentHeadDataHash, paraHead);
  asked.reply(true);
  (await expectFetch(overseer, "alice")).answer({
    type: "collation",
    value: { candidateReceipt: candidate.plainReceipt, pov },
  });
  const unknown = await overseer.expect("prospective-parachains", "getProspectiveValidationData");
  assert.deepEqual(unknown.parentHead, { type: "hash", value: paraHead });
  unknown.reply(undefined);
  await overseer.expectSilence();

  advertise(overseer, "alice", before, { relayParent: OTHER });
  (await overseer.expect("candidate-backing", "canSecond")).reply(true);
  (await overseer.expect("network-bridge-tx", "requestCollation")).reply(
    ok({ peer: peerIdOfName("alice"), response: collationOf(before) }),
  );
  (await overseer.expect("prospective-parachains", "getProspectiveValidationData")).reply(
    VALIDATION_DATA,
  );
  await overseer.expect("candidate-backing", "second");
  const statement = {
    ...signed(0, "seconded", before, OTHER),
    payload: { type: "seconded", value: before.receipt },
  } as const;
  overseer.message({ type: "seconded", relayParent: OTHER, statement });
  await expectReport(overseer, "alice", "benefitMinor");
  await overseer.expect("network-bridge-tx", "sendCollationMessage");
  const known = await overseer.expect("prospective-parachains", "getProspectiveValidationData");
  assert.deepEqual(known.parentHead, { type: "hash", value: paraHead });
  known.reply(VALIDATION_DATA);
  await expectSecond(overseer);
  await overseer.conclude(running);
});
