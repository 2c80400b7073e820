import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, type Hex, hexToBytes, randomBelow, randomBytes } from "@parahost/base";
import { u32, vec } from "@parahost/scale";
import { childRootKey } from "./child-trie.ts";
import { EMPTY_ROOT } from "./node.ts";
import { NodeCache } from "./node-cache.ts";
import { MemoryNodeStore } from "./node-store.ts";
import { Overlay } from "./overlay.ts";
import { trieRoot } from "./root.ts";
import { TrieBackend } from "./state-backend.ts";
import { seeded } from "./testing/seeded.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

/** A backend whose main trie has these entries. */
function stateWith(entries: Iterable<readonly [Hex, Uint8Array]>, child?: Hex): TrieBackend {
  const store = new MemoryNodeStore();
  const cache = new NodeCache(store);
  const genesis = new Overlay(new TrieBackend(cache, EMPTY_ROOT));
  const target = child === undefined ? genesis : genesis.child(child);
  for (const [key, value] of entries) target.set(key, value);
  const update = genesis.commitment(1);
  store.apply(update);
  return new TrieBackend(cache, update.root);
}

test("reads see writes, and deletions hide what lies below", () => {
  const state = new Overlay(
    stateWith([
      ["0x01", bytes(1)],
      ["0x02", bytes(2)],
    ]),
  );
  state.set("0x03", bytes(3));
  state.set("0x01", bytes(11));
  state.delete("0x02");
  assert.deepEqual(state.get("0x01"), bytes(11));
  assert.equal(state.get("0x02"), undefined);
  assert.equal(state.has("0x02"), false);
  assert.deepEqual([...state.keysWithPrefix("0x")], ["0x01", "0x03"]);
  assert.equal(state.nextKey("0x01"), "0x03");
  assert.equal(state.nextKey("0x03"), undefined);
});

test("an empty value is a value", () => {
  const state = new Overlay(stateWith([["0x01", bytes()]]));
  assert.equal(state.has("0x01"), true);
  state.set("0x02", bytes());
  assert.deepEqual([...state.keysWithPrefix("0x")], ["0x01", "0x02"]);
});

test("rollback undoes the innermost transaction only, commit hands it to the outer one", () => {
  const state = new Overlay(stateWith([["0x01", bytes(1)]]));
  state.begin();
  state.set("0x01", bytes(2));
  state.begin();
  state.set("0x01", bytes(3));
  state.set("0x05", bytes(5));
  state.delete("0x01");
  state.rollback();
  assert.deepEqual(state.get("0x01"), bytes(2));
  assert.equal(state.has("0x05"), false);
  assert.deepEqual([...state.keysWithPrefix("0x")], ["0x01"]);
  state.begin();
  state.set("0x06", bytes(6));
  state.commit();
  assert.equal(state.has("0x06"), true);
  state.rollback();
  assert.deepEqual(state.get("0x01"), bytes(1));
  assert.equal(state.has("0x06"), false);
  assert.equal(state.changes().main.size, 0);
});

test("commit and rollback without begin are mistakes of ours", () => {
  const state = new Overlay(stateWith([]));
  assert.throws(() => state.commit(), /without begin/);
  assert.throws(() => state.rollback(), /without begin/);
});

test("a decoded value stays the same object until its key changes", () => {
  const numbers = vec(u32, 100);
  const backend = stateWith([["0x01", hexToBytes("0x080100000002000000")]]);
  const state = new Overlay(backend);
  const first = state.read("0x01", numbers);
  assert.deepEqual(first, [1, 2]);
  assert.equal(state.read("0x01", numbers), first);
  state.set("0x02", bytes(1));
  assert.equal(state.read("0x01", numbers), first);
  assert.equal(new Overlay(backend).read("0x01", numbers), first, "shared with the next block");

  state.begin();
  const written = [7];
  state.write("0x01", written, numbers);
  assert.equal(state.read("0x01", numbers), written);
  assert.deepEqual(state.get("0x01"), hexToBytes("0x0407000000"));
  state.rollback();
  assert.equal(state.read("0x01", numbers), first);
  state.set("0x01", hexToBytes("0x0403000000"));
  assert.deepEqual(state.read("0x01", numbers), [3]);
  state.delete("0x01");
  assert.equal(state.read("0x01", numbers), undefined);
});

test("a prefix is cleared up to a limit of backend keys, writes go always", () => {
  const state = new Overlay(
    stateWith([
      ["0xaa01", bytes(1)],
      ["0xaa02", bytes(2)],
      ["0xaa03", bytes(3)],
      ["0xbb", bytes(4)],
    ]),
  );
  state.set("0xaa00", bytes(9));
  state.set("0xaa02", bytes(9));
  assert.deepEqual(state.clearPrefix("0xaa", 2), {
    next: "0xaa03",
    backend: 1,
    unique: 3,
    loops: 4,
  });
  assert.deepEqual([...state.keysWithPrefix("0x")], ["0xaa03", "0xbb"]);
  assert.deepEqual(state.clearPrefix("0xaa"), { next: undefined, backend: 1, unique: 1, loops: 3 });
  assert.deepEqual([...state.keysWithPrefix("0x")], ["0xbb"]);
});

