/** What authors' tests cost, and that they repeat. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { templateCode } from "@parahost/kit/artifacts";
import { chain } from "@parahost/kit/templates/counter";
import { testNetwork } from "@parahost/sim/harness";

const para = { schema: chain, wasm: templateCode("counter") };

/** The hash of a relay chain block, and how long it took to come to it. */
async function play(seed: number, blocks: number) {
  const startedAt = performance.now();
  const net = await testNetwork({ seed, para: [para, para] });
  await net.para(1000).send({ pallet: "Counter", call: "increment", args: { by: 1 } });
  await net.relayBlock(blocks);
  const ms = performance.now() - startedAt;
  const { hash } = net.relay;
  await net.stop();
  return { hash, ms };
}

test("50 blocks of 4 validators and 2 parachains take less than 5 s", async () => {
  const runs = [await play(1, 50), await play(1, 50), await play(1, 50)];
  assert.ok(Math.min(...runs.map(({ ms }) => ms)) < 5000, JSON.stringify(runs));
});

test("200 runs with one seed have the same hashes", async () => {
  const { hash } = await play(7, 4);
  for (let run = 1; run < 200; run++) assert.equal((await play(7, 4)).hash, hash, `run ${run}`);
});
