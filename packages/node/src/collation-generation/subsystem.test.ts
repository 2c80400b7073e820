import assert from "node:assert/strict";
import test from "node:test";
import { expectOk, ok, silentLogger } from "@parahost/base";
import { MemoryKeystore, sr25519Verify } from "@parahost/crypto";
import { branches, directCoder, obtainChunks } from "@parahost/erasure";
import {
  type AsyncBackingParams,
  AvailableData,
  asCollatorId,
  asCoreIndex,
  asHash,
  asParaId,
  asSessionIndex,
  asValidationCodeHash,
  type BackingState,
  type CoreState,
  collatorSignaturePayload,
  type Hash,
  nodeFeatures,
  type OccupiedCoreAssumption,
  type PersistedValidationData,
  paraHeadHash,
  povHash,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { oneShot } from "../overseer/reply.ts";
import type { Collation, CollationSecondedSignal, CollatorFunction } from "./messages.ts";
import { type CollationGenerationSends, run } from "./subsystem.ts";

const leaf = asHash(`0x${"11".repeat(32)}`);
const code = asValidationCodeHash(`0x${"22".repeat(32)}`);
const para = asParaId(1000);
const validationData: PersistedValidationData = {
  parentHead: new Uint8Array([1, 2]),
  relayParentNumber: 7,
  relayParentStorageRoot: leaf,
  maxPovSize: 1000,
};
const collation: Collation = {
  upwardMessages: [],
  horizontalMessages: [],
  newValidationCode: undefined,
  headData: new Uint8Array([3]),
  pov: { blockData: new Uint8Array([9, 9, 9]) },
  processedDownwardMessages: 0,
  hrmpWatermark: 7,
};
const GUIDE_PARAMS: AsyncBackingParams = { maxCandidateDepth: 0, allowedAncestryLen: 0 };
/** A compression that can be told from none. */
const compress = (bytes: Uint8Array): Uint8Array => bytes.slice(1);

const scheduled = (paraId: number): CoreState => ({
  type: "scheduled",
  value: { paraId: asParaId(paraId), collator: undefined },
});
const occupied = (next: number): CoreState =>
  ({
    type: "occupied",
    value: { nextUpOnAvailable: { paraId: asParaId(next), collator: undefined } },
  }) as unknown as CoreState;

async function world(collator: CollatorFunction) {
  const keystore = new MemoryKeystore();
  const key = asCollatorId(expectOk(keystore.insert("coll", "//Collator"), "a valid URI"));
  const overseer = new FakeOverseer<"collation-generation", CollationGenerationSends>();
  const running = run(overseer.context, {
    coder: directCoder,
    logger: silentLogger,
    keystore,
    compress,
  });
  overseer.message({ type: "initialize", config: { key, paraId: para, collator } });
  assert.equal((await overseer.expect("collator-protocol", "collateOn")).paraId, para);
  return { overseer, running, key };
}
type World = Awaited<ReturnType<typeof world>>;

/** The guide's rule, unless told otherwise. */
async function answerParams(overseer: World["overseer"], params = GUIDE_PARAMS): Promise<void> {
  (await overseer.expect("runtime-api", "asyncBackingParams")).reply(ok(params));
}
async function answerCores({ overseer }: World, cores: readonly CoreState[]): Promise<void> {
  overseer.activate(leaf, 7);
  await answerParams(overseer);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok(cores));
}
async function answerPara({ overseer }: World): Promise<OccupiedCoreAssumption> {
  const data = await overseer.expect("runtime-api", "persistedValidationData");
  data.reply(ok(validationData));
  (await overseer.expect("runtime-api", "validationCodeHash")).reply(ok(code));
  return data.args[1];
}
async function answerSession({ overseer }: World, v2: boolean): Promise<void> {
  (await overseer.expect("runtime-api", "validators")).reply(
    ok([1, 2, 3, 4].map((i) => asHash(`0x${String(i).repeat(64)}`) as never)),
  );
  (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(asSessionIndex(5)));
  (await overseer.expect("runtime-api", "nodeFeatures")).reply(
    ok(v2 ? nodeFeatures("candidateReceiptV2") : nodeFeatures()),
  );
}

test("a scheduled core is collated on, and the receipt says what the collation is", async () => {
  const net = await world(async () => ({ collation, onSeconded: undefined }));
  await answerCores(net, [scheduled(2000), scheduled(1000)]);
  assert.deepEqual(await answerPara(net), { type: "free" });
  await answerSession(net, true);
  const sent = await net.overseer.expect("collator-protocol", "distributeCollation");
  const { descriptor } = sent.candidateReceipt;
  const pov = { blockData: new Uint8Array([9, 9]) };
  const chunks = expectOk(
    obtainChunks(4, encode(AvailableData, { pov, validationData })),
    "four validators",
  );
  assert.deepEqual(sent.pov, pov, "compressed");
  assert.deepEqual(
    { ...descriptor },
    {
      ...descriptor,
      version: 2,
      paraId: para,
      relayParent: leaf,
      coreIndex: asCoreIndex(1),
      sessionIndex: 5,
      povHash: povHash(pov),
      erasureRoot: branches(chunks).root,
      paraHead: paraHeadHash(collation.headData),
      validationCodeHash: code,
    },
  );
  assert.equal(sent.parentHeadDataHash, paraHeadHash(validationData.parentHead));
  await net.overseer.conclude(net.running);
});

