import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, u8, u32, vec } from "@parahost/scale";
import { storage as session } from "../pallets/session/storage.ts";
import { storage as accounts } from "../pallets/system/accounts.ts";
import { storage as timestamp } from "../pallets/timestamp.ts";
import { emptyState } from "../testing/state.ts";
import { storage as events } from "./events.ts";
import {
  storageDoubleMap,
  storageMap,
  storageOption,
  storageTripleMap,
  storageValue,
} from "./storage.ts";

test("keys are those of Polkadot's pallets", () => {
  const system = "26aa394eea5630e07c48ae0c9558cef7";
  assert.equal(accounts.account.prefix, `0x${system}b99d880ec681799c0cf30e8886371da9`);
  assert.equal(events.events.key(), `0x${system}80d41e5e16056765bc8461851072c9d7`);
  assert.equal(events.number.key(), `0x${system}02a5c1b19ab7a04f536c519aca4983ac`);
  assert.equal(
    timestamp.now.key(),
    "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb",
  );
  assert.equal(
    session.validators.key(),
    "0xcec5070d609dd3497f72bde07fc96ba088dcde934c658227ee1dfafcd6e16903",
  );
});

test("a value without a default is absent until it is set", () => {
  const state = emptyState();
  const item = storageValue("Test.Optional", "An item.", u32);
  assert.equal(item.get(state), undefined);
  assert.equal(item.has(state), false);
  item.set(state, 7);
  assert.equal(item.get(state), 7);
  assert.equal(item.take(state), 7);
  assert.equal(item.get(state), undefined);
});

test("a value with a default has it until it is set, and again once removed", () => {
  const state = emptyState();
  const item = storageValue("Test.Defaulted", "An item.", vec(u8), [1]);
  assert.deepEqual(item.get(state), [1]);
  item.update(state, (items) => [...items, 2]);
  assert.deepEqual(item.get(state), [1, 2]);
  assert.deepEqual(item.fallback, new Uint8Array([4, 1]));
  item.remove(state);
  assert.deepEqual(item.get(state), [1]);
});

test("a stored option is none by default and when it is set to be", () => {
  const state = emptyState();
  const item = storageOption("Test.Option", "An item.", u8);
  assert.deepEqual([item.get(state), item.has(state)], [undefined, false]);
  assert.deepEqual(item.fallback, new Uint8Array([0]));
  item.set(state, 7);
  assert.deepEqual(state.get(item.key()), new Uint8Array([1, 7]));
  item.set(state, undefined);
  assert.deepEqual([item.get(state), state.get(item.key())], [undefined, new Uint8Array([0])]);
});

test("a map gives back its keys where the hasher ends with them", () => {
  const state = emptyState();
  const map = storageMap("Test.Map", "An item.", "twox64Concat", u32, bytes());
  map.set(state, 5, new Uint8Array([1]));
  map.set(state, 6, new Uint8Array([2]));
  const byKey = new Map(map.entries(state));
  assert.deepEqual(byKey.get(5), new Uint8Array([1]));
  assert.deepEqual(byKey.get(6), new Uint8Array([2]));
  assert.deepEqual(
    map.keys(state).sort((a, b) => a - b),
    [5, 6],
  );
});

test("keys of a map whose hasher drops them cannot be listed", () => {
  const state = emptyState();
  const map = storageMap("Test.Opaque", "An item.", "twox128", u32, u8);
  map.set(state, 1, 1);
  assert.throws(() => map.keys(state), /cannot be recovered/);
});

test("a map is cleared up to a limit", () => {
  const state = emptyState();
  const map = storageMap("Test.Clear", "An item.", "identity", u32, u8);
  for (const key of [1, 2, 3]) map.set(state, key, key);
  assert.equal(map.clear(state, 2), 2);
  assert.equal(map.keys(state).length, 1);
  assert.equal(map.clear(state), 1);
});

test("a double map lists and clears what stands under its first key", () => {
  const state = emptyState();
  const map = storageDoubleMap("Test.Double", "An item.", "twox64Concat", u32, "identity", u8, u32);
  map.set(state, 1, 10, 100);
  map.set(state, 1, 11, 101);
  map.set(state, 2, 20, 200);
  assert.deepEqual(map.entriesOf(state, 1), [
    [10, 100],
    [11, 101],
  ]);
  assert.equal(map.entries(state).length, 3);
  assert.equal(map.clearOf(state, 1), 2);
  assert.deepEqual(map.entries(state), [[2, 20, 200]]);
});

test("a triple map clears what stands under its first key", () => {
  const state = emptyState();
  const map = storageTripleMap("Test.Triple", "An item.", "twox64Concat", [u32, u8, u32], u8);
  map.set(state, 1, 10, 0, 100);
  map.set(state, 1, 10, 1, 101);
  map.set(state, 2, 10, 0, 200);
  assert.equal(map.get(state, 1, 10, 1), 101);
  assert.equal(map.clearOf(state, 1, 1), 1);
  assert.equal(map.clearOf(state, 1), 1);
  assert.equal(map.has(state, 1, 10, 1), false);
  assert.equal(map.get(state, 2, 10, 0), 200);
  map.remove(state, 2, 10, 0);
  assert.equal(map.get(state, 2, 10, 0), undefined);
});

test("a name that is not Pallet.Item is refused", () => {
  assert.throws(() => storageValue("NoItem", "An item.", u8), /is not "Pallet.Item"/);
});
