/**
 * What clients hear of a fork that loses: a node that was cut off comes back to the chain of the others. The network
 * is a simulated one, whose time stands still until the test moves it; the server, its sockets and the clients
 * are real.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { expectOk, silentLogger } from "@parahost/base";
import { peerIdOfName } from "@parahost/network";
import {
  listMethods,
  type RpcServer,
  relayMethods,
  relayView,
  startRpcServer,
} from "@parahost/rpc";
import { Simulation } from "@parahost/sim/simulation";
import { ApiPromise, Keyring, type SubmittableResult, WsProvider } from "@polkadot/api";
import type { KeyringPair } from "@polkadot/keyring/types";
import type { ProviderInterface } from "@polkadot/rpc-provider/types";
import { blake2AsHex } from "@polkadot/util-crypto";
import { createClient, Enum, type PolkadotClient, type TxEvent } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getWsProvider } from "polkadot-api/ws";
import { WebSocket } from "ws";
import { eventually } from "./clients-network.ts";

const LIMIT = { timeout: 120_000 };
const UNIT = 10_000_000_000n;
/** Slots in which a part of the network of four surely has a block of its own. */
const SLOTS_MAX = 60;

let simulation: Simulation;
let server: RpcServer;
let api: ApiPromise;
let papi: PolkadotClient;
let keyring: Keyring;
const sockets: WebSocket[] = [];

/** The first validator, whom the clients ask, and the others. */
const nodes = () => {
  const [ours, ...others] = simulation.validators;
  assert.ok(ours !== undefined && others[0] !== undefined);
  return { ours, others, other: others[0] };
};

before(async () => {
  simulation = new Simulation({ seed: 11, validators: 4, paras: 0 });
  await simulation.runUntilFinalized(2, 600_000);
  const identity = { name: "Forked Network", type: "Local", version: "1.0.0" } as const;
  server = await startRpcServer({
    port: 0,
    logger: silentLogger,
    methods: listMethods(
      relayMethods(nodes().ours, { identity, random: simulation.random, allowUnsafe: true }),
    ),
  });
  const url = `ws://127.0.0.1:${server.port}`;
  api = await ApiPromise.create({
    provider: new WsProvider(url) as ProviderInterface,
    noInitWarn: true,
  });
  papi = createClient(getWsProvider(url));
  keyring = new Keyring({ type: "sr25519", ss58Format: 42 });
}, LIMIT);
after(async () => {
  papi?.destroy();
  for (const socket of sockets) socket.terminate();
  await api?.disconnect();
  await server?.close();
  await simulation?.stop();
});

const account = (name: string): KeyringPair => keyring.addFromUri(`//${name}`);

/**
 * Time passes slot by slot until something is so. In each the clients hear of it and ask what they want to: both have
 * been answered twice before the next one.
 */
async function passUntil(what: string, done: () => boolean): Promise<void> {
  for (let slot = 0; slot < SLOTS_MAX; slot++) {
    if (done()) return;
    await simulation.run(simulation.slotMs);
    for (let i = 0; i < 2; i++)
      await Promise.all([api.rpc.system.health(), papi._request("system_health", [])]);
  }
  assert.fail(`${what} did not come about in ${SLOTS_MAX} slots`);
}

const namesOf = (results: readonly SubmittableResult[]): string[] =>
  results.map(({ status }) => status.type);

/** Submits a transfer by polkadot.js, and collects what it hears of it. */
async function watched(from: string, value: bigint): Promise<SubmittableResult[]> {
  const results: SubmittableResult[] = [];
  await api.tx.balances
    .transferKeepAlive(account("Eve").address, value)
    .signAndSend(account(from), { nonce: -1 }, (result) => {
      results.push(result as SubmittableResult);
    });
  return results;
}

interface WatchEvent {
  readonly event: string;
  readonly error?: string;
  readonly block?: { readonly hash: string; readonly index: number } | null;
}

