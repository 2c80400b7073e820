import assert from "node:assert/strict";
import { test } from "node:test";
import { err } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import type { Hash } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { validateTransaction } from "../../executive.ts";
import { NONE, ROOT } from "../../framework/index.ts";
import type { RuntimeCall } from "../../runtime.ts";
import { eventsOf } from "../../runtime-api.ts";
import { TestChain } from "../../testing/chain.ts";
import { accountOfUri, remark, signedBy, sudo } from "../../testing/transactions.ts";
import { encodeBare } from "../../transaction/extrinsic.ts";
import { RUNTIME_VERSION, RuntimeVersion } from "../../version.ts";
import { CODE_KEY, errors, runtimeVersion, setCode, storage } from "./code.ts";
import { system } from "./pallet.ts";

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

const versionCode = (change: Partial<RuntimeVersion>): Uint8Array =>
  encode(RuntimeVersion, { ...RUNTIME_VERSION, ...change });
const LATER = { specVersion: RUNTIME_VERSION.specVersion + 1 };

/** Names of the events of the last block that are System's own. */
const systemEvents = (chain: TestChain): string[] =>
  eventsOf(chain.state).flatMap(({ event }) => (event.type === "system" ? [event.value.type] : []));

test("root declares any version without checks, but none that is no version", () => {
  const { state } = chainOfOne();
  const set = (code: Uint8Array) =>
    system.calls.setCodeWithoutChecks.dispatch(state, ROOT, { code });
  assert.ok(set(versionCode({ specVersion: 0, specName: "other" })).ok);
  assert.equal(runtimeVersion(state).specName, "other");
  assert.deepEqual(storage.lastRuntimeUpgrade.get(state), { specVersion: 0, specName: "other" });
  assert.deepEqual(set(one), err(errors.failedToExtractRuntimeVersion));
});

test("an authorized upgrade is brought by whoever has it, without an account or a fee", () => {
  const chain = chainOfOne();
  const code = versionCode(LATER);
  const bare = encodeBare(systemCall({ type: "applyAuthorizedUpgrade", value: { code } }));
  const valid = () => validateTransaction(chain.state, bare, chain.genesisHash);
  assert.deepEqual(valid(), err({ type: "invalid", value: { type: "call" } }));
  const codeHash = blake2b256Hex(code) as Hash;
  const authorize = sudo(systemCall({ type: "authorizeUpgrade", value: { codeHash } }));
  chain.add({ extrinsics: [signedBy(chain, "//Alice", authorize)] });
  assert.ok(systemEvents(chain).includes("upgradeAuthorized"));
  assert.ok(valid().ok);
  chain.add({ extrinsics: [bare] });
  assert.equal(runtimeVersion(chain.state).specVersion, LATER.specVersion);
  assert.ok(systemEvents(chain).includes("codeUpdated"));
  assert.equal(valid().ok, false);
});

test("other code than was authorized is refused, and a bad version uses the authorization up", () => {
  const { state } = chainOfOne();
  const apply = (code: Uint8Array) =>
    system.calls.applyAuthorizedUpgrade.dispatch(state, NONE, { code });
  const authorize = (
    code: Uint8Array,
    call: "authorizeUpgrade" | "authorizeUpgradeWithoutChecks",
  ) => system.calls[call].dispatch(state, ROOT, { codeHash: blake2b256Hex(code) as Hash });
  const same = versionCode({});
  assert.deepEqual(apply(same), err(errors.nothingAuthorized));
  assert.ok(authorize(same, "authorizeUpgrade").ok);
  assert.deepEqual(apply(versionCode(LATER)), err(errors.unauthorized));
  assert.ok(apply(same).ok);
  const rejected = eventsOf(state).at(-1)?.event.value;
  assert.deepEqual(rejected, {
    type: "rejectedInvalidAuthorizedUpgrade",
    value: { codeHash: blake2b256Hex(same), error: errors.specVersionNeedsToIncrease },
  });
  assert.deepEqual(apply(same), err(errors.nothingAuthorized));
  assert.ok(authorize(same, "authorizeUpgradeWithoutChecks").ok);
  assert.ok(apply(same).ok);
  assert.equal(eventsOf(state).at(-1)?.event.value.type, "codeUpdated");
});

test("root says how much memory a runtime in Wasm would get", () => {
  const { state } = chainOfOne();
  const set = (origin: typeof ROOT) =>
    system.calls.setHeapPages.dispatch(state, origin, { pages: 64n });
  assert.deepEqual(set(NONE), err({ type: "badOrigin" }));
  assert.ok(set(ROOT).ok);
  assert.deepEqual(state.get("0x3a686561707061676573"), new Uint8Array([64, 0, 0, 0, 0, 0, 0, 0]));
});

test("genesis notes its version, as the one that was declared last", () => {
  const { specName, specVersion } = RUNTIME_VERSION;
  const { state } = new TestChain();
  assert.deepEqual(storage.lastRuntimeUpgrade.get(state), { specName, specVersion });
});

test("where `:code` is illegible the runtime answers with its own version", () => {
  const chain = chainOfOne();
  chain.state.set(CODE_KEY, one);
  assert.deepEqual(runtimeVersion(chain.state), RUNTIME_VERSION);
});
