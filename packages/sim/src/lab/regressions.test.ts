import assert from "node:assert/strict";
import { test } from "node:test";
import { failureLines, play } from "./play.ts";
import { REGRESSIONS } from "./regressions.ts";

for (const { found, scenario } of REGRESSIONS)
  test(`not again: ${found}`, async () => {
    assert.deepEqual(failureLines(await play(scenario)), []);
  });
