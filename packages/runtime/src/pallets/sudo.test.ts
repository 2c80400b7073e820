import assert from "node:assert/strict";
import { test } from "node:test";
import type { RuntimeCall } from "../runtime.ts";
import { accountInfo, eventsOf } from "../runtime-api.ts";
import { TestChain } from "../testing/chain.ts";
import { accountOfUri, remark, signedBy, sudo } from "../testing/transactions.ts";
import { UNIT } from "./balances/storage.ts";
import { storage } from "./sudo.ts";
import { consumedWeight } from "./system/limits.ts";

function chainOfOne(): TestChain {
  const chain = new TestChain();
  chain.add();
  return chain;
}

const setBalance = (uri: string, newFree: bigint): RuntimeCall => ({
  type: "balances",
  value: {
    type: "forceSetBalance",
    value: { who: { type: "id", value: accountOfUri(uri) }, newFree },
  },
});

const sudoCall = (
  value: Extract<RuntimeCall, { readonly type: "sudo" }>["value"],
): RuntimeCall => ({
  type: "sudo",
  value,
});

/** Fields of the block's one event of this name. */
function eventNamed(chain: TestChain, name: string): object | undefined {
  return eventsOf(chain.state).find(({ event }) => event.value.type === name)?.event.value.value;
}

const free = (chain: TestChain, uri: string): bigint =>
  accountInfo(chain.state, accountOfUri(uri)).data.free;

const REQUIRE_SUDO = {
  type: "module",
  value: { index: 255, error: new Uint8Array(4) },
};

test("sudo runs a call as root", () => {
  const chain = chainOfOne();
  chain.add({ extrinsics: [signedBy(chain, "//Alice", sudo(setBalance("//Bob", 5n * UNIT)))] });
  assert.equal(free(chain, "//Bob"), 5n * UNIT);
  assert.deepEqual(eventNamed(chain, "sudid"), { sudoResult: { type: "ok", value: undefined } });
});

test("nobody else runs calls as root", () => {
  const chain = chainOfOne();
  const before = free(chain, "//Bob");
  const calls: RuntimeCall[] = [
    sudo(setBalance("//Bob", 5n * UNIT)),
    sudoCall({
      type: "sudoUncheckedWeight",
      value: { call: setBalance("//Bob", 1n), weight: { refTime: 0, proofSize: 0 } },
    }),
    sudoCall({ type: "setKey", value: { new: { type: "id", value: accountOfUri("//Eve") } } }),
    sudoCall({
      type: "sudoAs",
      value: { who: { type: "id", value: accountOfUri("//Bob") }, call: remark() },
    }),
    sudoCall({ type: "removeKey" }),
  ];
  for (const call of calls) {
    chain.add({ extrinsics: [signedBy(chain, "//Eve", call)] });
    const failed = eventNamed(chain, "extrinsicFailed") as { readonly dispatchError: unknown };
    assert.deepEqual(failed.dispatchError, REQUIRE_SUDO);
  }
  assert.equal(free(chain, "//Bob"), before);
  assert.equal(storage.key.get(chain.state), accountOfUri("//Alice"));
});

test("root calls are refused to signed origins", () => {
  const chain = chainOfOne();
  chain.add({ extrinsics: [signedBy(chain, "//Alice", setBalance("//Bob", 5n * UNIT))] });
  const failed = eventNamed(chain, "extrinsicFailed") as { readonly dispatchError: unknown };
  assert.deepEqual(failed.dispatchError, { type: "badOrigin" });
});

test("an inner call that fails is reported and changes nothing", () => {
  const chain = chainOfOne();
  const inner: RuntimeCall = {
    type: "balances",
    value: {
      type: "forceTransfer",
      value: {
        source: { type: "id", value: accountOfUri("//Nobody") },
        dest: { type: "id", value: accountOfUri("//Bob") },
        value: UNIT,
      },
    },
  };
  const before = free(chain, "//Bob");
  chain.add({ extrinsics: [signedBy(chain, "//Alice", sudo(inner))] });
  assert.equal(free(chain, "//Bob"), before);
  assert.deepEqual(eventNamed(chain, "sudid"), {
    sudoResult: {
      type: "err",
      value: { type: "token", value: { type: "fundsUnavailable" } },
    },
  });
});

test("sudo acts as another account", () => {
  const chain = chainOfOne();
  const inner: RuntimeCall = {
    type: "balances",
    value: {
      type: "transferKeepAlive",
      value: { dest: { type: "id", value: accountOfUri("//Eve") }, value: UNIT },
    },
  };
  const before = free(chain, "//Bob");
  const who = { type: "id", value: accountOfUri("//Bob") } as const;
  const call = sudoCall({ type: "sudoAs", value: { who, call: inner } });
  chain.add({ extrinsics: [signedBy(chain, "//Alice", call)] });
  assert.equal(free(chain, "//Bob"), before - UNIT);
});

test("sudo with unchecked weight counts as it says", () => {
  const chain = chainOfOne();
  const light = { refTime: 7, proofSize: 0 };
  chain.add({ extrinsics: [signedBy(chain, "//Alice", remark())] });
  const withRemark = consumedWeight(chain.state).normal.refTime;
  const call = sudoCall({ type: "sudoUncheckedWeight", value: { call: remark(), weight: light } });
  chain.add({ extrinsics: [signedBy(chain, "//Alice", call)] });
  // One byte of remark weighs 2,000.
  assert.equal(consumedWeight(chain.state).normal.refTime, withRemark - 2_000 + 7);
});

test("the key is handed on, and given up", () => {
  const chain = chainOfOne();
  const eve = { type: "id", value: accountOfUri("//Eve") } as const;
  const hand = sudoCall({ type: "setKey", value: { new: eve } });
  chain.add({ extrinsics: [signedBy(chain, "//Alice", hand)] });
  assert.equal(storage.key.get(chain.state), accountOfUri("//Eve"));
  const giveUp = sudoCall({ type: "removeKey" });
  chain.add({ extrinsics: [signedBy(chain, "//Eve", giveUp)] });
  assert.equal(storage.key.get(chain.state), undefined);
});
