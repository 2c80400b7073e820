/**
 * Random programs run as they are and instrumented: the same results, or a trap in both. Programs are made from a seed
 * and use every kind of instruction that the instrumentation touches or must step over.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { DEFAULT_ENGINE_PARAMETERS } from "../engine-parameters.ts";
import { preparePvf } from "../pvf.ts";
import { buildModule, i32Const, packedConst } from "../testing/module-builder.ts";
import { callValidateBlock } from "../validate-block.ts";
import { EMPTY, F32, F64, I32, I64, OP } from "./opcodes.ts";

const SEEDS = 150;
/** Results are stored from here on, eight bytes each. */
const RESULTS_AT = 1024;
const LOCALS = [I32, I64, F32, F64, I32, I64, F32, F64] as const;
/** Behind the locals that programs write: turns that are left of the loops at each depth. */
const TURNS_LOCAL = 2 + LOCALS.length;
const NESTING_MAX = 4;

/** Marsaglia's xorshift. */
class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = seed * 0x9e37_79b9 + 1;
  }
  below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

const UNARY: Readonly<Record<number, readonly number[]>> = {
  [I32]: [0x45, 0x67, 0x68, 0x69, 0xc0, 0xc1],
  [I64]: [0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4],
  [F32]: [0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91],
  [F64]: [0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f],
};
const BINARY: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
  [I32]: [
    [0x46, 0x4f],
    [0x6a, 0x78],
  ],
  [I64]: [[0x7c, 0x8a]],
  [F32]: [[0x92, 0x97]],
  [F64]: [[0xa0, 0xa5]],
};
/** To a type from another one. */
const CONVERSIONS: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
  [I32]: [
    [0xa7, I64],
    [0xa8, F32],
    [0xab, F64],
    [0x50, I64],
    [0x5d, F32],
  ],
  [I64]: [
    [0xac, I32],
    [0xad, I32],
    [0xae, F32],
    [0xb1, F64],
  ],
  [F32]: [
    [0xb2, I32],
    [0xb5, I64],
    [0xb6, F64],
  ],
  [F64]: [
    [0xb7, I32],
    [0xba, I64],
    [0xbb, F32],
  ],
};
const LOADS: Readonly<Record<number, number>> = {
  [I32]: 0x28,
  [I64]: 0x29,
  [F32]: 0x2a,
  [F64]: 0x2b,
};

class Program {
  readonly #chance: Chance;
  /** Open blocks of the function being written: labels that may be branched to. */
  #labels = 0;
  readonly #callee: boolean;

  constructor(chance: Chance, callee: boolean) {
    this.#chance = chance;
    this.#callee = callee;
  }

