/**
 * Random modules that pass preparation and mostly come to an end, from a seed. They use every instruction that the
 * allowed feature set has, so that two ways of running them can be compared.
 */

import {
  ACCESS_TYPE,
  BULK,
  EMPTY,
  F32,
  F64,
  FIRST_OPERAND,
  FIRST_STORE,
  I32,
  I64,
  OP,
  RESULT,
  SECOND_OPERAND,
  type ValueType,
} from "../wasm/opcodes.ts";
import { buildModule, i32Const, packedConst } from "./module-builder.ts";

export interface RandomModuleOptions {
  readonly seed: number;
  /**
   * Whether programs may look at the bits of floats. Those of a NaN are the same everywhere only once they are
   * instrumented.
   */
  readonly seesFloatBits: boolean;
  readonly bulkMemory?: boolean;
}

/** Every local of the entry is stored from here on, eight bytes each. */
export const RESULTS_AT = 1024;
export const RESULT_TYPES: readonly ValueType[] = [I32, I64, F32, F64, I32, I64, F32, F64];
/** Programs read and write below the results. */
const PLAYGROUND_MASK = 1023;

/** Behind the locals that programs write: turns that are left of the loops at each depth. */
const LOOP_NESTING_MAX = 3;
const STATEMENT_DEPTH = 3;
/** Parameters of all callees: one number. */
const CALLEES = [1, 2, 3] as const;
/** In the table behind the callees; its type is another. */
const STRANGER = 4;
/** It calls itself, at most so often. */
const RECURSIVE = 2;
const RECURSION_MASK = 7;
/** `__heap_base` is the first. */
const GLOBALS: readonly ValueType[] = [I32, I64, F32, F64];

/** Marsaglia's xorshift. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e37_79b9) + 1 || 1;
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

  once(in_: number): boolean {
    return this.below(in_) === 0;
  }
}

const opcodes = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const PLAIN = opcodes(0x45, 0xc4);
/** Divisions and conversions that may trap. */
const TRAPPING = new Set([
  ...opcodes(0x6d, 0x70),
  ...opcodes(0x7f, 0x82),
  ...opcodes(0xa8, 0xab),
  ...opcodes(0xae, 0xb1),
]);
/** Through these the sign or payload of a NaN comes to light. */
const SHOWS_BITS = new Set([0x98, 0xa6, ...opcodes(0xbc, 0xbf)]);
const LOADS = opcodes(OP.i32Load, FIRST_STORE - 1);
const STORES = opcodes(FIRST_STORE, OP.i64Store32);
const isFloat = (type: number | undefined): boolean => type === F32 || type === F64;

interface Setting {
  readonly chance: Chance;
  readonly options: RandomModuleOptions;
  /** Parameters before the locals. */
  readonly parameters: number;
  /** Functions that may be called. */
  readonly callees: readonly number[];
}

