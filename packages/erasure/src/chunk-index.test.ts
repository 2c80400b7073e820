import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { chunkIndexFor } from "./chunk-index.ts";

const indices = (core: number, n: number, mappingOn: boolean): number[] =>
  Array.from({ length: n }, (_, validator) =>
    expectOk(chunkIndexFor(validator, core, n, mappingOn), "index"),
  );

test("without the mapping the chunk index is the validator index", () => {
  assert.deepEqual(indices(3, 7, false), [0, 1, 2, 3, 4, 5, 6]);
});

test("with the mapping each core begins where the systematic chunks of the one before end", () => {
  assert.deepEqual(indices(0, 7, true), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(indices(1, 7, true), [2, 3, 4, 5, 6, 0, 1]);
  assert.deepEqual(indices(2, 7, true), [4, 5, 6, 0, 1, 2, 3]);
});

test("arithmetic saturates at 32 bits, as peers compute it", () => {
  const last = 0xffff_ffff;
  assert.equal(expectOk(chunkIndexFor(0, last, 1000, true), "index"), last % 1000);
  assert.equal(expectOk(chunkIndexFor(9, last, 1000, true), "index"), last % 1000);
});

test("a single validator has no mapping", () => {
  assert.deepEqual(chunkIndexFor(0, 0, 1, true), {
    ok: false,
    error: { code: "tooFewValidators", n: 1 },
  });
});
