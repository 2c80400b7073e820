import assert from "node:assert/strict";
import { test } from "node:test";
import { LruMap } from "./bounded-map.ts";

test("beyond its capacity the map forgets what was used least recently", () => {
  const map = new LruMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  assert.equal(map.get("a"), 1);
  map.set("c", 3);
  assert.deepEqual([...map.keys()], ["a", "c"]);
  assert.equal(map.get("b"), undefined);
  assert.equal(map.size, 2);
});

test("setting a key again renews it without growing", () => {
  const map = new LruMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  assert.deepEqual([...map.keys()], ["a", "c"]);
  assert.equal(map.get("a"), 3);
});

test("asking whether a key is there does not renew it", () => {
  const map = new LruMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  assert.ok(map.has("a"));
  map.set("c", 3);
  assert.ok(!map.has("a"));
});

test("entries are deleted and cleared", () => {
  const map = new LruMap<string, number>(2);
  map.set("a", 1);
  assert.ok(map.delete("a"));
  assert.ok(!map.delete("a"));
  map.set("b", 2);
  map.clear();
  assert.equal(map.size, 0);
});

test("a map without room is refused", () => {
  assert.throws(() => new LruMap(0), /needs room/);
});
