import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import type { Hash, Header } from "@parahost/primitives";
import { PALLETS, RUNTIME_VERSION } from "@parahost/runtime";
import { World } from "../../../test/world.ts";
import type { ChainView } from "../../chain-view.ts";
import type { Json } from "../../json-rpc.ts";
import { SINGLE_ANSWER } from "../../testing/client.ts";
import { Follow, OPERATIONS_MAX, PINNED_MAX } from "./follow.ts";

interface Event {
  readonly event: string;
  readonly [key: string]: unknown;
}

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

async function follow(withRuntime = true) {
  const client = world.connect();
  const id = await client.call<string>("chainHead_v1_follow", withRuntime);
  const said = client.said<Event>(id);
  const ask = <T = Json>(name: string, ...params: Json[]) =>
    client.call<T>(`chainHead_v1_${name}`, id, ...params);
  const refusal = async (name: string, ...params: Json[]) =>
    (await client.refusal(`chainHead_v1_${name}`, id, ...params)).code;
  const finalized = lastOf(said[0]?.["finalizedBlockHashes"]);
  return { client, id, said, ask, refusal, finalized };
}

const lastOf = (hashes: unknown): string => (hashes as string[]).at(-1) ?? "";

const prefixOf = (pallet: string, item: string): Hex =>
  PALLETS.find(({ name }) => name === pallet)?.storage.find((entry) => entry.item === item)
    ?.prefix as Hex;
const ACCOUNTS = prefixOf("System", "Account");
const CODE = "0x3a636f6465";

test("a follower is told of the chain as it is: finalized blocks, the others, and the best", async () => {
  const { said, client } = await follow();
  const { chain } = world.node;
  const [first, ...others] = said;
  assert.equal(first?.event, "initialized");
  assert.equal(lastOf(first?.["finalizedBlockHashes"]), chain.finalized().hash);
  const runtime = first?.["finalizedBlockRuntime"] as { type: string; spec: { apis: object } };
  assert.equal(runtime.type, "valid");
  assert.equal(Object.keys(runtime.spec.apis).length, RUNTIME_VERSION.apis.length);
  const last = others.pop();
  assert.deepEqual(last, { event: "bestBlockChanged", bestBlockHash: chain.best().hash });
  assert.equal(others.length, chain.best().number - chain.finalized().number);
  client.close();
});

test("every block is told once, after its parent, and finality leaves none out", async () => {
  const { said, client } = await follow(false);
  assert.equal("finalizedBlockRuntime" in (said[0] as Event), false);
  await world.run(6);
  const known = new Set<unknown>(said[0]?.["finalizedBlockHashes"] as string[]);
  let finalized = [...known].at(-1);
  for (const event of said.slice(1)) {
    if (event.event === "newBlock") {
      assert.ok(known.has(event["parentBlockHash"]));
      assert.ok(!known.has(event["blockHash"]));
      known.add(event["blockHash"]);
    }
    if (event.event === "bestBlockChanged") assert.ok(known.has(event["bestBlockHash"]));
    if (event.event !== "finalized") continue;
    for (const hash of event["finalizedBlockHashes"] as Hash[]) {
      assert.equal(world.node.chain.header(hash)?.parentHash, finalized);
      finalized = hash;
    }
  }
  assert.ok(said.some(({ event }) => event === "finalized"));
  client.close();
});

test("headers, bodies and answers of the runtime are those of the pinned block", async () => {
  const { ask, said, finalized, client } = await follow();
  assert.equal(blake2b256Hex(hexToBytes(await ask<Hex>("header", finalized))), finalized);
  assert.deepEqual(await ask("body", finalized), { result: "started", operationId: "1" });
  const body = said.at(-1) as Event;
  assert.equal(body.event, "operationBodyDone");
  assert.equal(
    (body["value"] as string[]).length,
    world.node.chain.body(finalized as Hash)?.length,
  );
  await ask("call", finalized, "Metadata_metadata_versions", "");
  assert.deepEqual(said.at(-1), {
    event: "operationCallDone",
    operationId: "2",
    output: "0x0c0e0000000f00000010000000",
  });
  await ask("call", finalized, "Core_nothing", "0x");
  assert.equal(said.at(-1)?.event, "operationError");
  client.close();
});

