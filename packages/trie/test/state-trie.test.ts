/** Roots, proofs and genesis states that other implementations agree on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Hex, hexToBytes } from "@parahost/base";
import {
  applyChanges,
  EMPTY_ROOT,
  MemoryNodeStore,
  NodeCache,
  TrieReader,
  trieRoot,
} from "@parahost/trie";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";

const skip = skipWithoutVectors;
type Pairs = readonly (readonly [key: string, value: string])[];

interface RootCase {
  readonly id: string;
  readonly root_v0: string;
  readonly root_v1: string;
  readonly pairs?: Pairs;
  readonly pairs_file?: string;
  readonly insert_then_delete_roots_v0?: readonly string[];
}

const entriesOf = (pairs: Pairs): [Hex, Uint8Array][] =>
  pairs.map(([key, value]) => [`0x${key}`, hexToBytes(value)]);

test("roots of pairs built in one go", { skip }, () => {
  const { cases } = readVectorJson<{ cases: RootCase[] }>("state-trie", "roots.json");
  for (const { id, root_v0, root_v1, pairs, pairs_file } of cases) {
    const entries = entriesOf(pairs ?? readVectorJson<Pairs>("state-trie", pairs_file as string));
    assert.equal(trieRoot(entries, 0), `0x${root_v0}`, id);
    assert.equal(trieRoot(entries, 1), `0x${root_v1}`, id);
  }
});

test("roots after every insertion and every deletion", { skip }, () => {
  const { cases } = readVectorJson<{ cases: RootCase[] }>("state-trie", "roots.json");
  for (const { id, pairs, insert_then_delete_roots_v0: roots } of cases) {
    if (pairs === undefined || roots === undefined) continue;
    const store = new MemoryNodeStore();
    const reader = new TrieReader(new NodeCache(store));
    let root = EMPTY_ROOT;
    const seen: string[] = [];
    const change = (key: Hex, value: Uint8Array | undefined): void => {
      const update = applyChanges(reader, root, new Map([[key, value]]), 0);
      store.apply(update);
      root = update.root;
      seen.push(root.slice(2));
    };
    const keys: Hex[] = [];
    for (const [key, value] of entriesOf(pairs)) {
      change(key, value);
      keys.push(key);
    }
    while (keys.length > 0) {
      const [key] = keys.splice((hexToBytes(root)[0] as number) % keys.length, 1);
      change(key as Hex, undefined);
    }
    assert.deepEqual(seen, roots, id);
    assert.equal(store.size, 0);
  }
});
