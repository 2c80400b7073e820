import assert from "node:assert/strict";
import { test } from "node:test";
import { meaningOfExit, OUT_OF_MEMORY_EXIT_CODE, type WorkerExit } from "./exit.ts";

const meaning = (exit: Partial<WorkerExit>): string => {
  const { type, reason } = meaningOfExit({
    signal: undefined,
    code: undefined,
    lastWords: "",
    isWithinAnswer: false,
    ...exit,
  });
  return `${type}.${reason.code}`;
};

test("a worker that comes to harm by itself may be the guest's victim", () => {
  for (const signal of ["SIGSEGV", "SIGILL", "SIGSYS", "SIGABRT", "SIGTRAP", "SIGBUS"] as const)
    assert.equal(meaning({ signal }), "possiblyInvalid.workerDied");
  assert.equal(meaning({ code: 1, lastWords: "Error: x" }), "possiblyInvalid.jobError");
});

test("a worker that is killed, or has no memory, is our own misfortune", () => {
  for (const signal of ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const)
    assert.equal(meaning({ signal }), "internal.workerKilled");
  assert.equal(meaning({ code: OUT_OF_MEMORY_EXIT_CODE }), "internal.outOfHostMemory");
  const lastWords =
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
  assert.equal(meaning({ signal: "SIGABRT", lastWords }), "internal.outOfHostMemory");
});

test("half an answer, or none, is nothing against the guest", () => {
  assert.equal(meaning({ code: 0, isWithinAnswer: true }), "internal.badAnswer");
  assert.equal(meaning({ code: 0 }), "internal.workerKilled");
});
