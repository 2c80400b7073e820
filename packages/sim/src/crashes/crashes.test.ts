import assert from "node:assert/strict";
import { test } from "node:test";
import { runCrashes } from "./crashes.ts";

test("a machine that crashes wherever it writes contradicts nobody and loses nothing that it promised", async () => {
  const report = await runCrashes({
    ...{ seed: 5, validators: 4, paras: 1, blocks: 30, crashesMax: 12, victim: 1 },
  });
  assert.deepEqual(report.violations, []);
  assert.ok(report.finalized >= 30, `#${report.finalized}`);
  assert.ok(report.crashes >= 10, `${report.crashes} crashes`);
  assert.ok(report.sites.size >= 6, [...report.sites.keys()].join(", "));
  assert.ok(report.ways.size >= 10, [...report.ways].join(", "));
});
