import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { testNetwork } from "@parahost/sim/harness";

const para = join(import.meta.dirname, "..");

test("counts for everybody together and for each account", async () => {
  const net = await testNetwork({ seed: 1, para });
  const chain = net.para(1000);
  await chain.send({ pallet: "Counter", call: "increment", args: { by: 2 } });
  const second = await chain.send(
    { pallet: "Counter", call: "increment", args: { by: 5 } },
    { from: "//Bob" },
  );
  assert.equal(await second.outcome(), "done");
  assert.equal(chain.read("Counter", "count"), 7);
  assert.ok(chain.events().some(({ name }) => name === "Incremented"));
  // Bob has counted more than half of it.
  const reset = await chain.send({ pallet: "Counter", call: "reset" });
  assert.equal(await reset.outcome(), "Counter.NotEntitled");
  await net.stop();
});
