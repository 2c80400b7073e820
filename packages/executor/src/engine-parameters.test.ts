import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes, concatBytes, hexToBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import type { ExecutorParam, ExecutorParams } from "@parahost/primitives";
import {
  DEFAULT_ENGINE_PARAMETERS,
  engineParameters,
  preparationHash,
} from "./engine-parameters.ts";

const execTimeout = (kind: "backing" | "approval", milliseconds: number): ExecutorParam => ({
  type: "pvfExecTimeout",
  value: { kind: { type: kind }, milliseconds },
});

const resolved = (params: ExecutorParams) => {
  const result = engineParameters(params);
  return result.ok ? result.value : result.error.code;
};

test("what is not named has its default", () => {
  assert.deepEqual(resolved([]), DEFAULT_ENGINE_PARAMETERS);
  assert.deepEqual(resolved([{ type: "maxMemoryPages", value: 100 }]), {
    ...DEFAULT_ENGINE_PARAMETERS,
    maxMemoryPages: 132,
  });
  assert.deepEqual(resolved([execTimeout("approval", 20_000), { type: "wasmExtBulkMemory" }]), {
    ...DEFAULT_ENGINE_PARAMETERS,
    bulkMemory: true,
    timeouts: { ...DEFAULT_ENGINE_PARAMETERS.timeouts, approval: 20_000 },
  });
});

test("values out of bounds and parameters given twice are refused", () => {
  const bad: readonly ExecutorParams[] = [
    [{ type: "maxMemoryPages", value: 0 }],
    [{ type: "maxMemoryPages", value: 65_537 }],
    [{ type: "stackLogicalMax", value: 1023 }],
    [{ type: "stackLogicalMax", value: 131_073 }],
    [{ type: "stackNativeMax", value: 128 * 65_536 - 1 }],
    [{ type: "precheckingMaxMemory", value: 256 * 2 ** 20 - 1 }],
    [{ type: "wasmExtBulkMemory" }, { type: "wasmExtBulkMemory" }],
    [execTimeout("backing", 1), execTimeout("backing", 1)],
    [execTimeout("backing", 12_000)],
    [{ type: "pvfPrepTimeout", value: { kind: { type: "precheck" }, milliseconds: 360_000 } }],
  ];
  for (const params of bad)
    assert.equal(resolved(params), "badExecutorParams", JSON.stringify(params));
  assert.notEqual(
    resolved([execTimeout("backing", 1), execTimeout("approval", 2)]),
    "badExecutorParams",
  );
});

test("only what changes prepared code identifies it", () => {
  const pages: ExecutorParam = { type: "maxMemoryPages", value: 100 };
  assert.equal(preparationHash([]), blake2b256Hex(asciiBytes("prep")));
  assert.equal(preparationHash([execTimeout("backing", 1)]), preparationHash([]));
  assert.equal(
    preparationHash([execTimeout("backing", 1), pages]),
    blake2b256Hex(concatBytes(asciiBytes("prep"), hexToBytes("0164000000"))),
  );
});
