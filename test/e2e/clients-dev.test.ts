/** Moving a whole local network: time, blocks, storage, and everything back to where it was. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesToHex, expectOk, type Hex } from "@parahost/base";
import { sr25519PairFromUri } from "@parahost/crypto";
import { LedgerStateMachine, signTransfer } from "@parahost/kit";
import { asAccountId, asParaId } from "@parahost/primitives";
import { planParas } from "@parahost/sim/para-plan";
import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";
import type { ProviderInterface } from "@polkadot/rpc-provider/types";
import { call, LiveNetwork, refusal } from "./clients-network.ts";

const LIMIT = { timeout: 60_000 };
/** Long enough for nothing to come by itself while a test runs. */
const SLOT_MS = "60000";
const KEY = "0xf00d";

const UNIT = 10_000_000_000n;
const LEDGER = asParaId(1000);

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

const pairOf = (uri: string) => expectOk(sr25519PairFromUri(uri), uri);

/** A transfer of the parachain, which is a ledger. */
function paraTransfer(nonce: number): Hex {
  const machine = planParas(1)[0]?.machine();
  assert.ok(machine instanceof LedgerStateMachine);
  const to = asAccountId(pairOf("//Bob").publicKey);
  return bytesToHex(signTransfer(pairOf("//Alice"), machine.domain, { to, amount: 1n, nonce }));
}

test(
  "what waited in the pools waits again after a restore, and gets into blocks",
  LIMIT,
  async () => {
    const api = await ApiPromise.create({
      provider: new WsProvider(network.url) as ProviderInterface,
      noInitWarn: true,
    });
    const keyring = new Keyring({ type: "sr25519", ss58Format: 42 });
    const [alice, bob] = ["//Alice", "//Bob"].map((uri) => keyring.addFromUri(uri));
    assert.ok(alice !== undefined && bob !== undefined);
    const nonce = await ask<number>("system_accountNextIndex", alice.address);
    const sign = async (ahead: number): Promise<string> => {
      const call = api.tx.balances.transferKeepAlive(bob.address, UNIT);
      return (await call.signAsync(alice, { nonce: nonce + ahead })).toHex();
    };
    const [ready, later] = [await sign(0), await sign(2)];
    for (const transaction of [ready, later]) await ask("author_submitExtrinsic", transaction);
    const moved = await ask<string>("para_submitTransaction", LEDGER, paraTransfer(0));
    const snapshot = await ask<string>("dev_snapshot");

    await ask("dev_newBlock", 8);
    assert.deepEqual(await ask("author_pendingExtrinsics"), []);
    assert.notEqual((await status(moved)).type, "ready");
    await api.disconnect();
    await ask("dev_restore", snapshot);
    assert.deepEqual(await ask("author_pendingExtrinsics"), [ready]);
    assert.equal(await ask("system_accountNextIndex", alice.address), nonce + 1);
    assert.equal((await status(moved)).type, "ready");

    // The one that was ahead of its nonce is still there: what fills the gap makes it ready.
    const again = await ApiPromise.create({
      provider: new WsProvider(network.url) as ProviderInterface,
      noInitWarn: true,
    });
    const call = again.tx.balances.transferKeepAlive(bob.address, UNIT);
    await ask(
      "author_submitExtrinsic",
      (await call.signAsync(alice, { nonce: nonce + 1 })).toHex(),
    );
    assert.equal((await ask<string[]>("author_pendingExtrinsics")).length, 3);
    await again.disconnect();
    await ask("dev_newBlock", 8);
    assert.deepEqual(await ask("author_pendingExtrinsics"), []);
    assert.equal(await ask("system_accountNextIndex", alice.address), nonce + 3);
    assert.notEqual((await status(moved)).type, "ready");
  },
);

const status = (transaction: string) =>
  ask<{ type: string }>("para_transactionStatus", LEDGER, transaction);
