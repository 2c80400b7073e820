import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asciiBytes, bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import type { RelayNode } from "@parahost/node/service/node";
import { type Hash, transactionHash } from "@parahost/primitives";
import { runtimeApi, SessionKeys } from "@parahost/runtime";
import { decode } from "@parahost/scale";
import { accountIdOf, IDENTITY, World } from "../../test/world.ts";
import type { ChainView } from "../chain-view.ts";
import type { Json } from "../json-rpc.ts";
import { TransactionWatch } from "./transaction-watch.ts";

const UNIT = 10_000_000_000n;

let world: World;
before(async () => {
  world = await World.start();
});
after(() => world.stop());

const nonceOf = (uri: string) =>
  world.client.call<number>("system_accountNextIndex", accountIdOf(uri));

test("a submitted transaction is named by its hash, waits, and is counted for the next nonce", async () => {
  const { client } = world;
  const transfer = world.transfer(UNIT);
  const nonce = await nonceOf("//Alice");
  const hash = await client.call<string>("author_submitExtrinsic", transfer);
  assert.equal(hash, blake2b256Hex(hexToBytes(transfer)));
  assert.deepEqual(await client.call("author_pendingExtrinsics"), [transfer]);
  assert.equal(await nonceOf("//Alice"), nonce + 1);
  assert.equal(await client.call("account_nextIndex", ALICE_ADDRESS), nonce + 1);
  const again = await client.refusal("author_submitExtrinsic", transfer);
  assert.equal(again.code, 1013);
  const rival = await client.refusal("author_submitExtrinsic", world.transfer(2n * UNIT));
  assert.equal(rival.code, 1014);
  await world.run(3);
  assert.deepEqual(await client.call("author_pendingExtrinsics"), []);
});

const ALICE_ADDRESS = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

test("a refused transaction says why with the code that tools know", async () => {
  const { client } = world;
  const refusal = (extrinsic: string) => client.refusal("author_submitExtrinsic", extrinsic);
  const stale = await refusal(world.transfer(UNIT, { nonce: 0 }));
  assert.equal(stale.code, 1010);
  assert.equal(stale.data, "Transaction is outdated");
  assert.equal((await refusal(world.transfer(UNIT, { nonce: 0 }))).code, 1012);
  const poor = await refusal(
    world.signed("//Nobody", {
      type: "system",
      value: { type: "remark", value: { remark: new Uint8Array() } },
    }),
  );
  assert.equal(poor.data, "Inability to pay some fees (e.g. account balance too low)");
  assert.equal((await refusal("0x0804ff")).code, 1001);
  assert.equal((await refusal("0x0004")).code, -32602);
  assert.equal((await refusal("nothing")).code, -32602);
  const signed = hexToBytes(world.transfer(7n * UNIT));
  signed.set([1, 2, 3], 60);
  assert.equal((await refusal(bytesToHex(signed))).data, "Transaction has a bad signature");
});

test("whoever follows a transaction hears of it until it is final", async () => {
  const { client } = world;
  const id = await client.call<string>("author_submitAndWatchExtrinsic", world.transfer(UNIT));
  const said = client.said<Record<string, string> | string>(id);
  assert.equal(said[0], "ready");
  assert.ok(Array.isArray((said[1] as Record<string, unknown>)["broadcast"]));
  await world.runUntil(
    () => typeof said.at(-1) === "object" && "finalized" in (said.at(-1) as object),
  );
  const { inBlock } = said.at(-2) as { inBlock: string };
  assert.deepEqual(said.at(-1), { finalized: inBlock });
  assert.equal(said.length, 4);
  assert.equal(await client.call("author_unwatchExtrinsic", id), false);
});

test("a transaction ahead of its nonce is in the future until the gap is filled", async () => {
  const { client } = world;
  const nonce = await nonceOf("//Alice");
  const later = world.transfer(UNIT, { nonce: nonce + 1 });
  const id = await client.call<string>("author_submitAndWatchExtrinsic", later);
  assert.equal(client.said(id)[0], "future");
  await client.call("author_submitExtrinsic", world.transfer(UNIT, { nonce }));
  await world.run(4);
  assert.ok(client.said(id).some((status) => typeof status === "object"));
});

test("a transaction that is outbid is usurped, and one that is not followed is silent", async () => {
  const { client } = world;
  const nonce = await nonceOf("//Alice");
  const id = await client.call<string>(
    "author_submitAndWatchExtrinsic",
    world.transfer(UNIT, { nonce }),
  );
  const other = await client.call<string>(
    "author_submitAndWatchExtrinsic",
    world.transfer(UNIT, { nonce: nonce + 1 }),
  );
  assert.equal(await client.call("author_unwatchExtrinsic", other), true);
  const better = await client.call<string>(
    "author_submitExtrinsic",
    world.transfer(UNIT, { nonce, tip: UNIT }),
  );
  assert.deepEqual(client.said(id).at(-1), { usurped: better });
  assert.equal(await client.call("author_unwatchExtrinsic", id), false);
  const silent = client.said(other).length;
  await world.run(4);
  assert.equal(client.said(other).length, silent);
});

