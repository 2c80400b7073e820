import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesToHex, expectOk, type Hex, hexToBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import type { Hash } from "@parahost/primitives";
import { encodedMetadata, PALLETS } from "@parahost/runtime";
import { openProof } from "@parahost/trie";
import { accountIdOf, World } from "../../test/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

function prefixOf(pallet: string, item: string): Hex {
  const found = PALLETS.find(({ name }) => name === pallet)?.storage.find(
    (entry) => entry.item === item,
  );
  assert.ok(found !== undefined, `${pallet}.${item}`);
  return found.prefix;
}
const NUMBER = prefixOf("System", "Number");
const ACCOUNTS = prefixOf("System", "Account");
const ABSENT: Hex = "0x00112233";

test("values are read at any kept block, with their hashes and sizes", async () => {
  const { client, node } = world;
  const first = node.chain.hashByNumber(1) as Hash;
  assert.equal(await client.call("state_getStorage", NUMBER, first), "0x01000000");
  assert.equal(await client.call("state_getStorageAt", NUMBER, first), "0x01000000");
  assert.equal(await client.call("state_getStorageSize", NUMBER), 4);
  assert.equal(
    await client.call("state_getStorageHash", NUMBER, first),
    blake2b256Hex(new Uint8Array([1, 0, 0, 0])),
  );
  for (const method of ["state_getStorage", "state_getStorageHash", "state_getStorageSize"])
    assert.equal(await client.call(method, ABSENT), null);
  const changes = await client.call("state_queryStorageAt", [NUMBER, ABSENT], first);
  assert.deepEqual(changes, [
    {
      block: first,
      changes: [
        [NUMBER, "0x01000000"],
        [ABSENT, null],
      ],
    },
  ]);
});

test("a block that is not here and keys that are none are refused", async () => {
  const { client } = world;
  const unknown = `0x${"ab".repeat(32)}`;
  assert.equal((await client.refusal("state_getStorage", NUMBER, unknown)).code, 4003);
  assert.equal((await client.refusal("state_call", "Core_version", "0x", unknown)).code, 4003);
  assert.equal((await client.refusal("state_getStorage", "0x0")).code, -32602);
  assert.equal((await client.refusal("state_getStorage", 7)).code, -32602);
  assert.equal((await client.refusal("state_getStorage", `0x${"00".repeat(2000)}`)).code, -32602);
  assert.equal((await client.refusal("state_getStorage", NUMBER, "0x00")).code, -32602);
});

test("pages of keys go on strictly after the last key, the prefix being the first", async () => {
  const { client } = world;
  const all = await client.call<Hex[]>("state_getKeysPaged", ACCOUNTS, 1000, ACCOUNTS);
  assert.ok(all.length >= 3, `${all.length} accounts`);
  assert.deepEqual(await client.call("state_getKeysPaged", ACCOUNTS, 1000), all);
  const paged: Hex[] = [];
  let last: Hex = ACCOUNTS;
  for (;;) {
    const page: Hex[] = await client.call<Hex[]>("state_getKeysPaged", ACCOUNTS, 2, last);
    paged.push(...page);
    if (page.length < 2) break;
    last = page.at(-1) as Hex;
  }
  assert.deepEqual(paged, all);
  assert.deepEqual([...all].sort(), all);
  assert.deepEqual(await client.call("state_getKeysPaged", ABSENT, 10, ABSENT), []);
  assert.deepEqual(await client.call("state_getKeysPaged", ACCOUNTS, 10, "0xffff"), []);
  assert.equal((await client.refusal("state_getKeysPaged", ACCOUNTS, 1001)).code, 4002);
  assert.deepEqual(await client.call("state_getKeys", ACCOUNTS), all);
  assert.equal((await client.call<unknown[]>("state_getPairs", ACCOUNTS)).length, all.length);
});

test("metadata is version 14, whatever else is offered", async () => {
  const { client, node } = world;
  const metadata = await client.call<string>("state_getMetadata");
  assert.ok(metadata.startsWith("0x6d6574610e"));
  const state = node.states.toExecuteOn(node.chain.genesisHash);
  assert.ok(state !== undefined);
  assert.equal(metadata, bytesToHex(encodedMetadata(state, 14) as Uint8Array));
});

