import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hexToBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { type Hash, ZERO_HASH } from "@parahost/primitives";
import { TypeRegistry } from "@polkadot/types";
import { World } from "../../test/world.ts";

interface HeaderJson {
  readonly parentHash: string;
  readonly number: string;
}
interface BlockJson {
  readonly block: { readonly header: HeaderJson; readonly extrinsics: readonly string[] };
  readonly justifications: readonly (readonly [readonly number[], readonly number[]])[] | null;
}

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

test("blocks are named by nothing, a height, a height as hex, or several of them", async () => {
  const { client, node } = world;
  const genesis = node.chain.genesisHash;
  assert.equal(await client.call("chain_getBlockHash"), node.chain.best().hash);
  assert.equal(await client.call("chain_getBlockHash", null), node.chain.best().hash);
  assert.equal(await client.call("chain_getBlockHash", 0), genesis);
  assert.equal(await client.call("chain_getBlockHash", "0x0"), genesis);
  assert.equal(await client.call("chain_getBlockHash", 10_000), null);
  const several = await client.call("chain_getBlockHash", [0, "0x1", 10_000]);
  assert.deepEqual(several, [genesis, node.chain.hashByNumber(1), null]);
  for (const bad of [-1, "1", "0x", {}, [["0x0"]], 2 ** 32])
    assert.equal((await client.refusal("chain_getBlockHash", bad)).code, -32602);
});

test("a header encodes to the bytes whose hash names it", async () => {
  const { client, node } = world;
  const registry = new TypeRegistry();
  for (const number of [0, 1, 2]) {
    const hash = node.chain.hashByNumber(number) as Hash;
    const header = await client.call<never>("chain_getHeader", hash);
    const encoded = registry.createType("Header", header).toU8a();
    assert.equal(blake2b256Hex(encoded), hash);
  }
  assert.equal(await client.call("chain_getHeader", ZERO_HASH), null);
});

test("a block has its extrinsics with their lengths, and a finalized head its justification", async () => {
  const { client, node } = world;
  const head = await client.call<string>("chain_getFinalizedHead");
  const { block, justifications } = await client.call<BlockJson>("chain_getBlock", head);
  assert.equal(block.extrinsics.length, node.chain.body(head as Hash)?.length);
  const [first = ""] = block.extrinsics;
  // The time is the first inherent: its length, the version of a bare extrinsic, the call.
  assert.equal(hexToBytes(first).length, (hexToBytes(first)[0] as number) / 4 + 1);
  assert.deepEqual(justifications?.[0]?.[0], [70, 82, 78, 75]);
  assert.equal(await client.call("chain_getBlock", ZERO_HASH), null);
  const best = await client.call<BlockJson>("chain_getBlock");
  assert.equal(Number(best.block.header.number), node.chain.best().number);
});

test("heads come without gaps, the present one first, until they are not wanted", async () => {
  const { client } = world;
  const kinds = [
    ["chain_subscribeNewHeads", "chain_unsubscribeNewHeads"],
    ["chain_subscribeNewHead", "chain_unsubscribeNewHead"],
    ["subscribe_newHead", "unsubscribe_newHead"],
    ["chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads"],
    ["chain_subscribeAllHeads", "chain_unsubscribeAllHeads"],
  ] as const;
  const ids = await Promise.all(kinds.map(([method]) => client.call<string>(method)));
  const finalizedHeads = ids[3];
  assert.equal(client.said(ids[0] as string).length, 1);
  await world.run(5);
  for (const id of ids) {
    const numbers = client.said<HeaderJson>(id).map(({ number }) => Number(number));
    assert.ok(numbers.length > 2, `${numbers}`);
    // A fork is told as well: its blocks have numbers that were told before, but none is left out.
    const distinct = [...new Set(numbers)];
    assert.deepEqual(
      distinct,
      distinct.map((_, i) => (numbers[0] as number) + i),
    );
    if (id === finalizedHeads) assert.equal(numbers.length, distinct.length);
  }
  assert.ok(client.notifications.includes("chain_newHead"));
  assert.ok(client.notifications.includes("chain_finalizedHead"));
  assert.ok(client.notifications.includes("chain_allHead"));
  for (const [index, [, unsubscribe]] of kinds.entries()) {
    assert.equal(await client.call(unsubscribe, ids[index] as string), true);
    assert.equal(await client.call(unsubscribe, ids[index] as string), false);
  }
  const said = client.notifications.length;
  await world.run(2);
  assert.equal(client.notifications.length, said);
});

test("what a block costs to check is counted by executing it again", async () => {
  const { client, node } = world;
  const block = node.chain.hashByNumber(1) as Hash;
  const stats = await client.call<Record<string, number>>("dev_getBlockStats", block);
  assert.equal(stats["numExtrinsics"], node.chain.body(block)?.length);
  const { witnessLen = 0, witnessCompactLen = 0, blockLen = 0 } = stats;
  assert.ok(blockLen > 300);
  assert.ok(witnessCompactLen > 1000 && witnessLen > witnessCompactLen);
  assert.equal(await client.call("dev_getBlockStats", node.chain.genesisHash), null);
  assert.equal(await client.call("dev_getBlockStats", ZERO_HASH), null);
});

test("an unknown method is told by the code that clients probe with", async () => {
  assert.equal((await world.client.refusal("chain_noSuch")).code, -32601);
  assert.equal((await world.client.refusal("toString")).code, -32601);
});