test("a submission that is refused is no subscription", async () => {
  const { client } = world;
  const refused = await client.refusal(
    "author_submitAndWatchExtrinsic",
    world.transfer(UNIT, { nonce: 0 }),
  );
  assert.ok([1010, 1012].includes(refused.code));
});

test("fees are told as the runtime takes them", async () => {
  const { client, node } = world;
  const transfer = world.transfer(UNIT);
  const info = await client.call<{ partialFee: string; class: string }>(
    "payment_queryInfo",
    transfer,
  );
  assert.equal(info.class, "normal");
  const details = await client.call<{ inclusionFee: Record<string, string> }>(
    "payment_queryFeeDetails",
    transfer,
  );
  const sum = Object.values(details.inclusionFee).reduce((total, fee) => total + BigInt(fee), 0n);
  assert.equal(info.partialFee, sum.toString());
  const id = await client.call<string>("author_submitAndWatchExtrinsic", transfer);
  await world.runUntil(() => client.said(id).length >= 3);
  const { inBlock } = client.said<{ inBlock: Hash }>(id)[2] as { inBlock: Hash };
  const state = node.states.view(inBlock);
  assert.ok(state !== undefined);
  const paid = runtimeApi.eventsOf(state).find(({ event }) => event.type === "transactionPayment");
  const fee = paid?.event.value.value as unknown as { actualFee: bigint };
  assert.equal(fee.actualFee.toString(), info.partialFee);
  assert.equal((await client.refusal("payment_queryInfo", "0x0804ff")).code, -32602);
});

test("a dry run says how the call would end", async () => {
  const { client } = world;
  assert.equal(await client.call("system_dryRun", world.transfer(UNIT)), "0x0000");
  const failing = await client.call<string>("system_dryRun", world.transfer(1n << 100n));
  assert.ok(failing.startsWith("0x0001"));
});

test("the node tells who it is", async () => {
  const { client } = world;
  assert.equal(await client.call("system_chain"), IDENTITY.name);
  assert.equal(await client.call("system_version"), IDENTITY.version);
  assert.equal(await client.call("system_chainType"), "Local");
  assert.deepEqual(await client.call("system_nodeRoles"), ["Authority"]);
  assert.deepEqual(await client.call("system_properties"), {
    ss58Format: 42,
    tokenDecimals: 10,
    tokenSymbol: "UNIT",
  });
  const health = await client.call<{ peers: number }>("system_health");
  assert.equal(health.peers, 1);
  assert.equal((await client.refusal("system_accountNextIndex", "5Grwva")).code, -32602);
});

test("keys are inserted, found and made", async () => {
  const { client } = world;
  const key = "0x8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48";
  assert.equal(await client.call("author_hasKey", key, "imon"), false);
  assert.equal(await client.call("author_insertKey", "imon", "//Bob", key), null);
  assert.equal(await client.call("author_hasKey", key, "imon"), true);
  assert.equal((await client.refusal("author_insertKey", "none", "//Bob", key)).code, -32602);
  assert.equal((await client.refusal("author_insertKey", "imon", "//Eve", key)).code, -32000);
  const made = await client.call<string>("author_rotateKeys");
  assert.equal(await client.call("author_hasSessionKeys", made), true);
  assert.equal(await client.call("author_hasSessionKeys", `0x${"00".repeat(193)}`), false);
  assert.equal((await client.refusal("author_hasSessionKeys", "0x00")).code, -32602);
});

test("new keys are proved to be their owner's", async () => {
  const { client } = world;
  const owner = accountIdOf("//Bob");
  const { keys, proof } = await client.call<{ keys: Hex; proof: Hex }>(
    "author_rotateKeysWithOwner",
    owner,
  );
  assert.equal(await client.call("author_hasSessionKeys", keys), true);
  const decoded = decode(SessionKeys, hexToBytes(keys));
  const setKeys = world.signed("//Bob", {
    type: "session",
    value: { type: "setKeys", value: { keys: decoded, proof: hexToBytes(proof) } },
  });
  // Dispatched without an error.
  assert.equal(await client.call("system_dryRun", setKeys), "0x0000");
});

test("a removed transaction is gone, and invalid to those who follow it", async () => {
  const { client } = world;
  const first = world.transfer(UNIT, { nonce: 1000 });
  const second = world.transfer(UNIT, { nonce: 1001 });
  const said = client.said(await client.call("author_submitAndWatchExtrinsic", first));
  const hash = await client.call<string>("author_submitExtrinsic", second);
  const removed = await client.call("author_removeExtrinsic", [
    { hash },
    { extrinsic: first },
    { hash: `0x${"77".repeat(32)}` },
  ]);
  assert.deepEqual(removed, [hash, blake2b256Hex(hexToBytes(first))]);
  assert.equal(said.at(-1), "invalid");
  assert.equal((await client.refusal("author_submitExtrinsic", second)).code, 1012);
  assert.equal((await client.refusal("author_removeExtrinsic", [{ name: "x" }])).code, -32602);
});

