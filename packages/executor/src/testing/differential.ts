/**
 * One random module, run in three ways: as it is, instrumented, and by the model. `npm run differential` does
 * so for as many as one likes, the tests for a few.
 */

import assert from "node:assert/strict";
import { expectOk } from "@parahost/base";
import { DEFAULT_ENGINE_PARAMETERS } from "../engine-parameters.ts";
import { checkPvf, preparePvf } from "../pvf.ts";
import { callValidateBlock } from "../validate-block.ts";
import { F32, F64 } from "../wasm/opcodes.ts";
import { Interpreter, type ModelAnswer, type ModelEnd } from "./interpreter.ts";
import { RESULT_TYPES, RESULTS_AT, randomModule } from "./random-module.ts";

const INPUT = Uint8Array.from({ length: 8 }, (_, index) => index);
/** The heap of random modules starts at 4096; the input follows the first header. */
const INPUT_AT = 4104;
const PAGES_MAX = 6;
const FUEL = 4_000_000n;
const RESULT_BYTES = RESULTS_AT + 8 * RESULT_TYPES.length;

const parametersFor = (bulkMemory: boolean) => ({
  ...DEFAULT_ENGINE_PARAMETERS,
  maxMemoryPages: PAGES_MAX,
  stackLimit: 1024,
  bulkMemory,
});

/** Compares all ways of running module `seed`; throws `AssertionError` when two differ. Returns how it ended. */
export function compareRuns(seed: number): ModelEnd {
  const bulkMemory = seed % 3 === 0;
  comparePlain(randomModule({ seed, seesFloatBits: false, bulkMemory }), seed, bulkMemory);
  return compareModel(randomModule({ seed, seesFloatBits: true, bulkMemory }), seed, bulkMemory);
}

/** As it is against instrumented: the same results up to the bits of NaNs, or a trap in both. */
function comparePlain(wasm: Uint8Array, seed: number, bulkMemory: boolean): void {
  const parameters = { ...parametersFor(bulkMemory), maxMemoryPages: 65_536 };
  const plain = withOneNan(plainRun(wasm));
  for (const metered of [false, true]) {
    const pvf = expectOk(preparePvf(wasm, parameters, { metered }), `module ${seed}`);
    const answer = callValidateBlock(pvf, INPUT);
    const result = answer.ok ? withOneNan(answer.value.output) : answer.error.code;
    // The plain module has no logical limit; where ours is passed, the model says whether rightly.
    if (result === "stackOverflow") continue;
    assert.deepEqual(result, plain, `module ${seed}, metered ${metered}`);
  }
}

/** The memory that the plain module leaves, or how else it ends. */
function plainRun(wasm: Uint8Array): Uint8Array | "trap" | "nativeOverflow" {
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>),
  );
  const { memory, validate_block: entry } = exports;
  assert.ok(typeof entry === "function" && memory instanceof WebAssembly.Memory);
  new Uint8Array(memory.buffer).set(INPUT, INPUT_AT);
  try {
    entry(INPUT_AT, INPUT.length);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return "trap";
    if (error instanceof RangeError) return "nativeOverflow";
    throw error;
  }
  return new Uint8Array(memory.buffer, 0, RESULT_BYTES).slice();
}

/** Replaces the NaNs among the stored locals by one. */
function withOneNan<E extends string>(memory: Uint8Array | E): Uint8Array | E {
  if (typeof memory === "string") return memory;
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  RESULT_TYPES.forEach((type, index) => {
    const at = RESULTS_AT + 8 * index;
    if (type === F32 && Number.isNaN(view.getFloat32(at, true))) view.setFloat32(at, NaN, true);
    if (type === F64 && Number.isNaN(view.getFloat64(at, true))) view.setFloat64(at, NaN, true);
  });
  return memory;
}

/** Instrumented against the model: the same bits, the same fuel, the same end; and one unit less is not enough. */
function compareModel(wasm: Uint8Array, seed: number, bulkMemory: boolean): ModelEnd {
  const parameters = parametersFor(bulkMemory);
  const pvf = expectOk(preparePvf(wasm, parameters, { metered: true }), `module ${seed}`);
  const model = modelRun(wasm, parameters, FUEL);
  const answer = callValidateBlock(pvf, INPUT, FUEL);
  if (!answer.ok) {
    assert.equal(answer.error.code, model.end, `module ${seed}: ${JSON.stringify(answer.error)}`);
    return model.end;
  }
  const { output, fuelUsed } = answer.value;
  assert.equal(model.end, "returned", `module ${seed}`);
  assert.equal(fuelUsed, model.fuelUsed, `fuel of module ${seed}`);
  assert.deepEqual(output, model.memory.subarray(0, RESULT_BYTES), `module ${seed}`);
  const short = callValidateBlock(pvf, INPUT, fuelUsed - 1n);
  assert.equal(short.ok ? "returned" : short.error.code, "timeout", `module ${seed}`);
  assert.equal(modelRun(wasm, parameters, fuelUsed - 1n).end, "timeout", `module ${seed}`);
  return model.end;
}

function modelRun(
  wasm: Uint8Array,
  parameters: ReturnType<typeof parametersFor>,
  fuel: bigint,
): ModelAnswer {
  const { module, bodies } = expectOk(checkPvf(wasm, parameters), "random module");
  const model = new Interpreter(module, bodies, { ...parameters, fuel });
  model.write(INPUT_AT, INPUT);
  return model.call(0, [INPUT_AT, INPUT.length]);
}
