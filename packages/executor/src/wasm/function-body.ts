/**
 * Checks one function body after the other, as the validation algorithm of the WebAssembly specification
 * does (appendix "Validation Algorithm"): a stack of operand types and a stack of open blocks. On the way it
 * notes what the instrumentation needs to know of each body, above all its greatest operand height, which
 * is part of the logical stack cost that all validators must agree on (reference, section 3.2).
 *
 * Time is linear in the bytes of the body; the stacks are bounded by `WasmLimits`.
 */

import type { WasmFeatures, WasmLimits, WasmModule } from "./module.ts";
import {
  ACCESS_ALIGNMENT,
  ACCESS_TYPE,
  BULK,
  EMPTY,
  F32,
  F64,
  FIRST_OPERAND,
  FIRST_STORE,
  featureOfOpcode,
  I32,
  I64,
  isValueType,
  MAKES_NAN,
  OP,
  RESULT,
  SECOND_OPERAND,
  typeName,
  UNKNOWN,
} from "./opcodes.ts";
import { WasmReader } from "./reader.ts";
import { WasmError } from "./refusal.ts";

export interface BodyFacts {
  /** Locals that the body declares, parameters not counted. */
  readonly declaredLocals: number;
  /** First instruction. */
  readonly codeStart: number;
  /** Most operands that lie on the stack at once in reachable code. */
  readonly maxHeight: number;
  /** It holds an instruction that may make a NaN of this width. */
  readonly makesNan32: boolean;
  readonly makesNan64: boolean;
  /** It moves memory or table entries in bulk, at a cost that depends on a length on the stack. */
  readonly movesBulk: boolean;
  readonly growsMemory: boolean;
  /** It may call a function of the module itself. */
  readonly callsGuest: boolean;
  readonly hasLoops: boolean;
  /** Places where paths of control part. */
  readonly forks: number;
  /**
   * Values that a compiler may have to bring into line where paths of control meet (locals, parameters and
   * operands), times the forks.
   */
  readonly mergeWork: number;
}

export class BodyValidator {
  readonly #module: WasmModule;
  readonly #features: WasmFeatures;
  readonly #limits: WasmLimits;
  readonly #globalTypes: Uint8Array;
  readonly #globalMutable: Uint8Array;

  #locals = new Uint8Array(256);
  #localCount = 0;

  #operands: Uint8Array;
  #height = 0;
  #maxHeight = 0;

  // One entry per open block.
  readonly #blockOpcodes: Uint8Array;
  readonly #blockResults: Uint8Array;
  readonly #blockHeights: Uint32Array;
  readonly #blockUnreachable: Uint8Array;
  #depth = 0;

  #makesNan32 = false;
  #makesNan64 = false;
  #movesBulk = false;
  #growsMemory = false;
  #callsGuest = false;
  #hasLoops = false;
  #forks = 0;
  /** Position of the instruction at hand, for errors. */
  #at = 0;

  constructor(module: WasmModule, features: WasmFeatures, limits: WasmLimits) {
    this.#module = module;
    this.#features = features;
    this.#limits = limits;
    const globals = [...module.importedGlobals, ...module.globals];
    this.#globalTypes = Uint8Array.from(globals, (global) => global.type);
    this.#globalMutable = Uint8Array.from(globals, (global) => (global.mutable ? 1 : 0));
    this.#operands = new Uint8Array(limits.operands + 1);
    this.#blockOpcodes = new Uint8Array(limits.blockNesting + 1);
    this.#blockResults = new Uint8Array(limits.blockNesting + 1);
    this.#blockHeights = new Uint32Array(limits.blockNesting + 1);
    this.#blockUnreachable = new Uint8Array(limits.blockNesting + 1);
  }

