import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk, ok, silentLogger } from "@parahost/base";
import { MemoryKeystore, sr25519Verify } from "@parahost/crypto";
import {
  asSessionIndex,
  asValidatorId,
  bitfieldPayload,
  type CoreState,
  candidateHash,
} from "@parahost/primitives";
import { bitsToBooleans } from "@parahost/scale";
import { MemoryStore } from "@parahost/storage";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { sampleHash, sampleOccupiedCore, sampleReceipt } from "../sample-candidate.ts";
import type { BitfieldRecordColumn } from "./bitfield-record.ts";
import { type BitfieldSigningSends, run } from "./subsystem.ts";

const SLOT_MS = 6000;
const leaf = sampleHash(0xaa);
const keystore = new MemoryKeystore();
const ours = asValidatorId(expectOk(keystore.insert("para", "//Alice"), "a key"));
const validators = [asValidatorId(sampleHash(1)), asValidatorId(sampleHash(2)), ours];
const candidates = [sampleReceipt({ paraId: 1 }), sampleReceipt({ paraId: 2 })] as const;
const cores: readonly CoreState[] = [
  sampleOccupiedCore(candidates[0], 3),
  { type: "free" },
  sampleOccupiedCore(candidates[1], 3),
];

function start(store = new MemoryStore<BitfieldRecordColumn>(["ownBitfields"]), keys = keystore) {
  const clock = new ManualClock();
  const overseer = new FakeOverseer<"bitfield-signing", BitfieldSigningSends>();
  const deps = { clock, logger: silentLogger, keystore: keys, store, slotMs: SLOT_MS };
  return { clock, overseer, store, running: run(overseer.context, deps) };
}

type World = ReturnType<typeof start>;

async function answerRuntime({ overseer }: World): Promise<void> {
  (await overseer.expect("runtime-api", "validators")).reply(ok(validators));
  (await overseer.expect("runtime-api", "availabilityCores")).reply(ok(cores));
  (await overseer.expect("runtime-api", "sessionIndexForChild")).reply(ok(asSessionIndex(4)));
}

async function answerStore({ overseer }: World, ...held: readonly boolean[]): Promise<void> {
  for (const [i, bit] of held.entries()) {
    const asked = await overseer.expect("availability-store", "queryChunkAvailability");
    assert.equal(asked.candidateHash, candidateHash(candidates[i] ?? candidates[0]));
    assert.equal(asked.validatorIndex, 2);
    asked.reply(bit);
  }
}

async function expectBitfield({ overseer }: World, bits: readonly boolean[]): Promise<void> {
  const { relayParent, bitfield } = await overseer.expect(
    "bitfield-distribution",
    "distributeBitfield",
  );
  assert.equal(relayParent, leaf);
  assert.equal(bitfield.validatorIndex, 2);
  assert.deepEqual(bitsToBooleans(bitfield.payload), bits);
  const signed = bitfieldPayload(bitfield.payload, {
    sessionIndex: asSessionIndex(4),
    parentHash: leaf,
  });
  assert.ok(sr25519Verify(ours, signed, bitfield.signature));
}

test("a quarter of a slot after activation one bit is set per chunk that we hold", async () => {
  const world = start();
  world.overseer.activate(leaf, 1);
  await world.clock.advance(SLOT_MS / 4 - 1);
  await world.overseer.expectSilence();
  await world.clock.advance(1);
  await answerRuntime(world);
  await answerStore(world, true, false);
  await expectBitfield(world, [true, false, false]);
  await world.overseer.conclude(world.running);
});

test("a bitfield without a set bit is signed too", async () => {
  const world = start();
  world.overseer.activate(leaf, 1);
  await world.clock.advance(SLOT_MS / 4);
  await answerRuntime(world);
  await answerStore(world, false, false);
  await expectBitfield(world, [false, false, false]);
  await world.overseer.conclude(world.running);
});

test("a leaf that is deactivated meanwhile gets none", async () => {
  const world = start();
  world.overseer.activate(leaf, 1);
  await world.clock.advance(SLOT_MS / 8);
  world.overseer.deactivate(leaf);
  await world.clock.advance(SLOT_MS);
  await world.overseer.conclude(world.running);
  assert.equal(world.clock.pending, 0);
});

test("nothing is signed on a stale leaf", async () => {
  const world = start();
  const activated = { hash: leaf, number: 1, status: "stale" } as const;
  world.overseer.signal({ type: "activeLeaves", activated, deactivated: [] });
  await world.clock.advance(SLOT_MS);
  await world.overseer.conclude(world.running);
});

test("who is no validator signs nothing", async () => {
  const world = start(undefined, new MemoryKeystore());
  world.overseer.activate(leaf, 1);
  await world.clock.advance(SLOT_MS / 4);
  (await world.overseer.expect("runtime-api", "validators")).reply(ok(validators));
  await world.overseer.conclude(world.running);
});

test("when the store does not answer there is no bitfield", async () => {
  const world = start();
  world.overseer.activate(leaf, 1);
  await world.clock.advance(SLOT_MS / 4);
  await answerRuntime(world);
  await answerStore(world, true);
  (await world.overseer.expect("availability-store", "queryChunkAvailability")).reply.cancel();
  await world.overseer.conclude(world.running);
});

test("after a restart the same bitfield is signed again, until finality", async () => {
  const before = start();
  before.overseer.activate(leaf, 1);
  await before.clock.advance(SLOT_MS / 4);
  await answerRuntime(before);
  await answerStore(before, true, false);
  await expectBitfield(before, [true, false, false]);
  await before.overseer.conclude(before.running);

  const after = start(before.store);
  after.overseer.activate(leaf, 1);
  await after.clock.advance(SLOT_MS / 4);
  await answerRuntime(after);
  await answerStore(after, true, true);
  await expectBitfield(after, [true, false, false]);
  after.overseer.signal({ type: "blockFinalized", hash: sampleHash(0xab), number: 2 });
  await after.overseer.conclude(after.running);
  assert.deepEqual([...after.store.range("ownBitfields", new Uint8Array(0))], []);
});
