import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { World } from "../../test/world.ts";

const UNIT = 10_000_000_000n;

interface Event {
  readonly event: string;
  readonly block?: { readonly hash: string; readonly index: number } | null;
  readonly error?: string;
}

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

const follow = async (transaction: string) =>
  world.client.said<Event>(
    await world.client.call("transactionWatch_v1_submitAndWatch", transaction),
  );

test("a transaction is followed to finality, with its place in the block", async () => {
  const said = await follow(world.transfer(UNIT));
  assert.deepEqual(said, [{ event: "validated" }]);
  assert.ok(await world.runUntil(() => said.at(-1)?.event === "finalized"));
  const included = said.find(({ event }) => event === "bestChainBlockIncluded")?.block;
  const body = await world.client.call<string[]>("archive_v1_body", included?.hash ?? "");
  assert.ok((included?.index ?? -1) > 0 && (included?.index ?? 0) < body.length);
  assert.ok(said.every(({ event }, index) => event !== "validated" || index === 0));
});

test("what is wrong with a transaction is told as an event", async () => {
  const errors = [];
  for (const wrong of [world.transfer(UNIT, { nonce: 0 }), "0x0004", "0x0804ff"]) {
    const [event, ...more] = await follow(wrong);
    assert.equal(event?.event, "invalid");
    assert.deepEqual(more, []);
    errors.push(event.error);
  }
  assert.deepEqual(errors, [
    "Invalid Transaction: Transaction is outdated",
    "0x0004… is no transaction",
    "Extrinsic has invalid format: input ends at 1, wanted 2",
  ]);
  const refusal = await world.client.refusal("transactionWatch_v1_submitAndWatch", 7);
  assert.equal(refusal.code, -32602);
});

test("who is outbid hears of it, and who unsubscribes nothing more", async () => {
  const { client } = world;
  const waiting = { nonce: 500 };
  const id = await client.call<string>(
    "transactionWatch_v1_submitAndWatch",
    world.transfer(UNIT, waiting),
  );
  const outbid = await follow(world.transfer(2n * UNIT, { ...waiting, tip: 1000n }));
  assert.match(client.said<Event>(id).at(-1)?.error ?? "", /^transaction 0x\w+ took its place$/);
  const [last] = client.said<Event>(id).slice(-1);
  assert.equal(last?.event, "invalid");
  assert.equal(await client.call("transactionWatch_v1_unwatch", id), null);
  assert.deepEqual(outbid, [{ event: "validated" }]);
});
