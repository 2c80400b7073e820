import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExecutionPriority } from "../executor.ts";
import { JobQueue } from "./job-queue.ts";

test("jobs of one priority come in the order in which they were put in", () => {
  const queue = new JobQueue<number>(10);
  for (const job of [1, 2, 3]) queue.push("backing", job);
  assert.deepEqual(
    [queue.shift(), queue.shift(), queue.shift(), queue.shift()],
    [1, 2, 3, undefined],
  );
});

test("disputes go first, but leave some turns to approvals and backing", () => {
  const queue = new JobQueue<ExecutionPriority>(1000);
  for (const priority of ["backing", "backingSystemPara", "approval", "dispute"] as const)
    for (let job = 0; job < 100; job++) queue.push(priority, priority);
  const turns = Array.from({ length: 60 }, () => queue.shift() ?? "backing");
  const share = (priority: ExecutionPriority) =>
    turns.filter((turn) => turn === priority).length / turns.length;
  assert.equal(turns[0], "dispute");
  assert.ok(share("dispute") >= 0.65 && share("dispute") <= 0.8, `${share("dispute")}`);
  assert.ok(share("approval") > 0.1, `${share("approval")}`);
  assert.ok(share("backingSystemPara") > 0, `${share("backingSystemPara")}`);
});

test("a share that nobody asks for goes to those who wait", () => {
  const queue = new JobQueue<number>(100);
  for (let job = 0; job < 50; job++) queue.push("dispute", job);
  assert.equal(Array.from({ length: 50 }, () => queue.shift()).at(-1), 49);
});

test("a full queue takes nothing, and a job can be taken out of it", () => {
  const queue = new JobQueue<string>(2);
  assert.ok(queue.push("backing", "a"));
  assert.ok(queue.push("dispute", "b"));
  assert.ok(!queue.push("dispute", "c"));
  assert.ok(queue.remove("b"));
  assert.ok(!queue.remove("b"));
  assert.ok(queue.push("dispute", "c"));
  assert.deepEqual([queue.shift(), queue.shift()], ["c", "a"]);
});
