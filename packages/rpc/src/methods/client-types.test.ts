/** The answers in the types that polkadot.js reads them with. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Hex } from "@parahost/base";
import { Metadata, TypeRegistry } from "@polkadot/types";
import type { ExtrinsicStatus, SignedBlock } from "@polkadot/types/interfaces";
import { World } from "../../test/world.ts";

let world: World;
let registry: TypeRegistry;
before(async () => {
  world = await World.start();
  registry = new TypeRegistry();
  registry.setMetadata(new Metadata(registry, await world.client.call<Hex>("state_getMetadata")));
});
after(() => world.stop());

const read = async (type: string, method: string, ...params: never[]) =>
  registry.createType(type, (await world.client.call(method, ...params)) as never);

test("a block decodes, inherents included, and its header has the block's hash", async () => {
  const { client } = world;
  const id = await client.call<string>(
    "author_submitAndWatchExtrinsic",
    world.transfer(10_000_000_000n),
  );
  await world.runUntil(() => client.said(id).length >= 3);
  const { inBlock } = client.said<{ inBlock: string }>(id)[2] as { inBlock: string };
  const signed = registry.createType<SignedBlock>(
    "SignedBlock",
    await client.call("chain_getBlock", inBlock),
  );
  assert.equal(signed.block.header.hash.toHex(), inBlock);
  const methods = signed.block.extrinsics.map(({ method }) => `${method.section}.${method.method}`);
  assert.deepEqual(methods, ["timestamp.set", "paraInherent.enter", "balances.transferKeepAlive"]);
  const status = registry.createType<ExtrinsicStatus>(
    "ExtrinsicStatus",
    client.said(id)[2] as never,
  );
  assert.equal(status.isInBlock, true);
});

test("a finalized block's justification is GRANDPA's", async () => {
  const head = await world.client.call<string>("chain_getFinalizedHead");
  const signed = await read("SignedBlock", "chain_getBlock", head as never);
  const { justifications } = signed as unknown as {
    justifications: { unwrap(): [{ toString(): string }, unknown][] };
  };
  assert.equal(justifications.unwrap().length, 1);
});

test("versions, health, properties and rounds are read without loss", async () => {
  const version = await read("RuntimeVersion", "state_getRuntimeVersion");
  assert.equal((version.toJSON() as { specVersion: number }).specVersion, 1000);
  const health = await read("Health", "system_health");
  assert.equal((health.toJSON() as { peers: number }).peers, 1);
  const properties = await read("ChainProperties", "system_properties");
  assert.equal(String((properties.toJSON() as { ss58Format: unknown }).ss58Format), "42");
  const rounds = await read("ReportedRoundStates", "grandpa_roundState");
  assert.equal((rounds.toJSON() as { setId: number }).setId, 0);
  const sync = await read("SyncState", "system_syncState");
  assert.ok((sync.toJSON() as { currentBlock: number }).currentBlock > 0);
});

test("proofs and prices are read without loss", async () => {
  const proof = await read("ReadProof", "state_getReadProof", ["0x3a636f6465"] as never);
  assert.ok((proof.toJSON() as { proof: unknown[] }).proof.length > 0);
  const transfer = world.transfer(10_000_000_000n) as never;
  const info = await read("RuntimeDispatchInfo", "payment_queryInfo", transfer);
  assert.ok(BigInt((info.toJSON() as { partialFee: number }).partialFee) > 0n);
  const details = await read("FeeDetails", "payment_queryFeeDetails", transfer);
  assert.ok((details.toJSON() as { inclusionFee: unknown }).inclusionFee !== null);
});
