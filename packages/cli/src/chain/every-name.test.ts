/** Everything that the metadata names can be written and read by the command line: each call, each item, each key. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { bytesToHex, concatBytes, type Hex } from "@parahost/base";
import { type Metadata, RuntimeCall, runtimeMetadata } from "@parahost/runtime";
import { decode, encode } from "@parahost/scale";
import { localNetworkGenesis } from "@parahost/sim/local-network";
import { planParas } from "@parahost/sim/para-plan";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";
import { LiveChain } from "./chain.ts";
import type { ChainTypes } from "./types.ts";

type Body = Extract<Metadata["body"], { type: "v15" }>["value"];

let top: ReadonlyMap<Hex, Uint8Array>;
let body: Body;
let chain: LiveChain;
let types: ChainTypes;

before(() => {
  const genesis = { validators: 2, paras: planParas(2), slotMs: 6000, epochSlots: 10 };
  ({ top } = localNetworkGenesis(genesis));
  const state = new Overlay(new TrieBackend(new NodeCache(new MemoryNodeStore()), EMPTY_ROOT));
  for (const [key, value] of top) state.set(key, value);
  const metadata = runtimeMetadata(state, 15).body;
  assert.ok(metadata.type === "v15");
  body = metadata.value;
  chain = new LiveChain(0, body);
  types = chain.types;
});

/** The shortest encoding of a value of the type. */
function shortest(id: number): Uint8Array {
  const { definition } = types.type(id);
  const all = (ids: readonly number[]) => concatBytes(...ids.map(shortest));
  switch (definition.type) {
    case "primitive":
      return new Uint8Array(PRIMITIVE_BYTES[definition.value.type] ?? 1);
    case "composite":
      return all(definition.value.map(({ type }) => type));
    case "tuple":
      return all(definition.value);
    case "array":
      return all(Array.from({ length: definition.value.length }, () => definition.value.type));
    case "variant": {
      const [first] = definition.value;
      if (first === undefined) return new Uint8Array();
      return concatBytes(Uint8Array.of(first.index), all(first.fields.map(({ type }) => type)));
    }
    default:
      // Nothing in a sequence, no bits, a compact zero.
      return new Uint8Array(1);
  }
}

const PRIMITIVE_BYTES: Readonly<Record<string, number>> = {
  ...{ u16: 2, u32: 4, u64: 8, u128: 16, u256: 32 },
  ...{ i16: 2, i32: 4, i64: 8, i128: 16, char: 4 },
};

test("every call is written by its name and arguments, as the runtime encodes it", () => {
  let count = 0;
  for (const pallet of chain.pallets)
    for (const call of chain.calls(pallet)) {
      const name = `${pallet.name}.${call.name}`;
      const args = call.fields.map(({ type }) => shortest(type));
      const expected = concatBytes(Uint8Array.of(pallet.index, call.index), ...args);
      const written = args.map((bytes, at) => types.decode(call.fields[at]?.type ?? -1, bytes));
      const encoded = chain.encodeCall(chain.callEntry(name), written);
      assert.equal(bytesToHex(encoded), bytesToHex(expected), name);
      assert.deepEqual(encode(RuntimeCall, decode(RuntimeCall, encoded)), encoded, name);
      count += 1;
    }
  assert.ok(count > 150, `${count} calls`);
});

test("every item of storage is found by its name, with its keys, its values and its default", () => {
  let count = 0;
  for (const pallet of chain.pallets)
    for (const item of pallet.storage?.items ?? []) {
      const name = `${pallet.name}.${item.name}`;
      const entry = chain.storage(name);
      const keys = entry.keyTypes.map((type) => types.decode(type, shortest(type)));
      const key = chain.storageKey(entry, keys);
      assert.ok(key.startsWith(entry.prefix), name);
      const read = chain.keysAt(entry, key);
      for (const [at, value] of read.entries())
        if (entry.hashers[at]?.endsWith("Concat") === true) assert.deepEqual(value, keys[at], name);
      if (item.modifier.type === "default") {
        const value = types.decode(entry.valueType, item.fallback);
        assert.deepEqual(types.encode(entry.valueType, value, name), item.fallback, name);
      }
      count += 1;
    }
  assert.ok(count > 150, `${count} items`);
});

test("everything in the state of genesis is read by the name of its item, and written the same", () => {
  const entries = chain.pallets.flatMap((pallet) =>
    (pallet.storage?.items ?? []).map((item) => chain.storage(`${pallet.name}.${item.name}`)),
  );
  const named = new Set<string>();
  for (const [key, bytes] of top) {
    // Keys of the host, such as `:code`, belong to no pallet.
    if (key.startsWith("0x3a")) continue;
    const entry = entries.find(({ prefix }) => key.startsWith(prefix));
    // `:__STORAGE_VERSION__:` of a pallet is no item.
    if (entry === undefined) {
      assert.ok(
        chain.pallets.some(({ name }) => key.startsWith(palletPrefix(name))),
        key,
      );
      continue;
    }
    const { pallet, item, valueType } = entry;
    const name = `${pallet}.${item.name}`;
    named.add(name);
    const value = types.decode(valueType, bytes);
    assert.deepEqual(types.encode(valueType, value, name), bytes, name);
  }
  assert.ok(named.size > 20, [...named].join());
});

const palletPrefix = (name: string): string => {
  const item = body.pallets.find((pallet) => pallet.name === name)?.storage?.items[0];
  return item === undefined ? "none" : chain.storage(`${name}.${item.name}`).prefix.slice(0, 34);
};
