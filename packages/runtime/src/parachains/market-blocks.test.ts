/** What an owner of a para does with the chain, as signed transactions in whole blocks, built and imported. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, type HostConfiguration } from "@parahost/primitives";
import { UNIT } from "../pallets/balances/storage.ts";
import type { RuntimeCall } from "../runtime.ts";
import { accountInfo, claimQueue, eventsOf, paraIds, pvfsRequirePrecheck } from "../runtime-api.ts";
import { TestChain } from "../testing/chain.ts";
import { accountOfUri, signedBy, sudo } from "../testing/transactions.ts";
import { registrationDeposit } from "./registrar/registration.ts";
import { codeOf, genesisHeadOf } from "./testing/scenario.ts";

const id = asParaId(2000);
const RESERVE: RuntimeCall = { type: "registrar", value: { type: "reserve" } };
const REGISTER: RuntimeCall = {
  type: "registrar",
  value: {
    type: "register",
    value: { id, genesisHead: genesisHeadOf(2000), validationCode: codeOf(2000) },
  },
};
const DEREGISTER: RuntimeCall = { type: "registrar", value: { type: "deregister", value: { id } } };
const TRUST: RuntimeCall = {
  type: "paras",
  value: { type: "addTrustedValidationCode", value: { validationCode: codeOf(2000) } },
};
const order = (maxAmount: bigint): RuntimeCall => ({
  type: "onDemand",
  value: { type: "placeOrderKeepAlive", value: { maxAmount, paraId: id } },
});

const chainWith = (configuration: Partial<HostConfiguration> = {}): TestChain => {
  const chain = new TestChain({ epochSlots: 5, configuration });
  chain.add();
  return chain;
};

/** Adds a block with one transaction; the name of its failure in the events, if any. */
function submit(chain: TestChain, uri: string, call: RuntimeCall): boolean {
  chain.add({ extrinsics: [signedBy(chain, uri, call)] });
  return !eventsOf(chain.state).some(({ event }) => event.value.type === "extrinsicFailed");
}

const balance = (chain: TestChain, uri: string) => accountInfo(chain.state, accountOfUri(uri)).data;

test("a para is reserved, registered, and given back, for nothing but fees", () => {
  const chain = chainWith();
  const before = balance(chain, "//Bob").free;
  assert.ok(submit(chain, "//Alice", sudo(TRUST)));
  assert.ok(submit(chain, "//Bob", RESERVE));
  assert.ok(submit(chain, "//Bob", REGISTER));
  const { maxCodeSize } = chain.config.configuration;
  assert.equal(balance(chain, "//Bob").reserved, registrationDeposit(maxCodeSize, 4));
  chain.addMany(6);
  assert.deepEqual(paraIds(chain.state), [id]);
  assert.ok(submit(chain, "//Bob", DEREGISTER));
  chain.addMany(6);
  assert.deepEqual(paraIds(chain.state), []);
  const after = balance(chain, "//Bob");
  assert.equal(after.reserved, 0n);
  assert.ok(before - after.free < UNIT, `${before - after.free} of fees`);
});

test("a registration that is refused costs its fee, and only that", () => {
  const chain = chainWith();
  const before = balance(chain, "//Bob");
  assert.equal(submit(chain, "//Bob", REGISTER), false);
  const after = balance(chain, "//Bob");
  assert.equal(after.reserved, 0n);
  assert.ok(before.free > after.free && before.free - after.free < UNIT);
  assert.deepEqual(pvfsRequirePrecheck(chain.state), []);
});

test("an order in a block is a claim in the next one's view", () => {
  const chain = chainWith({ parathreadCores: 1 });
  submit(chain, "//Alice", sudo(TRUST));
  submit(chain, "//Bob", RESERVE);
  submit(chain, "//Bob", REGISTER);
  chain.addMany(6);
  assert.equal(submit(chain, "//Charlie", order(1n)), false);
  assert.deepEqual([...claimQueue(chain.state)], [[0, []]]);
  assert.ok(submit(chain, "//Charlie", order(UNIT)));
  assert.deepEqual([...claimQueue(chain.state)], [[0, [id]]]);
});

test("a bid in a block is a claim in the next one's view", () => {
  const chain = chainWith({ parathreadCores: 1 });
  submit(chain, "//Alice", sudo(TRUST));
  submit(chain, "//Bob", RESERVE);
  submit(chain, "//Bob", REGISTER);
  chain.addMany(6);
  const bid: RuntimeCall = {
    type: "claimAuction",
    value: {
      type: "bid",
      value: {
        para: id,
        collator: accountOfUri("//Collator") as never,
        amount: 3n * UNIT,
      },
    },
  };
  const before = balance(chain, "//Dave").free;
  assert.ok(submit(chain, "//Dave", bid));
  assert.deepEqual([...claimQueue(chain.state)], [[0, [id]]]);
  const spent = before - balance(chain, "//Dave").free;
  assert.ok(spent >= 3n * UNIT && spent < 4n * UNIT);
});
