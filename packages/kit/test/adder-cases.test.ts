/** Our adder against vectors/pvf, through the executor. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, expectOk, hexToBytes } from "@parahost/base";
import { callValidateBlock, DEFAULT_ENGINE_PARAMETERS, preparePvf } from "@parahost/executor";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import { adderCode } from "../src/artifacts.ts";

interface AdderCases {
  readonly cases: readonly {
    readonly id: string;
    readonly params: string;
    readonly result: string | null;
  }[];
}

test("the adder answers as the original does", { skip: skipWithoutVectors }, () => {
  const pvf = expectOk(
    preparePvf(adderCode(), DEFAULT_ENGINE_PARAMETERS, { metered: true }),
    "adder",
  );
  for (const { id, params, result } of readVectorJson<AdderCases>("pvf", "adder-cases.json")
    .cases) {
    const answer = callValidateBlock(pvf, hexToBytes(params));
    if (result === null) assert.equal(answer.ok ? "ok" : answer.error.code, "trap", id);
    else assert.equal(answer.ok && bytesToHex(answer.value.output).slice(2), result, id);
  }
});
