/**
 * A plain interpreter of modules as the instrumented form should behave: results, logical stack and fuel. It is the
 * model against which the engine is compared and shares with it nothing but the reading of modules. Rules: README,
 * "How time is limited", and the top of `wasm/instrument.ts`.
 */

import { assert } from "@parahost/base";
import type { BodyFacts } from "../wasm/function-body.ts";
import { SECTION, type WasmModule } from "../wasm/module.ts";
import {
  ACCESS_TYPE,
  BULK,
  EMPTY,
  F32,
  F64,
  FIRST_STORE,
  I64,
  OP,
  RESULT,
  SECOND_OPERAND,
} from "../wasm/opcodes.ts";
import { WasmReader } from "../wasm/reader.ts";
import { compute, ModelTrap, type Value } from "./interpreter-numbers.ts";

const PAGE = 65_536;

export type ModelEnd = "returned" | "trap" | "stackOverflow" | "timeout";

export interface ModelAnswer {
  readonly end: ModelEnd;
  readonly value: bigint;
  readonly fuelUsed: bigint;
  readonly memory: Uint8Array;
}

export interface ModelLimits {
  readonly fuel: bigint;
  readonly stackLimit: number;
  readonly maxMemoryPages: number;
}

class OutOfFuel extends Error {}
class StackOverflow extends Error {}

/** One instruction with its immediates; `cost` is what entering this loop pays. */
interface Instruction {
  readonly opcode: number;
  readonly a: number;
  readonly constant: Value;
  readonly targets: readonly number[];
  /** Of a block: the instruction behind its end. Of an if: that behind its `else`, or its end. */
  end: number;
  otherwise: number;
  cost: bigint;
}

interface Code {
  readonly instructions: readonly Instruction[];
  readonly cost: bigint;
  readonly params: Uint8Array;
  readonly result: number;
  readonly locals: readonly Value[];
  readonly stackCost: number;
  readonly maxHeight: number;
}

interface Label {
  readonly continuesAt: number;
  readonly arity: number;
  readonly height: number;
}

const zeroOf = (type: number): Value => (type === I64 || type === F64 ? 0n : 0);

/** Calls an exported function without imports in a fresh instance. */
export class Interpreter {
  readonly #module: WasmModule;
  readonly #codes: readonly Code[];
  readonly #limits: ModelLimits;
  readonly #globals: Value[];
  readonly #table: (number | undefined)[];
  #memory: Uint8Array;
  #fuel: bigint;
  #depth = 0;

  constructor(module: WasmModule, bodies: readonly BodyFacts[], limits: ModelLimits) {
    assert(module.importedFunctionCount === 0, "the model has no host functions");
    this.#module = module;
    this.#limits = limits;
    this.#fuel = limits.fuel;
    this.#codes = bodies.map((facts, index) => decodeBody(module, facts, index));
    this.#globals = module.globals.map(({ init }) => constantValue(module, init.start));
    this.#memory = new Uint8Array((module.memory?.min ?? 0) * PAGE);
    this.#table = new Array<number | undefined>(module.table?.min ?? 0).fill(undefined);
    for (const { active, functions } of module.elements)
      functions.forEach((target, index) => {
        this.#table[(active?.i32 ?? 0) + index] = target;
      });
    this.#writeData();
  }

  #writeData(): void {
    const section = this.#module.sections[SECTION.data];
    if (section === undefined) return;
    const reader = new WasmReader(this.#module.bytes, section.start, section.end);
    for (let left = reader.u32(); left > 0; left--) {
      assert(reader.u32() === 0, "the model has active segments only");
      const address = decodeConstant(reader, reader.u8()) as number;
      reader.skip(1);
      const content = reader.range(reader.u32());
      this.write(address >>> 0, reader.bytes.subarray(content.offset, content.end));
    }
  }

  /** As the host does before it calls: data at an address. */
  write(address: number, bytes: Uint8Array): void {
    this.#memory.set(bytes, address);
  }

