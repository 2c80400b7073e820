import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentMap } from "./recent-map.ts";

test("what is used stays, what is not goes, and there is never too much", () => {
  const map = new RecentMap<number, string>(8);
  map.set(0, "kept");
  for (let i = 1; i < 100; i++) {
    map.set(i, "passing");
    assert.equal(map.get(0), "kept");
    assert.ok(map.size <= 8);
  }
  assert.equal(map.get(1), undefined);
  assert.equal(map.get(99), "passing");
});
