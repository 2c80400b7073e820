import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Hex, hexToBytes, silentLogger } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { type Hash, ZERO_HASH } from "@parahost/primitives";
import { IDENTITY, World } from "../../test/world.ts";
import { Connection } from "../connection.ts";
import type { Json } from "../json-rpc.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

const CODE = "0x3a636f6465";
/** Pages come when nothing else is to be done. */
const idle = () => new Promise((resolve) => setImmediate(resolve));

test("the archive has blocks by hash and by height", async () => {
  const { client, node } = world;
  const { chain } = node;
  const first = chain.hashByNumber(1) as Hash;
  assert.equal(
    blake2b256Hex(hexToBytes(await client.call<Hex>("archive_v1_header", first))),
    first,
  );
  assert.equal(
    (await client.call<Hex[]>("archive_v1_body", first)).length,
    chain.body(first)?.length,
  );
  assert.equal(await client.call("archive_v1_header", ZERO_HASH), null);
  assert.equal(await client.call("archive_v1_body", ZERO_HASH), null);
  assert.deepEqual(await client.call("archive_v1_hashByHeight", 1), [first]);
  const best = chain.best();
  assert.deepEqual(await client.call("archive_v1_hashByHeight", best.number), [best.hash]);
  assert.deepEqual(await client.call("archive_v1_hashByHeight", 1_000_000), []);
  assert.equal(await client.call("archive_v1_finalizedHeight"), chain.finalized().number);
  assert.equal(await client.call("archive_v1_genesisHash"), chain.genesisHash);
});

test("the archive asks the runtime upon any block", async () => {
  const { client, node } = world;
  const genesis = node.chain.genesisHash;
  const versions = await client.call(
    "archive_v1_call",
    genesis,
    "Metadata_metadata_versions",
    "0x",
  );
  assert.deepEqual(versions, { success: true, value: "0x0c0e0000000f00000010000000" });
  const failed = await client.call<{ success: boolean; error: string }>(
    "archive_v1_call",
    genesis,
    "Core_nothing",
    "0x",
  );
  assert.equal(failed.success, false);
  assert.match(failed.error, /Core_nothing is not found/);
  assert.equal(await client.call("archive_v1_call", ZERO_HASH, "Core_version", "0x"), null);
});

test("the archive tells storage item by item, and then that it is done", async () => {
  const { client, node } = world;
  const genesis = node.chain.genesisHash;
  const items = [
    { key: CODE, type: "value" },
    { key: "0x00aa", type: "value" },
    { key: "0x26aa394eea5630e07c48ae0c9558cef7", type: "descendantsHashes" },
  ];
  const id = await client.call<string>("archive_v1_storage", genesis, items, null);
  const said = client.said<{ event: string; key?: string }>(id);
  for (let i = 0; i < 10; i++) await idle();
  assert.equal(said[0]?.key, CODE);
  assert.equal(said.at(-1)?.event, "storageDone");
  assert.ok(said.length > 5);
  assert.equal(await client.call("archive_v1_stopStorage", id), null);
});

test("storage that is stopped, or of a state that is gone, comes to an end", async () => {
  const { client, node } = world;
  const all = [{ key: "0x", type: "descendantsValues" }];
  const stopped = await client.call<string>(
    "archive_v1_storage",
    node.chain.genesisHash,
    all,
    null,
  );
  assert.equal(await client.call("archive_v1_stopStorage", stopped), null);
  await idle();
  assert.deepEqual(client.said(stopped), []);
  const gone = await client.call<string>("archive_v1_storage", ZERO_HASH, all, null);
  assert.equal(client.said<{ event: string }>(gone)[0]?.event, "storageError");
  assert.equal((await client.refusal("archive_v1_storage", ZERO_HASH, "all")).code, -32602);
});

test("the difference of two states is what the blocks between them changed", async () => {
  const { client, node } = world;
  const at = node.chain.hashByNumber(2) as Hash;
  const diff = async (...params: Json[]) => {
    const id = await client.call<string>("archive_v1_storageDiff", at, ...params);
    for (let i = 0; i < 10; i++) await idle();
    return client.said<{ event: string; key: Hex; type: string; value?: Hex; hash?: Hex }>(id);
  };
  const own = await diff();
  assert.equal(own.at(-1)?.event, "storageDiffDone");
  const read = (key: Hex, block: Hash) => client.call<Hex | null>("state_getStorage", key, block);
  const parent = node.chain.header(at)?.parentHash as Hash;
  const changed = own.slice(0, -1);
  assert.ok(changed.some(({ type }) => type === "modified"));
  for (const { key, type, value } of changed) {
    assert.equal(value ?? null, await read(key, at));
    assert.notEqual(await read(key, parent), await read(key, at));
    assert.equal(type === "added", (await read(key, parent)) === null);
  }
  const hashed = await diff([{ key: "0x", returnType: "hash" }], node.chain.genesisHash);
  assert.ok(hashed.length > own.length);
  assert.ok(hashed.some(({ type, hash }) => type === "added" && hash?.length === 66));
  const sameState = await diff(null, at);
  assert.deepEqual(
    sameState.map(({ event }) => event),
    ["storageDiffDone"],
  );
  assert.equal((await diff(null, ZERO_HASH))[0]?.event, "storageDiffError");
  const wrong = await client.refusal("archive_v1_storageDiff", at, [{ key: "0x" }]);
  assert.equal(wrong.code, -32602);
});

test("the chain is named as the older methods name it", async () => {
  const { client, node } = world;
  assert.equal(await client.call("chainSpec_v1_chainName"), IDENTITY.name);
  assert.equal(await client.call("chainSpec_v1_genesisHash"), node.chain.genesisHash);
  assert.deepEqual(
    await client.call("chainSpec_v1_properties"),
    await client.call("system_properties"),
  );
});

test("a broadcast transaction is passed on until it is stopped", async () => {
  const { client, node } = world;
  const transfer = world.transfer(10_000_000_000n);
  const id = await client.call<string>("transaction_v1_broadcast", transfer);
  assert.equal(node.pool.size, 1);
  await world.run(4);
  assert.equal(node.pool.size, 0);
  assert.equal(await client.call("transaction_v1_stop", id), null);
  assert.equal((await client.refusal("transaction_v1_stop", id)).code, -32602);
});

test("bytes that are no transaction are broadcast by nobody, and named all the same", async () => {
  const client = world.connect();
  assert.ok(await client.call("transaction_v1_broadcast", "0xffff"));
  assert.ok(await client.call("transaction_v1_broadcast", "0x0804ff"));
  for (let i = 2; i < 16; i++) assert.ok(await client.call("transaction_v1_broadcast", "0x"));
  assert.equal(await client.call("transaction_v1_broadcast", "0x"), null);
  client.close();
});

test("what has to last needs a connection that does", async () => {
  const connection = new Connection(world.methods, silentLogger);
  const ask = async (method: string, params: unknown[]) => {
    let text = "";
    await connection.handle(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), (answer) => {
      text = answer;
    });
    return (JSON.parse(text) as { error: { code: number } }).error.code;
  };
  assert.equal(await ask("transaction_v1_broadcast", ["0x"]), -32000);
  assert.equal(await ask("chainHead_v1_follow", [true]), -32000);
});
