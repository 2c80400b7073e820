import assert from "node:assert/strict";
import { test } from "node:test";
import { runCrashes } from "./crashes.ts";

test("a machine that crashes wherever it writes contradicts nobody and loses nothing that it promised", async () => {
  const report = await runCrashes({
    ...{ seed: 5, validators: 4, paras: 1, blocks: 30, crashesMax: 16, victim: 1 },
  });
  assert.deepEqual(report.violations, []);
  assert.ok(report.finalized >= 30, `#${report.finalized}`);
  const crashes = [...report.places.values()].flat();
  assert.ok(crashes.length >= 12, `${crashes.length} crashes`);
  const spared = [...report.places].filter(([, planned]) => planned.length === 0);
  assert.deepEqual(spared, []);
  const ways = new Set(crashes.map(({ moment, kind }) => `${moment} ${kind}`));
  assert.ok(ways.size >= 8, [...ways].join(", "));
});
