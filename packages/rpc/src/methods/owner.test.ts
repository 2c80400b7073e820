/** Methods for the node's owner that look behind blocks, and change what the node is. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesToHex, type Hex } from "@parahost/base";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, TrieBackend } from "@parahost/trie";
import { World } from "../../test/world.ts";
import { countValues } from "./trie-migration.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

// Traces

interface BlockTrace {
  readonly blockHash: string;
  readonly parentHash: string;
  readonly spans: readonly { id: number; name: string; parentId: number | null }[];
  readonly events: readonly {
    readonly data: { readonly stringValues: Readonly<Record<string, string>> };
    readonly parentId: number | null;
    readonly target: string;
  }[];
}

const trace = async (...params: readonly (string | null)[]): Promise<BlockTrace> => {
  const { blockTrace } = await world.client.call<{ blockTrace: BlockTrace }>(
    "state_traceBlock",
    ...params,
  );
  return blockTrace;
};

/** `System.Number`. */
const NUMBER = "26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac";

test("a block is executed again, and every read and write is told with the part that did it", async () => {
  const { chain } = world.node;
  const { hash, number } = chain.best();
  const { blockHash, parentHash, spans, events } = await trace(hash);
  assert.equal(`0x${blockHash}`, hash);
  assert.equal(`0x${parentHash}`, chain.header(hash)?.parentHash);
  const names = spans.map(({ name }) => name);
  assert.deepEqual(
    [names[0], names[1], names.at(-1)],
    ["execute_block", "initialize_block", "finalize_block"],
  );
  const applied = names.filter((name) => name === "apply_extrinsic");
  assert.equal(applied.length, chain.body(hash)?.length);
  for (const { parentId } of spans.slice(1)) assert.equal(parentId, spans[0]?.id);
  const ids = new Set(spans.map(({ id }) => id));
  assert.ok(events.every(({ parentId }) => parentId !== null && ids.has(parentId)));

  // What the trace says was written last is what the block's state has.
  const last = new Map<string, string>();
  for (const { data } of events)
    if (data.stringValues["method"] === "Put")
      last.set(data.stringValues["key"] ?? "", data.stringValues["value"] ?? "");
  assert.ok(last.size > 5);
  for (const [key, value] of last) {
    const stored = await world.client.call<Hex | null>("state_getStorage", `0x${key}`, hash);
    assert.equal(value, stored === null ? "None" : `Some(${stored.slice(2)})`, key);
  }
  const text = bytesToHex(new Uint8Array(new Uint32Array([number]).buffer)).slice(2);
  assert.equal(last.get(NUMBER), `Some(${text})`);
});

test("a trace is of the targets, keys and methods that were asked for", async () => {
  const { hash } = world.node.chain.best();
  const { spans, events } = await trace(hash, "state", NUMBER, "Put");
  assert.deepEqual(spans, []);
  assert.deepEqual(
    events.map(({ data, parentId }) => [data.stringValues["key"], parentId]),
    [[NUMBER, null]],
  );
  assert.deepEqual((await trace(hash, "frame", "", "")).events, []);
  assert.equal((await trace(hash, null, NUMBER.slice(0, 32), "Get,Exists")).spans.length > 3, true);
});

test("a block that was not executed here cannot be traced, and says why", async () => {
  const { chain } = world.node;
  const error = async (block: string): Promise<string> => {
    const answer = await world.client.call<{ traceError: { error: string } }>(
      "state_traceBlock",
      block,
    );
    return answer.traceError.error;
  };
  assert.match(await error(`0x${"77".repeat(32)}`), /no block 0x7777/);
  assert.match(await error(chain.genesisHash), /genesis was not executed/);
  assert.equal((await world.client.refusal("state_traceBlock", "0x00")).code, -32602);
});

// Values in their nodes

test("no value of a chain of state version 1 is left to migrate, and all are counted", async () => {
  const status = await world.client.call<Record<string, number>>("state_trieMigrationStatus");
  assert.equal(status["topRemainingToMigrate"], 0);
  assert.equal(status["childRemainingToMigrate"], 0);
  const keys = await world.client.call<Hex[]>("state_getKeys", "0x");
  assert.equal(status["totalTop"], keys.length);
});

test("long values of state version 0 are left to migrate, wherever in the trie", async () => {
  const store = new MemoryNodeStore();
  const cache = new NodeCache(store);
  const entries = new Map<Hex, Uint8Array>([
    ["0x10", new Uint8Array(33)],
    ["0x1001", new Uint8Array(32)],
    ["0x1002", new Uint8Array(100)],
    ["0x2000", Uint8Array.of(1)],
  ]);
  const empty = new TrieBackend(cache, EMPTY_ROOT);
  for (const [version, remaining] of [
    [0, 2],
    [1, 0],
  ] as const) {
    const update = empty.update({ main: entries, children: new Map() }, version);
    store.apply(update);
    assert.deepEqual(await countValues(cache, update.root), { remaining, total: 4 });
  }
  assert.deepEqual(await countValues(cache, EMPTY_ROOT), { remaining: 0, total: 0 });
});

// Beside the chain

test("what is stored off chain is kept until it is cleared", async () => {
  const { client } = world;
  const get = () => client.call("offchain_localStorageGet", "PERSISTENT", "0x0102");
  assert.equal(await get(), null);
  assert.equal(
    await client.call("offchain_localStorageSet", "PERSISTENT", "0x0102", "0xaabb"),
    null,
  );
  assert.equal(await get(), "0xaabb");
  await client.call("offchain_localStorageSet", "PERSISTENT", "0x0102", "0x");
  assert.equal(await get(), "0x");
  await client.call("offchain_localStorageClear", "PERSISTENT", "0x0102");
  assert.equal(await get(), null);
  const code = async (...params: readonly string[]) =>
    (await client.refusal("offchain_localStorageGet", ...params)).code;
  assert.equal(await code("LOCAL", "0x0102"), 5001);
  assert.equal(await code("OTHER", "0x0102"), -32602);
  assert.equal(await code("PERSISTENT", `0x${"00".repeat(1000)}`), -32602);
});

test("a peer that is no longer reserved is let go, and one that is reserved again comes back", async () => {
  const { client, node } = world;
  const reserved = () => client.call<string[]>("system_reservedPeers");
  const [peer = ""] = await reserved();
  assert.deepEqual(node.peers(), [peer]);
  assert.equal(await client.call("system_removeReservedPeer", peer), null);
  assert.deepEqual([await reserved(), node.peers()], [[], []]);
  const address = `/ip4/127.0.0.1/tcp/30333/p2p/${peer}`;
  assert.equal(await client.call("system_addReservedPeer", address), null);
  assert.deepEqual(await reserved(), [peer]);
  await world.runUntil(() => node.peers().length === 1);
  assert.deepEqual(node.peers(), [peer]);
  const code = async (method: string, param: string) => (await client.refusal(method, param)).code;
  assert.equal(await code("system_addReservedPeer", "/ip4/127.0.0.1/tcp/30333"), 2002);
  assert.equal(await code("system_removeReservedPeer", "nobody"), 2002);
});
