import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hash } from "@parahost/primitives";
import { abandonedBy, includedBy, newCandidate, PRUNING_TIMES, pruneAt } from "./candidate-meta.ts";

const HOUR = 3_600_000;
const a = { number: 1, hash: "0xaa" as Hash };
const b = { number: 1, hash: "0xbb" as Hash };
const meta = newCandidate(5, 10);

test("what no block includes is dropped after an hour", () => {
  assert.equal(pruneAt(meta, PRUNING_TIMES), 5 + HOUR);
});

test("what an unfinalized block includes is kept", () => {
  const state = includedBy(meta.state, a);
  assert.equal(pruneAt({ ...meta, state }, PRUNING_TIMES), undefined);
});

test("a candidate stays while any block includes it and returns with its old time", () => {
  let state = includedBy(includedBy(includedBy(meta.state, a), b), a);
  state = abandonedBy(state, a.hash);
  assert.deepEqual(state, { type: "unfinalized", value: { since: 5, blocks: [b] } });
  assert.deepEqual(abandonedBy(state, b.hash), { type: "unavailable", value: 5 });
});

test("after finality data are kept for a day and chunks for an hour more", () => {
  const state = { type: "finalized", value: 7 } as const;
  assert.equal(pruneAt({ ...meta, state, dataAvailable: true }, PRUNING_TIMES), 7 + 24 * HOUR);
  assert.equal(pruneAt({ ...meta, state }, PRUNING_TIMES), 7 + 25 * HOUR);
  assert.equal(includedBy(state, a), state);
  assert.equal(abandonedBy(state, a.hash), state);
});

test("what is disputed is kept whatever its state", () => {
  for (const state of [meta.state, { type: "finalized", value: 7 } as const])
    assert.equal(pruneAt({ ...meta, state, disputed: true }, PRUNING_TIMES), undefined);
});