class Program {
  readonly #setting: Setting;
  readonly #chance: Chance;
  /** Blocks that may be branched to; a loop's own label is left to its counter. */
  #labels = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#chance = setting.chance;
  }

  #localOf(type: number): number {
    const fitting = [...RESULT_TYPES.keys()].filter((at) => RESULT_TYPES[at] === type);
    return this.#setting.parameters + this.#chance.pick(fitting);
  }

  #constant(type: number): number[] {
    const small = this.#chance.below(256) - 128;
    if (type === I32) return i32Const(Math.imul(small, this.#chance.below(1 << 24)));
    if (type === I64)
      return this.#chance.once(2)
        ? [...i32Const(small), 0xac]
        : [
            OP.i64Const,
            ...opcodes(1, 9).map(() => 0x80 | this.#chance.below(128)),
            this.#chance.pick([0, 0x7f]),
          ];
    const bytes = Array.from({ length: type === F32 ? 4 : 8 }, () => this.#chance.below(256));
    // Any bits where they may be seen; else no NaN.
    if (!this.#setting.options.seesFloatBits || this.#chance.once(2))
      bytes[bytes.length - 1] = this.#chance.pick([0x3f, 0xc0, 0x40, 0x41, 0xcb]);
    return [type === F32 ? OP.f32Const : OP.f64Const, ...bytes];
  }

  #address(depth: number): number[] {
    const mask = this.#chance.once(60) ? [] : [...i32Const(PLAYGROUND_MASK - 15), 0x71];
    return [...this.expression(I32, depth), ...mask];
  }

  #access(opcode: number): number[] {
    return [opcode, this.#chance.pick([0, 0, 0]), this.#chance.below(8)];
  }

  expression(type: number, depth: number): number[] {
    if (depth <= 0) return this.#constant(type);
    const sub = (of: number): number[] => this.expression(of, depth - 1);
    const { seesFloatBits } = this.#setting.options;
    switch (this.#chance.below(12)) {
      case 0:
      case 1:
        return [OP.localGet, this.#localOf(type)];
      case 2:
      case 3:
      case 4:
      case 5: {
        const mayTrap = this.#chance.once(6);
        const op = this.#chance.pick(
          PLAIN.filter(
            (candidate) =>
              RESULT[candidate] === type &&
              (mayTrap || !TRAPPING.has(candidate)) &&
              (seesFloatBits || !SHOWS_BITS.has(candidate)),
          ),
        );
        const second = SECOND_OPERAND[op] as number;
        return [...sub(FIRST_OPERAND[op] as number), ...(second === 0 ? [] : sub(second)), op];
      }
      case 6:
        return [...sub(type), ...sub(type), ...sub(I32), OP.select];
      case 7:
        this.#labels += 1;
        return this.#closing([
          ...[...sub(I32), OP.if, type, ...sub(type)],
          ...[OP.else, ...sub(type), OP.end],
        ]);
      case 8:
        this.#labels += 1;
        // A value carried by a branch, or past it.
        return this.#closing([
          ...[OP.block, type, ...sub(type), ...sub(I32), OP.brIf, 0],
          ...[OP.drop, ...sub(type), OP.end],
        ]);
      case 9:
        return [OP.globalGet, 1 + GLOBALS.indexOf(type as ValueType)];
      case 10:
        return type === I64 ? this.#call(depth) : [...sub(type), OP.localTee, this.#localOf(type)];
      default: {
        if (!seesFloatBits && isFloat(type)) return sub(type);
        const fitting = LOADS.filter((load) => ACCESS_TYPE[load] === type);
        return [...this.#address(depth - 1), ...this.#access(this.#chance.pick(fitting))];
      }
    }
  }

  #closing(code: number[]): number[] {
    this.#labels -= 1;
    return code;
  }

  #call(depth: number): number[] {
    const argument = this.expression(I32, depth - 1);
    const { callees } = this.#setting;
    const target = this.#chance.pick(callees);
    if (target === undefined) return this.#constant(I64);
    if (this.#chance.once(2)) return [...argument, OP.call, target];
    const index = this.#chance.once(20) ? this.expression(I32, 1) : i32Const(target - 1);
    return [...argument, ...index, OP.callIndirect, 1, 0];
  }

  #statement(depth: number, loops: number): number[] {
    const set = (): number[] => {
      const type = this.#chance.pick(RESULT_TYPES);
      return [...this.expression(type, 3), OP.localSet, this.#localOf(type)];
    };
    if (depth === 0) return set();
    switch (this.#chance.below(12)) {
      case 0: {
        this.#labels += 1;
        const leave = [...this.expression(I32, 2), OP.brIf, this.#chance.below(this.#labels)];
        const body = [...this.block(depth - 1, loops), ...leave, ...this.block(depth - 1, loops)];
        return this.#closing([OP.block, EMPTY, ...body, OP.end]);
      }
      case 1:
      case 2: {
        if (loops >= LOOP_NESTING_MAX) return set();
        const turns = this.#setting.parameters + RESULT_TYPES.length + loops;
        const again = [
          ...[OP.localGet, turns, ...i32Const(1), OP.i32Sub, OP.localTee, turns],
          ...[OP.brIf, 0],
        ];
        const body = new Program(this.#setting).block(depth - 1, loops + 1);
        const start = [...i32Const(1 + this.#chance.below(5)), OP.localSet, turns];
        return [...start, OP.loop, EMPTY, ...body, ...again, OP.end];
      }
      case 3: {
        this.#labels += 1;
        const arms = [...this.block(depth - 1, loops), OP.else, ...this.block(depth - 1, loops)];
        return this.#closing([...this.expression(I32, 2), OP.if, EMPTY, ...arms, OP.end]);
      }
      case 4: {
        this.#labels += 1;
        const targets = [0, this.#chance.below(this.#labels), this.#chance.below(this.#labels)];
        const table = [...this.expression(I32, 2), OP.brTable, 2, ...targets];
        return this.#closing([OP.block, EMPTY, ...table, OP.end]);
      }
      case 5:
      case 6: {
        const store = this.#chance.pick(STORES);
        const type = ACCESS_TYPE[store] as number;
        if (isFloat(type) && !this.#setting.options.seesFloatBits) return set();
        return [...this.#address(2), ...this.expression(type, 2), ...this.#access(store)];
      }
      case 7: {
        const type = this.#chance.pick(GLOBALS);
        return [...this.expression(type, 3), OP.globalSet, 1 + GLOBALS.indexOf(type)];
      }
      case 8:
        return [...this.expression(I32, 2), OP.if, EMPTY, OP.nop, ...this.#exit(), OP.end];
      case 9:
        return [
          ...i32Const(this.#chance.below(3)),
          OP.memoryGrow,
          0,
          OP.drop,
          OP.memorySize,
          0,
          OP.drop,
        ];
      case 10:
        return this.#bulk();
      default:
        return set();
    }
  }

  /** Leaves the block around, rarely the function or the program. */
  #exit(): number[] {
    if (this.#chance.once(200)) return [OP.unreachable];
    return this.#labels > 0 ? [OP.br, 1 + this.#chance.below(this.#labels)] : [];
  }

  #bulk(): number[] {
    if (this.#setting.options.bulkMemory !== true) return [];
    const length = [...this.expression(I32, 1), ...i32Const(127), 0x71];
    const fill = [...this.#address(1), ...this.expression(I32, 1), ...length];
    if (this.#chance.once(2)) return [...fill, OP.bulk, BULK.memoryFill, 0];
    return [...this.#address(1), ...this.#address(1), ...length, OP.bulk, BULK.memoryCopy, 0, 0];
  }

  block(depth: number, loops: number): number[] {
    const count = 1 + this.#chance.below(3);
    return Array.from({ length: count }, () => this.#statement(depth, loops)).flat();
  }
}

const STORE_OF: Readonly<Record<number, number>> = {
  [I32]: 0x36,
  [I64]: 0x37,
  [F32]: 0x38,
  [F64]: 0x39,
};

/** Stores every local behind the others, so that they are all part of the result. */
const storeLocals = (parameters: number): number[] =>
  RESULT_TYPES.flatMap((type, index) => [
    ...[...i32Const(RESULTS_AT + 8 * index), OP.localGet, parameters + index],
    ...[STORE_OF[type] as number, 0, 0],
  ]);

/** A module whose `validate_block` returns its locals and leaves a playground in its memory. */
export function randomModule(options: RandomModuleOptions): Uint8Array {
  const chance = new Chance(options.seed);
  const locals = [
    ...RESULT_TYPES.map((type) => [1, type] as const),
    [LOOP_NESTING_MAX, I32] as const,
  ];
  const program = (parameters: number, callees: readonly number[]): Program =>
    new Program({ chance, options, parameters, callees });
  const callee = (index: number) => {
    const later = CALLEES.filter((other) => other > index);
    const descend = [
      ...[OP.localGet, 0, ...i32Const(RECURSION_MASK), 0x71, OP.localTee, 0, OP.if, EMPTY],
      ...[OP.localGet, 0, ...i32Const(1), OP.i32Sub, OP.call, RECURSIVE, OP.drop, OP.end],
    ];
    return {
      params: [I32],
      result: I64,
      locals,
      code: [
        ...(index === RECURSIVE ? descend : []),
        ...program(1, later).block(2, 0),
        ...(chance.once(2) ? [...program(1, later).expression(I64, 3), OP.return] : []),
        ...program(1, later).expression(I64, 3),
      ],
    };
  };
  const entry = {
    params: [I32, I32],
    result: I64,
    locals,
    code: [
      ...program(2, CALLEES).block(STATEMENT_DEPTH, 0),
      ...storeLocals(2),
      ...packedConst(0, RESULTS_AT + 8 * RESULT_TYPES.length),
    ],
    export: "validate_block",
  };
  return buildModule({
    functions: [entry, ...CALLEES.map(callee), { code: [OP.nop] }],
    memory: [1],
    heapBase: 4096,
    globals: GLOBALS,
    table: [...CALLEES, STRANGER],
    data: [[64, Uint8Array.from({ length: 128 }, () => chance.below(256))]],
  });
}
