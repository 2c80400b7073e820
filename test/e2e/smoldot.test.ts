/**
 * smoldot as it comes from npm, connected to our nodes as a light client: over WebSocket p2p, from a
 * checkpoint, with no JSON-RPC server of ours between. Reference: json-rpc-and-metadata.md 11.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import "@polkadot/api-augment/polkadot";
import { expectOk, hexToBytes, silentLogger } from "@parahost/base";
import { sr25519PairFromUri, sr25519Sign, ss58Encode } from "@parahost/crypto";
import { parsePeerAddress } from "@parahost/network/libp2p/address-book";
import { lightSyncState } from "@parahost/node/service/light-sync-state";
import {
  buildGenesis,
  developmentAccount,
  RUNTIME_VERSION,
  RuntimeVersion,
  rawChainSpec,
} from "@parahost/runtime";
import { encode } from "@parahost/scale";
import { ApiPromise, Keyring, ScProvider } from "@polkadot/api";
import { createClient, Enum, type PolkadotClient } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getSmProvider } from "polkadot-api/sm-provider";
import { type Client, start } from "smoldot";
import { chooseChain, localConfig } from "../../packages/cli/src/node/chain-choice.ts";
import { type RunningNode, startNode } from "../../packages/cli/src/node/run-node.ts";
import { LogSettings } from "../../packages/cli/src/ports/console-logger.ts";
import { asSubstrateConnect, type FollowEvent, LightClient, Link } from "./light-client.ts";

/** A light client must find its way over more blocks than it asks for one by one. */
const FAR_BEHIND = 40;
const SLOT_MS = 1000;
const EPOCH_SLOTS = 10;
const LIMIT = { timeout: 150_000 };
const UNIT = 10_000_000_000n;

const config = localConfig({ slotMs: SLOT_MS, epochSlots: EPOCH_SLOTS, validators: 2, paras: 0 });
const chain = {
  ...chooseChain("dev"),
  id: "light_test",
  genesis: buildGenesis(config),
  config,
};

let alice: RunningNode;
let bob: RunningNode;
/** What light clients begin from: the first block that was final. */
let spec: string;
const clients: Client[] = [];
/** Its only way to the chain is `link`. */
let away: LightClient;
let link: Link;
let papi: PolkadotClient;
let light: LightClient;

const run = (name: "alice" | "bob", bootnodes: readonly string[]): Promise<RunningNode> =>
  startNode(
    {
      chain,
      basePath: undefined,
      name,
      role: "authority",
      wellKnown: name === "alice" ? "//Alice" : "//Bob",
      sync: "full",
      collatorOf: undefined,
      nodeKey: undefined,
      port: 0,
      listenAddresses: ["/ip4/127.0.0.1/tcp/0/ws"],
      publicAddresses: [],
      bootnodes: bootnodes.map((address) => expectOk(parsePeerAddress(address), address)),
      reservedNodes: [],
      reservedOnly: false,
      authorityTable: undefined,
      rpcPort: 0,
      rpcExternal: false,
      prometheusPort: undefined,
      prometheusExternal: false,
      json: false,
      workers: 1,
    },
    new LogSettings("error"),
    silentLogger,
  );

// smoldot leaves timers of a minute behind, which would keep the process; sockets keep it while we need it.
const { setTimeout: setTimer } = globalThis;
globalThis.setTimeout = Object.assign(
  (...args: Parameters<typeof setTimer>) => setTimer(...args).unref(),
  setTimer,
);

function lightClient(): Client {
  const client = start({ maxLogLevel: 0 });
  clients.push(client);
  return client;
}

before(async () => {
  alice = await run("alice", []);
  bob = await run("bob", alice.addresses);
  await until(() => finalizedNumber() >= 2, "the first final blocks");
  const [address = ""] = alice.addresses;
  link = await Link.to(Number(/tcp\/(\d+)/.exec(address)?.[1]));
  spec = checkpoint(alice.addresses);
  const client = lightClient();
  light = await LightClient.follow(client, spec);
  away = await LightClient.follow(
    lightClient(),
    checkpoint([address.replace(/tcp\/\d+/, `tcp/${link.port}`)]),
  );
  papi = createClient(getSmProvider(() => client.addChain({ chainSpec: spec })));
}, LIMIT);