test("storage answers with what is there, and is silent on what is not", async () => {
  const { ask, said, finalized, client } = await follow();
  const items = [
    { key: CODE, type: "hash" },
    { key: "0x00aa", type: "value" },
  ];
  const started = await ask("storage", finalized, items, null);
  assert.deepEqual(started, { result: "started", operationId: "1", discardedItems: 0 });
  const code = world.node.states.reader(finalized as Hash)?.value(CODE)?.bytes;
  assert.deepEqual(said.at(-2), {
    event: "operationStorageItems",
    operationId: "1",
    items: [{ key: CODE, hash: blake2b256Hex(code as Uint8Array) }],
  });
  assert.equal(said.at(-1)?.event, "operationWaitingForContinue");
  await ask("continue", "1");
  assert.deepEqual(said.at(-1), { event: "operationStorageDone", operationId: "1" });

  await ask("storage", finalized, [{ key: ACCOUNTS, type: "descendantsValues" }], null);
  const listed = said.at(-2)?.["items"] as { key: Hex; value: Hex }[];
  const keys = await client.call<Hex[]>("state_getKeysPaged", ACCOUNTS, 1000, ACCOUNTS, finalized);
  assert.deepEqual(
    listed.map(({ key }) => key),
    keys,
  );
  await ask("continue", "2");
  const after = { key: ACCOUNTS, type: "descendantsHashes", paginationStartKey: keys[0] as Hex };
  await ask("storage", finalized, [after], null);
  const rest = said.at(-2)?.["items"] as { key: Hex; hash: Hex }[];
  assert.deepEqual(
    rest.map(({ key }) => key),
    keys.slice(1),
  );
  assert.ok(rest.every(({ hash }) => hash.length === 66));

  await ask("storage", finalized, [{ key: "0x00", type: "descendantsValues" }], "0x01");
  assert.equal(said.at(-1)?.event, "operationStorageDone");
  client.close();
});

test("the Merkle value of a prefix is the root's for all keys, and none where there is nothing", async () => {
  const { ask, said, finalized, client } = await follow();
  const type = "closestDescendantMerkleValue";
  const items = ["0x", "0x00aa", ACCOUNTS].map((key) => ({ key, type }));
  await ask("storage", finalized, items, null);
  const found = said.at(-2)?.["items"] as { key: Hex; closestDescendantMerkleValue: Hex }[];
  const root = world.node.chain.header(finalized as Hash)?.stateRoot;
  assert.deepEqual(
    found.map(({ key }) => key),
    ["0x", ACCOUNTS],
  );
  assert.equal(found[0]?.closestDescendantMerkleValue, root);
  assert.equal(found[1]?.closestDescendantMerkleValue.length, 66);
  client.close();
});

test("a stopped operation says nothing more, and goes on no more", async () => {
  const { ask, refusal, said, finalized, client } = await follow();
  await ask("storage", finalized, [{ key: CODE, type: "value" }], null);
  assert.equal(await ask("stopOperation", "1"), null);
  const count = said.length;
  assert.equal(await refusal("continue", "1"), -32803);
  assert.equal(await ask("stopOperation", "1"), null);
  assert.equal(said.length, count);
  client.close();
});

test("only so many operations run at one time", async () => {
  const { ask, finalized, client } = await follow();
  const items = [{ key: CODE, type: "value" }];
  for (let i = 0; i < OPERATIONS_MAX; i++)
    assert.equal((await ask<Event>("storage", finalized, items, null))["result"], "started");
  assert.deepEqual(await ask("storage", finalized, items, null), { result: "limitReached" });
  await ask("stopOperation", "1");
  assert.equal((await ask<Event>("body", finalized))["result"], "started");
  client.close();
});

test("items beyond the bound are discarded, and the client is told how many", async () => {
  const { ask, finalized, client } = await follow();
  const items = Array.from({ length: 70 }, () => ({ key: "0x00", type: "value" }));
  assert.equal((await ask<Event>("storage", finalized, items))["discardedItems"], 6);
  client.close();
});

test("an unpinned block cannot be asked about", async () => {
  const { ask, refusal, finalized, said, client } = await follow();
  const best = said.at(-1)?.["bestBlockHash"] as string;
  assert.equal(await refusal("unpin", [finalized, finalized]), -32804);
  assert.equal(await refusal("unpin", [best, `0x${"11".repeat(32)}`]), -32801);
  assert.ok(await ask("header", best), "it is still pinned");
  assert.equal(await ask("unpin", finalized), null);
  for (const name of ["header", "body", "unpin"])
    assert.equal(await refusal(name, finalized), -32801);
  assert.equal(await refusal("call", finalized, "Core_version", "0x"), -32801);
  assert.equal(await refusal("storage", finalized, []), -32801);
  client.close();
});

test("questions of the wrong form and to a chain followed without runtime are refused", async () => {
  const { refusal, finalized, client } = await follow(false);
  assert.equal(await refusal("call", finalized, "Core_version", "0x"), -32802);
  assert.equal(await refusal("storage", finalized, [{ key: "0x", type: "everything" }]), -32602);
  assert.equal(await refusal("storage", finalized, [{ key: 1, type: "value" }]), -32602);
  assert.equal(await refusal("storage", finalized, "0x"), -32602);
  assert.equal(await refusal("header", "0x12"), -32602);
  assert.equal((await client.refusal("chainHead_v1_follow", "yes")).code, -32602);
  client.close();
});

