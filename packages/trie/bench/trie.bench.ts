/** The trie against a plain one over @noble/hashes, and proofs against polkadot-api's. */
import assert from "node:assert/strict";
import { bytesToHex, expectOk, type Hex, hexToBytes, u32Bytes } from "@parahost/base";
import { blake2b256, blake2b256Hex } from "@parahost/crypto";
import { validateProofs } from "@polkadot-api/substrate-bindings";
import type { Bench } from "../../../test/bench.ts";
import {
  createProof,
  EMPTY_ROOT,
  MemoryNodeStore,
  NodeCache,
  Overlay,
  openProof,
  TrieBackend,
  trieRoot,
} from "../src/index.ts";
import { naiveTrieRoot } from "./naive-trie.ts";

const PLAIN = "a plain trie on @noble/hashes 2.4.0";

const keys = Array.from({ length: 10_000 }, (_, i) => blake2b256Hex(u32Bytes(i)));
const valueAt = (i: number): Uint8Array => new Uint8Array(48).fill(i & 255);
const entries = keys.map((key, i): [Hex, Uint8Array] => [key, valueAt(i)]);
const byteEntries = keys.map((key, i) => [hexToBytes(key), valueAt(i)] as const);

// A block over those keys: 500 of them change, spread over the trie.
const store = new MemoryNodeStore();
const cache = new NodeCache(store);
const genesis = new Overlay(new TrieBackend(cache, EMPTY_ROOT));
for (const [key, value] of entries) genesis.set(key, value);
const before = genesis.commitment(0);
store.apply(before);
const changed = new Map(
  entries.map(([key, value], i) => [key, i % 20 === 0 ? new Uint8Array(48).fill(7) : value]),
);
const changedBytes = [...changed].map(([key, value]) => [hexToBytes(key), value] as const);
function blockRoot(): Hex {
  const state = new Overlay(new TrieBackend(cache, before.root));
  for (let i = 0; i < keys.length; i += 20) state.set(keys[i] as Hex, new Uint8Array(48).fill(7));
  return state.root(0);
}

const proven = keys.slice(0, 20);
const proof = createProof(cache, before.root, proven);

export const benches: Bench[] = [
  {
    name: "trie root of 10,000 keys",
    peer: PLAIN,
    ours: () => trieRoot(entries, 0),
    theirs: () => naiveTrieRoot(byteEntries),
    check: () => assert.equal(trieRoot(entries, 0), bytesToHex(naiveTrieRoot(byteEntries))),
  },
  {
    name: "trie root after a block that changes 500 of 10,000 keys",
    peer: PLAIN,
    ours: blockRoot,
    theirs: () => naiveTrieRoot(changedBytes),
    check: () => assert.equal(blockRoot(), bytesToHex(naiveTrieRoot(changedBytes))),
  },
  {
    name: `storage proof of 20 keys checked and read, ${proof.length} nodes`,
    peer: "@polkadot-api/substrate-bindings 0.21.0 with our hash",
    ours: () => {
      const state = expectOk(openProof(before.root, proof), "proof");
      for (const key of proven) state.value(key);
    },
    theirs: () => validateProofs(proof, blake2b256),
    check: () => {
      const state = expectOk(openProof(before.root, proof), "proof");
      const theirs = validateProofs(proof, blake2b256);
      assert.equal(theirs?.rootHash, before.root);
      for (const [i, key] of proven.entries())
        assert.deepEqual(state.value(key)?.bytes, valueAt(i));
    },
  },
];
