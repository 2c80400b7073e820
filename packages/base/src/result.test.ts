import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AssertionError,
  describe,
  assert as ensure,
  err,
  expectOk,
  HostError,
  ok,
  unreachable,
} from "./result.ts";

test("an answer is a value or a refusal", () => {
  assert.deepEqual(ok(1), { ok: true, value: 1 });
  assert.deepEqual(err({ code: "tooLate" }), { ok: false, error: { code: "tooLate" } });
});

test("a refusal where none can be is our own fault, and says which", () => {
  assert.equal(expectOk(ok(1), "known"), 1);
  assert.throws(
    () => expectOk(err({ code: "tooLate", by: 3n }), "known"),
    (error) =>
      error instanceof AssertionError && error.message === 'known: {"code":"tooLate","by":"3"}',
  );
});

test("a broken invariant throws, a kept one does not", () => {
  ensure(true, "kept");
  assert.throws(() => ensure(false, "broken"), AssertionError);
  assert.throws(() => unreachable("case" as never), /unreachable: case/);
});

test("the machine's fault has a code and a cause", () => {
  const cause = new Error("ENOSPC");
  const error = new HostError("diskFull", { message: "block 7", cause });
  assert.equal(error.message, "diskFull: block 7");
  assert.equal(error.code, "diskFull");
  assert.equal(error.cause, cause);
  assert.equal(new HostError("diskFull").message, "diskFull");
});

test("values are described on one line", () => {
  assert.equal(describe("text"), "text");
  assert.equal(describe(new Error("why")), "why");
  assert.equal(
    describe({ amount: 5n, data: new Uint8Array(9) }),
    '{"amount":"5","data":"<9 bytes>"}',
  );
  assert.equal(describe(new Map([[1, 2]])), "[[1,2]]");
  assert.equal(describe(undefined), "undefined");
});
