/**
 * smoldot as it comes from npm, connected to our nodes as a light client: over WebSocket p2p, from a
 * checkpoint, with no JSON-RPC server of ours between. Reference: json-rpc-and-metadata.md 11.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectOk, hexToBytes, silentLogger } from "@parahost/base";
import { sr25519PairFromUri, sr25519Sign, ss58Encode } from "@parahost/crypto";
import { parsePeerAddress } from "@parahost/network/libp2p/address-book";
import { lightSyncState } from "@parahost/node/service/light-sync-state";
import { buildGenesis, developmentAccount, rawChainSpec } from "@parahost/runtime";
import { createClient, Enum, type PolkadotClient } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getSmProvider } from "polkadot-api/sm-provider";
import { type Chain, type Client, start } from "smoldot";
import { chooseChain, localConfig } from "../../packages/cli/src/node/chain-choice.ts";
import { type RunningNode, startNode } from "../../packages/cli/src/node/run-node.ts";
import { LogSettings } from "../../packages/cli/src/ports/console-logger.ts";

/** A light client must find its way over more blocks than it asks for one by one. */
const FAR_BEHIND = 40;
const SLOT_MS = 1000;
const EPOCH_SLOTS = 10;

interface FollowEvent {
  readonly event: string;
  readonly finalizedBlockHashes?: readonly string[];
  readonly operationId?: string;
  readonly items?: readonly { readonly key: string; readonly value?: string }[];
}

/** One light client on the chain. */
class LightClient {
  readonly finalized: string[] = [];
  readonly events: FollowEvent[] = [];
  readonly #chain: Chain;
  readonly #answers = new Map<number, (answer: unknown) => void>();
  #nextId = 1;
  subscription = "";

  private constructor(chain: Chain) {
    this.#chain = chain;
  }

  static async follow(client: Client, spec: string): Promise<LightClient> {
    const light = new LightClient(await client.addChain({ chainSpec: spec }));
    void light.#listen();
    light.subscription = (await light.ask("chainHead_v1_follow", [false])) as string;
    return light;
  }

  ask(method: string, params: readonly unknown[]): Promise<unknown> {
    const id = this.#nextId++;
    const answer = new Promise((resolve) => this.#answers.set(id, resolve));
    this.#chain.sendJsonRpc(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return answer;
  }

  remove(): void {
    this.#chain.remove();
  }

  /** Ends when the chain is removed. */
  async #listen(): Promise<void> {
    for await (const text of this.#chain.jsonRpcResponses) {
      const message = JSON.parse(text);
      if (message.id !== undefined) {
        this.#answers.get(message.id)?.(message.result ?? message.error);
        continue;
      }
      const event: FollowEvent = message.params.result;
      this.events.push(event);
      if (event.event === "initialized" || event.event === "finalized")
        this.finalized.push(...(event.finalizedBlockHashes ?? []));
    }
  }
}

const config = localConfig({ slotMs: SLOT_MS, epochSlots: EPOCH_SLOTS, validators: 2, paras: 0 });
const chain = {
  ...chooseChain("dev"),
  id: "light_test",
  genesis: buildGenesis(config),
  config,
};

let alice: RunningNode;
let bob: RunningNode;
let client: Client;
let lateClient: Client;
let light: LightClient;
let late: LightClient;
let papi: PolkadotClient;

const run = (name: "alice" | "bob", bootnodes: readonly string[]): Promise<RunningNode> =>
  startNode(
    {
      chain,
      basePath: undefined,
      name,
      role: "authority",
      wellKnown: name === "alice" ? "//Alice" : "//Bob",
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

before(async () => {
  alice = await run("alice", []);
  bob = await run("bob", alice.addresses);
  client = start({ maxLogLevel: 0 });
});

after(
  async () => {
    papi?.destroy();
    light?.remove();
    late?.remove();
    await client?.terminate();
    await lateClient?.terminate();
    await Promise.all([alice?.stop(), bob?.stop()]);
  },
  { timeout: 10_000 },
);

const finalizedNumber = (): number => alice.node.chain.finalized().number;
async function until(isDone: () => boolean, what: string, ms = 60_000): Promise<void> {
  for (const end = Date.now() + ms; !isDone(); await new Promise((done) => setTimeout(done, 50)))
    assert.ok(Date.now() < end, `in time: ${what}`);
}

/** What a light client is given: a checkpoint at what is final now, and where to find a node. */
function checkpoint(): string {
  const spec = JSON.parse(rawChainSpec({ ...chain, bootNodes: alice.addresses }, chain.genesis));
  return JSON.stringify({
    ...spec,
    lightSyncState: lightSyncState(alice.node),
    genesis: { stateRootHash: chain.genesis.header.stateRoot },
  });
}

/** Whether every block that the light client calls final is so here. */
function assertSameFinality(light: LightClient): void {
  for (const hash of light.finalized) {
    const number = alice.node.chain.header(hash as `0x${string}` as never)?.number;
    assert.ok(number !== undefined, `${hash} is a block`);
    assert.equal(alice.node.chain.hashByNumber(number), hash);
    assert.ok(number <= finalizedNumber());
  }
}

test("a light client follows blocks and finality, reads with proofs, carries PAPI and catches up", async () => {
  await until(() => finalizedNumber() >= 2, "the first final blocks");
  const old = checkpoint();
  light = await LightClient.follow(client, old);
  await until(() => light.finalized.length >= EPOCH_SLOTS + 2, "finality over an epoch's end");
  assertSameFinality(light);
  assert.ok(light.events.some(({ event }) => event === "newBlock"));

  // A read, checked by the client against the state root of a header that it verified.
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
  assert.equal(number.getUint32(0, true), alice.node.chain.header(block as never)?.number);

  // PAPI on top, as with a full node: metadata, a nonce, a transaction that nobody was given but by gossip.
  papi = createClient(getSmProvider(() => client.addChain({ chainSpec: checkpoint() })));
  const api = papi.getUnsafeApi();
  const pair = expectOk(sr25519PairFromUri("//Alice"), "a pair");
  const signer = getPolkadotSigner(hexToBytes(pair.publicKey), "Sr25519", (payload) =>
    sr25519Sign(pair, payload),
  );
  const charlie = ss58Encode(developmentAccount("//Charlie"));
  const balance = async (): Promise<bigint> => {
    const record = (await api.query["System"]?.["Account"]?.getValue(charlie)) as
      | { readonly data: { readonly free: bigint } }
      | undefined;
    assert.ok(record !== undefined);
    return record.data.free;
  };
  const before = await balance();
  const transfer = api.tx["Balances"]?.["transfer_keep_alive"]?.({
    dest: Enum("Id", charlie),
    value: 1_000_000_000_000n,
  });
  const submitted = await transfer?.signAndSubmit(signer);
  assert.equal(submitted?.ok, true);
  assert.equal((await balance()) - before, 1_000_000_000_000n);
  const included = alice.node.chain.header(submitted?.block.hash as never);
  assert.equal(included?.number, submitted?.block.number);

  // Far behind, from the checkpoint of the beginning.
  await until(() => finalizedNumber() >= FAR_BEHIND, "many blocks");
  lateClient = start({ maxLogLevel: 0 });
  late = await LightClient.follow(lateClient, old);
  const target = finalizedNumber();
  const reached = (): number => {
    const last = late.finalized.at(-1);
    return last === undefined ? 0 : (alice.node.chain.header(last as never)?.number ?? 0);
  };
  await until(() => reached() >= target, "it has caught up");
  assertSameFinality(late);
});
