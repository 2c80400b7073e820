import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { testNetwork } from "@parahost/sim/harness";

const para = join(import.meta.dirname, "..");

test("keeps a number, and no zero", async () => {
  const net = await testNetwork({ seed: 1, para });
  const chain = net.para(1000);
  const keep = (something: number) =>
    chain.send({ pallet: "Example", call: "doSomething", args: { something } });
  assert.equal(await (await keep(7)).outcome(), "done");
  assert.equal(chain.read("Example", "something"), 7);
  assert.equal(await (await keep(0)).outcome(), "Example.NoValue");
  await net.stop();
});
