import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { developmentAccount } from "@parahost/kit/schema";
import { testNetwork } from "@parahost/sim/harness";

const para = join(import.meta.dirname, "..");
const UNIT = 10n ** 12n;
const name = new TextEncoder().encode("parahost");

test("a name goes to the highest bidder when its time has come", async () => {
  const net = await testNetwork({ seed: 1, para });
  const chain = net.para(1000);
  const bid = (from: string, amount: bigint) =>
    chain.send({ pallet: "Registry", call: "bid", args: { name, amount } }, { from });
  assert.equal(await (await bid("//Alice", 10n * UNIT)).outcome(), "done");
  assert.equal(await (await bid("//Bob", 10n * UNIT)).outcome(), "Registry.TooLow");
  assert.equal(await (await bid("//Bob", 20n * UNIT)).outcome(), "done");
  await net.advance(90_000);
  const owned = chain.read("Registry", "names", name) as { readonly owner: string };
  assert.equal(owned.owner, developmentAccount("//Bob"));
  await net.stop();
});
