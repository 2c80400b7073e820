import assert from "node:assert/strict";
import { test } from "node:test";
import { TestChain } from "./testing/chain.ts";

test("an empty block is built and imported to the same state", () => {
  const chain = new TestChain();
  const header = chain.add();
  assert.equal(header.number, 1);
  chain.addMany(3);
  assert.equal(chain.head.number, 4);
});
