import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytesToHex,
  type Hex,
  type Random,
  randomBelow,
  randomBytes,
  shuffle,
} from "@parahost/base";
import { EMPTY_ROOT, type StateVersion } from "./node.ts";
import { NodeCache } from "./node-cache.ts";
import { MemoryNodeStore } from "./node-store.ts";
import { trieRoot } from "./root.ts";
import { seeded } from "./testing/seeded.ts";
import { TrieReader } from "./trie-reader.ts";
import { applyChanges, type TrieChanges } from "./update.ts";

/** A store with the trie that the updates so far have made. */
class Tracked {
  readonly store = new MemoryNodeStore();
  readonly entries = new Map<Hex, Uint8Array>();
  readonly version: StateVersion;
  root: Hex = EMPTY_ROOT;

  constructor(version: StateVersion) {
    this.version = version;
  }

  apply(changes: TrieChanges): void {
    const reader = new TrieReader(new NodeCache(this.store));
    const update = applyChanges(reader, this.root, changes, this.version);
    this.store.apply(update);
    this.root = update.root;
    for (const [key, value] of changes) {
      if (value === undefined) this.entries.delete(key);
      else this.entries.set(key, value);
    }
  }

  check(): void {
    assert.equal(this.root, trieRoot(this.entries, this.version));
  }
}

/** Few distinct bytes and lengths, so that keys share prefixes and are prefixes of each other. */
function someKey(random: Random): Hex {
  const key = randomBytes(random, randomBelow(random, 6));
  return bytesToHex(key.map((byte) => (byte < 200 ? (byte % 3) * 17 : byte)));
}

/** Lengths around the limits of embedded nodes and of detached values; equal values are common. */
function someValue(random: Random): Uint8Array {
  const lengths = [0, 1, 2, 27, 30, 32, 33, 34, 64, 70, 300];
  const length = lengths[randomBelow(random, lengths.length)] ?? 0;
  return new Uint8Array(length).fill(randomBelow(random, 2));
}

for (const version of [0, 1] as const) {
  test(`incremental roots equal full builds under random changes, version ${version}`, () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seeded(seed);
      const trie = new Tracked(version);
      for (let block = 0; block < 25; block++) {
        const changes = new Map<Hex, Uint8Array | undefined>();
        for (let i = randomBelow(random, 8); i >= 0; i--)
          changes.set(
            someKey(random),
            randomBelow(random, 3) === 0 ? undefined : someValue(random),
          );
        for (const key of trie.entries.keys())
          if (randomBelow(random, 6) === 0) changes.set(key, undefined);
        trie.apply(changes);
        trie.check();
      }
      trie.apply(new Map([...trie.entries.keys()].map((key) => [key, undefined])));
      assert.equal(trie.root, EMPTY_ROOT);
      assert.equal(trie.store.size, 0, `seed ${seed}: every place that was added was taken away`);
    }
  });

  test(`one trie in a hundred orders has one root, version ${version}`, () => {
    const random = seeded(99);
    const entries = new Map<Hex, Uint8Array>();
    for (let i = 0; i < 12; i++) entries.set(someKey(random), someValue(random));
    const expected = trieRoot(entries, version);
    for (let order = 0; order < 100; order++) {
      const trie = new Tracked(version);
      for (const [key, value] of shuffle(random, [...entries])) trie.apply(new Map([[key, value]]));
      assert.equal(trie.root, expected);
      assert.equal(trieRoot(shuffle(random, [...entries]), version), expected);
      for (const [key] of shuffle(random, [...entries])) {
        trie.apply(new Map([[key, undefined]]));
        trie.check();
      }
      assert.equal(trie.store.size, 0);
    }
  });
}