  /** Checks body `index` (imported functions not counted). Throws `WasmError`. */
  check(index: number): BodyFacts {
    const module = this.#module;
    const body = module.bodies[index];
    const typeIndex = module.functionTypes[module.importedFunctionCount + index];
    const type = typeIndex === undefined ? undefined : module.types[typeIndex];
    if (body === undefined || type === undefined)
      throw new WasmError("malformed", 0, `no function body ${index}`);
    const reader = new WasmReader(module.bytes, body.start, body.end);
    const declaredLocals = this.#readLocals(reader, type.params);
    const codeStart = reader.offset;
    this.#height = 0;
    this.#maxHeight = 0;
    this.#depth = 0;
    this.#makesNan32 = false;
    this.#makesNan64 = false;
    this.#movesBulk = false;
    this.#growsMemory = false;
    this.#callsGuest = false;
    this.#hasLoops = false;
    this.#forks = 0;
    this.#at = codeStart;
    this.#openBlock(OP.block, type.result);
    this.#instructions(reader);
    if (!reader.done)
      throw new WasmError(
        "malformed",
        reader.offset,
        "instructions behind the end of the function",
      );
    return {
      declaredLocals,
      codeStart,
      maxHeight: this.#maxHeight,
      makesNan32: this.#makesNan32,
      makesNan64: this.#makesNan64,
      movesBulk: this.#movesBulk,
      growsMemory: this.#growsMemory,
      callsGuest: this.#callsGuest,
      hasLoops: this.#hasLoops,
      forks: this.#forks,
      mergeWork: this.#mergeWork(),
    };
  }

