import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok } from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import { acceptView, sameHeads, viewOf } from "./view.ts";

const hash = (name: string): Hash => `0x${name}` as Hash;
const view = (finalizedNumber: number, ...names: string[]) => ({
  heads: names.map(hash),
  finalizedNumber,
});

test("our view names the five highest leaves", () => {
  const leaves = new Map(["a", "b", "c", "d", "e", "f"].map((name, i) => [hash(name), i] as const));
  assert.deepEqual(viewOf(leaves, 0), view(0, "f", "e", "d", "c", "b"));
});

test("leaves of one height stand in the order of their hashes", () => {
  const leaves = new Map([
    [hash("b"), 1],
    [hash("a"), 1],
  ]);
  assert.deepEqual(viewOf(leaves, 0).heads, ["0xa", "0xb"]);
});

test("finality alone changes no heads", () => {
  assert.equal(sameHeads(view(1, "a", "b"), view(2, "b", "a")), true);
  assert.equal(sameHeads(view(1, "a"), view(1, "a", "b")), false);
});

test("a peer's view is refused when it is empty or takes finality back", () => {
  assert.deepEqual(acceptView(view(0), view(0)), err({ code: "emptyView" }));
  assert.deepEqual(
    acceptView(view(3, "a"), view(2, "b")),
    err({ code: "finalityReversed", from: 3, to: 2 }),
  );
});

test("a view that says the same again is ignored", () => {
  assert.deepEqual(acceptView(view(3, "a"), view(3, "a")), ok(undefined));
  assert.deepEqual(acceptView(view(3, "a"), view(4, "a")), ok(view(4, "a")));
});
