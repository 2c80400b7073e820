import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { DEFAULT_ENGINE_PARAMETERS } from "./engine-parameters.ts";
import { PreparedCodes } from "./prepared-codes.ts";
import { preparePvf } from "./pvf.ts";
import { GOOD_MODULE } from "./testing/hostile-modules.ts";

const GOOD = expectOk(
  preparePvf(GOOD_MODULE, DEFAULT_ENGINE_PARAMETERS, { metered: false }),
  "good module",
);
const codeOf = (mebibytes: number) => ({ ...GOOD, bytes: mebibytes * 2 ** 20 });

test("sixteen codes are kept, the latest used", () => {
  const codes = new PreparedCodes();
  for (let key = 0; key < 16; key++) codes.set(`${key}`, GOOD);
  assert.ok(codes.get("0") !== undefined);
  codes.set("16", GOOD);
  assert.equal(codes.size, 16);
  assert.ok(codes.get("0") !== undefined);
  assert.equal(codes.get("1"), undefined);
  assert.equal(codes.bytes, 16 * GOOD.bytes);
});

test("large codes push out as many as they need the room of", () => {
  const codes = new PreparedCodes();
  for (const [key, size] of [20, 20, 20, 20].entries()) codes.set(`${key}`, codeOf(size));
  assert.equal(codes.get("0"), undefined);
  assert.equal(codes.bytes, 60 * 2 ** 20);
  codes.set("3", codeOf(10));
  assert.equal(codes.bytes, 50 * 2 ** 20, "the same key again");
  codes.set("huge", codeOf(100));
  assert.equal(codes.size, 1, "the one at hand is kept whatever its size");
});
