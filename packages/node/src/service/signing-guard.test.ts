import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger, u64Bytes, VirtualClock } from "@parahost/base";
import { MemoryJournal } from "@parahost/consensus";
import { MemoryKeystore } from "@parahost/crypto";
import type { Slot } from "@parahost/primitives";
import { SigningGuard } from "./signing-guard.ts";

const SLOT_MS = 6000;
const START_SLOT = 1000;
const BYTES = new Uint8Array([1]);
const slot = (number: number): Slot => number as Slot;

class World {
  readonly clock = new VirtualClock(START_SLOT * SLOT_MS);
  readonly journal = new MemoryJournal();
  readonly keys = new MemoryKeystore();
  readonly alice: `0x${string}`;
  guard: SigningGuard;

  constructor() {
    const inserted = this.keys.insert("babe", "//Alice");
    this.keys.insert("acco", "//Alice");
    this.alice = inserted.ok ? inserted.value : "0x";
    this.guard = this.restart();
  }

  restart(): SigningGuard {
    const { clock, journal, keys: keystore } = this;
    this.guard = new SigningGuard({ clock, journal, keystore, logger: silentLogger }, SLOT_MS);
    return this.guard;
  }

  pass(ms: number): Promise<unknown> {
    return this.clock.runUntil(this.clock.now() + ms, async () => {});
  }

  /** With a peer and at the head of the chain. */
  async settle(): Promise<void> {
    this.guard.look(1, false);
    await this.pass(500);
    this.guard.look(1, false);
  }

  get signs(): boolean {
    return this.guard.keystore.sign("babe", this.alice, BYTES) !== undefined;
  }
}

test("nothing is signed before a peer is there and the chain is caught up", async () => {
  const world = new World();
  assert.equal(world.signs, false);
  world.guard.look(1, true);
  await world.pass(10_000);
  world.guard.look(1, true);
  assert.equal(world.signs, false);
  world.guard.look(1, false);
  assert.equal(world.signs, true);
  world.guard.look(0, true);
  assert.equal(world.signs, true, "it is looked at once");
});

test("who is alone for three slots begins", async () => {
  const world = new World();
  world.guard.look(0, false);
  await world.pass(3 * SLOT_MS - 1);
  world.guard.look(0, false);
  assert.equal(world.signs, false);
  await world.pass(1);
  world.guard.look(0, false);
  assert.equal(world.signs, true);
});

test("keys whose signatures contradict nothing are not held", () => {
  const { guard, alice } = new World();
  assert.ok(guard.keystore.sign("acco", alice, BYTES) !== undefined);
  assert.deepEqual(guard.keystore.publicKeys("babe"), [alice]);
  assert.equal(guard.keystore.has("babe", alice), true);
});

test("a block of ours that the journal does not know silences the node until the next session", async () => {
  const world = new World();
  await world.settle();
  world.journal.put(new TextEncoder().encode("babe:last-slot"), u64Bytes(900));
  world.guard.onForeignBlock(world.alice, slot(900));
  assert.equal(world.signs, true, "the journal knows that one");
  world.guard.onForeignBlock(world.alice, slot(950));
  assert.equal(world.signs, false);
  // Sessions that began before we noticed are of the past.
  world.guard.onEpoch(slot(960));
  world.guard.onEpoch(slot(START_SLOT));
  assert.equal(world.signs, false);
  world.guard.onEpoch(slot(START_SLOT + 5));
  assert.equal(world.signs, false, "peers have not repeated everything yet");

  world.restart();
  await world.settle();
  assert.equal(world.signs, false, "a restart does not forget it");
  world.guard.onEpoch(slot(START_SLOT + 6));
  assert.equal(world.signs, true);
  world.restart();
  await world.settle();
  assert.equal(world.signs, true);
});

test("blocks of others are no news", async () => {
  const world = new World();
  await world.settle();
  world.guard.onForeignBlock(`0x${"11".repeat(32)}`, slot(5000));
  assert.equal(world.signs, true);
});
