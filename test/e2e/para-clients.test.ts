/** polkadot.js and PAPI as they come from npm, on an author's parachain in real time, before an upgrade and after it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { bytesToHex, expectOk, type Hex } from "@parahost/base";
import { openProof } from "@parahost/trie";
import { ApiPromise, Keyring, type SubmittableResult, WsProvider } from "@polkadot/api";
import type { SubmittableExtrinsic } from "@polkadot/api/types";
import type { KeyringPair } from "@polkadot/keyring/types";
import type { ProviderInterface } from "@polkadot/rpc-provider/types";
import { createClient, Enum, type PolkadotClient } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getWsProvider } from "polkadot-api/ws";
import { eventually, LiveNetwork } from "./clients-network.ts";

const MAIN = join(import.meta.dirname, "../../packages/cli/src/main.ts");
const folder = mkdtempSync(join(tmpdir(), "parahost-clients-"));
const project = join(folder, "counter");
const LIMIT = { timeout: 120_000 };
const UNIT = 1_000_000_000_000n;

let network: LiveNetwork;
let url: string;
let api: ApiPromise;
let alice: KeyringPair;
let bob: KeyringPair;
let client: PolkadotClient;

const parahost = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [MAIN, ...args]);

/** Replaces text in a file of the project, which must be there. */
function edit(file: string, text: string, by: string): void {
  const path = join(project, file);
  const before = readFileSync(path, "utf8");
  assert.ok(before.includes(text), text);
  writeFileSync(path, before.replace(text, by));
}

before(async () => {
  await parahost("new", "counter", project);
  network = await LiveNetwork.start("--para", project);
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
  client = createClient(getWsProvider(url));
}, LIMIT);
after(async () => {
  client?.destroy();
  await api?.disconnect();
  await network.stop();
  rmSync(folder, { recursive: true });
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

// PAPI

/** What PAPI knows of a chain by its metadata alone, as far as these tests go. */
interface Unsafe {
  readonly query: {
    readonly System: {
      readonly Account: {
        getValue(who: string, options: { at: string }): Promise<{ data: { free: bigint } }>;
      };
    };
    readonly Counter: { readonly Count: { getValue(options: { at: string }): Promise<number> } };
  };
  readonly tx: {
    readonly Balances: { transfer_keep_alive(args: object): Transaction };
    readonly Counter: Record<"increment" | "decrement", (args: object) => Transaction>;
  };
  readonly constants: { readonly System: { Version(): Promise<{ spec_version: number }> } };
}
interface Transaction {
  signAndSubmit(signer: ReturnType<typeof signerOf>): Promise<{
    readonly ok: boolean;
    readonly events: readonly {
      readonly type: string;
      readonly value: { readonly type: string };
    }[];
  }>;
  getEstimatedFees(from: string): Promise<bigint>;
}

const signerOf = (pair: KeyringPair) =>
  getPolkadotSigner(pair.addressRaw, "Sr25519", (payload) => pair.sign(payload));
const unsafe = () => client.getUnsafeApi() as unknown as Unsafe;

test("PAPI reads, estimates, submits to finality, and knows events by name", LIMIT, async () => {
  const { query, tx, constants } = unsafe();
  assert.equal((await constants.System.Version()).spec_version, 1);
  const before = await query.System.Account.getValue(bob.address, { at: "best" });
  const transfer = tx.Balances.transfer_keep_alive({ dest: Enum("Id", bob.address), value: UNIT });
  assert.ok((await transfer.getEstimatedFees(alice.address)) > 0n);
  const { ok, events } = await transfer.signAndSubmit(signerOf(alice));
  assert.ok(ok);
  const names = events.map(({ type, value }) => `${type}.${value.type}`);
  assert.ok(names.includes("Balances.Transfer"), String(names));
  const after = await query.System.Account.getValue(bob.address, { at: "finalized" });
  assert.equal(after.data.free, before.data.free + UNIT);
});

test(
  "after an upgrade both clients, connected all the while, know the new code's calls and storage",
  LIMIT,
  async () => {
    const before = (await api.rpc.chain.getFinalizedHead()).toHex();
    const increments = await unsafe().query.Counter.Count.getValue({ at: "best" });
    edit("chain.ts", "specVersion: 1", "specVersion: 2");
    edit(
      "chain.ts",
      "        reset: call(1",
      '        decrement: call(2, "Counts back.", { by: u32 }),\n        reset: call(1',
    );
    edit(
      "assembly/counter.ts",
      "export function reset",
      `export function decrement(_origin: Origin, by: u32): Outcome {
  Counter.count.set(Counter.count.get() - by);
  return done;
}

export function reset`,
    );
    const { stdout } = await parahost(
      ...["para", "upgrade", project, "--id", "1001", "--rpc-port", String(network.port)],
    );
    assert.match(stdout, /para 1001 has the new code/);
    await eventually(() => (api.runtimeVersion.specVersion.toNumber() === 2 ? true : undefined));

    const results = await submit(callOf("counter", "decrement")(2), bob);
    assert.equal(results.at(-1)?.dispatchError, undefined);
    assert.equal(String(await api.query["counter"]?.["count"]?.()), String(increments - 2));
    // The past is still read by the code that was there then.
    const past = await api.rpc.state.getRuntimeVersion(before);
    assert.equal(past.specVersion.toNumber(), 1);
    const [old, now] = await Promise.all(
      [before, (await api.rpc.chain.getFinalizedHead()).toHex()].map(async (at) =>
        (await api.rpc.state.getMetadata(at)).toHex(),
      ),
    );
    assert.notEqual(old, now);
    const code = await api.rpc.state.getStorage<never>("0x3a636f6465");
    assert.notEqual(code, await api.rpc.state.getStorage<never>("0x3a636f6465", before));

    const { tx, query, constants } = unsafe();
    assert.equal((await constants.System.Version()).spec_version, 2);
    const { ok } = await tx.Counter.decrement({ by: 1 }).signAndSubmit(signerOf(bob));
    assert.ok(ok);
    assert.equal(await query.Counter.Count.getValue({ at: "finalized" }), increments - 3);
  },
);