test("keys may be deleted while they are listed", () => {
  const state = new Overlay(
    stateWith([
      ["0x01", bytes(1)],
      ["0x02", bytes(2)],
      ["0x03", bytes(3)],
    ]),
  );
  state.set("0x0201", bytes(4));
  const seen: Hex[] = [];
  for (const key of state.keysWithPrefix("0x")) {
    seen.push(key);
    state.delete(key);
    if (key === "0x01") state.delete("0x02");
  }
  assert.deepEqual(seen, ["0x01", "0x0201", "0x03"]);
});

test("a child trie has its root in the main trie, and none when it is empty", () => {
  const state = new Overlay(stateWith([["0x01", bytes(1)]], "0xc0"));
  const child = state.child("0xc0");
  assert.deepEqual(child.get("0x01"), bytes(1));
  assert.equal(state.get("0x01"), undefined, "children are apart");
  child.set("0x02", bytes(2));
  const childEntries = new Map<Hex, Uint8Array>([
    ["0x01", bytes(1)],
    ["0x02", bytes(2)],
  ]);
  const childRoot = trieRoot(childEntries, 1);
  assert.equal(child.root(1), childRoot);
  assert.equal(state.root(1), trieRoot([[childRootKey("0xc0"), hexToBytes(childRoot)]], 1));
  assert.deepEqual(child.clearPrefix("0x"), { next: undefined, backend: 1, unique: 2, loops: 2 });
  assert.equal(child.root(1), EMPTY_ROOT);
  assert.equal(state.root(1), EMPTY_ROOT);
});

test("writes of a child roll back with the others", () => {
  const state = new Overlay(stateWith([]));
  state.begin();
  state.child("0xc0").set("0x01", bytes(1));
  state.rollback();
  assert.equal(state.child("0xc0").has("0x01"), false);
  assert.equal(state.root(1), EMPTY_ROOT);
});

test("the main trie's entries of child roots cannot be written or cleared", () => {
  const state = new Overlay(stateWith([["0x01", bytes(1)]], "0xc0"));
  const before = state.root(1);
  state.set(childRootKey("0xc0"), bytes(1));
  state.delete(childRootKey("0xc0"));
  assert.deepEqual(state.clearPrefix("0x"), { next: undefined, backend: 0, unique: 0, loops: 0 });
  assert.equal(state.root(1), before);
});

test("an overlay on an overlay answers for both and leaves the lower one alone", () => {
  const lower = new Overlay(
    stateWith([
      ["0x01", bytes(1)],
      ["0x02", bytes(2)],
    ]),
  );
  lower.set("0x03", bytes(3));
  lower.delete("0x01");
  const before = lower.root(1);
  const upper = new Overlay(lower);
  upper.set("0x01", bytes(7));
  upper.delete("0x03");
  upper.child("0xc0").set("0x01", bytes(1));
  assert.deepEqual([...upper.keysWithPrefix("0x")], ["0x01", "0x02"]);
  const childRoot = trieRoot([["0x01", bytes(1)]], 1);
  assert.equal(
    upper.root(1),
    trieRoot(
      [
        ["0x01", bytes(7)],
        ["0x02", bytes(2)],
        [childRootKey("0xc0"), hexToBytes(childRoot)],
      ],
      1,
    ),
  );
  assert.equal(upper.child("0xc0").root(1), childRoot);
  assert.equal(lower.root(1), before);
});

test("a random walk of writes and transactions agrees with plain maps", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seeded(seed);
    const someKey = (): Hex =>
      bytesToHex(randomBytes(random, 1 + randomBelow(random, 3)).map((byte) => byte % 4));
    let model = new Map<Hex, Uint8Array>();
    for (let i = 0; i < 20; i++) model.set(someKey(), bytes(i));
    const state = new Overlay(stateWith(model));
    const saved: Map<Hex, Uint8Array>[] = [];
    for (let step = 0; step < 300; step++) {
      const key = someKey();
      switch (randomBelow(random, 8)) {
        case 0:
        case 1:
          state.set(key, bytes(step));
          model.set(key, bytes(step));
          break;
        case 2:
          state.delete(key);
          model.delete(key);
          break;
        case 3:
          state.begin();
          saved.push(new Map(model));
          break;
        case 4:
          if (saved.pop() !== undefined) state.commit();
          break;
        case 5: {
          const before = saved.pop();
          if (before === undefined) break;
          state.rollback();
          model = before;
          break;
        }
        case 6: {
          const after = [...model.keys()].filter((other) => other > key).sort();
          assert.equal(state.nextKey(key), after[0]);
          break;
        }
        default: {
          const under = [...model.keys()].filter((other) => other.startsWith(key)).sort();
          assert.deepEqual([...state.keysWithPrefix(key)], under);
          assert.deepEqual(state.get(key), model.get(key));
        }
      }
    }
    assert.equal(state.root(1), trieRoot(model, 1), `seed ${seed}`);
  }
});