after(
  async () => {
    papi?.destroy();
    link?.close();
    await Promise.all(clients.map((client) => client.terminate()));
    await Promise.all([alice?.stop(), bob?.stop()]);
  },
  { timeout: 10_000 },
);

const finalizedNumber = (): number => alice.node.chain.finalized().number;

async function until(isDone: () => boolean, what: string, ms = 100_000): Promise<void> {
  for (const end = Date.now() + ms; !isDone(); await new Promise((done) => setTimeout(done, 50)))
    assert.ok(Date.now() < end, `in time: ${what}`);
}

/** What a light client is given: a checkpoint at what is final now, and where to find a node. */
function checkpoint(bootNodes: readonly string[]): string {
  return JSON.stringify({
    ...JSON.parse(rawChainSpec({ ...chain, bootNodes }, chain.genesis)),
    lightSyncState: lightSyncState(alice.node),
    genesis: { stateRootHash: chain.genesis.header.stateRoot },
  });
}

/** The number of a block that a full node knows; -1 of none. */
const numberOf = (hash: string | undefined): number =>
  hash === undefined ? -1 : (alice.node.chain.header(hash as never)?.number ?? -1);

/** Whether every block that the light client calls final is so here. */
function assertSameFinality({ finalized }: LightClient): void {
  for (const hash of finalized) {
    const number = numberOf(hash);
    assert.ok(number >= 0, `${hash} is a block`);
    assert.equal(alice.node.chain.hashByNumber(number), hash);
    assert.ok(number <= finalizedNumber());
  }
}

const signerOf = (uri: string) => {
  const pair = expectOk(sr25519PairFromUri(uri), uri);
  return getPolkadotSigner(hexToBytes(pair.publicKey), "Sr25519", (payload) =>
    sr25519Sign(pair, payload),
  );
};
const address = (uri: string): string => ss58Encode(developmentAccount(uri));

const transaction = (pallet: string, call: string, args: object) => {
  const make = papi.getUnsafeApi().tx[pallet]?.[call];
  assert.ok(make !== undefined, `${pallet}.${call}`);
  return make(args);
};

/** Has root do it, by a transaction that nobody was given but the light client. */
async function asRoot(pallet: string, call: string, args: object): Promise<number> {
  const { decodedCall } = transaction(pallet, call, args);
  const sudo = transaction("Sudo", "sudo", { call: decodedCall });
  const done = await sudo.signAndSubmit(signerOf("//Alice"));
  assert.equal(done.ok, true);
  const included = alice.node.chain.header(done.block.hash as never);
  assert.equal(included?.number, done.block.number);
  return done.block.number;
}

test(
  "a light client follows sessions and changes of the voters as a full node does",
  LIMIT,
  async () => {
    await until(() => numberOf(away.finalized.at(-1)) > 2, "the other one follows too");
    assert.ok(link.connections > 0);
    link.cut();
    const firstSet = alice.node.chain.authoritySet();
    const removed = await asRoot("ValidatorManager", "deregister_validators", {
      validators: [address("//Bob//stash")],
    });
    const inOneSet = () => alice.node.chain.authoritySet();
    await until(() => inOneSet().setId > firstSet.setId, "the voters change");
    assert.ok(inOneSet().authorities.length < firstSet.authorities.length);
    const changedAt = finalizedNumber();
    const end = Math.max(changedAt + 2, 3 * EPOCH_SLOTS);
    await until(() => numberOf(light.finalized.at(-1)) >= end, "finality over three sessions");
    assert.ok(changedAt > removed);
    assertSameFinality(light);
    // Each one, not only the last of some.
    const numbers = light.finalized.map(numberOf);
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => (numbers[0] as number) + i),
    );
    assert.ok(light.events.some(({ event }) => event === "newBlock"));
  },
);

