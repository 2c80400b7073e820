import assert from "node:assert/strict";
import { test } from "node:test";
import { InlineExecutor } from "./inline-executor.ts";
import { executorSuite, requestFor } from "./testing/executor-suite.ts";
import { GOOD_MODULE } from "./testing/hostile-modules.ts";

executorSuite("the inline executor", () => new InlineExecutor({ fuelPerMs: 100_000 }));

test("the inline executor reports the same time on every run", async () => {
  const times = [];
  for (let run = 0; run < 2; run++) {
    const executor = new InlineExecutor();
    for (let turn = 0; turn < 3; turn++) {
      const outcome = await executor.validate(requestFor(GOOD_MODULE));
      times.push(outcome.type === "valid" ? outcome.cpuMs : undefined);
    }
    await executor.close();
  }
  assert.equal(new Set(times).size, 1);
  assert.notEqual(times[0], undefined);
});
