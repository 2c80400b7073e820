import assert from "node:assert/strict";
import test from "node:test";
import { ok, silentLogger, VirtualClock } from "@parahost/base";
import {
  asCandidateHash,
  asHash,
  asParaId,
  asValidatorIndex,
  type BackedCandidate,
  type CandidateReceipt,
  type CoreState,
  candidateHash,
  type PersistedValidationData,
  persistedValidationDataHash,
  type UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { bitsAt, bitsFrom } from "@parahost/scale";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { run } from "./subsystem.ts";

const leaf = asHash(`0x${"11".repeat(32)}`);
const para = asParaId(1000);
const validationData: PersistedValidationData = {
  parentHead: new Uint8Array([1]),
  relayParentNumber: 7,
  relayParentStorageRoot: leaf,
  maxPovSize: 1000,
};
const elsewhere: PersistedValidationData = { ...validationData, parentHead: new Uint8Array([2]) };

const receipt = (data: PersistedValidationData, salt: number): CandidateReceipt => ({
  descriptor: {
    version: 2,
    paraId: para,
    relayParent: leaf,
    coreIndex: 0,
    sessionIndex: 1,
    persistedValidationDataHash: persistedValidationDataHash(data),
    povHash: leaf,
    erasureRoot: leaf,
    paraHead: leaf,
    validationCodeHash: leaf,
  } as unknown as CandidateReceipt["descriptor"],
  commitmentsHash: asHash(`0x${salt.toString(16).padStart(64, "0")}`),
});

const bitfield = (validator: number, bit: boolean): UncheckedSignedAvailabilityBitfield => ({
  payload: bitsFrom([bit]),
  validatorIndex: asValidatorIndex(validator),
  signature: new Uint8Array(64),
});

const scheduled: CoreState = { type: "scheduled", value: { paraId: para, collator: undefined } };
const occupied = (timeOutAt: number): CoreState =>
  ({
    type: "occupied",
    value: {
      availability: bitsAt(4, []),
      timeOutAt,
      nextUpOnAvailable: { paraId: para, collator: undefined },
      nextUpOnTimeOut: { paraId: para, collator: undefined },
    },
  }) as unknown as CoreState;

function world() {
  const clock = new VirtualClock(0);
  const overseer = new FakeOverseer<"provisioner", "runtime-api" | "candidate-backing">();
  const running = run(overseer.context, { clock, logger: silentLogger, slotMs: 6000 });
  overseer.activate(leaf, 7);
  return {
    clock,
    overseer,
    running,
    tick: (to: number) => clock.runUntil(to, overseer.settle.bind(overseer)),
  };
}
const request = (overseer: ReturnType<typeof world>["overseer"]) =>
  overseer.ask({ type: "requestInherentData", relayParent: leaf });

test("a request waits until the leaf has collected for a third of the slot", async () => {
  const { overseer, running, tick } = world();
  const answer = request(overseer);
  await overseer.expectSilence();
  await tick(2000);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([{ type: "free" }]));
  assert.deepEqual(await answer, { ok: true, value: { bitfields: [], backedCandidates: [] } });
  await overseer.conclude(running);
});

test("a free core gets the backable candidate that builds on its para's head", async () => {
  const { overseer, running, tick } = world();
  const good = [receipt(validationData, 1), receipt(validationData, 2)];
  for (const candidateReceipt of [receipt(elsewhere, 0), ...good])
    overseer.message({
      type: "provisionableData",
      relayParent: leaf,
      data: { type: "backableCandidate", candidateReceipt },
    });
  await tick(2000);
  const answer = request(overseer);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([scheduled]));
  const question = await overseer.expect("runtime-api", "persistedValidationData");
  assert.deepEqual(question.args, [para, { type: "free" }]);
  question.reply(ok(validationData));
  const asked = await overseer.expect("candidate-backing", "getBackableCandidates");
  const lowest = good.map(candidateHash).sort()[0];
  assert.deepEqual([...asked.candidates], [[para, [{ candidateHash: lowest, relayParent: leaf }]]]);
  const backed = { candidate: { commitments: {} } } as unknown as BackedCandidate;
  asked.reply(new Map([[para, [backed]]]));
  assert.deepEqual(await answer, {
    ok: true,
    value: { bitfields: [], backedCandidates: [backed] },
  });
  await overseer.conclude(running);
});

test("a core whose candidate becomes available in this block is filled on top of it", async () => {
  const { overseer, running, tick } = world();
  for (const validator of [2, 0, 1])
    overseer.message({
      type: "provisionableData",
      relayParent: leaf,
      data: { type: "bitfield", bitfield: bitfield(validator, true) },
    });
  await tick(2000);
  const answer = request(overseer);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([occupied(99)]));
  const question = await overseer.expect("runtime-api", "persistedValidationData");
  assert.deepEqual(question.args, [para, { type: "included" }]);
  question.reply(ok(validationData));
  const result = await answer;
  assert.deepEqual(
    result.ok && result.value.bitfields.map(({ validatorIndex }) => validatorIndex),
    [0, 1, 2],
  );
  await overseer.conclude(running);
});

test("a core whose candidate times out in this block is filled in its place", async () => {
  const { overseer, running, tick } = world();
  await tick(2000);
  const answer = request(overseer);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([occupied(8)]));
  const question = await overseer.expect("runtime-api", "persistedValidationData");
  assert.deepEqual(question.args, [para, { type: "timedOut" }]);
  question.reply(ok(undefined));
  assert.equal((await answer).ok, true);
  await overseer.conclude(running);
});

test("whoever waits for a leaf that is gone is told so", async () => {
  const { overseer, running } = world();
  const answer = request(overseer);
  overseer.deactivate(leaf);
  assert.deepEqual(await answer, { ok: false, error: { code: "leafNotActive" } });
  assert.deepEqual(await request(overseer), { ok: false, error: { code: "leafNotActive" } });
  await overseer.conclude(running);
});

test("an author is not held up by a runtime that does not answer", async () => {
  const { overseer, running, tick } = world();
  await tick(2000);
  const answer = request(overseer);
  const question = await overseer.expect("runtime-api", "availabilityCores");
  await tick(2500);
  assert.deepEqual(await answer, { ok: false, error: { code: "timeout" } });
  question.reply.cancel();
  await overseer.conclude(running);
});

test("only one candidate with a code upgrade goes into a block", async () => {
  const { overseer, running, tick } = world();
  overseer.message({
    type: "provisionableData",
    relayParent: leaf,
    data: { type: "backableCandidate", candidateReceipt: receipt(validationData, 1) },
  });
  await tick(2000);
  const answer = request(overseer);
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok([scheduled]));
  (await overseer.expect("runtime-api", "persistedValidationData")).reply(ok(validationData));
  const upgrade = {
    candidate: { commitments: { newValidationCode: new Uint8Array([1]) } },
    hash: asCandidateHash(leaf),
  } as unknown as BackedCandidate;
  (await overseer.expect("candidate-backing", "getBackableCandidates")).reply(
    new Map([[para, [upgrade, upgrade]]]),
  );
  const result = await answer;
  assert.equal(result.ok && result.value.backedCandidates.length, 1);
  await overseer.conclude(running);
});
