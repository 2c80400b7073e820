import assert from "node:assert/strict";
import { test } from "node:test";
import { err } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { encode } from "@parahost/scale";
import { validateTransaction } from "../../executive.ts";
import type { RuntimeCall } from "../../runtime.ts";
import { eventsOf } from "../../runtime-api.ts";
import { TestChain } from "../../testing/chain.ts";
import { accountOfUri, remark, signedBy, sudo } from "../../testing/transactions.ts";
import { RUNTIME_VERSION, RuntimeVersion } from "../../version.ts";
import { CODE_KEY, errors, runtimeVersion, setCode } from "./code.ts";

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

test("root declares a later version, which the digest and an event tell, and signatures are for", () => {
  const chain = chainOfOne();
  const specVersion = RUNTIME_VERSION.specVersion + 1;
  const later = { ...RUNTIME_VERSION, specVersion, transactionVersion: 2 };
  const code = encode(RuntimeVersion, later);
  const setCode = sudo(systemCall({ type: "setCode", value: { code } }));
  chain.add({ extrinsics: [signedBy(chain, "//Alice", setCode)] });
  assert.ok(chain.head.digest.some(({ type }) => type === "runtimeEnvironmentUpdated"));
  assert.ok(eventsOf(chain.state).some(({ event }) => event.value.type === "codeUpdated"));
  assert.deepEqual(runtimeVersion(chain.state), later);
  const stale = signedBy(chain, "//Alice", remark(), { version: RUNTIME_VERSION });
  const signed = signedBy(chain, "//Alice", remark(), { version: later });
  assert.equal(validateTransaction(chain.state, stale, chain.genesisHash).ok, false);
  assert.equal(validateTransaction(chain.state, signed, chain.genesisHash).ok, true);
});

test("a version that is none, is another chain's, or is not later is refused", () => {
  const chain = chainOfOne();
  const refused = [
    [new Uint8Array([1, 2]), errors.failedToExtractRuntimeVersion],
    [encode(RuntimeVersion, { ...RUNTIME_VERSION, specName: "other" }), errors.invalidSpecName],
    [encode(RuntimeVersion, RUNTIME_VERSION), errors.specVersionNeedsToIncrease],
  ] as const;
  for (const [code, error] of refused) assert.deepEqual(setCode(chain.state, code), err(error));
  assert.deepEqual(runtimeVersion(chain.state), RUNTIME_VERSION);
});

test("where `:code` is illegible the runtime answers with its own version", () => {
  const chain = chainOfOne();
  chain.state.set(CODE_KEY, one);
  assert.deepEqual(runtimeVersion(chain.state), RUNTIME_VERSION);
});
