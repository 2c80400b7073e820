/** The harness of authors' tests: what it says of a chain is so, and repeats from the seed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { templateCode } from "@parahost/kit/artifacts";
import { chain as counter } from "@parahost/kit/templates/counter";
import { type BuiltChain, type TestNetwork, testNetwork } from "./harness.ts";

const para: BuiltChain = { schema: counter, wasm: templateCode("counter") };

async function withNetwork<T>(seed: number, run: (net: TestNetwork) => Promise<T>): Promise<T> {
  const net = await testNetwork({ seed, para: [para, para], slotMs: 2000 });
  return run(net).finally(() => net.stop());
}

const increment = (by: number) => ({ pallet: "Counter", call: "increment", args: { by } });

test("a test sends, waits for blocks, and reads storage and events by their names", () =>
  withNetwork(1, async (net) => {
    const chain = net.para(1001);
    const before = net.now;
    await chain.send(increment(2));
    const sent = await chain.send(increment(5));
    assert.equal(await sent.outcome(), "done");
    assert.equal(chain.read("Counter", "count"), 7);
    assert.equal(net.para(1000).read("Counter", "count"), 0);
    const named = chain.events().filter(({ pallet }) => pallet === "Counter");
    assert.deepEqual(
      named.map(({ name, fields }) => [name, fields["by"], fields["count"]]),
      [
        ["Incremented", 2, 2],
        ["Incremented", 5, 7],
      ],
    );
    const failed = await chain.send(increment(2 ** 32 - 1), { from: "//Bob" });
    assert.equal(await failed.outcome(), "Counter.TooLarge");
    assert.equal((await chain.block(chain.number + 1)).number, chain.number);
    assert.ok(net.now > before && chain.balance("//Alice") < 1000n * 10n ** 12n);
  }));

test("what a pool refuses, and what is not there, is said", () =>
  withNetwork(2, async (net) => {
    const chain = net.para(1000);
    await assert.rejects(chain.send(increment(1), { from: "//Nobody" }), /payment/);
    assert.throws(() => chain.read("Counter", "counts"), /no storage Counter\.counts/);
    assert.throws(() => net.para(7), /no parachain 7/);
  }));

test("a seed gives the same hashes again, and another seed others", async () => {
  const play = (seed: number) =>
    withNetwork(seed, async (net) => {
      await net.para(1000).send(increment(1));
      const { hash } = await net.para(1000).block(2);
      return [hash, net.relay.hash];
    });
  const first = await play(5);
  assert.deepEqual(await play(5), first);
  assert.notDeepEqual(await play(6), first);
});
