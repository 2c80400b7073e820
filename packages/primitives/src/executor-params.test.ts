import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { encode, tryDecode } from "@parahost/scale";
import {
  ExecutorParam,
  ExecutorParams,
  executorParamsHash,
  executorParamsPrepHash,
} from "./executor-params.ts";

test("parameters encode with their tags", () => {
  const params: ExecutorParams = [
    { type: "maxMemoryPages", value: 8192 },
    { type: "pvfExecTimeout", value: { kind: { type: "backing" }, milliseconds: 2500 } },
    { type: "wasmExtBulkMemory" },
  ];
  assert.equal(
    bytesToHex(encode(ExecutorParams, params)),
    "0x0c" + "0100200000" + "0600c409000000000000" + "07",
  );
  assert.equal(executorParamsHash(params), blake2b256Hex(encode(ExecutorParams, params)));
});

test("tag 0 was never assigned", () => {
  const refused = tryDecode(ExecutorParam, new Uint8Array([0]));
  assert.ok(!refused.ok && refused.error.code === "badVariant");
});

test("what only execution depends on does not call for another preparation", () => {
  const timeout: ExecutorParam = {
    type: "pvfExecTimeout",
    value: { kind: { type: "approval" }, milliseconds: 1 },
  };
  const memory: ExecutorParam = { type: "maxMemoryPages", value: 1 };
  assert.equal(executorParamsPrepHash([timeout]), executorParamsPrepHash([]));
  assert.equal(executorParamsPrepHash([timeout, memory]), executorParamsPrepHash([memory]));
  assert.notEqual(executorParamsPrepHash([memory]), executorParamsPrepHash([]));
});
