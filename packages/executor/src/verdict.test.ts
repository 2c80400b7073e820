import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExecutionOutcome } from "./executor.ts";
import { verdictOf } from "./verdict.ts";

const invalid: ExecutionOutcome = { type: "invalid", reason: { code: "timeout" } };
const possibly: ExecutionOutcome = {
  type: "possiblyInvalid",
  reason: { code: "workerDied", signal: "SIGSEGV" },
};
const internal: ExecutionOutcome = {
  type: "internal",
  reason: { code: "workerKilled", signal: "SIGKILL" },
};

test("what is beyond doubt is never retried", () => {
  for (const kind of ["backing", "approval", "dispute"] as const)
    assert.equal(verdictOf(invalid, kind, false), "invalid");
});

test("a crash of the worker is invalid for a backer, and for a checker after a second one", () => {
  assert.equal(verdictOf(possibly, "backing", false), "invalid");
  for (const kind of ["approval", "dispute"] as const) {
    assert.equal(verdictOf(possibly, kind, false), "retry");
    assert.equal(verdictOf(possibly, kind, true), "invalid");
  }
});

test("our own fault is never a vote", () => {
  assert.equal(verdictOf(internal, "backing", false), "abstain");
  for (const kind of ["approval", "dispute"] as const) {
    assert.equal(verdictOf(internal, kind, false), "retry");
    assert.equal(verdictOf(internal, kind, true), "abstain");
  }
});

test("what would only happen again is not retried", () => {
  const outcome: ExecutionOutcome = { type: "internal", reason: { code: "codeHashMismatch" } };
  assert.equal(verdictOf(outcome, "dispute", false), "abstain");
});
