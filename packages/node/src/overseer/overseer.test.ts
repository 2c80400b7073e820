import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import { ManualClock } from "./manual-clock.ts";
import { CONCLUDE_TIMEOUT_MS, Overseer, SIGNAL_TIMEOUT_MS, type Subsystems } from "./overseer.ts";
import { Cancelled, unlessCancelled } from "./reply.ts";

const hash = (name: string): Hash => `0x${name}` as Hash;
const block = (name: string, number: number, parent: string) => ({
  hash: hash(name),
  number,
  parentHash: hash(parent),
});

function start(subsystems: Subsystems) {
  const clock = new ManualClock();
  const overseer = new Overseer(
    { clock, logger: silentLogger },
    { finalized: 0, leaves: [block("a1", 1, "a0")] },
    subsystems,
  );
  return { clock, overseer };
}

/** Answers `leaves` and notes all it hears. */
function chainSelection(heard: string[]): NonNullable<Subsystems["chain-selection"]> {
  return async ({ inbox }) => {
    for await (const incoming of inbox) {
      if (incoming.from === "overseer") {
        const { signal } = incoming;
        heard.push(signal.type === "activeLeaves" ? `leaf ${signal.activated?.hash}` : signal.type);
        if (signal.type === "conclude") return;
        continue;
      }
      heard.push(incoming.message.type);
      if (incoming.message.type === "leaves") incoming.message.reply([hash("a1")]);
    }
  };
}

test("subsystems hear of leaves, ask each other and conclude", async () => {
  const heard: string[] = [];
  const answers: unknown[] = [];
  const { overseer, clock } = start({
    "chain-selection": chainSelection(heard),
    provisioner: async (context) => {
      for await (const incoming of context.inbox) {
        if (incoming.from === "subsystem") continue;
        if (incoming.signal.type === "conclude") return;
        if (incoming.signal.type === "activeLeaves")
          answers.push(await context.ask("chain-selection", { type: "leaves" }));
      }
    },
  });
  await clock.advance(0);
  await overseer.blockImported(block("a2", 2, "a1"));
  await clock.advance(0);
  await overseer.blockFinalized(hash("a1"), 1);
  await clock.advance(0);
  assert.deepEqual(heard, ["leaf 0xa1", "leaves", "leaf 0xa2", "leaves", "blockFinalized"]);
  assert.deepEqual(answers, [["0xa1"], ["0xa1"]]);
  assert.deepEqual(await overseer.stop(), { reason: { type: "stopped" }, unfinished: [] });
  assert.equal(clock.pending, 0);
});

test("a message never overtakes the leaf it is about", async () => {
  const heard: string[] = [];
  let release: () => void = () => {};
  const busy = new Promise<void>((resolve) => {
    release = resolve;
  });
  const listen = chainSelection(heard);
  const { overseer, clock } = start({
    "chain-selection": async (context) => {
      await busy;
      await listen(context);
    },
    provisioner: async (context) => {
      for await (const incoming of context.inbox) {
        if (incoming.from === "subsystem") continue;
        const { signal } = incoming;
        if (signal.type === "conclude") return;
        if (signal.type === "activeLeaves" && signal.activated !== undefined)
          await context.send("chain-selection", { type: "approved", hash: signal.activated.hash });
      }
    },
  });
  await overseer.blockImported(block("a2", 2, "a1"));
  await clock.advance(0);
  release();
  await clock.advance(0);
  assert.deepEqual(heard, ["leaf 0xa1", "leaf 0xa2", "approved", "approved"]);
  await overseer.stop();
});

test("a subsystem that throws ends the node and the questions it owes are cancelled", async () => {
  const failure = new Error("broken");
  const { overseer } = start({
    "chain-selection": async ({ inbox }) => {
      for await (const incoming of inbox) if (incoming.from === "subsystem") throw failure;
    },
    provisioner: async ({ inbox }) => {
      for await (const incoming of inbox)
        if (incoming.from === "overseer" && incoming.signal.type === "conclude") return;
    },
  });
  const answer = overseer.ask("chain-selection", { type: "leaves" });
  await assert.rejects(answer, Cancelled);
  const { reason, unfinished } = await overseer.ended;
  assert.deepEqual(reason, { type: "failed", subsystem: "chain-selection", failure });
  assert.deepEqual(unfinished, []);
});

test("a subsystem that returns on its own ends the node", async () => {
  const { overseer } = start({ provisioner: async () => {} });
  const { reason } = await overseer.ended;
  assert.equal(reason.type, "failed");
});

test("a job that fails ends the node, a job that lost its question does not", async () => {
  const { overseer, clock } = start({
    provisioner: async (context) => {
      context.spawn("lost", async () => {
        await context.ask("chain-selection", { type: "leaves" });
      });
      for await (const incoming of context.inbox)
        if (incoming.from === "overseer" && incoming.signal.type === "blockFinalized")
          context.spawn("broken", () => Promise.reject(new Error("broken")));
    },
  });
  await clock.advance(0);
  let over = false;
  void overseer.ended.then(() => {
    over = true;
  });
  await clock.advance(0);
  assert.equal(over, false);
  await overseer.blockFinalized(hash("a1"), 1);
  const end = overseer.ended;
  assert.equal((await end).reason.type, "failed");
});

test("a subsystem that takes no signal for ten seconds is stalled", async () => {
  const never = new Promise<void>(() => {});
  const { overseer, clock } = start({ provisioner: () => never });
  await clock.advance(SIGNAL_TIMEOUT_MS - 1);
  let over = false;
  void overseer.ended.then(() => {
    over = true;
  });
  await clock.advance(0);
  assert.equal(over, false);
  await clock.advance(1);
  const { reason } = await overseer.ended;
  assert.equal(
    reason.type === "failed" && String(reason.failure),
    "HostError: stalled: provisioner takes no signal",
  );
});

test("stopping does not wait for ever", async () => {
  const never = new Promise<void>(() => {});
  const { overseer, clock } = start({
    provisioner: async ({ inbox }) => {
      for await (const incoming of inbox)
        if (incoming.from === "overseer" && incoming.signal.type === "conclude") await never;
    },
  });
  const end = overseer.stop();
  await clock.advance(CONCLUDE_TIMEOUT_MS);
  assert.deepEqual((await end).unfinished, ["provisioner"]);
});

test("a subsystem that does not run answers nobody", async () => {
  const { overseer } = start({});
  const answer = overseer.ask("chain-selection", { type: "leaves" });
  assert.equal(await unlessCancelled(answer), undefined);
  await overseer.send("chain-selection", { type: "approved", hash: hash("a1") });
});

test("waiting for a leaf ends when it is activated or the node stops", async () => {
  const { overseer } = start({});
  assert.equal(await overseer.waitForActivation(hash("a1")), true);
  const next = overseer.waitForActivation(hash("a2"));
  await overseer.blockImported(block("a2", 2, "a1"));
  assert.equal(await next, true);
  const never = overseer.waitForActivation(hash("a3"));
  await overseer.stop();
  assert.equal(await never, false);
});
