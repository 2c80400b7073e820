/** The registry: auctions by the relay chain's time, entries that are walked, and failed bids that change nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { chain as registry } from "@parahost/kit/templates/registry";
import { decode, encode } from "@parahost/scale";
import { GuestBlock } from "./guest-machine.ts";
import { alice, bob, carol, GuestChain, UNIT } from "./testing/guest-chain.ts";

async function withRegistry(run: (chain: GuestChain) => Promise<void>): Promise<void> {
  const chain = new GuestChain("registry", registry);
  await run(chain).finally(() => chain.close());
}

const name = asciiBytes("parahost");

test("a name goes to the highest bidder when the relay chain's time has come", () =>
  withRegistry(async (chain) => {
    assert.deepEqual(
      await chain.block(
        [alice, "Registry", "bid", { name: asciiBytes("No Name"), amount: 2n * UNIT }],
        [alice, "Registry", "bid", { name, amount: UNIT / 2n }],
        [alice, "Registry", "bid", { name, amount: 10n * UNIT }],
        [bob, "Registry", "bid", { name, amount: 10n * UNIT + 1n }],
        [bob, "Registry", "bid", { name, amount: 5000n * UNIT }],
        [bob, "Registry", "bid", { name, amount: 20n * UNIT }],
        [carol, "Registry", "bid", { name: asciiBytes("another"), amount: UNIT }],
        [bob, "Registry", "setTarget", { name, target: asciiBytes("mine") }],
      ),
      [
        "Registry.BadName",
        "Registry.TooLow",
        "done",
        "Registry.TooLow",
        "token.fundsUnavailable",
        "done",
        "done",
        "Registry.NotOwner",
      ],
    );
    // Whoever was outbid has all tokens back; the bid that failed has not touched the one before.
    assert.ok(chain.balance(alice) > 999n * UNIT);
    assert.ok(chain.balance(bob) < 980n * UNIT);
    const auction = chain.read("Registry", "auctions", name) as { bidder: string; ends: bigint };
    assert.equal(auction.bidder, bob.publicKey);
    assert.equal(auction.ends, 1_060_000n);
    assert.equal(chain.read("Timestamp", "now"), 1_000_000n);

    chain.relayBlock(40_000n);
    await chain.block();
    assert.equal(chain.read("Registry", "names", name), undefined);
    chain.relayBlock(100_000n);
    assert.deepEqual(
      await chain.block([bob, "Registry", "setTarget", { name, target: asciiBytes("mine") }]),
      ["done"],
    );
    assert.deepEqual(chain.events().filter((event) => event.name === "Sold").length, 2);
    const owned = chain.read("Registry", "names", name) as { owner: string; target: Uint8Array };
    assert.equal(owned.owner, bob.publicKey);
    assert.deepEqual(owned.target, asciiBytes("mine"));
    assert.equal(chain.read("Registry", "auctions", name), undefined);

    assert.deepEqual(
      await chain.block(
        [alice, "Registry", "bid", { name, amount: 100n * UNIT }],
        [alice, "Registry", "give", { name, to: { type: "id", value: alice.publicKey } }],
        [bob, "Registry", "give", { name, to: { type: "id", value: alice.publicKey } }],
        [alice, "Registry", "release", { name }],
        [carol, "Registry", "bid", { name, amount: UNIT }],
      ),
      ["Registry.Taken", "Registry.NotOwner", "done", "done", "done"],
    );
  }));

test("a name whose year is over is sold again", () =>
  withRegistry(async (chain) => {
    await chain.block([alice, "Registry", "bid", { name, amount: UNIT }]);
    chain.relayBlock(100_000n);
    await chain.block();
    assert.notEqual(chain.read("Registry", "names", name), undefined);
    chain.relayBlock(366n * 24n * 60n * 60n * 1000n);
    assert.deepEqual(
      await chain.block(
        [alice, "Registry", "setTarget", { name, target: new Uint8Array() }],
        [bob, "Registry", "bid", { name, amount: UNIT }],
      ),
      ["Registry.NotOwner", "done"],
    );
  }));

test("a block that reads the relay chain's time brings the proof, and none passes without it", () =>
  withRegistry(async (chain) => {
    const transaction = chain.sign([alice, "Registry", "bid", { name, amount: UNIT }]);
    const limits = { maxBlockDataBytes: 1_000_000, maxTransactions: 10 };
    const built = chain.machine.buildBlock(chain.head, [transaction], limits, chain.relay);
    assert.ok(built.ok);
    const block = decode(GuestBlock, built.value.blockData);
    const ofRelay = block.witness.filter(
      (node) => chain.relay.node(blake2b256Hex(node)) !== undefined,
    );
    assert.ok(ofRelay.length >= 2);
    for (const node of ofRelay) {
      const witness = block.witness.filter((other) => other !== node);
      const outcome = await chain.validate(encode(GuestBlock, { ...block, witness }));
      assert.equal(outcome.type, "invalid");
    }
    assert.equal((await chain.validate(built.value.blockData)).type, "valid");
  }));
