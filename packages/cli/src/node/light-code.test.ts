import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, concatBytes, expectOk, type Hex, hexToBytes, u32Bytes } from "@parahost/base";
import { blake2b128 } from "@parahost/crypto";
import { asHash } from "@parahost/primitives";
import {
  buildGenesis,
  callRuntimeApi,
  developmentAccount,
  type GenesisConfig,
  RUNTIME_VERSION,
  RuntimeVersion,
  runtimeApi,
} from "@parahost/runtime";
import { setCode } from "@parahost/runtime/pallets/system/code";
import { bytes, encode, option } from "@parahost/scale";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";
import { localConfig } from "./chain-choice.ts";

const CODE: Hex = "0x3a636f6465";
const block = asHash(`0x${"00".repeat(32)}`);

function stateOf(config: GenesisConfig): Overlay {
  const state = new Overlay(new TrieBackend(new NodeCache(new MemoryNodeStore()), EMPTY_ROOT));
  for (const [key, value] of buildGenesis(config).top) state.set(key, value);
  return state;
}

/** Runs the module at `:code` as a light client does: with storage and a hash function, and nothing else. */
function hosted(state: Overlay): (name: string, args: Uint8Array) => Uint8Array {
  const module = new WebAssembly.Module(Buffer.from(state.get(CODE) as Uint8Array));
  const imports = WebAssembly.Module.imports(module);
  assert.deepEqual(new Set(imports.map((entry) => entry.module)), new Set(["env"]));
  return (name, args) => {
    let heap = 0;
    const memory = (): Uint8Array =>
      new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer);
    const slice = (span: bigint): Uint8Array => {
      const at = Number(span & 0xffff_ffffn);
      return memory().slice(at, at + Number((span >> 32n) & 0xffff_ffffn));
    };
    const place = (data: Uint8Array): number => {
      const at = heap;
      memory().set(data, at);
      heap += data.length;
      return at;
    };
    const { exports } = new WebAssembly.Instance(module, {
      env: {
        ext_storage_get_version_1: (key: bigint): bigint => {
          const found = encode(option(bytes()), state.get(bytesToHex(slice(key))));
          return (BigInt(found.length) << 32n) | BigInt(place(found));
        },
        ext_hashing_blake2_128_version_1: (data: bigint): number => place(blake2b128(slice(data))),
      },
    });
    (exports["memory"] as WebAssembly.Memory).grow(1);
    heap = Number((exports["__heap_base"] as WebAssembly.Global).value);
    const call = exports[name] as (at: number, length: number) => bigint;
    return slice(call(place(args), args.length));
  };
}

const config = localConfig({ slotMs: 2000, epochSlots: 10, validators: 4, paras: 0 });

/** Asks a light client's module, and the runtime, on the same state. */
function assertAgreement(state: Overlay): void {
  const call = hosted(state);
  const questions: [string, Uint8Array?][] = [
    ["Core_version"],
    ["Metadata_metadata"],
    ["Metadata_metadata_versions"],
    ...[13, 14, 15, 16, 17].map((version): [string, Uint8Array] => [
      "Metadata_metadata_at_version",
      u32Bytes(version),
    ]),
    ["BabeApi_configuration"],
    ["BabeApi_current_epoch"],
    ["BabeApi_next_epoch"],
    ["BabeApi_current_epoch_start"],
    ["GrandpaApi_grandpa_authorities"],
    ["GrandpaApi_current_set_id"],
    ["AccountNonceApi_account_nonce", hexToBytes(developmentAccount("//Alice"))],
    ["AccountNonceApi_account_nonce", new Uint8Array(32).fill(9)],
  ];
  for (const [name, args = new Uint8Array(0)] of questions) {
    const said = callRuntimeApi(state, block, name, args);
    assert.deepEqual(call(name, args), said.ok ? said.value : undefined, name);
  }
}

