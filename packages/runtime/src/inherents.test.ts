import assert from "node:assert/strict";
import { test } from "node:test";
import { checkInherents } from "./inherents.ts";
import { TestChain } from "./testing/chain.ts";

test("a block may be half a minute ahead of the importer's clock, not more", () => {
  const chain = new TestChain();
  const now = chain.nextSlot * 2_000;
  const { extrinsics } = chain.build();
  assert.ok(checkInherents(extrinsics, now).ok);
  assert.ok(checkInherents(extrinsics, now - 30_000).ok);
  assert.deepEqual(checkInherents(extrinsics, now - 30_001), {
    ok: false,
    error: { code: "timestampTooFarAhead", aheadMs: 30_001 },
  });
});

test("a block from the past is no reason to refuse it", () => {
  const chain = new TestChain();
  const now = chain.nextSlot * 2_000;
  assert.ok(checkInherents(chain.build().extrinsics, now + 3_600_000).ok);
});
