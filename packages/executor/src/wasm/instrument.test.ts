import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, expectOk } from "@parahost/base";
import { DEFAULT_ENGINE_PARAMETERS, type EngineParameters } from "../engine-parameters.ts";
import { preparePvf } from "../pvf.ts";
import {
  type FunctionSketch,
  i32Const,
  type ModuleSketch,
  packedConst,
  validationModule,
} from "../testing/module-builder.ts";
import { callValidateBlock } from "../validate-block.ts";
import { EMPTY, F32, F64, I32, I64, OP } from "./opcodes.ts";

const RETURN_NOTHING = packedConst(0, 0);
const I32_STORE = [0x36, 2, 0];
const I64_STORE = [0x37, 3, 0];

interface Run {
  readonly code: readonly number[];
  readonly rest?: ModuleSketch & { readonly locals?: FunctionSketch["locals"] };
  readonly inputLength?: number;
  readonly parameters?: Partial<EngineParameters>;
  readonly fuel?: bigint;
}

function run({ code, rest = {}, inputLength = 0, parameters = {}, fuel = 1_000_000n }: Run) {
  const pvf = expectOk(
    preparePvf(
      validationModule(code, rest),
      { ...DEFAULT_ENGINE_PARAMETERS, ...parameters },
      { metered: true },
    ),
    "test module",
  );
  return callValidateBlock(pvf, new Uint8Array(inputLength), fuel);
}

function outcome(options: Run): string {
  const answer = run(options);
  return answer.ok ? "ok" : answer.error.code;
}

const fuelOf = (code: readonly number[], rest: Run["rest"] = {}): bigint =>
  expectOk(run({ code: [...code, ...RETURN_NOTHING], rest }), "metered code").fuelUsed;

// Stack

test("a call costs two, its declared locals and its greatest operand height", () => {
  // n → if (n) call itself with n − 1: two operands at most.
  const recursion = (locals: FunctionSketch["locals"] = []): ModuleSketch => ({
    functions: [
      {
        params: [I32],
        locals,
        code: [
          ...[OP.localGet, 0, OP.if, EMPTY],
          ...[OP.localGet, 0, ...i32Const(1), OP.i32Sub, OP.call, 1],
          OP.end,
        ],
      },
    ],
  });
  // The entry has two operands and no locals: 4. It calls the recursion n + 1 times.
  const code = [OP.localGet, 1, OP.call, 1, ...RETURN_NOTHING];
  const parameters = { stackLimit: 1024 };
  const deep = (rest: ModuleSketch, inputLength: number) =>
    outcome({ code, rest, inputLength, parameters });
  assert.equal(deep(recursion(), 254), "ok"); // 4 + 255 · 4 = 1024
  assert.equal(deep(recursion(), 255), "stackOverflow");
  assert.equal(deep(recursion([[3, I64]]), 144), "ok"); // 4 + 145 · 7 = 1019
  assert.equal(deep(recursion([[3, I64]]), 145), "stackOverflow");
});

test("the stack is given back by every way out of a function", () => {
  const leaving: readonly (readonly number[])[] = [
    [OP.return],
    [OP.br, 0],
    [OP.block, EMPTY, OP.br, 1, OP.end],
    [OP.block, EMPTY, OP.return, OP.end],
    [OP.loop, EMPTY, ...i32Const(0), OP.brTable, 1, 1, 1, OP.end],
    [...i32Const(1), OP.if, EMPTY, OP.return, OP.else, OP.nop, OP.end],
    [...i32Const(1), OP.brIf, 0],
  ];
  for (const code of leaving) {
    const calls = new Array(600).fill([OP.call, 1]).flat();
    const rest = { functions: [{ code, locals: [[100, I32]] as const }] };
    const parameters = { stackLimit: 1024 };
    assert.equal(
      outcome({ code: [...calls, ...RETURN_NOTHING], rest, parameters }),
      "ok",
      `${code}`,
    );
  }
});

test("a result passes through the wrapping, from a return as from the end", () => {
  const functions = [
    { result: I32, code: [...i32Const(5), OP.return] },
    { result: I64, code: [OP.i64Const, 7] },
    { result: I32, code: [OP.block, I32, ...i32Const(9), OP.br, 1, OP.end] },
  ];
  const store = (at: number, call: number, instruction: readonly number[]) => [
    ...[...i32Const(at), OP.call, call],
    ...instruction,
  ];
  const code = [
    ...store(0, 1, I32_STORE),
    ...store(8, 2, I64_STORE),
    ...store(16, 3, I32_STORE),
    ...packedConst(0, 20),
  ];
  const { output } = expectOk(run({ code, rest: { functions } }), "results");
  assert.equal(bytesToHex(output), "0x0500000000000000070000000000000009000000");
});

// Fuel

test("every instruction costs one unit each time its loop or function is entered", () => {
  const base = fuelOf([]);
  assert.equal(fuelOf([OP.nop, OP.nop, OP.nop]), base + 3n);
  const countdown = (turns: number) => [
    ...i32Const(turns),
    ...[OP.localSet, 2, OP.loop, EMPTY],
    ...[OP.localGet, 2, ...i32Const(1), OP.i32Sub, OP.localTee, 2, OP.brIf, 0],
    OP.end,
  ];
  const locals = { locals: [[1, I32]] as const };
  const turn = fuelOf(countdown(2), locals) - fuelOf(countdown(1), locals);
  assert.equal(turn, 6n);
  assert.equal(fuelOf(countdown(1001), locals), fuelOf(countdown(1), locals) + 1000n * turn);
  const callee = { functions: [{ code: [OP.nop, OP.nop] }] };
  const call = fuelOf([OP.call, 1], callee) - fuelOf([], callee);
  assert.equal(call, 4n); // the call, two nops and the end
});