test("what light clients run says what the runtime says", () => {
  assertAgreement(stateOf(config));
});

const upgrade = (state: Overlay, version: RuntimeVersion): void =>
  expectOk(setCode(state, encode(RuntimeVersion, version)), "a later version");

test("after upgrades it states the later version, and is no longer for that", () => {
  const state = stateOf(config);
  const { length } = state.get(CODE) as Uint8Array;
  for (const specVersion of [1_001, 1_002]) {
    upgrade(state, { ...RUNTIME_VERSION, specVersion });
    assert.equal(runtimeApi.version(state).specVersion, specVersion);
    assert.equal(state.get(CODE)?.length, length);
    assertAgreement(state);
  }
});

test("every node makes the same module of a version, whatever it was before", () => {
  const codes = [[1_005], [1_001, 1_003, 1_005]].map((versions) => {
    const state = stateOf(config);
    for (const specVersion of versions) upgrade(state, { ...RUNTIME_VERSION, specVersion });
    return state.get(CODE);
  });
  assert.deepEqual(codes[0], codes[1]);
});

test("tools find the version where Polkadot's modules state it", () => {
  const module = new WebAssembly.Module(Buffer.from(stateOf(config).get(CODE) as Uint8Array));
  const [version] = WebAssembly.Module.customSections(module, "runtime_version");
  const [apis] = WebAssembly.Module.customSections(module, "runtime_apis");
  assert.ok(version !== undefined && apis !== undefined);
  assert.deepEqual(
    new Uint8Array(version),
    encode(RuntimeVersion, { ...RUNTIME_VERSION, apis: [] }),
  );
  assert.deepEqual(
    new Uint8Array(apis),
    concatBytes(...RUNTIME_VERSION.apis.flatMap(([id, number]) => [id, u32Bytes(number)])),
  );
});

test("a version that has no room in the module stands alone, as other code than a module of ours does", () => {
  const long = { ...RUNTIME_VERSION, specVersion: 1_001, implName: "long".repeat(200_000) };
  const foreign = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  for (const [version, present] of [
    [long, undefined],
    [{ ...RUNTIME_VERSION, specVersion: 1_001 }, foreign],
  ] as const) {
    const state = stateOf(config);
    if (present !== undefined) state.set(CODE, present);
    upgrade(state, version);
    assert.deepEqual(state.get(CODE), encode(RuntimeVersion, version));
  }
});

test("a transaction is good until full nodes say otherwise, and costs by its length", () => {
  const call = hosted(stateOf(config));
  const transaction = new Uint8Array(100).fill(7);
  const validity = call(
    "TaggedTransactionQueue_validate_transaction",
    concatBytes(Uint8Array.of(2), transaction, hexToBytes(block)),
  );
  assert.equal(validity[0], 0);
  assert.equal(validity.length, 1 + 8 + 1 + 1 + 1 + 16 + 8 + 1);
  const fee = (length: number): bigint => {
    const info = call(
      "TransactionPaymentApi_query_info",
      concatBytes(transaction, u32Bytes(length)),
    );
    return new DataView(info.buffer).getBigUint64(3, true);
  };
  assert.ok(fee(0) > 0n && fee(200) - fee(100) === fee(100) - fee(0));
});

test("the module begins with nothing, which light clients would refuse", () => {
  const code = stateOf(config).get(CODE) as Uint8Array;
  const ids: number[] = [];
  for (let at = 8; at < code.length; ) {
    ids.push(code[at] as number);
    let length = 0;
    for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
      at += 1;
      byte = code[at] as number;
      length += (byte & 0x7f) << shift;
    }
    at += 1 + length;
  }
  const START_SECTION = 8;
  assert.equal(ids.includes(START_SECTION), false);
  const names = WebAssembly.Module.exports(new WebAssembly.Module(Buffer.from(code)));
  for (const name of ["__heap_base", "memory"])
    assert.ok(names.some((exported) => exported.name === name));
});