test("a dead follower is answered quietly", async () => {
  const { client, id, ask, finalized } = await follow();
  assert.equal(await client.call("chainHead_v1_unfollow", id), null);
  assert.equal(await client.call("chainHead_v1_unfollow", id), null);
  assert.equal(await ask("header", finalized), null);
  assert.equal(await ask("unpin", finalized), null);
  assert.equal(await ask("continue", "1"), null);
  assert.deepEqual(await ask("body", finalized), { result: "limitReached" });
  assert.deepEqual(await ask("storage", finalized, []), { result: "limitReached" });
});

test("a connection follows only so many times, and another's followers are not its own", async () => {
  const { client, id, finalized } = await follow();
  const other = world.connect();
  assert.equal(await other.call("chainHead_v1_header", id, finalized), null);
  for (let i = 0; i < 3; i++) await client.call("chainHead_v1_follow", false);
  assert.equal((await client.refusal("chainHead_v1_follow", false)).code, -32800);
  await client.call("chainHead_v1_unfollow", id);
  assert.ok(await client.call("chainHead_v1_follow", false));
  client.close();
});

// What a peaceful network does not have

const hashOf = (index: number): Hash => bytesToHex(new Uint8Array(32).fill(index)) as Hash;

/** A block that the chain did not keep. */
const GONE = hashOf(200);

/** A chain of which only what a follower looks at exists. */
function fakeNode() {
  const listeners = new Set<(event: never) => void>();
  const pinned = new Map<Hash, number>();
  const chain = {
    subscribe: (listener: (event: never) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    header: (hash: Hash) =>
      hash === GONE ? undefined : ({ parentHash: hashOf(0), number: 1, hash } as unknown as Header),
    body: () => [],
    finalized: () => ({ hash: hashOf(0), number: 0 }),
    best: () => ({ hash: hashOf(0) }),
    hashByNumber: () => hashOf(0),
    tree: { children: () => [] },
  };
  const states = {
    has: () => true,
    pin: (hash: Hash) => {
      pinned.set(hash, (pinned.get(hash) ?? 0) + 1);
      return () => void pinned.set(hash, (pinned.get(hash) ?? 0) - 1);
    },
  };
  const said: Event[] = [];
  let isEnded = false;
  const subscriber = { id: "1", session: SINGLE_ANSWER, end: () => (isEnded = true) };
  const follow = new Follow(
    { chain, states } as unknown as ChainView,
    false,
    (event) => said.push(event as unknown as Event) > 0,
    subscriber as never,
  );
  follow.start();
  const tell = (event: unknown) => {
    for (const listener of listeners) listener(event as never);
  };
  const left = () => [...pinned.values()].reduce((sum, count) => sum + count, 0);
  return { follow, said, tell, isEnded: () => isEnded, left, listeners };
}

const imported = (hash: Hash) => ({ type: "imported", block: { hash, number: 1 } });

test("forks that die are pruned once, whether finality or a lack of room ended them", () => {
  const { said, tell } = fakeNode();
  for (const index of [1, 2, 3]) tell(imported(hashOf(index)));
  tell({ type: "evicted", blocks: [{ hash: hashOf(3) }] });
  tell({ type: "finalized", finalized: [{ hash: hashOf(1) }], pruned: [{ hash: hashOf(2) }] });
  assert.deepEqual(said.at(-1), {
    event: "finalized",
    finalizedBlockHashes: [hashOf(1)],
    prunedBlockHashes: [hashOf(3), hashOf(2)],
  });
  tell({ type: "finalized", finalized: [], pruned: [{ hash: hashOf(2) }, { hash: hashOf(9) }] });
  assert.deepEqual(said.at(-1)?.["prunedBlockHashes"], []);
});

test("a block that was given up in the moment of its import is not told of", () => {
  const { said, tell } = fakeNode();
  const count = said.length;
  tell(imported(GONE));
  assert.equal(said.length, count);
});

test("a follower that does not unpin is told to stop, and everything is let go", () => {
  const { follow: follower, said, tell, isEnded, left, listeners } = fakeNode();
  for (let i = 1; i <= PINNED_MAX; i++) {
    const hash = blake2b256Hex(new Uint8Array([i & 0xff, i >> 8])) as Hash;
    tell(imported(hash));
  }
  assert.deepEqual(said.at(-1), { event: "stop" });
  assert.equal(isEnded(), true);
  follower.stop();
  assert.equal(left(), 0);
  assert.equal(listeners.size, 0);
});