test("the runtime answers encoded calls, also of past blocks, and none it does not know", async () => {
  const { client, node } = world;
  const genesis = node.chain.genesisHash;
  const alice = accountIdOf("//Alice");
  const nonce = "AccountNonceApi_account_nonce";
  assert.equal(await client.call("state_call", nonce, alice), "0x00000000");
  assert.equal(await client.call("state_callAt", nonce, alice, genesis), "0x00000000");
  const version = await client.call<string>("state_call", "Core_version", "");
  assert.equal(version, await client.call("state_call", "Core_version", "0x"));
  assert.equal(version, await client.call("state_call", "Core_version"));
  assert.equal((await client.refusal("state_call", "Core_nothing", "0x")).code, 4003);
  assert.equal((await client.refusal("state_call", nonce, "0x00")).code, 4003);
  const legacy = await client.call<{ specName: string; apis: [string, number][] }>(
    "state_getRuntimeVersion",
  );
  assert.equal(legacy.specName, "parahost");
  assert.ok(legacy.apis.some(([id, api]) => id === "0x37e397fc7c91f5e4" && api === 2));
});

test("a proof shows what stands at the keys, and what does not", async () => {
  const { client, node } = world;
  const at = node.chain.hashByNumber(2) as Hash;
  const answer = await client.call<{ at: string; proof: Hex[] }>(
    "state_getReadProof",
    [NUMBER, ABSENT],
    at,
  );
  assert.equal(answer.at, at);
  const root = node.chain.header(at)?.stateRoot as Hex;
  const state = expectOk(openProof(root, answer.proof.map(hexToBytes)), "the proof opens");
  assert.deepEqual([...(state.value(NUMBER)?.bytes ?? [])], [2, 0, 0, 0]);
  assert.equal(state.value(ABSENT), undefined);
});

test("child tries are asked by their whole key; one that is not there is empty", async () => {
  const { client } = world;
  const child = "0x3a6368696c645f73746f726167653a64656661756c743a01";
  assert.equal(await client.call("childstate_getStorage", child, "0x01"), null);
  assert.equal(await client.call("childstate_getStorageHash", child, "0x01"), null);
  assert.equal(await client.call("childstate_getStorageSize", child, "0x01"), null);
  assert.deepEqual(await client.call("childstate_getKeysPaged", child, "0x", 10), []);
  assert.deepEqual(await client.call("childstate_getStorageEntries", child, ["0x01"]), [null]);
  assert.ok(await client.call("state_getChildReadProof", child, ["0x01"]));
  assert.equal((await client.refusal("childstate_getStorage", "0x01", "0x01")).code, -32602);
});

test("a storage subscription tells all keys at once and then what changed", async () => {
  const { client } = world;
  const extra = ACCOUNTS;
  const id = await client.call<string>("state_subscribeStorage", [NUMBER, extra]);
  type Change = {
    readonly block: string;
    readonly changes: readonly (readonly [string, string])[];
  };
  const said = client.said<Change>(id);
  assert.equal(said.length, 1);
  assert.deepEqual(
    said[0]?.changes.map(([key]) => key),
    [NUMBER, extra],
  );
  await world.run(3);
  assert.ok(said.length >= 3);
  for (const { changes } of said.slice(1))
    assert.deepEqual(
      changes.map(([key]) => key),
      [NUMBER],
    );
  assert.equal(await client.call("state_unsubscribeStorage", id), true);
  assert.equal((await client.refusal("state_subscribeStorage", [])).code, -32602);
  assert.equal((await client.refusal("state_subscribeStorage", null)).code, -32602);
});

test("the runtime's version is told at once to who subscribes", async () => {
  const id = await world.client.call<string>("state_subscribeRuntimeVersion");
  assert.equal(world.client.said<{ specVersion: number }>(id)[0]?.specVersion, 1000);
});

test("changes over a range of blocks are those between its ends", async () => {
  const { client, node } = world;
  const [first, second] = [1, 2].map((number) => node.chain.hashByNumber(number) as Hash);
  const sets = await client.call("state_queryStorage", [NUMBER], first as Hash, second as Hash);
  assert.deepEqual(sets, [
    { block: first, changes: [[NUMBER, "0x01000000"]] },
    { block: second, changes: [[NUMBER, "0x02000000"]] },
  ]);
  const backwards = await client.refusal(
    "state_queryStorage",
    [NUMBER],
    second as Hash,
    first as Hash,
  );
  assert.equal(backwards.code, 4001);
});

test("what only the owner may call is refused to others", async () => {
  const closed = await World.start({ finalized: 0, allowUnsafe: false });
  assert.equal((await closed.client.refusal("state_getPairs", "0x")).code, -32601);
  assert.equal((await closed.client.refusal("author_rotateKeys")).code, -32601);
  const { methods } = await closed.client.call<{ methods: string[] }>("rpc_methods");
  assert.ok(methods.includes("state_getPairs"));
  await closed.stop();
});
