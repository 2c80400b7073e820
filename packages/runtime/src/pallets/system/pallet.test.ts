import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b256Hex } from "@parahost/crypto";
import type { RuntimeCall } from "../../runtime.ts";
import { eventsOf } from "../../runtime-api.ts";
import { TestChain } from "../../testing/chain.ts";
import { accountOfUri, signedBy, sudo } from "../../testing/transactions.ts";

const systemCall = (
  value: Extract<RuntimeCall, { readonly type: "system" }>["value"],
): RuntimeCall => ({ type: "system", value });

function chainOfOne(): TestChain {
  const chain = new TestChain();
  chain.add();
  return chain;
}

const one = new Uint8Array([1]);

test("root sets and removes storage items", () => {
  const chain = chainOfOne();
  const run = (call: RuntimeCall) =>
    chain.add({ extrinsics: [signedBy(chain, "//Alice", sudo(call))] });
  const items = (["0xf001", "0xf002", "0xf101"] as const).map((key) => [key, one] as const);
  run(systemCall({ type: "setStorage", value: { items } }));
  assert.deepEqual(chain.state.get("0xf002"), one);
  run(systemCall({ type: "killStorage", value: { keys: ["0xf101"] } }));
  assert.equal(chain.state.has("0xf101"), false);
  run(systemCall({ type: "killPrefix", value: { prefix: "0xf0", subkeys: 1 } }));
  assert.equal(chain.state.has("0xf001"), false);
  assert.equal(chain.state.has("0xf002"), true);
});

test("nobody else does", () => {
  const chain = chainOfOne();
  const calls = [
    systemCall({ type: "setStorage", value: { items: [["0xf001", one]] } }),
    systemCall({ type: "killStorage", value: { keys: ["0xf001"] } }),
    systemCall({ type: "killPrefix", value: { prefix: "0xf0", subkeys: 1 } }),
  ];
  for (const call of calls) {
    chain.add({ extrinsics: [signedBy(chain, "//Alice", call)] });
    const failed = eventsOf(chain.state).find(
      ({ event }) => event.value.type === "extrinsicFailed",
    );
    assert.deepEqual((failed?.event.value.value as { dispatchError?: unknown })?.dispatchError, {
      type: "badOrigin",
    });
  }
});

test("a remark with event leaves the hash of its bytes", () => {
  const chain = chainOfOne();
  const call = systemCall({ type: "remarkWithEvent", value: { remark: one } });
  chain.add({ extrinsics: [signedBy(chain, "//Bob", call)] });
  const remarked = eventsOf(chain.state).find(({ event }) => event.value.type === "remarked");
  assert.deepEqual(remarked?.event.value.value, {
    sender: accountOfUri("//Bob"),
    hash: blake2b256Hex(one),
  });
});