  #mergeWork(): number {
    if (this.#forks > this.#limits.forks)
      throw new WasmError(
        "limitExceeded",
        this.#at,
        `${this.#forks} branches in a function, limit ${this.#limits.forks}`,
      );
    const work = (this.#localCount + this.#maxHeight) * this.#forks;
    if (work > this.#limits.mergeWork)
      throw new WasmError(
        "limitExceeded",
        this.#at,
        `${this.#forks} branches over ${this.#localCount + this.#maxHeight} values, limit of the product ${this.#limits.mergeWork}`,
      );
    return work;
  }

  #readLocals(reader: WasmReader, params: Uint8Array): number {
    const groups = reader.u32();
    let count = params.length;
    if (this.#locals.length < count) this.#locals = new Uint8Array(count * 2);
    this.#locals.set(params);
    for (let group = 0; group < groups; group++) {
      const at = reader.offset;
      const repeat = reader.u32();
      const type = reader.u8();
      if (!isValueType(type)) throw new WasmError("featureNotAllowed", at, "local of such a type");
      if (count + repeat - params.length > this.#limits.locals)
        throw new WasmError("limitExceeded", at, `more than ${this.#limits.locals} locals`);
      if (this.#locals.length < count + repeat) {
        const larger = new Uint8Array((count + repeat) * 2);
        larger.set(this.#locals);
        this.#locals = larger;
      }
      this.#locals.fill(type, count, count + repeat);
      count += repeat;
    }
    this.#localCount = count;
    return count - params.length;
  }

  // Operands

  #fail(detail: string): never {
    throw new WasmError("typeMismatch", this.#at, detail);
  }

  #push(type: number): void {
    if (this.#height >= this.#limits.operands)
      throw new WasmError("limitExceeded", this.#at, `more than ${this.#limits.operands} operands`);
    this.#operands[this.#height++] = type;
    if (this.#height > this.#maxHeight && this.#blockUnreachable[this.#depth - 1] === 0)
      this.#maxHeight = this.#height;
  }

  /** Takes an operand of `wanted` type (`UNKNOWN`: of any) and returns its type. */
  #pop(wanted: number): number {
    const block = this.#depth - 1;
    if (this.#height === this.#blockHeights[block]) {
      if (this.#blockUnreachable[block] === 1) return wanted;
      this.#fail(`wanted ${typeName(wanted)}, the stack is empty`);
    }
    const type = this.#operands[--this.#height] as number;
    if (type !== wanted && wanted !== UNKNOWN && type !== UNKNOWN)
      this.#fail(`wanted ${typeName(wanted)}, found ${typeName(type)}`);
    return type === UNKNOWN ? wanted : type;
  }

  // Blocks

  #openBlock(opcode: number, result: number): void {
    if (this.#depth >= this.#limits.blockNesting)
      throw new WasmError(
        "limitExceeded",
        this.#at,
        `blocks nested deeper than ${this.#limits.blockNesting}`,
      );
    this.#blockOpcodes[this.#depth] = opcode;
    this.#blockResults[this.#depth] = result;
    this.#blockHeights[this.#depth] = this.#height;
    this.#blockUnreachable[this.#depth] = 0;
    this.#depth += 1;
  }

  /** Checks that exactly the block's result is left and takes the block away; returns the result. */
  #closeBlock(): number {
    const block = this.#depth - 1;
    const result = this.#blockResults[block] as number;
    if (result !== EMPTY) this.#pop(result);
    if (this.#height !== this.#blockHeights[block])
      this.#fail(
        `${this.#height - (this.#blockHeights[block] as number)} operands left in a block`,
      );
    this.#depth = block;
    return result;
  }

  #markUnreachable(): void {
    const block = this.#depth - 1;
    this.#height = this.#blockHeights[block] as number;
    this.#blockUnreachable[block] = 1;
  }

  /** What a branch to the block `label` levels out carries: nothing into a loop, else its result. */
  #labelType(label: number): number {
    const block = this.#depth - 1 - label;
    if (block < 0)
      throw new WasmError("indexOutOfRange", this.#at, `branch out of ${label} of ${this.#depth}`);
    return this.#blockOpcodes[block] === OP.loop ? EMPTY : (this.#blockResults[block] as number);
  }

  #blockType(reader: WasmReader): number {
    const type = reader.u8();
    if (type === EMPTY || isValueType(type)) return type;
    if (type === 0x7b) throw new WasmError("featureNotAllowed", this.#at, "SIMD (v128)");
    if (type >= 0x40 && type < 0x80)
      throw new WasmError("featureNotAllowed", this.#at, "reference types");
    throw new WasmError("featureNotAllowed", this.#at, "multi-value (block of a function type)");
  }

  // Instructions

  #instructions(reader: WasmReader): void {
    while (this.#depth > 0) {
      this.#at = reader.offset;
      const opcode = reader.u8();
      if (opcode >= 0x45) this.#plain(opcode, reader);
      else if (opcode >= OP.i32Load) this.#memoryOrConstant(opcode, reader);
      else if (opcode >= OP.localGet) this.#variable(opcode, reader);
      else this.#control(opcode, reader);
    }
  }

  #plain(opcode: number, reader: WasmReader): void {
    const result = RESULT[opcode] as number;
    if (result === 0) {
      if (opcode === OP.bulk) {
        this.#prefixed(reader);
        return;
      }
      throw new WasmError("featureNotAllowed", this.#at, featureOfOpcode(opcode));
    }
    const second = SECOND_OPERAND[opcode] as number;
    if (second !== 0) this.#pop(second);
    this.#pop(FIRST_OPERAND[opcode] as number);
    this.#push(result);
    if (MAKES_NAN[opcode] === 1) {
      if (result === F32) this.#makesNan32 = true;
      else this.#makesNan64 = true;
    }
  }

  #memoryOrConstant(opcode: number, reader: WasmReader): void {
    switch (opcode) {
      case OP.memorySize:
        this.#memoryByte(reader);
        this.#push(I32);
        return;
      case OP.memoryGrow:
        this.#growsMemory = true;
        this.#memoryByte(reader);
        this.#pop(I32);
        this.#push(I32);
        return;
      case OP.i32Const:
        reader.s32();
        this.#push(I32);
        return;
      case OP.i64Const:
        reader.skipS64();
        this.#push(I64);
        return;
      case OP.f32Const:
        reader.skip(4);
        this.#push(F32);
        return;
      case OP.f64Const:
        reader.skip(8);
        this.#push(F64);
        return;
      default: {
        this.#needMemory();
        const alignment = reader.u32();
        if (alignment > (ACCESS_ALIGNMENT[opcode] as number))
          throw new WasmError(
            "malformed",
            this.#at,
            `alignment 2^${alignment} is above the natural`,
          );
        reader.u32();
        const type = ACCESS_TYPE[opcode] as number;
        if (opcode >= FIRST_STORE) {
          this.#pop(type);
          this.#pop(I32);
        } else {
          this.#pop(I32);
          this.#push(type);
        }
      }
    }
  }

  #needMemory(): void {
    if (this.#module.memory === undefined)
      throw new WasmError("indexOutOfRange", this.#at, "there is no memory");
  }

  #memoryByte(reader: WasmReader): void {
    this.#needMemory();
    if (reader.u8() !== 0) throw new WasmError("featureNotAllowed", this.#at, "multi-memory");
  }

  #variable(opcode: number, reader: WasmReader): void {
    if (opcode > OP.globalSet)
      throw new WasmError("featureNotAllowed", this.#at, featureOfOpcode(opcode));
    const index = reader.u32();
    if (opcode >= OP.globalGet) {
      const type = this.#globalTypes[index];
      if (type === undefined) throw new WasmError("indexOutOfRange", this.#at, `global ${index}`);
      if (opcode === OP.globalGet) {
        this.#push(type);
        return;
      }
      if (this.#globalMutable[index] === 0)
        throw new WasmError("typeMismatch", this.#at, `global ${index} is immutable`);
      this.#pop(type);
      return;
    }
    if (index >= this.#localCount)
      throw new WasmError("indexOutOfRange", this.#at, `local ${index} of ${this.#localCount}`);
    const type = this.#locals[index] as number;
    if (opcode !== OP.localGet) this.#pop(type);
    if (opcode !== OP.localSet) this.#push(type);
  }

  #control(opcode: number, reader: WasmReader): void {
    switch (opcode) {
      case OP.unreachable:
        this.#markUnreachable();
        return;
      case OP.nop:
        return;
      case OP.block:
      case OP.loop:
        this.#forks += 1;
        if (opcode === OP.loop) this.#hasLoops = true;
        this.#openBlock(opcode, this.#blockType(reader));
        return;
      case OP.if: {
        this.#forks += 1;
        const type = this.#blockType(reader);
        this.#pop(I32);
        this.#openBlock(opcode, type);
        return;
      }
      case OP.else: {
        if (this.#blockOpcodes[this.#depth - 1] !== OP.if)
          throw new WasmError("malformed", this.#at, "else without if");
        this.#openBlock(OP.else, this.#closeBlock());
        return;
      }
      case OP.end: {
        const isIf = this.#blockOpcodes[this.#depth - 1] === OP.if;
        const result = this.#closeBlock();
        if (isIf && result !== EMPTY) this.#fail("an if with a result needs an else");
        if (result !== EMPTY && this.#depth > 0) this.#push(result);
        return;
      }
      case OP.br: {
        const type = this.#labelType(reader.u32());
        if (type !== EMPTY) this.#pop(type);
        this.#markUnreachable();
        return;
      }
      case OP.brIf: {
        this.#forks += 1;
        const type = this.#labelType(reader.u32());
        this.#pop(I32);
        if (type !== EMPTY) {
          this.#pop(type);
          this.#push(type);
        }
        return;
      }
      case OP.brTable:
        this.#branchTable(reader);
        return;
      case OP.return: {
        const type = this.#blockResults[0] as number;
        if (type !== EMPTY) this.#pop(type);
        this.#markUnreachable();
        return;
      }
      case OP.call: {
        const index = reader.u32();
        const typeIndex = this.#module.functionTypes[index];
        if (typeIndex === undefined)
          throw new WasmError("indexOutOfRange", this.#at, `function ${index}`);
        if (index >= this.#module.importedFunctionCount) this.#callsGuest = true;
        this.#call(typeIndex);
        return;
      }
      case OP.callIndirect: {
        const typeIndex = reader.u32();
        if (reader.u8() !== 0)
          throw new WasmError("featureNotAllowed", this.#at, "reference types (table index)");
        if (this.#module.table === undefined)
          throw new WasmError("indexOutOfRange", this.#at, "there is no table");
        this.#pop(I32);
        this.#callsGuest = true;
        this.#call(typeIndex);
        return;
      }
      case OP.drop:
        this.#pop(UNKNOWN);
        return;
      case OP.select: {
        this.#pop(I32);
        const second = this.#pop(UNKNOWN);
        this.#push(this.#pop(second));
        return;
      }
      default:
        throw new WasmError("featureNotAllowed", this.#at, featureOfOpcode(opcode));
    }
  }

  #call(typeIndex: number): void {
    const type = this.#module.types[typeIndex];
    if (type === undefined) throw new WasmError("indexOutOfRange", this.#at, `type ${typeIndex}`);
    for (let index = type.params.length - 1; index >= 0; index--)
      this.#pop(type.params[index] as number);
    if (type.result !== EMPTY) this.#push(type.result);
  }

  #branchTable(reader: WasmReader): void {
    const count = reader.u32();
    if (count > this.#limits.branchTargets)
      throw new WasmError(
        "limitExceeded",
        this.#at,
        `${count} branch targets, limit ${this.#limits.branchTargets}`,
      );
    this.#forks += count;
    this.#pop(I32);
    const type = this.#labelType(reader.u32());
    // `count` targets and the default, which stands last; all carry the same.
    for (let index = 0; index < count; index++)
      if (this.#labelType(reader.u32()) !== type) this.#fail("branch targets of different types");
    if (type !== EMPTY) this.#pop(type);
    this.#markUnreachable();
  }

  #prefixed(reader: WasmReader): void {
    const opcode = reader.u32();
    if (opcode <= 7)
      throw new WasmError("featureNotAllowed", this.#at, "saturating float-to-int conversion");
    if (opcode > BULK.tableCopy)
      throw new WasmError("featureNotAllowed", this.#at, "reference types (table instruction)");
    if (!this.#features.bulkMemory)
      throw new WasmError("featureNotAllowed", this.#at, "bulk memory");
    this.#bulk(opcode, reader);
  }

  #bulk(opcode: number, reader: WasmReader): void {
    const module = this.#module;
    const zero = (what: string): void => {
      if (reader.u8() !== 0) throw new WasmError("featureNotAllowed", this.#at, what);
    };
    const segment = (count: number | undefined, what: string): void => {
      const index = reader.u32();
      if (count === undefined || index >= count)
        throw new WasmError("indexOutOfRange", this.#at, `${what} segment ${index}`);
    };
    const isTable = opcode >= BULK.tableInit && opcode !== BULK.elemDrop;
    if (isTable && module.table === undefined)
      throw new WasmError("indexOutOfRange", this.#at, "there is no table");
    switch (opcode) {
      case BULK.memoryInit:
        segment(module.dataCount, "data");
        this.#memoryByte(reader);
        break;
      case BULK.dataDrop:
        segment(module.dataCount, "data");
        return;
      case BULK.memoryCopy:
        this.#memoryByte(reader);
        this.#memoryByte(reader);
        break;
      case BULK.memoryFill:
        this.#memoryByte(reader);
        break;
      case BULK.tableInit:
        segment(module.elements.length, "element");
        zero("reference types (table index)");
        break;
      case BULK.elemDrop:
        segment(module.elements.length, "element");
        return;
      default:
        zero("reference types (table index)");
        zero("reference types (table index)");
    }
    this.#movesBulk = true;
    this.#pop(I32);
    this.#pop(I32);
    this.#pop(I32);
  }
}