test("the peers are told to the node's owner", async () => {
  const [peer] =
    await world.client.call<{ peerId: string; roles: string; bestNumber: number }[]>(
      "system_peers",
    );
  assert.equal(peer?.peerId, world.node.peers()[0]);
  assert.equal(peer?.roles, "AUTHORITY");
  assert.ok((peer?.bestNumber ?? 0) >= world.node.chain.best().number - 1);
});

test("finality is proved by the next justification, and rounds and slots are told", async () => {
  const { client, node } = world;
  const proof = await client.call<Hex>("grandpa_proveFinality", 1);
  assert.ok(proof.startsWith(node.chain.finalized().hash));
  assert.equal(await client.call("grandpa_proveFinality", 100_000), null);
  const round = await client.call<{ best: { totalWeight: number } }>("grandpa_roundState");
  assert.equal(round.best.totalWeight, 2);
  const slots = await client.call<Record<string, { primary: number[] }>>("babe_epochAuthorship");
  assert.deepEqual(Object.keys(slots), [ALICE_ADDRESS]);
  const id = await client.call<string>("grandpa_subscribeJustifications");
  await world.run(4);
  assert.ok(client.said(id).length > 0);
});

// Forks, which a peaceful network does not have

type PoolListener = Parameters<RelayNode["pool"]["watch"]>[0];
type ChainListener = Parameters<RelayNode["chain"]["subscribe"]>[0];

const extrinsic = asciiBytes("a transaction");
const hash = transactionHash(extrinsic);
const block = (digit: string) => ({ hash: `0x${digit.repeat(64)}` as Hash, number: 1 });
const [A, B] = [block("a"), block("b")];

function forked(options: { inPool: boolean; alsoInB: boolean }) {
  const pool = new Set<PoolListener>();
  const chain = new Set<ChainListener>();
  const listen =
    <T>(set: Set<T>) =>
    (listener: T) => {
      set.add(listener);
      return () => void set.delete(listener);
    };
  const node = {
    pool: { watch: listen(pool), has: () => options.inPool },
    chain: {
      subscribe: listen(chain),
      body: (at: Hash) => (at === A.hash || options.alsoInB ? [extrinsic] : []),
    },
  } as unknown as ChainView;
  const said: Json[] = [];
  const watch = new TransactionWatch(node);
  watch.add(hash, (status) => said.push(status));
  const tell = (event: unknown) => {
    for (const listener of chain) listener(event as never);
  };
  tell({ type: "newBest", head: A, enacted: [A], retracted: [] });
  const change = { enacted: [B], retracted: [A] };
  tell({ type: "reorg", ...change });
  if (options.inPool) for (const listener of pool) listener({ type: "ready", hash });
  tell({ type: "newBest", head: B, ...change });
  const tellPool = (event: unknown) => {
    for (const listener of pool) listener(event as never);
  };
  return { said, tell, tellPool, listeners: () => pool.size + chain.size };
}

test("a re-organisation retracts a transaction until a block of the new branch has it", () => {
  const { said, tell, listeners } = forked({ inPool: false, alsoInB: true });
  tell({ type: "finalized", finalized: [B] });
  assert.deepEqual(said, [
    { inBlock: A.hash },
    { retracted: A.hash },
    { inBlock: B.hash },
    { finalized: B.hash },
  ]);
  assert.equal(listeners(), 0);
});

test("a retracted transaction that the pool takes back is ready again", () => {
  const { said } = forked({ inPool: true, alsoInB: false });
  assert.deepEqual(said, [{ inBlock: A.hash }, { retracted: A.hash }, "ready"]);
});

test("a retracted transaction that the new branch does not allow is invalid", () => {
  const { said, listeners } = forked({ inPool: false, alsoInB: false });
  assert.deepEqual(said.at(-1), "invalid");
  assert.equal(listeners(), 0);
});

test("after 512 blocks without finality nobody waits any longer", () => {
  const { said, tell } = forked({ inPool: false, alsoInB: true });
  tell({ type: "newBest", head: { ...B, number: 513 }, enacted: [], retracted: [] });
  assert.deepEqual(said.at(-1), { inBlock: B.hash });
  tell({ type: "newBest", head: { ...B, number: 514 }, enacted: [], retracted: [] });
  assert.deepEqual(said.at(-1), { finalityTimeout: B.hash });
});

test("what the pool drops or finds invalid is over, and says so", () => {
  for (const type of ["dropped", "invalid"] as const) {
    const { said, tellPool, listeners } = forked({ inPool: true, alsoInB: false });
    tellPool({ type, hash: A.hash });
    assert.notEqual(said.at(-1), type, "another transaction's end is not ours");
    tellPool({ type, hash });
    assert.equal(said.at(-1), type);
    assert.equal(listeners(), 0);
  }
});
