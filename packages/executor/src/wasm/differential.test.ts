import assert from "node:assert/strict";
import { test } from "node:test";
import { compareRuns } from "../testing/differential.ts";
import type { ModelEnd } from "../testing/interpreter.ts";

/** `npm run differential` runs more. */
const MODULES = 100;

test(`${MODULES} random modules do the same plain, instrumented and in the model`, () => {
  const ends: Record<ModelEnd, number> = { returned: 0, trap: 0, stackOverflow: 0, timeout: 0 };
  for (let seed = 1; seed <= MODULES; seed++) ends[compareRuns(seed)] += 1;
  assert.ok(ends.returned > MODULES / 3, JSON.stringify(ends));
  assert.ok(ends.trap > 0, JSON.stringify(ends));
});
