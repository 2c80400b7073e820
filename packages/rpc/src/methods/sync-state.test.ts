import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import { BabeEpoch, Header, headerHash } from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { decode, encode } from "@parahost/scale";
import { World } from "../../test/world.ts";
import { RpcError } from "../json-rpc.ts";
import { TestClient } from "../testing/client.ts";
import { syncStateMethods } from "./sync-state.ts";

interface Spec {
  readonly id: string;
  readonly genesis: {
    readonly stateRootHash?: Hex;
    readonly raw?: { readonly top: Readonly<Record<Hex, Hex>> };
  };
  readonly lightSyncState: {
    readonly finalizedBlockHeader: Hex;
    readonly babeEpochChanges: Hex;
    readonly babeFinalizedBlockWeight: number;
    readonly grandpaAuthoritySet: Hex;
  };
}

const INFO = {
  name: "Test Network",
  id: "test",
  chainType: "Local",
  bootNodes: [
    "/ip4/127.0.0.1/tcp/30333/ws/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp",
  ],
} as const;

test("light clients are given the last final block, its epochs and its authorities", async () => {
  const world = await World.start({ finalized: 0 });
  const { node } = world;
  const { genesis } = world.simulation.network;
  const client = new TestClient(syncStateMethods(node, { info: INFO, genesis }));
  const early = await client.refusal("sync_state_genSyncSpec");
  assert.ok(early instanceof RpcError && early.code === -32000);
  assert.ok(await world.runUntil(() => node.chain.finalized().number > 1));

  const spec = await client.call<Spec>("sync_state_genSyncSpec", false);
  assert.equal(spec.id, "test");
  assert.equal(spec.genesis.stateRootHash, genesis.header.stateRoot);
  const raw = await client.call<Spec>("sync_state_genSyncSpec", true);
  assert.equal(Object.keys(raw.genesis.raw?.top ?? {}).length, genesis.top.size);

  const { lightSyncState } = spec;
  const header = decode(Header, hexToBytes(lightSyncState.finalizedBlockHeader));
  assert.equal(headerHash(header), node.chain.finalized().hash);
  const state = node.states.view(headerHash(header));
  assert.ok(state !== undefined);
  const next = encode(BabeEpoch, runtimeApi.nextBabeEpoch(state));
  assert.ok(lightSyncState.babeEpochChanges.endsWith(bytesToHex(next).slice(2)));
  const { authorities } = node.chain.authoritySet();
  assert.ok(lightSyncState.grandpaAuthoritySet.startsWith(`0x08${authorities[0]?.id.slice(2)}`));
  assert.ok(lightSyncState.babeFinalizedBlockWeight <= header.number);
  await world.stop();
});