test("an occupied core that comes to the para is collated on as if its candidate were included", async () => {
  const net = await world(async () => undefined);
  await answerCores(net, [occupied(1000)]);
  assert.deepEqual(await answerPara(net), { type: "included" });
  await net.overseer.conclude(net.running);
});

test("without the feature the descriptor names the collator and carries its signature", async () => {
  const net = await world(async () => ({ collation, onSeconded: undefined }));
  await answerCores(net, [scheduled(1000)]);
  await answerPara(net);
  await answerSession(net, false);
  const sent = await net.overseer.expect("collator-protocol", "distributeCollation");
  const { descriptor } = sent.candidateReceipt;
  assert.equal(descriptor.version, 1);
  if (descriptor.version !== 1) return;
  assert.equal(descriptor.collator, net.key);
  assert.equal(
    sr25519Verify(net.key, collatorSignaturePayload(descriptor), descriptor.signature),
    true,
  );
  await net.overseer.conclude(net.running);
});

test("a leaf without a core for the para is left alone", async () => {
  const net = await world(async () => ({ collation, onSeconded: undefined }));
  await answerCores(net, [scheduled(2000), { type: "free" }, occupied(2000)]);
  await net.overseer.conclude(net.running);
});

test("a PoV above the limit becomes no candidate", async () => {
  const blockData = new Uint8Array(1100);
  const answer = oneShot<CollationSecondedSignal>("seconded");
  const net = await world(async () => ({
    collation: { ...collation, pov: { blockData } },
    onSeconded: answer.reply,
  }));
  await answerCores(net, [scheduled(1000)]);
  await answerPara(net);
  await answerSession(net, true);
  await net.overseer.settle();
  await assert.rejects(answer.answer);
  await net.overseer.conclude(net.running);
});

test("a leaf whose state is gone is skipped", async () => {
  const net = await world(async () => ({ collation, onSeconded: undefined }));
  net.overseer.activate(leaf, 7);
  await answerParams(net.overseer);
  (await net.overseer.expect("runtime-api", "availabilityCores")).reply({
    ok: false,
    error: { code: "unavailable", relayParent: leaf },
  });
  await net.overseer.conclude(net.running);
});

test("a submitted collation is taken when it builds on a head the para may have", async () => {
  const net = await world(async () => undefined);
  net.overseer.message({
    type: "submitCollation",
    relayParent: leaf,
    collation,
    parentHead: validationData.parentHead,
    validationCodeHash: code,
    onSeconded: undefined,
    coreIndex: asCoreIndex(0),
  });
  (await net.overseer.expect("runtime-api", "persistedValidationData")).reply(ok(undefined));
  (await net.overseer.expect("runtime-api", "persistedValidationData")).reply(ok(validationData));
  await answerSession(net, true);
  const sent = await net.overseer.expect("collator-protocol", "distributeCollation");
  assert.equal(sent.coreIndex, 0);
  await net.overseer.conclude(net.running);
});

test("a block that was seconded is built on before the relay chain has it", async () => {
  const params: AsyncBackingParams = { maxCandidateDepth: 1, allowedAncestryLen: 1 };
  const child = asHash(`0x${"12".repeat(32)}`);
  const grandchild = asHash(`0x${"13".repeat(32)}`);
  const parents: Uint8Array[] = [];
  const net = await world(async (_, { parentHead }) => {
    parents.push(parentHead);
    const headData = new Uint8Array([...parentHead, parents.length]);
    return { collation: { ...collation, headData }, onSeconded: undefined };
  });
  const { overseer } = net;
  const activate = async (hash: Hash, number: number, before: readonly Hash[]): Promise<void> => {
    overseer.activate(hash, number, before.slice(0, 1));
    await answerParams(overseer, params);
    (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(asSessionIndex(5)));
    (await overseer.expect("chain-api", "ancestors")).reply(ok(before));
    for (const _ of before)
      (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(asSessionIndex(5)));
    (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([scheduled(1000)]));
    const data = await overseer.expect("runtime-api", "persistedValidationData");
    data.reply(ok({ ...validationData, relayParentNumber: number }));
    (await overseer.expect("runtime-api", "validationCodeHash")).reply(ok(code));
  };
  await activate(leaf, 7, []);
  await answerSession(net, true);
  const sent = await overseer.expect("collator-protocol", "distributeCollation");
  sent.onSeconded?.({ relayParent: leaf } as CollationSecondedSignal);
  await overseer.settle();

  await activate(child, 8, [leaf]);
  const upgrade = { expectedAt: 7, codeHash: asValidationCodeHash(`0x${"33".repeat(32)}`) };
  const backing = (futureValidationCode: typeof upgrade | undefined) =>
    ok({
      constraints: { futureValidationCode },
      pendingAvailability: [],
    } as unknown as BackingState);
  (await overseer.expect("runtime-api", "paraBackingState")).reply(backing(upgrade));
  await answerSession(net, true);
  const next = await overseer.expect("collator-protocol", "distributeCollation");
  assert.deepEqual(parents, [validationData.parentHead, new Uint8Array([1, 2, 1])]);
  assert.deepEqual(next.parentHeadData, parents[1]);
  assert.equal(next.candidateReceipt.descriptor.validationCodeHash, upgrade.codeHash);
  next.onSeconded?.({ relayParent: child } as CollationSecondedSignal);
  await overseer.settle();

  // The first is out of view, and with it what builds on it: begin anew.
  await activate(grandchild, 9, [child]);
  await answerSession(net, true);
  await overseer.expect("collator-protocol", "distributeCollation");
  assert.deepEqual(parents[2], validationData.parentHead);
  await overseer.conclude(net.running);
});
