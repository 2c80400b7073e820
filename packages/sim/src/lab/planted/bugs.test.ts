import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isStrategy } from "../../strategies/index.ts";
import { drawScenario } from "../draw.ts";
import { failureLines, play } from "../play.ts";
import type { RunLine } from "../summary.ts";
import { playAll } from "../workers.ts";
import { PLANTED_BUGS } from "./bugs.ts";
import { planting } from "./planting.ts";

const packages = join(import.meta.dirname, "../../../..");

test("every planted mistake fits the code as it is", () => {
  for (const { id, file, find, replace, strategies = [] } of PLANTED_BUGS) {
    const source = readFileSync(join(packages, file), "utf8");
    assert.equal(source.split(find).length, 2, `${id}: ${file}`);
    assert.notEqual(replace, find);
    assert.ok(strategies.every(isStrategy), id);
  }
  assert.equal(new Set(PLANTED_BUGS.map(({ id }) => id)).size, PLANTED_BUGS.length);
});

test("that backers may approve what they backed is found, and nothing where they may not", async () => {
  const bug = PLANTED_BUGS.find(({ id }) => id === "backers-approve");
  assert.ok(bug !== undefined);
  const task = { seed: 23, mix: "collusion" } as const;
  const runs: RunLine[] = [];
  const onRun = (run: RunLine): boolean => runs.push(run) > 0;
  await playAll([task], { processes: 1, ...planting(bug), onRun });
  assert.deepEqual(runs[0]?.broken, ["S2"]);
  assert.deepEqual(failureLines(await play(drawScenario(task.seed, task.mix))), []);
});
