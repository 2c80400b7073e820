/** The trie behind the host functions: roots and storage semantics. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes, bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import {
  EMPTY_ROOT,
  MemoryNodeStore,
  NodeCache,
  Overlay,
  orderedTrieRoot,
  type StateEntries,
  TrieBackend,
  trieRoot,
} from "@parahost/trie";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";

const skip = skipWithoutVectors;

interface RootCase {
  readonly id: string;
  readonly fn: string;
  readonly pairs?: readonly (readonly [string, string])[];
  readonly values?: readonly string[];
  readonly root: string;
}

interface StorageCase {
  readonly id: string;
  readonly pairs?: readonly (readonly [string, string])[];
  readonly expected_next_key_of_smaller?: string;
  readonly prefix?: string;
  readonly remaining_values?: readonly string[];
  readonly key?: string;
  readonly value?: string;
  readonly offset?: number;
  readonly buffer_size?: number;
  readonly expected?: string;
}

const text = (value: string): Hex => bytesToHex(asciiBytes(value));
const emptyState = (): Overlay =>
  new Overlay(new TrieBackend(new NodeCache(new MemoryNodeStore()), EMPTY_ROOT));

test("trie roots, ordered roots and child roots", { skip }, () => {
  const { cases } = readVectorJson<{ cases: RootCase[] }>("host-api", "trie-roots.json");
  for (const { id, fn, pairs, values, root } of cases) {
    if (values !== undefined)
      assert.equal(orderedTrieRoot(values.map(hexToBytes), 0), `0x${root}`, id);
    const entries = pairs?.map(([key, value]): [Hex, Uint8Array] => [
      `0x${key}`,
      hexToBytes(value),
    ]);
    if (entries === undefined) continue;
    if (fn.includes("child")) {
      const child = emptyState().child("0x00");
      for (const [key, value] of entries) child.set(key, value);
      assert.equal(child.root(0), `0x${root}`, id);
    }
    assert.equal(trieRoot(entries, 0), `0x${root}`, id);
  }
});

/** What a case says of the main trie holds for a child trie too. */
function checkStorage(vector: StorageCase, state: StateEntries): void {
  for (const [key, value] of vector.pairs ?? []) state.set(text(key), asciiBytes(value));
  if (vector.expected_next_key_of_smaller !== undefined) {
    const [smaller, larger] = (vector.pairs ?? []).map(([key]) => text(key)).sort() as [Hex, Hex];
    assert.equal(state.nextKey(smaller), larger, vector.id);
    assert.equal(state.nextKey(larger), undefined, vector.id);
    const before = text(vector.expected_next_key_of_smaller);
    assert.ok([smaller, larger].includes(before), vector.id);
  }
  if (vector.prefix !== undefined) {
    state.clearPrefix(text(vector.prefix));
    const left = [...state.keysWithPrefix("0x")].map((key) => state.get(key));
    assert.deepEqual(left, vector.remaining_values?.map(asciiBytes), vector.id);
  }
  if (vector.key !== undefined) {
    state.set(text(vector.key), asciiBytes(vector.value ?? ""));
    const value = state.get(text(vector.key)) as Uint8Array;
    const offset = vector.offset ?? 0;
    const read = value.subarray(offset, offset + (vector.buffer_size ?? 0));
    assert.deepEqual(read, asciiBytes(vector.expected ?? ""), vector.id);
  }
}

test("next key, clearing a prefix, reading at an offset", { skip }, () => {
  for (const vector of readVectorJson<StorageCase[]>("host-api", "storage-semantics.json")) {
    checkStorage(vector, emptyState());
    checkStorage(vector, emptyState().child("0xc1"));
  }
});
