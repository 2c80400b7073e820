/** Blocks whose collator put into them what may not be there: neither other collators nor validators take them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectOk } from "@parahost/base";
import { type KeyPair, pairFromUri } from "@parahost/crypto";
import { chain as counter } from "@parahost/kit/templates/counter";
import { decode, encode } from "@parahost/scale";
import { GuestBlock } from "./guest-machine.ts";
import { alice, GuestChain } from "./testing/guest-chain.ts";

const LIMITS = { maxBlockDataBytes: 4_000_000, maxTransactions: 100 };
const MAY_NOT = /a transaction that may not be included/;

let chain: GuestChain;
let transactions: readonly [Uint8Array, Uint8Array];

before(() => {
  chain = new GuestChain("counter", counter);
  const call = [alice, "Counter", "increment", { by: 1 }] as const;
  transactions = [chain.sign(call, 0), chain.sign(call, 1)];
});
after(() => chain.close());

/** A good block of both transactions, with these instead of them. */
function blockOf(...extrinsics: readonly Uint8Array[]): Uint8Array {
  const built = expectOk(
    chain.machine.buildBlock(chain.head, transactions, LIMITS, chain.relay),
    "built",
  );
  assert.equal(built.included.length, 2);
  return encode(GuestBlock, { ...decode(GuestBlock, built.blockData), extrinsics });
}

async function isRefused(blockData: Uint8Array): Promise<void> {
  const imported = chain.machine.importBlock(chain.head, blockData);
  assert.ok(!imported.ok && imported.error.code === "badBlock");
  assert.match(imported.error.message, MAY_NOT);
  const outcome = await chain.validate(blockData);
  assert.equal(outcome.type, "invalid");
}

test("a transaction that is there a second time", () =>
  isRefused(blockOf(transactions[0], transactions[0])));

test("transactions of an account in another order than it numbered them", () =>
  isRefused(blockOf(transactions[1], transactions[0])));

test("a block of the same transactions in their order is taken", async () => {
  assert.ok(chain.machine.importBlock(chain.head, blockOf(...transactions)).ok);
  assert.equal((await chain.validate(blockOf(...transactions))).type, "valid");
});

test("who cannot pay is left out of blocks, and costs the others nothing", () => {
  const poor: KeyPair = expectOk(pairFromUri("sr25519", "//Nobody"), "nobody");
  const unpaid = chain.sign([poor, "Counter", "increment", { by: 1 }]);
  const built = expectOk(
    chain.machine.buildBlock(chain.head, [unpaid, ...transactions], LIMITS, chain.relay),
    "built",
  );
  assert.equal(built.included.length, 2);
  const checked = chain.machine.checkTransaction(unpaid);
  assert.ok(!checked.ok);
  assert.deepEqual(checked.error, { code: "refused", validity: "payment" });
});
