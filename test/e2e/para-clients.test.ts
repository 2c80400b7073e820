/** polkadot.js as it comes from npm, on an author's parachain in real time. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bytesToHex, expectOk, type Hex } from "@parahost/base";
import { openProof } from "@parahost/trie";
import { ApiPromise, Keyring, type SubmittableResult, WsProvider } from "@polkadot/api";
import type { SubmittableExtrinsic } from "@polkadot/api/types";
import type { KeyringPair } from "@polkadot/keyring/types";
import type { ProviderInterface } from "@polkadot/rpc-provider/types";
import { LiveNetwork } from "./clients-network.ts";

const COUNTER = join(import.meta.dirname, "../../packages/kit/templates/counter");
const LIMIT = { timeout: 120_000 };
const UNIT = 1_000_000_000_000n;

let network: LiveNetwork;
let url: string;
let api: ApiPromise;
let alice: KeyringPair;
let bob: KeyringPair;

before(async () => {
  network = await LiveNetwork.start("--para", COUNTER);
  const started = network.events.find(({ event }) => event === "network.started");
  const { paras } = started as unknown as {
    paras: { para: number; name: string; rpcPort: number }[];
  };
  assert.deepEqual(
    paras.map(({ para, name }) => [para, name]),
    [[1001, "counter"]],
  );
  assert.ok((paras[0]?.rpcPort ?? 0) > network.port, "behind the relay chain's");
  url = `ws://127.0.0.1:${paras[0]?.rpcPort}`;
  api = await ApiPromise.create({
    provider: new WsProvider(url) as ProviderInterface,
    noInitWarn: true,
  });
  const keyring = new Keyring({ type: "sr25519", ss58Format: 42 });
  alice = keyring.addFromUri("//Alice");
  bob = keyring.addFromUri("//Bob");
}, LIMIT);
after(async () => {
  await api?.disconnect();
  await network.stop();
});

/** Signs and submits, and waits until the block is final; all results on the way. */
function submit(
  extrinsic: SubmittableExtrinsic<"promise">,
  signer: KeyringPair,
): Promise<SubmittableResult[]> {
  const results: SubmittableResult[] = [];
  return new Promise((resolve, reject) => {
    extrinsic
      .signAndSend(signer, { nonce: -1 }, (result) => {
        results.push(result as SubmittableResult);
        if (result.isFinalized || result.isError) resolve(results);
      })
      .catch(reject);
  });
}

const free = async (who: string): Promise<bigint> => {
  const account = await api.query["system"]?.["account"]?.(who);
  return (account as unknown as { data: { free: { toBigInt(): bigint } } }).data.free.toBigInt();
};

const callOf = (section: string, method: string) => {
  const found = api.tx[section]?.[method];
  assert.ok(found !== undefined, `${section}.${method}`);
  return found;
};

test("polkadot.js connects and knows the chain by its metadata", LIMIT, async () => {
  assert.equal(String(await api.rpc.system.chain()), "counter");
  assert.equal(api.runtimeVersion.specName.toString(), "counter");
  assert.equal(api.registry.chainTokens[0], "UNIT");
  assert.equal(api.genesisHash.toHex(), (await api.rpc.chain.getBlockHash(0)).toHex());
  assert.equal(await free(alice.address), 1000n * UNIT);
});

test(
  "a transfer is signed, watched into a block and to finality, and its events are read",
  LIMIT,
  async () => {
    const before = await free(bob.address);
    const transfer = callOf("balances", "transferKeepAlive")(bob.address, UNIT);
    const { partialFee } = await transfer.paymentInfo(alice.address);
    assert.ok(partialFee.toBigInt() > 0n);
    const results = await submit(transfer, alice);
    const last = results.at(-1);
    assert.ok(results.some(({ status }) => status.isInBlock));
    assert.ok(last?.status.isFinalized === true, String(last?.status));
    const names = last.events.map(({ event }) => `${event.section}.${event.method}`);
    assert.ok(
      names.includes("balances.Transfer") && names.includes("system.ExtrinsicSuccess"),
      String(names),
    );
    assert.equal(await free(bob.address), before + UNIT);
  },
);

test(
  "the chain's own call runs, its failure has a name, and its storage is read",
  LIMIT,
  async () => {
    const results = await submit(callOf("counter", "increment")(7), bob);
    const counted = results.at(-1)?.events.find(({ event }) => event.method === "Incremented");
    assert.deepEqual(counted?.event.data.toJSON(), [bob.address, 7, 7]);
    assert.equal(String(await api.query["counter"]?.["count"]?.()), "7");
    const failed = (await submit(callOf("counter", "reset")(), alice)).at(-1);
    const error = failed?.dispatchError?.asModule;
    assert.ok(error !== undefined);
    assert.equal(api.registry.findMetaError(error).name, "NotEntitled");
  },
);

test("a transaction that cannot be is refused with the reason", LIMIT, async () => {
  const poor = new Keyring({ type: "sr25519", ss58Format: 42 }).addFromUri("//Nobody");
  await assert.rejects(
    submit(callOf("counter", "increment")(1), poor),
    /1010: Invalid Transaction/,
  );
});

test("any storage item is proved against the state root of the header", LIMIT, async () => {
  const at = await api.rpc.chain.getFinalizedHead();
  const key = api.query["counter"]?.["count"]?.key() ?? "";
  const { proof } = await api.rpc.state.getReadProof([key], at);
  const { stateRoot } = await api.rpc.chain.getHeader(at);
  const shown = expectOk(
    openProof(
      stateRoot.toHex(),
      [...proof].map((node) => node.toU8a(true)),
    ),
    "the proof belongs to the state",
  );
  assert.equal(bytesToHex(shown.value(key as Hex)?.bytes ?? new Uint8Array()), "0x07000000");
  const keys = await api.rpc.state.getKeysPaged("0x", 100, "0x", at);
  assert.ok(keys.some((candidate) => candidate.toHex() === key));
});
