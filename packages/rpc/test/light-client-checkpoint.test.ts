/** A light client made by somebody else takes our chain specification and believes its checkpoint. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "smoldot";
import { syncStateMethods } from "../src/methods/sync-state.ts";
import { TestClient } from "../src/testing/client.ts";
import { World } from "./world.ts";

test("smoldot begins from the checkpoint, and refuses a broken one", async () => {
  const world = await World.start({ finalized: 12 });
  const client = new TestClient(
    syncStateMethods(world.node, {
      info: { name: "Test Network", id: "test", chainType: "Local", bootNodes: [] },
      genesis: world.simulation.network.genesis,
    }),
  );
  const spec = await client.call<Record<string, object>>("sync_state_genSyncSpec", false);
  const smoldot = start({ maxLogLevel: 0 });
  const chain = await smoldot.addChain({ chainSpec: JSON.stringify(spec) });
  chain.sendJsonRpc('{"jsonrpc":"2.0","id":1,"method":"chain_getBlockHash","params":[0]}');
  const answer = JSON.parse(await chain.nextJsonRpcResponse()) as { readonly result: string };
  assert.equal(answer.result, world.node.chain.genesisHash);
  chain.remove();
  const broken = {
    ...spec,
    lightSyncState: { ...spec["lightSyncState"], babeEpochChanges: "0x00" },
  };
  await assert.rejects(
    smoldot.addChain({ chainSpec: JSON.stringify(broken) }),
    /babeEpochChanges|chain spec|checkpoint/i,
  );
  await smoldot.terminate();
  await world.stop();
});
