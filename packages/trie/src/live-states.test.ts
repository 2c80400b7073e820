import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, type Hex, randomBelow, randomBytes } from "@parahost/base";
import { LiveStates, placesOf, type StateRecord } from "./live-states.ts";
import { EMPTY_ROOT } from "./node.ts";
import { NodeCache } from "./node-cache.ts";
import { MemoryNodeStore } from "./node-store.ts";
import { Overlay } from "./overlay.ts";
import { TrieBackend } from "./state-backend.ts";
import { seeded } from "./testing/seeded.ts";

interface Block {
  readonly id: Hex;
  readonly root: Hex;
}

test("releasing states in any order, restarts between, leaves exactly the nodes of the others", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seeded(seed);
    const store = new MemoryNodeStore();
    const records = new Map<Hex, StateRecord>();
    const keeper = {
      put: (id: Hex, record: StateRecord) => void records.set(id, record),
      delete: (id: Hex) => void records.delete(id),
    };
    let states = new LiveStates(store, keeper);
    const live: Block[] = [];
    for (let number = 0; number < 25; number++) {
      const parent = live.length === 0 ? undefined : live[randomBelow(random, live.length)];
      const state = new Overlay(new TrieBackend(new NodeCache(store), parent?.root ?? EMPTY_ROOT));
      for (let i = 0; i < 12; i++) {
        const key = bytesToHex(randomBytes(random, 2).map((byte) => byte % 5));
        const value = new Uint8Array(randomBelow(random, 3) * 30).fill(randomBelow(random, 2));
        const target = randomBelow(random, 4) === 0 ? state.child("0xc0") : state;
        if (randomBelow(random, 3) === 0) target.delete(key);
        else target.set(key, value);
      }
      const update = state.commitment(1);
      const block: Block = { id: `0x${number.toString(16).padStart(4, "0")}`, root: update.root };
      states.insert(block.id, parent?.id, update);
      live.push(block);

      while (live.length > 6 || (live.length > 1 && randomBelow(random, 3) === 0)) {
        const [gone] = live.splice(randomBelow(random, live.length), 1);
        states.release((gone as Block).id);
      }
      for (const { root } of live) placesOf(store, root);
      if (randomBelow(random, 6) === 0) {
        // A restart knows the records, and releases once more what nobody wants.
        states = new LiveStates(store, keeper);
        states.restore(new Map(records));
        for (const id of [...records.keys()])
          if (!live.some((block) => block.id === id) && states.has(id)) states.release(id);
      }
      if (live.length === 1 && states.size === 1)
        assert.equal(store.size, new Set(placesOf(store, (live[0] as Block).root)).size);
    }
    for (const { id } of live) states.release(id);
    assert.equal(store.size, 0, `seed ${seed}`);
    assert.equal(states.size, 0);
    assert.equal(records.size, 0);
  }
});

test("two blocks with the same state are two holders of it", () => {
  const store = new MemoryNodeStore();
  const states = new LiveStates(store);
  const state = new Overlay(new TrieBackend(new NodeCache(store), EMPTY_ROOT));
  state.set("0x01", new Uint8Array(40));
  const update = state.commitment(1);
  states.insert("0xa0", undefined, update);
  const unchanged = new Overlay(new TrieBackend(new NodeCache(store), update.root)).commitment(1);
  states.insert("0xa1", "0xa0", unchanged);
  states.insert("0xa2", "0xa0", unchanged);
  states.release("0xa0");
  states.release("0xa2");
  assert.equal(placesOf(store, update.root).length, 2);
  states.release("0xa1");
  assert.equal(store.size, 0);
});

test("a state without its parent, twice, or released twice is a mistake of ours", () => {
  const states = new LiveStates(new MemoryNodeStore());
  const empty = { root: EMPTY_ROOT, inserted: [], removed: [] };
  assert.throws(() => states.insert("0x01", "0x00", empty), /parent/);
  states.insert("0x00", undefined, empty);
  assert.throws(() => states.insert("0x00", undefined, empty), /already/);
  states.release("0x00");
  assert.throws(() => states.release("0x00"), /not kept/);
});