test("it reads what is proven by a header that it verified", LIMIT, async () => {
  const block = light.finalized.at(-1) as `0x${string}`;
  const key = "0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac";
  const started = (await light.ask("chainHead_v1_storage", [
    light.subscription,
    block,
    [{ key, type: "value" }],
    null,
  ])) as { readonly operationId: string };
  const found = (): FollowEvent | undefined =>
    light.events.find(
      ({ event, operationId }) =>
        event === "operationStorageItems" && operationId === started.operationId,
    );
  await until(() => found() !== undefined, "a storage item");
  const number = new DataView(hexToBytes(found()?.items?.[0]?.value as `0x${string}`).buffer);
  assert.equal(number.getUint32(0, true), numberOf(block));
});

test("PAPI on top of it has a transfer final", LIMIT, async () => {
  const balance = async (): Promise<bigint> => {
    const record = (await papi
      .getUnsafeApi()
      .query["System"]?.["Account"]?.getValue(address("//Charlie"))) as
      | { readonly data: { readonly free: bigint } }
      | undefined;
    assert.ok(record !== undefined);
    return record.data.free;
  };
  const before = await balance();
  const dest = Enum("Id", address("//Charlie"));
  const transfer = transaction("Balances", "transfer_keep_alive", { dest, value: UNIT });
  const submitted = await transfer.signAndSubmit(signerOf("//Alice"));
  assert.equal(submitted.ok, true);
  assert.equal((await balance()) - before, UNIT);
  const included = alice.node.chain.header(submitted.block.hash as never);
  assert.equal(included?.number, submitted.block.number);
});

test("polkadot.js on top of it reads, and has a transfer final", LIMIT, async () => {
  const provider = new ScProvider(asSubstrateConnect(lightClient()) as never, spec);
  await provider.connect();
  const api = await ApiPromise.create({ provider: provider as never, noInitWarn: true });
  try {
    assert.equal(api.genesisHash.toHex(), alice.node.chain.genesisHash);
    assert.equal(String(await api.rpc.system.chain()), chain.name);
    const dave = address("//Dave");
    const free = async () => (await api.query.system.account(dave)).data.free.toBigInt();
    const before = await free();
    const pair = new Keyring({ type: "sr25519", ss58Format: 42 }).addFromUri("//Bob");
    const block = await new Promise<string>((resolve, reject) => {
      api.tx.balances
        .transferKeepAlive(dave, UNIT)
        .signAndSend(pair, (result) => {
          if (result.status.isFinalized) resolve(result.status.asFinalized.toHex());
          if (result.isError) reject(new Error(String(result.status)));
        })
        .catch(reject);
    });
    assert.ok(numberOf(block) > 0 && numberOf(block) <= finalizedNumber());
    assert.equal((await free()) - before, UNIT);
  } finally {
    await api.disconnect();
  }
});

test("it goes on over an upgrade of the runtime, whose version it tells", LIMIT, async () => {
  assert.equal(light.specVersion(), RUNTIME_VERSION.specVersion);
  const specVersion = RUNTIME_VERSION.specVersion + 1;
  const code = encode(RuntimeVersion, { ...RUNTIME_VERSION, specVersion });
  const upgraded = await asRoot("System", "set_code", { code });
  await until(() => light.specVersion() === specVersion, "the version is told");
  // Signed for the later version, which the client has from the module alone.
  const dest = Enum("Id", address("//Eve"));
  const transfer = transaction("Balances", "transfer_keep_alive", { dest, value: UNIT });
  const submitted = await transfer.signAndSubmit(signerOf("//Alice"));
  assert.equal(submitted.ok, true);
  assert.ok(submitted.block.number > upgraded);
  assertSameFinality(light);
});

test(
  "cut off for many blocks, it catches up over a change of the voters and an upgrade",
  LIMIT,
  async () => {
    const left = numberOf(away.finalized.at(-1));
    await until(() => finalizedNumber() >= left + FAR_BEHIND, "many blocks");
    assert.equal(numberOf(away.finalized.at(-1)), left);
    link.mend();
    const target = finalizedNumber();
    await until(() => numberOf(away.finalized.at(-1)) >= target, "it has caught up");
    assertSameFinality(away);
  },
);

test("a late one catches up from the checkpoint of the beginning", LIMIT, async () => {
  const target = finalizedNumber();
  assert.ok(target >= FAR_BEHIND);
  const late = await LightClient.follow(lightClient(), spec);
  await until(() => numberOf(late.finalized.at(-1)) >= target, "it has caught up");
  assertSameFinality(late);
});