  #constant(type: number): number[] {
    const small = this.#chance.below(256) - 128;
    if (type === I32) return i32Const(small * this.#chance.below(1 << 24));
    if (type === I64) return [...i32Const(small), 0xac];
    const bytes = Array.from({ length: type === F32 ? 4 : 8 }, () => this.#chance.below(256));
    // No NaN as a constant: its bits could be seen by nobody but a reinterpretation.
    bytes[bytes.length - 1] = 0x3f + this.#chance.below(2) * 0x81;
    return [type === F32 ? OP.f32Const : OP.f64Const, ...bytes];
  }

  expression(type: number, depth: number): number[] {
    if (depth === 0) return this.#constant(type);
    const sub = (of: number) => this.expression(of, depth - 1);
    switch (this.#chance.below(9)) {
      case 0:
      case 1: {
        const index = this.#chance.pick([...LOCALS.keys()].filter((at) => LOCALS[at] === type));
        return [OP.localGet, 2 + index];
      }
      case 2: {
        const op = this.#chance.pick(UNARY[type] ?? []);
        return [...sub(op === 0x45 ? I32 : type), op];
      }
      case 3:
      case 4: {
        const [from, to] = this.#chance.pick(BINARY[type] ?? []);
        const op = from + this.#chance.below(to - from + 1);
        return [...sub(type), ...sub(type), op];
      }
      case 5: {
        const [op, from] = this.#chance.pick(CONVERSIONS[type] ?? []);
        const operand = op === 0x5d ? [...sub(F32), ...sub(F32)] : sub(from);
        return [...operand, op];
      }
      case 6:
        return [...sub(type), ...sub(type), ...sub(I32), OP.select];
      case 7: {
        this.#labels += 1;
        const arms = [OP.if, type, ...sub(type), OP.else, ...sub(type), OP.end];
        this.#labels -= 1;
        return [...sub(I32), ...arms];
      }
      default:
        if (this.#callee && type === I64)
          return [...sub(I32), OP.call, ...(this.#chance.below(2) === 0 ? [1] : [2])];
        // Only integers are read back: the bits of a stored NaN differ.
        if (type === I32 || type === I64)
          return [...sub(I32), ...i32Const(255), 0x71, LOADS[type] as number, 0, 0];
        return sub(type);
    }
  }

  #statement(depth: number, loops: number): number[] {
    const local = this.#chance.below(LOCALS.length);
    const set = () => [...this.expression(LOCALS[local] as number, 3), OP.localSet, 2 + local];
    if (depth === 0) return set();
    switch (this.#chance.below(7)) {
      case 0: {
        this.#labels += 1;
        const body = this.block(depth - 1, loops);
        const leave = [...this.expression(I32, 2), OP.brIf, this.#chance.below(this.#labels)];
        this.#labels -= 1;
        return [OP.block, EMPTY, ...body, ...leave, ...body, OP.end];
      }
      case 1: {
        if (loops >= NESTING_MAX) return set();
        const turns = TURNS_LOCAL + loops;
        const test = [
          OP.localGet,
          turns,
          ...i32Const(1),
          OP.i32Sub,
          OP.localTee,
          turns,
          OP.brIf,
          0,
        ];
        const body = new Program(this.#chance, this.#callee).block(depth - 1, loops + 1);
        const start = [...i32Const(1 + this.#chance.below(5)), OP.localSet, turns];
        return [...start, OP.loop, EMPTY, ...body, ...test, OP.end];
      }
      case 2: {
        this.#labels += 1;
        const arms = [...this.block(depth - 1, loops), OP.else, ...this.block(depth - 1, loops)];
        this.#labels -= 1;
        return [...this.expression(I32, 2), OP.if, EMPTY, ...arms, OP.end];
      }
      case 3: {
        this.#labels += 1;
        const targets = [0, this.#chance.below(this.#labels), this.#chance.below(this.#labels)];
        this.#labels -= 1;
        const table = [...this.expression(I32, 2), OP.brTable, 2, ...targets];
        return [OP.block, EMPTY, ...table, OP.end];
      }
      case 4:
        return [
          ...[...this.expression(I32, 2), ...i32Const(255), 0x71],
          ...[...this.expression(I64, 2), 0x37, 0, 0],
        ];
      default:
        return set();
    }
  }

  block(depth: number, loops: number): number[] {
    const count = 1 + this.#chance.below(3);
    return Array.from({ length: count }, () => this.#statement(depth, loops)).flat();
  }
}

/** Stores every local behind the others, so that they are all part of the result. */
const storeLocals = LOCALS.flatMap((type, index) => [
  ...[...i32Const(RESULTS_AT + 8 * index), OP.localGet, 2 + index],
  ...(type === I32
    ? [0x36, 0, 0]
    : type === I64
      ? [0x37, 0, 0]
      : type === F32
        ? [0x38, 0, 0]
        : [0x39, 0, 0]),
]);

function randomModule(seed: number): Uint8Array {
  const chance = new Chance(seed);
  const locals = [...LOCALS.map((type) => [1, type] as const), [NESTING_MAX, I32] as const];
  const callee = (index: number) => ({
    params: [I32],
    result: I64,
    locals: [[1, I32] as const, ...locals],
    code: [
      ...new Program(chance, false).block(2, 0),
      ...(index === 0 ? [...new Program(chance, false).expression(I64, 3), OP.return] : []),
      ...new Program(chance, false).expression(I64, 3),
    ],
  });
  const entry = {
    params: [I32, I32],
    result: I64,
    locals,
    code: [
      ...new Program(chance, true).block(3, 0),
      ...storeLocals,
      ...packedConst(0, RESULTS_AT + 8 * LOCALS.length),
    ],
    export: "validate_block",
  };
  return buildModule({
    functions: [entry, callee(0), callee(1)],
    memory: [1],
    heapBase: 4096,
  });
}

/** The memory that the plain module leaves, or that it traps. */
function plainRun(wasm: Uint8Array): Uint8Array | "trap" {
  const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module);
  const entry = exports["validate_block"];
  const memory = exports["memory"];
  assert.ok(typeof entry === "function" && memory instanceof WebAssembly.Memory);
  try {
    entry(4104, 0);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return "trap";
    throw error;
  }
  return new Uint8Array(memory.buffer, 0, RESULTS_AT + 8 * LOCALS.length).slice();
}

/** Replaces the NaNs among the stored locals by one. */
function withOneNan(memory: Uint8Array | "trap"): Uint8Array | "trap" {
  if (memory === "trap") return memory;
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  LOCALS.forEach((type, index) => {
    const at = RESULTS_AT + 8 * index;
    if (type === F32 && Number.isNaN(view.getFloat32(at, true))) view.setFloat32(at, NaN, true);
    if (type === F64 && Number.isNaN(view.getFloat64(at, true))) view.setFloat64(at, NaN, true);
  });
  return memory;
}

test(`${SEEDS} random programs do the same with and without instrumentation`, () => {
  let answered = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const wasm = randomModule(seed);
    const plain = withOneNan(plainRun(wasm));
    for (const metered of [false, true]) {
      const pvf = expectOk(
        preparePvf(wasm, DEFAULT_ENGINE_PARAMETERS, { metered }),
        `program ${seed}`,
      );
      const answer = callValidateBlock(pvf, new Uint8Array());
      const result = answer.ok ? withOneNan(answer.value.output) : answer.error.code;
      assert.deepEqual(result, plain, `seed ${seed}, metered ${metered}`);
    }
    if (plain !== "trap") answered += 1;
  }
  assert.ok(answered > SEEDS / 3, `only ${answered} programs came to an end`);
});
