import assert from "node:assert/strict";
import test from "node:test";
import { err, ok, silentLogger } from "@parahost/base";
import {
  type AsyncBackingParams,
  asCandidateHash,
  asCoreIndex,
  asSessionIndex,
  type BackingState,
  type CoreState,
  type Hash,
  type Header,
} from "@parahost/primitives";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { sampleOccupiedCore } from "../sample-candidate.ts";
import type { ProspectiveCandidate } from "./fragment-chain.ts";
import { backingState, head, headHash, link, PARA, relayBlock } from "./sample-chain.ts";
import { type ProspectiveParachainsSends, run } from "./subsystem.ts";

type Overseer = FakeOverseer<"prospective-parachains", ProspectiveParachainsSends>;
const POLKADOT: AsyncBackingParams = { maxCandidateDepth: 3, allowedAncestryLen: 2 };

interface LeafFacts {
  readonly params?: AsyncBackingParams;
  readonly backing?: BackingState | undefined;
  readonly cores?: readonly CoreState[];
  /** Ancestors whose children are of the leaf's session. */
  readonly ancestors?: readonly number[];
  /** Relay parents whose headers are not known yet. */
  readonly headers: readonly number[];
}

async function answerLeaf(overseer: Overseer, number: number, facts: LeafFacts): Promise<void> {
  const { ancestors = [], backing = backingState(), cores = [], params = POLKADOT } = facts;
  (await overseer.expect("runtime-api", "asyncBackingParams")).reply(ok(params));
  if (params.allowedAncestryLen > 0) {
    const session = asSessionIndex(1);
    (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(session));
    const hashes = ancestors.map((ancestor) => relayBlock(ancestor).hash);
    (await overseer.expect("chain-api", "ancestors")).reply(ok(hashes));
    for (const _ of ancestors)
      (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(session));
  }
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok(cores));
  (await overseer.expect("runtime-api", "claimQueue")).reply(
    ok(new Map([[asCoreIndex(0), [PARA, PARA]]])),
  );
  const asked = await overseer.expect("runtime-api", "paraBackingState");
  assert.deepEqual([asked.relayParent, asked.args], [relayBlock(number).hash, [PARA]]);
  asked.reply(ok(backing));
  for (const block of facts.headers) {
    const { hash, storageRoot } = relayBlock(block);
    const header = await overseer.expect("chain-api", "blockHeader");
    assert.equal(header.hash, hash);
    header.reply(ok({ stateRoot: storageRoot } as Header));
  }
}

/** Under block 7, which lets in blocks 6 and 5. */
async function world(facts: Partial<LeafFacts> = {}) {
  const overseer: Overseer = new FakeOverseer();
  const running = run(overseer.context, { logger: silentLogger });
  overseer.activate(relayBlock(7).hash, 7);
  await answerLeaf(overseer, 7, { ancestors: [6, 5], headers: [7, 6, 5], ...facts });
  return { overseer, running };
}

const introduce = (overseer: Overseer, candidate: ProspectiveCandidate): Promise<boolean> =>
  overseer.ask({
    type: "introduceSecondedCandidate",
    candidateHash: candidate.hash,
    receipt: candidate.receipt,
    persistedValidationData: candidate.persistedValidationData,
  });

async function back(overseer: Overseer, ...candidates: readonly ProspectiveCandidate[]) {
  for (const candidate of candidates) {
    assert.equal(await introduce(overseer, candidate), true);
    overseer.message({
      type: "candidateBacked",
      paraId: PARA,
      candidateHash: candidate.hash,
    });
  }
}

const backable = async (
  overseer: Overseer,
  leaf: number,
  ancestors: readonly ProspectiveCandidate[] = [],
  count = 9,
) => {
  const chain = await overseer.ask({
    type: "getBackableCandidates",
    leaf: relayBlock(leaf).hash,
    paraId: PARA,
    count,
    ancestors: new Set(ancestors.map(({ hash }) => hash)),
  });
  return chain.map(({ candidateHash }) => candidateHash);
};
const hashesOf = (candidates: readonly ProspectiveCandidate[]) =>
  candidates.map(({ hash }) => hash);

const isMember = async (overseer: Overseer, parentHeadDataHash: Hash, relayParent = 7) =>
  (
    await overseer.ask({
      type: "getHypotheticalMembership",
      candidate: {
        type: "incomplete",
        candidateHash: asCandidateHash(relayBlock(99).hash),
        paraId: PARA,
        relayParent: relayBlock(relayParent).hash,
        parentHeadDataHash,
      },
    })
  ).length > 0;

test("backed candidates of several relay parents make one chain, which an author may cut short", async () => {
  const { overseer, running } = await world();
  const chain = [link(0, 1, { relayParent: 5 }), link(1, 2, { relayParent: 6 }), link(2, 3)];
  await back(overseer, ...chain);
  assert.deepEqual(await backable(overseer, 7), hashesOf(chain));
  assert.deepEqual(await backable(overseer, 7, [], 1), hashesOf(chain.slice(0, 1)));
  assert.deepEqual(await backable(overseer, 6), [], "no active leaf");
  await overseer.conclude(running);
});