  call(functionIndex: number, args: readonly Value[]): ModelAnswer {
    let end: ModelEnd = "returned";
    let value = 0n;
    try {
      value = (this.#call(functionIndex, args) ?? 0n) as bigint;
    } catch (error) {
      if (error instanceof ModelTrap) end = "trap";
      else if (error instanceof StackOverflow) end = "stackOverflow";
      else if (error instanceof OutOfFuel) end = "timeout";
      else throw error;
    }
    return { end, value, fuelUsed: this.#limits.fuel - this.#fuel, memory: this.#memory };
  }

  #charge(cost: bigint): void {
    this.#fuel -= cost;
    if (this.#fuel < 0n) throw new OutOfFuel();
  }

  #call(functionIndex: number, args: readonly Value[]): Value | undefined {
    const code = this.#codes[functionIndex] as Code;
    this.#depth += code.stackCost;
    if (this.#depth > this.#limits.stackLimit) throw new StackOverflow();
    this.#charge(code.cost);
    const stack: Value[] = [];
    this.#run(code, [...args, ...code.locals], stack);
    this.#depth -= code.stackCost;
    return code.result === EMPTY ? undefined : stack.at(-1);
  }

  #run(code: Code, locals: Value[], stack: Value[]): void {
    const { instructions } = code;
    const labels: Label[] = [
      { continuesAt: instructions.length, arity: code.result === EMPTY ? 0 : 1, height: 0 },
    ];
    const pop = (): Value => {
      const value = stack.pop();
      assert(value !== undefined, "a validated body pops from an empty stack");
      return value;
    };
    const popI32 = (): number => pop() as number;
    let at = 0;
    const branch = (label: number): void => {
      const target = labels[labels.length - 1 - label] as Label;
      const carried = target.arity === 1 ? pop() : undefined;
      stack.length = target.height;
      if (carried !== undefined) stack.push(carried);
      labels.length -= label + 1;
      at = target.continuesAt;
    };
    const open = (continuesAt: number, arity: number): void => {
      labels.push({ continuesAt, arity, height: stack.length });
    };

    while (at < instructions.length) {
      const position = at++;
      const instruction = instructions[position] as Instruction;
      const { opcode, a } = instruction;
      switch (opcode) {
        case OP.unreachable:
          throw new ModelTrap("unreachable");
        case OP.nop:
          break;
        case OP.block:
          open(instruction.end, a === EMPTY ? 0 : 1);
          break;
        case OP.loop:
          this.#charge(instruction.cost);
          // A branch to a loop runs it from its head, which opens it anew.
          open(position, 0);
          break;
        case OP.if: {
          const isTaken = popI32() !== 0;
          if (isTaken || instruction.otherwise !== instruction.end)
            open(instruction.end, a === EMPTY ? 0 : 1);
          if (!isTaken) at = instruction.otherwise;
          break;
        }
        case OP.else:
          // The first arm ends here.
          labels.pop();
          at = instruction.end;
          break;
        case OP.end:
          labels.pop();
          break;
        case OP.br:
          branch(a);
          break;
        case OP.brIf:
          if (popI32() !== 0) branch(a);
          break;
        case OP.brTable: {
          const index = popI32() >>> 0;
          const last = instruction.targets.length - 1;
          branch(instruction.targets[Math.min(index, last)] as number);
          break;
        }
        case OP.return:
          branch(labels.length - 1);
          break;
        case OP.call:
        case OP.callIndirect: {
          const target = opcode === OP.call ? a : this.#indirect(popI32() >>> 0, a);
          const count = (this.#codes[target] as Code).params.length;
          const result = this.#call(target, stack.splice(stack.length - count, count));
          if (result !== undefined) stack.push(result);
          break;
        }
        case OP.drop:
          pop();
          break;
        case OP.select: {
          const condition = popI32();
          const second = pop();
          if (condition === 0) {
            pop();
            stack.push(second);
          }
          break;
        }
        case OP.localGet:
          stack.push(locals[a] as Value);
          break;
        case OP.localSet:
          locals[a] = pop();
          break;
        case OP.localTee:
          locals[a] = stack.at(-1) as Value;
          break;
        case OP.globalGet:
          stack.push(this.#globals[a] as Value);
          break;
        case OP.globalSet:
          this.#globals[a] = pop();
          break;
        case OP.memorySize:
          stack.push(this.#memory.length / PAGE);
          break;
        case OP.memoryGrow:
          stack.push(this.#grow(popI32() >>> 0));
          break;
        case OP.i32Const:
        case OP.i64Const:
        case OP.f32Const:
        case OP.f64Const:
          stack.push(instruction.constant);
          break;
        case OP.bulk: {
          const length = popI32() >>> 0;
          const source = popI32() >>> 0;
          this.#bulk(a, popI32() >>> 0, source, length);
          break;
        }
        default:
          if (opcode >= FIRST_STORE && opcode <= OP.i64Store32) {
            const value = pop();
            this.#store(opcode, (popI32() >>> 0) + a, value);
          } else if (opcode >= OP.i32Load && opcode < FIRST_STORE) {
            stack.push(this.#load(opcode, (popI32() >>> 0) + a));
          } else {
            assert(RESULT[opcode] !== 0, `no instruction 0x${opcode.toString(16)}`);
            const last = pop();
            const isUnary = SECOND_OPERAND[opcode] === 0;
            stack.push(isUnary ? compute(opcode, last, last) : compute(opcode, pop(), last));
          }
      }
      assert(stack.length <= code.maxHeight, "more operands than the validator has counted");
    }
  }

  #indirect(index: number, typeIndex: number): number {
    const target = this.#table[index];
    if (target === undefined) throw new ModelTrap("no function in the table");
    const { types, functionTypes } = this.#module;
    const wanted = types[typeIndex];
    const found = types[functionTypes[target] as number];
    if (`${wanted?.params}>${wanted?.result}` !== `${found?.params}>${found?.result}`)
      throw new ModelTrap("function of another type");
    return target;
  }

  #grow(pages: number): number {
    const before = this.#memory.length / PAGE;
    if (before + pages > this.#limits.maxMemoryPages) return -1;
    const larger = new Uint8Array((before + pages) * PAGE);
    larger.set(this.#memory);
    this.#memory = larger;
    return before;
  }

  #check(address: number, length: number): void {
    if (address + length > this.#memory.length) throw new ModelTrap("outside of the memory");
  }

  #bulk(kind: number, target: number, source: number, length: number): void {
    this.#charge(BigInt(length >>> 3));
    this.#check(target, length);
    if (kind === BULK.memoryFill) {
      this.#memory.fill(source & 255, target, target + length);
      return;
    }
    assert(kind === BULK.memoryCopy, `no bulk instruction ${kind} in the model`);
    this.#check(source, length);
    this.#memory.copyWithin(target, source, source + length);
  }

  #load(opcode: number, address: number): Value {
    const { bytes, signed } = accessOf(opcode);
    this.#check(address, bytes);
    let value = 0n;
    for (let at = bytes - 1; at >= 0; at--)
      value = (value << 8n) | BigInt(this.#memory[address + at] as number);
    switch (ACCESS_TYPE[opcode]) {
      case F32:
        return Number(value);
      case F64:
        return value;
      case I64:
        return BigInt.asIntN(64, signed ? BigInt.asIntN(8 * bytes, value) : value);
      default:
        return Number(BigInt.asIntN(32, signed ? BigInt.asIntN(8 * bytes, value) : value));
    }
  }

  #store(opcode: number, address: number, value: Value): void {
    const { bytes } = accessOf(opcode);
    this.#check(address, bytes);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let at = 0; at < bytes; at++) {
      this.#memory[address + at] = Number(rest & 255n);
      rest >>= 8n;
    }
  }
}

/** Bytes that each load and store touches, by opcode, and whether a load repeats the sign. */
const ACCESSES: readonly (readonly [bytes: number, signed?: true])[] = [
  ...([[4], [8], [4], [8], [1, true], [1], [2, true], [2]] as const),
  ...([[1, true], [1], [2, true], [2], [4, true], [4]] as const),
  ...([[4], [8], [4], [8], [1], [2], [1], [2], [4]] as const),
];

function accessOf(opcode: number): { readonly bytes: number; readonly signed: boolean } {
  const [bytes = 0, signed = false] = ACCESSES[opcode - OP.i32Load] ?? [];
  return { bytes, signed };
}

/** Reads one body; fuel is shared out as the rule says: each instruction pays where its innermost loop is entered. */
function decodeBody(module: WasmModule, facts: BodyFacts, index: number): Code {
  const type = module.types[module.functionTypes[index] as number];
  const body = module.bodies[index];
  assert(type !== undefined && body !== undefined, `function ${index}`);
  const reader = new WasmReader(module.bytes, facts.codeStart, body.end);
  const instructions: Instruction[] = [];
  // Open blocks, the function's own first: position, or -1.
  const open: number[] = [-1];
  const loops: Instruction[] = [];
  let functionCost = 0n;

  while (open.length > 0) {
    const loop = loops.at(-1);
    if (loop === undefined) functionCost += 1n;
    else loop.cost += 1n;
    const instruction = decodeInstruction(reader);
    const position = instructions.push(instruction) - 1;
    switch (instruction.opcode) {
      case OP.loop:
        loops.push(instruction);
        open.push(position);
        break;
      case OP.block:
      case OP.if:
        open.push(position);
        break;
      case OP.else: {
        const condition = instructions[open.at(-1) as number] as Instruction;
        condition.otherwise = position + 1;
        // Marks the arm's end, so that running into it skips the other arm.
        open.push(position);
        break;
      }
      case OP.end:
        closeBlock(instructions, open, position);
        if (loop !== undefined && loop.end === position + 1) loops.pop();
    }
  }
  return {
    instructions,
    cost: functionCost,
    params: type.params,
    result: type.result,
    locals: localsOf(module, body.start),
    stackCost: 2 + facts.declaredLocals + facts.maxHeight,
    maxHeight: facts.maxHeight,
  };
}

/** An `end` ends an `else` and its `if` together. */
function closeBlock(instructions: readonly Instruction[], open: number[], position: number): void {
  for (;;) {
    const opened = instructions[open.pop() ?? -1];
    if (opened === undefined) return;
    opened.end = position + 1;
    if (opened.opcode === OP.else) continue;
    if (opened.opcode === OP.if && opened.otherwise < 0) opened.otherwise = position + 1;
    return;
  }
}

function localsOf(module: WasmModule, start: number): Value[] {
  const reader = new WasmReader(module.bytes, start);
  const locals: Value[] = [];
  for (let groups = reader.u32(); groups > 0; groups--) {
    const count = reader.u32();
    const zero = zeroOf(reader.u8());
    for (let local = 0; local < count; local++) locals.push(zero);
  }
  return locals;
}

function decodeInstruction(reader: WasmReader): Instruction {
  const opcode = reader.u8();
  let a = 0;
  let constant: Value = 0;
  let targets: readonly number[] = [];
  switch (opcode) {
    case OP.block:
    case OP.loop:
    case OP.if:
    case OP.memorySize:
    case OP.memoryGrow:
      a = reader.u8();
      break;
    case OP.br:
    case OP.brIf:
    case OP.call:
    case OP.localGet:
    case OP.localSet:
    case OP.localTee:
    case OP.globalGet:
    case OP.globalSet:
      a = reader.u32();
      break;
    case OP.callIndirect:
      a = reader.u32();
      reader.skip(1);
      break;
    case OP.brTable: {
      const count = reader.u32();
      targets = Array.from({ length: count + 1 }, () => reader.u32());
      break;
    }
    case OP.bulk:
      a = reader.u32();
      reader.skip(a === BULK.memoryCopy ? 2 : 1);
      break;
    case OP.i32Const:
    case OP.i64Const:
    case OP.f32Const:
    case OP.f64Const:
      constant = decodeConstant(reader, opcode);
      break;
    default:
      if (opcode >= OP.i32Load && opcode <= OP.i64Store32) {
        reader.u32();
        a = reader.u32();
      }
  }
  return { opcode, a, constant, targets, end: -1, otherwise: -1, cost: 0n };
}

function decodeConstant(reader: WasmReader, opcode: number): Value {
  switch (opcode) {
    case OP.i32Const:
      return reader.s32();
    case OP.i64Const: {
      const start = reader.offset;
      reader.skipS64();
      let value = 0n;
      for (let at = reader.offset - 1; at >= start; at--)
        value = (value << 7n) | BigInt((reader.bytes[at] as number) & 0x7f);
      return BigInt.asIntN(64, BigInt.asIntN(7 * (reader.offset - start), value));
    }
    default: {
      const length = opcode === OP.f32Const ? 4 : 8;
      const bytes = reader.bytes.subarray(reader.offset, reader.offset + length);
      reader.skip(length);
      const bits = bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
      return length === 4 ? Number(bits) : bits;
    }
  }
}

function constantValue(module: WasmModule, start: number): Value {
  const reader = new WasmReader(module.bytes, start);
  return decodeConstant(reader, reader.u8());
}
