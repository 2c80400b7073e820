/** Complete genesis states of nine live chains. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, type Hex, hexToBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import {
  EMPTY_ROOT,
  MemoryNodeStore,
  NodeCache,
  Overlay,
  placesOf,
  type StateVersion,
  TrieBackend,
  trieRoot,
} from "@parahost/trie";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";

interface Genesis {
  readonly chain: string;
  readonly file: string;
  readonly keys: number;
  readonly state_version: StateVersion;
  readonly state_root: string;
  readonly genesis_hash: string;
  readonly code_len: number;
  readonly code_blake2b256: string;
}

const CODE: Hex = "0x3a636f6465";

if (skipWithoutVectors === false) {
  const { chains } = readVectorJson<{ chains: Genesis[] }>("state-trie", "genesis.json");
  for (const chain of chains) {
    test(chain.chain, () => {
      const { top } = readVectorJson<{ top: Record<Hex, Hex> }>("state-trie", chain.file);
      const entries = (Object.entries(top) as [Hex, Hex][]).map(
        ([key, value]): [Hex, Uint8Array] => [key, hexToBytes(value)],
      );
      assert.equal(entries.length, chain.keys);
      const root = trieRoot(entries, chain.state_version);
      assert.equal(root, `0x${chain.state_root}`);

      const none = new Uint8Array(1);
      const header = concatBytes(
        new Uint8Array(32),
        none,
        hexToBytes(root),
        hexToBytes(EMPTY_ROOT),
        none,
      );
      assert.equal(blake2b256Hex(header), `0x${chain.genesis_hash}`);

      const store = new MemoryNodeStore();
      const cache = new NodeCache(store);
      const genesis = new Overlay(new TrieBackend(cache, EMPTY_ROOT));
      for (const [key, value] of entries) genesis.set(key, value);
      const update = genesis.commitment(chain.state_version);
      assert.equal(update.root, root);
      store.apply(update);
      const state = new TrieBackend(cache, root);
      assert.deepEqual([...state.keysWithPrefix("0x")], entries.map(([key]) => key).sort());
      const code = state.value(CODE)?.bytes as Uint8Array;
      assert.equal(code.length, chain.code_len);
      assert.equal(blake2b256Hex(code), `0x${chain.code_blake2b256}`);
      assert.equal(placesOf(store, root).length, update.inserted.length);
    });
  }
}