test("a chain goes on behind what waits for availability, and without it where that is dropped", async () => {
  const waiting = link(0, 1, { relayParent: 5 });
  const { overseer, running } = await world({ backing: backingState([waiting]) });
  assert.equal(await introduce(overseer, waiting), false, "the relay chain has it");
  const next = link(1, 2, { relayParent: 6 });
  await back(overseer, next);
  assert.deepEqual(await backable(overseer, 7, [waiting]), [next.hash]);
  assert.deepEqual(await backable(overseer, 7), []);
  await overseer.conclude(running);
});

test("candidates outlive the leaf under which they came, as long as a leaf lets them in", async () => {
  const { overseer, running } = await world();
  const chain = [link(0, 1, { relayParent: 5 }), link(1, 2, { relayParent: 7 })] as const;
  await back(overseer, ...chain);
  // The first was backed by block 8, which lets in 7 and 6.
  overseer.activate(relayBlock(8).hash, 8, [relayBlock(7).hash]);
  await answerLeaf(overseer, 8, {
    ancestors: [7, 6],
    headers: [8],
    backing: backingState(chain.slice(0, 1), { minRelayParentNumber: 6 }),
  });
  assert.deepEqual(await backable(overseer, 8, [chain[0]]), [chain[1].hash]);
  assert.equal(await isMember(overseer, headHash(2)), true);
  assert.equal(await isMember(overseer, headHash(0)), false, "the chain has built on it");
  assert.equal(await isMember(overseer, headHash(1), 5), false, "too old");
  await overseer.conclude(running);
});

test("a candidate whose parent comes later is kept until then", async () => {
  const { overseer, running } = await world();
  const [first, second] = [link(0, 1), link(1, 2)];
  await back(overseer, second);
  assert.deepEqual(await backable(overseer, 7), []);
  await back(overseer, first);
  assert.deepEqual(await backable(overseer, 7), hashesOf([first, second]));
  await overseer.conclude(running);
});

test("without depth and ancestry only the leaf's head and the leaf itself are built on", async () => {
  const params: AsyncBackingParams = { maxCandidateDepth: 0, allowedAncestryLen: 0 };
  const waiting = link(0, 1, { relayParent: 6 });
  const facts = { params, headers: [7], backing: backingState([waiting]) };
  const { overseer, running } = await world(facts);
  assert.deepEqual(
    [
      await isMember(overseer, headHash(1)),
      await isMember(overseer, headHash(1), 6),
      await isMember(overseer, headHash(0)),
      await isMember(overseer, headHash(5)),
    ],
    [true, false, false, false],
  );
  const next = link(1, 2);
  await back(overseer, next);
  assert.equal(await isMember(overseer, headHash(2)), false);
  assert.deepEqual(await backable(overseer, 7, [waiting]), [next.hash]);
  await overseer.conclude(running);
});

test("the place of a candidate that times out may be taken", async () => {
  const waiting = link(0, 1, { relayParent: 5 });
  const core = sampleOccupiedCore(
    { descriptor: waiting.receipt.descriptor, commitmentsHash: relayBlock(1).hash },
    4,
  );
  assert.ok(core.type === "occupied");
  const cores: CoreState[] = [
    { type: "occupied", value: { ...core.value, candidateHash: waiting.hash, timeOutAt: 8 } },
  ];
  const { overseer, running } = await world({ backing: backingState([waiting]), cores });
  const rival = link(0, 2);
  await back(overseer, rival);
  assert.deepEqual(await backable(overseer, 7), [rival.hash]);
  assert.deepEqual(await backable(overseer, 7, [waiting]), []);
  await overseer.conclude(running);
});

test("validation data is told for relay parents in view and heads that are known or given", async () => {
  const { overseer, running } = await world();
  const ask = (relayParent: number, byte: number, type: "hash" | "data") =>
    overseer.ask({
      type: "getProspectiveValidationData",
      paraId: PARA,
      relayParent: relayBlock(relayParent).hash,
      parentHead: type === "data" ? { type, value: head(byte) } : { type, value: headHash(byte) },
    });
  assert.deepEqual(await ask(6, 0, "hash"), link(0, 1, { relayParent: 6 }).persistedValidationData);
  assert.deepEqual(await ask(6, 9, "data"), link(9, 1, { relayParent: 6 }).persistedValidationData);
  assert.equal(await ask(6, 9, "hash"), undefined);
  assert.equal(await ask(4, 0, "data"), undefined);
  await overseer.conclude(running);
});

test("at a leaf without a runtime, or for an unknown para, there is nothing", async () => {
  const overseer: Overseer = new FakeOverseer();
  const running = run(overseer.context, { logger: silentLogger });
  const { hash: leaf } = relayBlock(7);
  overseer.activate(leaf, 7);
  const params = await overseer.expect("runtime-api", "asyncBackingParams");
  params.reply(err({ code: "unavailable", relayParent: leaf }));
  (await overseer.expect("runtime-api", "availabilityCores")).reply.cancel();
  (await overseer.expect("runtime-api", "claimQueue")).reply.cancel();
  assert.equal(await introduce(overseer, link(0, 1)), false);
  assert.deepEqual(await backable(overseer, 7), []);
  assert.equal(await isMember(overseer, headHash(0)), false);
  overseer.deactivate(leaf);
  await overseer.conclude(running);
});
