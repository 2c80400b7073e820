/** Moving a whole local network: time, blocks, storage, and everything back to where it was. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call, LiveNetwork, refusal } from "./clients-network.ts";

const LIMIT = { timeout: 60_000 };
/** Long enough for nothing to come by itself while a test runs. */
const SLOT_MS = "60000";
const KEY = "0xf00d";

interface Head {
  readonly hash: string;
  readonly number: number;
}

let network: LiveNetwork;
before(async () => {
  network = await LiveNetwork.start("--slot-ms", SLOT_MS);
}, LIMIT);
after(() => network.stop());

const ask = <T>(method: string, ...params: readonly unknown[]): Promise<T> =>
  call<T>(network.port, method, params);
const storage = () => ask<string | null>("state_getStorage", KEY);
const paraHead = async () => (await ask<{ number: number }>("para_head", 1000, "best")).number;

test("blocks come on demand, and finality and parachains with them", LIMIT, async () => {
  const { number } = await ask<Head>("dev_newBlock");
  const later = await ask<Head>("dev_newBlock", 6);
  assert.ok(later.number >= number + 6);
  assert.equal(await ask("chain_getBlockHash", later.number), later.hash);
  const advanced = await ask<Head>("dev_advance", 10);
  assert.ok(advanced.number >= later.number + 8);
  const final = await ask<{ number: string }>(
    "chain_getHeader",
    await ask("chain_getFinalizedHead"),
  );
  assert.ok(Number(final.number) >= advanced.number - 4);
  assert.ok((await paraHead()) >= 5);
});

test("storage is set and removed by the next blocks, before others wait", LIMIT, async () => {
  const set = await ask<Head>("dev_setStorage", [[KEY, "0xaabb"]]);
  assert.equal(await storage(), "0xaabb");
  assert.equal(await ask("state_getStorage", KEY, set.hash), "0xaabb");
  await ask("dev_setStorage", [[KEY, null]]);
  assert.equal(await storage(), null);
});

test("a snapshot brings everything back, and the network goes on from it", LIMIT, async () => {
  await ask("dev_setStorage", [[KEY, "0x01"]]);
  const snapshot = await ask<string>("dev_snapshot");
  const at = await ask<string>("chain_getBlockHash");
  const para = await paraHead();
  await ask("dev_setStorage", [[KEY, "0x02"]]);
  await ask("dev_newBlock", 8);
  assert.ok((await paraHead()) > para);

  const restored = await ask<Head>("dev_restore", snapshot);
  assert.equal(restored.hash, at);
  assert.equal(await storage(), "0x01");
  assert.equal(await paraHead(), para);
  const next = await ask<Head>("dev_newBlock", 8);
  assert.ok(next.number >= restored.number + 8);
  assert.ok((await paraHead()) > para, "the parachain goes on, too");
  const final = await ask<{ number: string }>(
    "chain_getHeader",
    await ask("chain_getFinalizedHead"),
  );
  assert.ok(Number(final.number) > restored.number);

  const unknown = await refusal(network.port, "dev_restore", ["0x99"]);
  assert.match(unknown.message, /there is no snapshot 0x99: there are 0x00000001/);
});
