import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { DeepStackThread } from "./deep-stack.ts";
import { DEFAULT_ENGINE_PARAMETERS, NATIVE_BYTES_PER_LOGICAL } from "./engine-parameters.ts";
import { preparePvf } from "./pvf.ts";
import { type FunctionSketch, i32Const, validationModule } from "./testing/module-builder.ts";
import { F64, I64, OP } from "./wasm/opcodes.ts";

const STACK_LIMIT = 131_072;
const repeat = <T>(times: number, items: readonly T[]): T[] => new Array(times).fill(items).flat();
const END = [OP.i64Const, 0];

/** Frames of different shapes, each calling itself for ever through function 1. */
const SHAPES: readonly (readonly [string, FunctionSketch])[] = [
  ["empty", { code: [OP.call, 1] }],
  ["with 200 parameters", { params: repeat(200, [I64]), code: [...parameters(200), OP.call, 1] }],
  [
    "with 200 locals that live across the call",
    { locals: [[200, I64]], code: [OP.call, 1, ...parameters(200), ...repeat(200, [OP.drop])] },
  ],
  [
    "with 200 floats on the operand stack",
    {
      locals: [[1, F64]],
      code: [...repeat(200, [OP.localGet, 0]), OP.call, 1, ...repeat(200, [OP.drop])],
    },
  ],
  ["through the table", { code: [...i32Const(0), OP.callIndirect, 1, 0] }],
];

function parameters(count: number): number[] {
  return Array.from({ length: count }, (_, index) => [
    OP.localGet,
    ...(index < 128 ? [index] : [(index & 127) | 128, index >> 7]),
  ]).flat();
}

test("128 native bytes for each logical value are enough in every tier, whatever the frame", async () => {
  // `StackNativeMax` is at least that much, so that the logical limit is always met first.
  const thread = new DeepStackThread((NATIVE_BYTES_PER_LOGICAL * STACK_LIMIT) / 2 ** 20);
  try {
    for (const [name, callee] of SHAPES) {
      const zeros = repeat(callee.params?.length ?? 0, END);
      const code = validationModule([...zeros, OP.call, 1, ...END], {
        functions: [callee],
        table: [1],
      });
      for (const metered of [false, true]) {
        const parameters = { ...DEFAULT_ENGINE_PARAMETERS, stackLimit: STACK_LIMIT };
        const pvf = expectOk(preparePvf(code, parameters, { metered }), name);
        // The first call meets the baseline tier, later ones the optimising one.
        for (let call = 0; call < 4; call++) {
          const answer = thread.call(pvf, new Uint8Array());
          assert.equal(answer.ok ? "ok" : answer.error.code, "stackOverflow", name);
        }
      }
    }
  } finally {
    await thread.close();
  }
});