test("without fuel the guest stops, in the function or in one that it calls", () => {
  const spin = [OP.loop, EMPTY, OP.br, 0, OP.end];
  assert.equal(outcome({ code: [...spin, OP.unreachable], fuel: 1000n }), "timeout");
  const called = { functions: [{ code: spin }] };
  assert.equal(outcome({ code: [OP.call, 1, ...RETURN_NOTHING], rest: called }), "timeout");
  assert.equal(outcome({ code: RETURN_NOTHING, fuel: 1n }), "timeout");
  assert.equal(outcome({ code: RETURN_NOTHING, fuel: fuelOf([]) }), "ok");
  assert.equal(outcome({ code: RETURN_NOTHING, fuel: fuelOf([]) - 1n }), "timeout");
});

test("moving memory in bulk costs by the length", () => {
  const fill = (length: number) => [
    ...i32Const(0),
    ...i32Const(1),
    ...i32Const(length),
    0xfc,
    11,
    0,
  ];
  const parameters = { bulkMemory: true };
  const cost = (length: number) =>
    expectOk(run({ code: [...fill(length), ...RETURN_NOTHING], parameters }), "fill").fuelUsed;
  assert.equal(cost(65_536) - cost(0), 8192n);
  const often = new Array(100).fill(fill(65_536)).flat();
  assert.equal(
    outcome({ code: [...often, ...RETURN_NOTHING], parameters, fuel: 100_000n }),
    "timeout",
  );
});

test("host functions cost fuel too", () => {
  const hash = { name: "ext_hashing_blake2_256_version_1", params: [I64], result: I32 };
  const rest = { imports: [hash] };
  const cost = (length: number) => fuelOf([...packedConst(0, length), OP.call, 0, OP.drop], rest);
  assert.ok(cost(60_000) - cost(1) > 60_000n);
});

// Memory

test("memory grows to the maximum of the parameters, whatever the module says", () => {
  const grow = (pages: number) => [
    ...i32Const(0),
    ...[...i32Const(pages), OP.memoryGrow, 0, ...I32_STORE],
    ...packedConst(0, 4),
  ];
  const grown = (pages: number, memory: ModuleSketch["memory"]) =>
    bytesToHex(
      expectOk(run({ code: grow(pages), rest: { memory }, parameters: { maxMemoryPages: 10 } }), "")
        .output,
    );
  assert.equal(grown(9, [1]), "0x01000000");
  assert.equal(grown(10, [1]), "0xffffffff");
  assert.equal(grown(9, [1, 2]), "0x01000000");
});

// Floats

const f32Bits = (bits: number): number[] => [
  OP.f32Const,
  ...[bits, bits >>> 8, bits >>> 16, bits >>> 24].map((byte) => byte & 255),
];
const f64Bits = (high: number): number[] => [
  ...[OP.f64Const, 0x45, 0x23, 0x01, 0],
  ...[high, high >>> 8, high >>> 16, high >>> 24].map((byte) => byte & 255),
];

function floatResult(code: readonly number[], type: number): string {
  const [reinterpret, store, length] = type === F32 ? [0xbc, I32_STORE, 4] : [0xbd, I64_STORE, 8];
  const whole = [...i32Const(0), ...code, reinterpret as number, ...(store as number[])];
  const { output } = expectOk(run({ code: [...whole, ...packedConst(0, length as number)] }), "");
  return bytesToHex(output.toReversed());
}

test("every NaN that an instruction makes is the canonical one", () => {
  const signalling32 = f32Bits(0x7fa1_2345);
  const signalling64 = f64Bits(0xfff4_0000);
  const one32 = f32Bits(0x3f80_0000);
  const zero32 = f32Bits(0);
  for (const op of [0x8d, 0x8e, 0x8f, 0x90, 0x91])
    assert.equal(floatResult([...signalling32, op], F32), "0x7fc00000", `0x${op.toString(16)}`);
  for (const op of [0x92, 0x93, 0x94, 0x95, 0x96, 0x97]) {
    assert.equal(floatResult([...signalling32, ...one32, op], F32), "0x7fc00000");
    assert.equal(floatResult([...one32, ...signalling32, op], F32), "0x7fc00000");
  }
  assert.equal(floatResult([...zero32, ...zero32, 0x95], F32), "0x7fc00000");
  for (const op of [0x9b, 0x9c, 0x9d, 0x9e, 0x9f])
    assert.equal(floatResult([...signalling64, op], F64), "0x7ff8000000000000");
  for (const op of [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5])
    assert.equal(floatResult([...signalling64, ...signalling64, op], F64), "0x7ff8000000000000");
  assert.equal(floatResult([...signalling64, 0xb6], F32), "0x7fc00000");
  assert.equal(floatResult([...signalling32, 0xbb], F64), "0x7ff8000000000000");
});

test("instructions that only touch the sign keep a NaN's bits", () => {
  const signalling = f32Bits(0x7fa1_2345);
  assert.equal(floatResult([...signalling, 0x8c], F32), "0xffa12345");
  assert.equal(floatResult([...f32Bits(0xffa1_2345), 0x8b], F32), "0x7fa12345");
  assert.equal(floatResult([...signalling, ...f32Bits(0xbf80_0000), 0x98], F32), "0xffa12345");
});

test("numbers come through canonicalisation as they are", () => {
  const one = f32Bits(0x3f80_0000);
  assert.equal(floatResult([...one, ...one, 0x92], F32), "0x40000000");
  assert.equal(floatResult([...f32Bits(0x8000_0000), 0x91], F32), "0x80000000");
  assert.equal(floatResult([...f32Bits(0x7f80_0000), ...one, 0x92], F32), "0x7f800000");
});
