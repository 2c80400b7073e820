/**
 * Codes made to be slow or large to compile, within every limit of validation. Pre-checking under the session's limits
 * ends in bounded time, and whatever it says, the pool is well afterwards.
 */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ExecutorParams } from "@parahost/primitives";
import type { PrepareResult } from "../src/executor.ts";
import { ProcessPoolExecutor } from "../src/pool/process-pool-executor.ts";
import { requestFor } from "../src/testing/executor-suite.ts";
import { GOOD_MODULE } from "../src/testing/hostile-modules.ts";
import {
  type FunctionSketch,
  i32Const,
  packedConst,
  validationModule,
} from "../src/testing/module-builder.ts";
import { EMPTY, F64, I64, OP } from "../src/wasm/opcodes.ts";

const MIB = 2 ** 20;
const PRECHECK_MS = 20_000;
const MEMORY_LIMIT: ExecutorParams = [
  { type: "precheckingMaxMemory", value: 256 * MIB },
  { type: "pvfPrepTimeout", value: { kind: { type: "precheck" }, milliseconds: PRECHECK_MS } },
];

const times = (count: number, bytes: readonly number[]): Uint8Array => {
  const out = new Uint8Array(count * bytes.length);
  for (let at = 0; at < out.length; at += bytes.length) out.set(bytes, at);
  return out;
};
const bomb = (count: number, sketch: FunctionSketch): Uint8Array =>
  validationModule(packedConst(0, 0), {
    functions: new Array<FunctionSketch>(count).fill(sketch),
  });

/** Merges as many as a function may have, in as many functions as there may be. */
const MERGES = bomb(8, {
  locals: [[1_999, I64]],
  code: times(1_000, [...i32Const(0), OP.brIf, 0]),
});
/** Each instruction becomes a call of twenty bytes, with a safepoint. */
const CALLS = bomb(32, { code: times(250_000, [OP.call, 1]) });
/** Each addition is followed by the choice of a canonical NaN. */
const FLOATS = bomb(32, {
  locals: [[1, F64]],
  code: times(70_000, [OP.localGet, 0, OP.localGet, 0, 0xa0, OP.localSet, 0]),
});
const LOOPS = bomb(2, { code: times(10_000, [OP.loop, EMPTY, OP.end]) });

describe("codes made to be slow to compile", () => {
  let pool: ProcessPoolExecutor;
  before(() => {
    pool = new ProcessPoolExecutor({ workers: 1, worker: { wallClockFactor: 100 } });
  });
  after(() => pool.close());

  const precheck = (code: Uint8Array, executorParams: ExecutorParams): Promise<PrepareResult> =>
    pool.prepare({ code, executorParams, kind: "precheck" });
  const isWell = async (): Promise<void> => {
    const outcome = await pool.validate(requestFor(GOOD_MODULE, { timeoutMs: 2_000 }));
    assert.equal(outcome.type, "valid");
  };

  test("what takes little memory is prepared, in a fraction of the time", async () => {
    for (const code of [MERGES, LOOPS]) {
      const result = await precheck(code, MEMORY_LIMIT);
      assert.ok(result.type === "prepared", JSON.stringify(result));
      assert.ok(result.cpuMs < PRECHECK_MS / 4, `${result.cpuMs} ms`);
      await isWell();
    }
  });

  test("what takes more than the session allows is refused", {
    skip: process.platform !== "linux",
  }, async () => {
    for (const code of [CALLS, FLOATS]) {
      assert.deepEqual(await precheck(code, MEMORY_LIMIT), {
        type: "refused",
        reason: { code: "outOfMemory", limitBytes: 256 * MIB },
      });
      await isWell();
    }
  });

  test("the worst that we accept is compiled within the memory of a worker", async () => {
    const result = await precheck(CALLS, []);
    assert.equal(result.type, "prepared", JSON.stringify(result));
    await isWell();
  });
});
