import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFault, encodeReason } from "./messages.ts";

const backtrace = [{ functionIndex: 1, offset: 20 }];
const trap = { code: "trap", cause: "wasm", message: "unreachable", backtrace };
const location = { file: "token.ts", line: 3, column: 5 };

test("a guest's fault comes through as it was", () => {
  for (const fault of [
    trap,
    { ...trap, cause: "aborted", location },
    { code: "stackOverflow", backtrace: [] },
    { code: "outOfMemory", message: "9 pages", backtrace },
    { code: "badReturn", message: "3 bytes left" },
    { code: "paramsTooLarge", bytes: 11 },
    { code: "timeout" },
  ])
    assert.deepEqual(decodeFault(encodeReason(fault)), { ok: true, value: fault });
});

test("a fault without what belongs to it is not believed", () => {
  for (const fault of [
    null,
    "trap",
    { code: "becauseISaySo" },
    { ...trap, message: 7 },
    { ...trap, backtrace: undefined },
    { ...trap, backtrace: new Array(11).fill(backtrace[0]) },
    { ...trap, backtrace: [null] },
    { ...trap, backtrace: [{ functionIndex: "1", offset: 20 }] },
    { ...trap, backtrace: [{ functionIndex: 1, offset: 0.5 }] },
    { ...trap, location: null },
    { ...trap, location: { ...location, line: "3" } },
    { code: "stackOverflow" },
    { code: "outOfMemory", backtrace },
    { code: "badReturn" },
    { code: "paramsTooLarge", bytes: "many" },
  ])
    assert.equal(decodeFault(encodeReason(fault)).ok, false, JSON.stringify(fault));
  assert.equal(decodeFault(new Uint8Array(70_000)).ok, false);
  assert.equal(decodeFault(new Uint8Array([0xff])).ok, false);
});
