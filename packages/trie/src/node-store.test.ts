import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryNodeStore } from "./node-store.ts";
import { nodeStoreCases } from "./node-store-cases.ts";

for (const { name, run } of nodeStoreCases)
  test(`memory node store: ${name}`, () => run(new MemoryNodeStore()));

test("a place that was never added cannot be taken away", () => {
  const store = new MemoryNodeStore();
  assert.throws(() => store.apply({ inserted: [], removed: ["0x00"] }), /never added/);
});