/** Submits a transaction by the newer method, on a connection of its own, and collects what is told of it. */
async function followed(transaction: string): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}`);
  sockets.push(socket);
  await once(socket, "open");
  const answered = new Promise<void>((resolve) =>
    socket.on("message", (data) => {
      const said = JSON.parse(String(data)) as { id?: number; params?: { result: WatchEvent } };
      if (said.id !== undefined) resolve();
      else if (said.params !== undefined) events.push(said.params.result);
    }),
  );
  const method = "transactionWatch_v1_submitAndWatch";
  socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: [transaction] }));
  await answered;
  return events;
}

const signed = async (from: string, value: bigint, options: { nonce: number; tip?: bigint }) =>
  (
    await api.tx.balances
      .transferKeepAlive(account("Eve").address, value)
      .signAsync(account(from), options)
  ).toHex();

test("who is outbid is told by whom, by the older method and by the newer one", LIMIT, async () => {
  const charlie = await watched("Charlie", UNIT);
  const later = await followed(await signed("Charlie", UNIT, { nonce: 1 }));
  await eventually(() => (charlie.length > 0 && later.length > 0 ? true : undefined));
  const better = await Promise.all(
    [0, 1].map((nonce) => signed("Charlie", 2n * UNIT, { nonce, tip: UNIT })),
  );
  for (const transaction of better) await api.rpc.author.submitExtrinsic(transaction);
  const [first = "", second = ""] = better.map((transaction) => blake2AsHex(transaction));
  const usurped = await eventually(() => charlie.find(({ status }) => status.isUsurped));
  assert.equal(usurped.status.asUsurped.toHex(), first);
  const over = await eventually(() => later.find(({ event }) => event === "invalid"));
  assert.ok(over.error?.includes(second), over.error);
  const poorer = await signed("Charlie", 3n * UNIT, { nonce: 0, tip: 1n });
  await assert.rejects(api.rpc.author.submitExtrinsic(poorer), /1014: Priority is too low/);
  await passUntil("both are in blocks", () => nodes().ours.pool.size === 0);
});

test(
  "a transaction whose block a fork takes back is retracted, included again, and final",
  LIMIT,
  async () => {
    const { ours, others, other } = nodes();
    simulation.links.partition([[peerIdOfName(ours.name)]]);
    const alone = ours.chain.best().number;

    const alice = await watched("Alice", UNIT);
    const bob = await watched("Bob", UNIT);
    const ferdie = await followed(await signed("Ferdie", UNIT, { nonce: 0 }));
    const dave = account("Dave");
    const signer = getPolkadotSigner(dave.addressRaw, "Sr25519", (payload) => dave.sign(payload));
    const transfer = papi.getUnsafeApi().tx["Balances"]?.["transfer_keep_alive"]?.({
      dest: Enum("Id", account("Eve").address),
      value: UNIT,
    });
    assert.ok(transfer !== undefined);
    const daves: TxEvent[] = [];
    transfer.signSubmitAndWatch(signer).subscribe((event) => void daves.push(event));
    await eventually(() => daves.find(({ type }) => type === "broadcasted"));

    // On the other side Bob spends the same nonce otherwise.
    const rival = await api.tx.balances
      .transferKeepAlive(account("Eve").address, 2n * UNIT)
      .signAsync(account("Bob"), { nonce: 0 });
    expectOk(relayView(other).submit(rival.toU8a().subarray(2)), "the others take it");

    await passUntil(
      "a block of ours with all four, and more of the others",
      () =>
        ours.chain.best().number > alone &&
        other.chain.best().number > ours.chain.best().number + 1 &&
        ours.pool.size === 0 &&
        other.pool.size === 0,
    );
    const included = (
      await eventually(() => alice.find(({ status }) => status.isInBlock))
    ).status.asInBlock.toHex();
    const found = await eventually(() =>
      daves.find((event) => event.type === "txBestBlocksState" && event.found),
    );
    assert.ok(found.type === "txBestBlocksState" && found.found);

    simulation.links.partition([]);
    await passUntil(
      "ours joins the others",
      () => ours.chain.best().hash === other.chain.best().hash,
    );
    for (const results of [alice, bob]) {
      const retracted = await eventually(() => results.find(({ status }) => status.isRetracted));
      assert.equal(retracted.status.asRetracted.toHex(), included);
    }
    await passUntil(
      "all are settled",
      () =>
        alice.some(({ status }) => status.isFinalized) &&
        daves.some(({ type }) => type === "finalized") &&
        ferdie.some(({ event }) => event === "finalized"),
    );
    assert.deepEqual(
      namesOf(alice).filter((name) => name !== "Broadcast"),
      ["Ready", "InBlock", "Retracted", "Ready", "InBlock", "Finalized"],
    );
    const final = alice.at(-1)?.status.asFinalized.toHex();
    assert.notEqual(final, included);
    assert.equal(
      await api.rpc.chain.getBlockHash(alice.at(-1)?.blockNumber?.toNumber() ?? 0).then(String),
      final,
    );
    assert.equal(namesOf(bob).at(-1), "Invalid", "the others' chain has no room for its nonce");

    assert.deepEqual(
      ferdie.map(({ event, block }) => (block === null ? "retracted" : event)),
      ["validated", "bestChainBlockIncluded", "retracted", "bestChainBlockIncluded", "finalized"],
    );
    assert.equal(ferdie[1]?.block?.hash, included);

    // PAPI follows blocks by itself: it sees it leave the best chain, and come again.
    const states = daves.flatMap((event) => (event.type === "txBestBlocksState" ? [event] : []));
    const blocks = states.flatMap((state) => (state.found ? [state.block.hash] : []));
    assert.ok(new Set(blocks).size >= 2, "in a block of each side");
    const last = daves.at(-1);
    assert.ok(last?.type === "finalized" && last.ok && last.block.hash !== blocks[0]);
    assert.equal(others.length, 3);
  },
);
