/** A chain whose runtime declares a later version: clients of both generations hear of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RUNTIME_VERSION, RuntimeVersion } from "@parahost/runtime";
import { encode } from "@parahost/scale";
import { World } from "../../test/world.ts";

interface Version {
  readonly specVersion: number;
}
interface FollowEvent {
  readonly event: string;
  readonly blockHash?: string;
  readonly newRuntime?: null | { readonly type: string; readonly spec: Version };
}

test("a later version is told once, with the block that brings it, and past blocks keep theirs", async () => {
  const world = await World.start();
  const { client } = world;
  const versions = client.said<Version>(await client.call("state_subscribeRuntimeVersion"));
  const events = client.said<FollowEvent>(await client.call("chainHead_v1_follow", true));
  const quiet = client.said<FollowEvent>(await client.call("chainHead_v1_follow", false));
  const before = world.node.chain.best().hash;

  const specVersion = RUNTIME_VERSION.specVersion + 1;
  const code = encode(RuntimeVersion, { ...RUNTIME_VERSION, specVersion });
  const call = { type: "system", value: { type: "setCode", value: { code } } } as const;
  const sudo = { type: "sudo", value: { type: "sudo", value: { call } } } as const;
  await client.call("author_submitExtrinsic", world.signed("//Alice", sudo));
  assert.ok(await world.runUntil(() => versions.length > 1));
  await world.run(4);

  assert.deepEqual(
    versions.map((version) => version.specVersion),
    [specVersion - 1, specVersion],
  );
  const news = events.filter(({ newRuntime }) => (newRuntime ?? null) !== null);
  assert.equal(news[0]?.newRuntime?.spec.specVersion, specVersion);
  // Two authors of one slot may both include the call; no later block tells it again.
  const heights = new Set(
    news.map(({ blockHash }) => world.node.chain.header(blockHash as never)?.number),
  );
  assert.equal(heights.size, 1);
  assert.ok(quiet.every(({ newRuntime }) => (newRuntime ?? null) === null));
  const at = async (block: string) =>
    (await client.call<Version>("state_getRuntimeVersion", block)).specVersion;
  assert.equal(await at(before), specVersion - 1);
  assert.equal(await at(world.node.chain.best().hash), specVersion);
  await world.stop();
});
