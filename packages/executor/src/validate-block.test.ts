import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk, HostError } from "@parahost/base";
import type { Hash, ValidationParams } from "@parahost/primitives";
import { DEFAULT_ENGINE_PARAMETERS } from "./engine-parameters.ts";
import { preparePvf } from "./pvf.ts";
import { GOOD_MODULE, HOSTILE_MODULES } from "./testing/hostile-modules.ts";
import { validateBlock } from "./validate-block.ts";

const params: ValidationParams = {
  parentHead: new Uint8Array([1, 2, 3]),
  blockData: new Uint8Array(100),
  relayParentNumber: 7,
  relayParentStorageRoot: `0x${"ab".repeat(32)}` as Hash,
};

const prepared = (code: Uint8Array) =>
  expectOk(preparePvf(code, DEFAULT_ENGINE_PARAMETERS, { metered: true }), "test module");

for (const { name, code, fault } of HOSTILE_MODULES)
  test(`a guest that ${name} ends as ${fault}`, () => {
    const pvf = prepared(code);
    try {
      const answer = validateBlock(pvf, params, 10_000_000n);
      assert.equal(answer.ok ? "ok" : answer.error.code, fault);
    } catch (error) {
      // The native stack of this thread may be too short; the executors run such guests where it is deep.
      if (!(error instanceof HostError) || fault !== "stackOverflow") throw error;
      assert.equal(error.code, "nativeStackExhausted");
    }
  });

test("a good guest answers, and takes the same fuel every time", () => {
  const pvf = prepared(GOOD_MODULE);
  const first = expectOk(validateBlock(pvf, params), "good guest");
  assert.deepEqual(first.result, {
    headData: new Uint8Array([0xff]),
    newValidationCode: undefined,
    upwardMessages: [],
    horizontalMessages: [],
    processedDownwardMessages: 0,
    hrmpWatermark: 0,
  });
  assert.ok(first.fuelUsed > 0n);
  assert.equal(expectOk(validateBlock(pvf, params), "good guest").fuelUsed, first.fuelUsed);
});
