import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok, SeededRandom, silentLogger } from "@parahost/base";
import {
  asCoreIndex,
  asGroupIndex,
  asSessionIndex,
  type CandidateReceipt,
  candidateHash,
} from "@parahost/primitives";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import { ManualClock } from "../overseer/manual-clock.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import { type BadCandidate, type FishermanSends, run } from "./subsystem.ts";

const receipt = sampleReceipt({ paraId: 2000 });
const SESSION = asSessionIndex(3);
const DATA = { pov: { blockData: new Uint8Array(1) }, validationData: {} } as never;

function start(share = 1) {
  const overseer = new FakeOverseer<"fisherman", FishermanSends>();
  const clock = new ManualClock();
  const reports: BadCandidate[] = [];
  const running = run(overseer.context, {
    clock,
    logger: silentLogger,
    random: new SeededRandom(1),
    share,
    report: (bad) => reports.push(bad),
  });
  return { overseer, clock, running, reports };
}

type World = ReturnType<typeof start>;

/** A new leaf that includes the candidates. */
async function leaf({ overseer }: World, block: number, included: readonly CandidateReceipt[]) {
  overseer.activate(sampleHash(block), block);
  const header = { parentHash: sampleHash(block - 1) };
  (await overseer.expect("chain-api", "blockHeader")).reply(ok(header as never));
  const session = await overseer.expect("runtime-api", "sessionIndexForChild");
  assert.equal(session.relayParent, header.parentHash);
  session.reply(ok(SESSION));
  const events = included.map((one) => ({
    type: "included" as const,
    value: {
      receipt: one,
      headData: new Uint8Array(1),
      core: asCoreIndex(0),
      group: asGroupIndex(1),
    },
  }));
  (await overseer.expect("runtime-api", "candidateEvents")).reply(ok(events));
}

async function execute({ overseer }: World, verdict: "valid" | "invalid") {
  const recovery = await overseer.expect("availability-recovery", "recoverAvailableData");
  assert.deepEqual([recovery.session, recovery.backingGroup, recovery.coreIndex], [SESSION, 1, 0]);
  recovery.reply(ok(DATA));
  (await overseer.expect("runtime-api", "validationCodeByHash")).reply(ok(new Uint8Array(1)));
  (await overseer.expect("runtime-api", "sessionExecutorParams")).reply(ok([]));
  const validation = await overseer.expect("candidate-validation", "validateFromExhaustive");
  validation.reply(ok({ type: verdict } as never));
}

test("an included candidate that is invalid is reported with the block that includes it", async () => {
  const world = start();
  await leaf(world, 2, [receipt]);
  await execute(world, "invalid");
  await world.overseer.settle();
  const hash = candidateHash(receipt);
  const bad = { session: SESSION, candidateHash: hash, relayBlock: sampleHash(2), kind: "invalid" };
  assert.deepEqual(world.reports, [bad]);
  await world.overseer.conclude(world.running);
});

test("a valid candidate is checked once, on whatever forks it is included", async () => {
  const world = start();
  await leaf(world, 2, [receipt]);
  await execute(world, "valid");
  await leaf(world, 4, [receipt]);
  await world.overseer.conclude(world.running);
  assert.deepEqual(world.reports, []);
});

test("data that nobody has is asked for sixteen times before it is reported", async () => {
  const world = start();
  await leaf(world, 2, [receipt]);
  for (let attempt = 1; attempt <= 16; attempt++) {
    assert.deepEqual(world.reports, []);
    const recovery = await world.overseer.expect("availability-recovery", "recoverAvailableData");
    recovery.reply(err({ code: "unavailable" }));
    await world.overseer.settle();
    if (attempt < 16) await world.clock.advance(12_000);
  }
  assert.deepEqual(
    world.reports.map(({ kind }) => kind),
    ["unavailable"],
  );
  await world.overseer.conclude(world.running);
});

test("with a smaller share some candidates are left to others", async () => {
  const world = start(0.5);
  const many = Array.from({ length: 12 }, (_, i) => sampleReceipt({ paraId: 2000 + i }));
  await leaf(world, 2, many);
  const asked: unknown[] = [];
  world.overseer.replace("availability-recovery", (message) => {
    asked.push(message.type);
    message.reply(err({ code: "unavailable" }) as never);
  });
  await world.overseer.settle();
  assert.ok(asked.length > 0 && asked.length < many.length, `${asked.length} were checked`);
  world.overseer.signal({ type: "conclude" });
  await world.running;
});
