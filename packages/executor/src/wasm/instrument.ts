/**
 * Rewrites a checked module so that its execution is bounded and the same on every machine:
 *
 * - memory: any maximum is replaced by ours, an imported memory becomes the module's own, exported one; growing that
 *   fails below the maximum ends the module and tells the host;
 * - stack: a global counts the logical height of the call chain. A function costs 2, the locals it
 *   declares and its greatest operand height; the sum is added at its entry, the height before is put back at its
 *   exit, and passing the limit is `unreachable`. (The reference adds it around direct calls and in thunks for
 *   exports and table entries: the same sum at the same calls, with more code.) A function that calls none of the
 *   module's own only compares;
 * - floats: after each instruction that may make a NaN, any NaN becomes the canonical one;
 * - fuel, if wanted: every instruction belongs to the innermost loop, or else the function, that
 *   holds it; entering the function and each turn of the loop pays for all of them. What is left stands in a global;
 *   a function with loops keeps it in a local and writes it back around calls, at exits and before the trap that ends
 *   a module without fuel. Bulk instructions pay for their length besides.
 *
 * The body is wrapped in one block, so that every way out passes the epilogue: `return` becomes a branch to it
 * and existing branch depths stay valid. Function, type and global indices of the module keep their
 * numbers; ours come behind. Custom sections and exports that nobody calls are left out.
 *
 * One pass over the code; output is at most some fifteen times the input.
 */

import { assert, err, ok, type Result } from "@parahost/base";
import type { BodyFacts } from "./function-body.ts";
import { type Limits, SECTION, type WasmExport, type WasmModule } from "./module.ts";
import { BULK, EMPTY, F32, F64, I32, I64, MAKES_NAN, OP } from "./opcodes.ts";
import { PositionRecorder } from "./position-map.ts";
import { WasmReader } from "./reader.ts";
import type { WasmRefusal } from "./refusal.ts";
import { WasmWriter } from "./writer.ts";

export interface InstrumentOptions {
  /** Upper bound of the memory in pages of 64 KiB. */
  readonly maxMemoryPages: number;
  /** Logical stack limit in values. */
  readonly stackLimit: number;
  /** Whether the code counts its instructions and stops without fuel. */
  readonly fuel: boolean;
  /** Exports to keep; the memory is always exported, as `memory`. */
  readonly exports: readonly string[];
}

/** Names under which our globals are exported. All other exports are chosen by us, so they cannot clash. */
export const STACK_EXPORT = "parahost.stack";
export const FUEL_EXPORT = "parahost.fuel";

/** What the stack counter says where the limit was passed, and where the machine has refused memory below the maximum. */
export const STACK_OVERFLOWED = -1;
export const MACHINE_REFUSED = -2;

/** Engines refuse functions above 7,654,321 bytes; ours must not grow over it unnoticed. */
const ENGINE_FUNCTION_BYTES = 7_500_000;
/** Frame cost beside locals and operands. */
const ACTIVATION_COST = 2;
/** One more unit of fuel for each so many bytes moved in bulk, as an exponent of two. */
const BULK_BYTES_PER_FUEL_LOG2 = 3;

export interface InstrumentedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where in the original each piece of code stood, for `originalOffset`. */
  readonly positions: Uint32Array;
}

export function instrument(
  module: WasmModule,
  bodies: readonly BodyFacts[],
  options: InstrumentOptions,
): Result<InstrumentedModule, WasmRefusal> {
  return new Instrumenter(module, bodies, options).run();
}

/** Logical stack cost of one call of a function. */
export function stackCost(facts: BodyFacts): number {
  return ACTIVATION_COST + facts.declaredLocals + facts.maxHeight;
}

class Instrumenter {
  readonly #module: WasmModule;
  readonly #bodies: readonly BodyFacts[];
  readonly #options: InstrumentOptions;
  readonly #out: WasmWriter;
  readonly #positions = new PositionRecorder();
  readonly #stackGlobal: number;
  readonly #fuelGlobal: number;

  /** Whether the function at hand has its fuel in a local. */
  #keepsFuel = false;
  // Indices of the locals that we add to it.
  #heightLocal = 0;
  #fuelLocal = 0;
  #nan32Local = 0;
  #nan64Local = 0;
  #lengthLocal = 0;
  #pagesLocal = 0;
  #grownLocal = 0;

  constructor(module: WasmModule, bodies: readonly BodyFacts[], options: InstrumentOptions) {
    this.#module = module;
    this.#bodies = bodies;
    this.#options = options;
    this.#out = new WasmWriter(Math.ceil(module.bytes.length * 1.5) + 4096);
    this.#stackGlobal = module.importedGlobals.length + module.globals.length;
    this.#fuelGlobal = this.#stackGlobal + 1;
  }

  run(): Result<InstrumentedModule, WasmRefusal> {
    const out = this.#out;
    out.bytes(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    this.#copySection(SECTION.type);
    this.#importSection();
    this.#copySection(SECTION.function);
    this.#copySection(SECTION.table);
    this.#memorySection();
    this.#globalSection();
    this.#exportSection();
    this.#copySection(SECTION.element);
    this.#copySection(SECTION.dataCount);
    const tooLarge = this.#codeSection();
    if (tooLarge !== undefined) return err(tooLarge);
    this.#copySection(SECTION.data);
    return ok({ bytes: out.finish(), positions: this.#positions.finish() });
  }

  #copySection(id: number): void {
    const section = this.#module.sections[id];
    if (section === undefined) return;
    this.#out.section(id, () => this.#out.copy(this.#module.bytes, section.start, section.end));
  }

  /** All imports but the memory, which the module now defines itself. */
  #importSection(): void {
    const out = this.#out;
    const imports = this.#module.imports.filter((entry) => entry.kind !== "memory");
    if (imports.length === 0) return;
    out.section(SECTION.import, () => {
      out.u32(imports.length);
      for (const entry of imports) {
        out.name(entry.module);
        out.name(entry.name);
        switch (entry.kind) {
          case "function":
            out.u8(0);
            out.u32(entry.typeIndex);
            break;
          case "table":
            out.u8(1);
            out.u8(0x70);
            this.#limits(entry.limits);
            break;
          case "global":
            out.u8(3);
            out.u8(entry.global.type);
            out.u8(entry.global.mutable ? 1 : 0);
        }
      }
    });
  }

  #limits(limits: Limits): void {
    this.#out.u8(limits.max === undefined ? 0 : 1);
    this.#out.u32(limits.min);
    if (limits.max !== undefined) this.#out.u32(limits.max);
  }

  #memorySection(): void {
    const memory = this.#module.memory;
    if (memory === undefined) return;
    this.#out.section(SECTION.memory, () => {
      this.#out.u32(1);
      this.#limits({ min: memory.min, max: this.#options.maxMemoryPages });
    });
  }

  #globalSection(): void {
    const out = this.#out;
    const globals = this.#module.globals;
    out.section(SECTION.global, () => {
      out.u32(globals.length + (this.#options.fuel ? 2 : 1));
      for (const global of globals) {
        out.u8(global.type);
        out.u8(global.mutable ? 1 : 0);
        out.copy(this.#module.bytes, global.init.start, global.init.end);
      }
      out.bytes(new Uint8Array([I32, 1, OP.i32Const, 0, OP.end]));
      if (this.#options.fuel) out.bytes(new Uint8Array([I64, 1, OP.i64Const, 0, OP.end]));
    });
  }

  #exportSection(): void {
    const out = this.#out;
    const kept = this.#module.exports.filter((entry) => this.#options.exports.includes(entry.name));
    const kinds: Record<WasmExport["kind"], number> = {
      function: 0,
      table: 1,
      memory: 2,
      global: 3,
    };
    const hasMemory = this.#module.memory !== undefined;
    out.section(SECTION.export, () => {
      out.u32(kept.length + (hasMemory ? 1 : 0) + (this.#options.fuel ? 2 : 1));
      for (const entry of kept) {
        out.name(entry.name);
        out.u8(kinds[entry.kind]);
        out.u32(entry.index);
      }
      const own = (name: string, kind: number, index: number): void => {
        out.name(name);
        out.u8(kind);
        out.u32(index);
      };
      if (hasMemory) own("memory", kinds.memory, 0);
      own(STACK_EXPORT, kinds.global, this.#stackGlobal);
      if (this.#options.fuel) own(FUEL_EXPORT, kinds.global, this.#fuelGlobal);
    });
  }

  #codeSection(): WasmRefusal | undefined {
    const out = this.#out;
    if (this.#module.sections[SECTION.code] === undefined) return undefined;
    let tooLarge: WasmRefusal | undefined;
    out.section(SECTION.code, () => {
      out.u32(this.#module.bodies.length);
      for (let index = 0; index < this.#module.bodies.length; index++) {
        const at = out.placeholder();
        const start = out.length;
        this.#body(index);
        const length = out.length - start;
        out.patch(at, length);
        if (length > ENGINE_FUNCTION_BYTES)
          tooLarge ??= {
            code: "limitExceeded",
            offset: this.#module.bodies[index]?.start ?? 0,
            detail: `function ${index} has ${length} bytes once instrumented`,
          };
      }
    });
    return tooLarge;
  }

  // Code

  #body(index: number): void {
    const module = this.#module;
    const body = module.bodies[index];
    const facts = this.#bodies[index];
    const typeIndex = module.functionTypes[module.importedFunctionCount + index];
    const type = typeIndex === undefined ? undefined : module.types[typeIndex];
    assert(
      body !== undefined && facts !== undefined && type !== undefined,
      `function ${index} was not checked`,
    );
    this.#locals(body.start, facts, type.params.length);

    const out = this.#out;
    this.#positions.add(out.length, facts.codeStart);
    this.#enterStack(facts);
    if (this.#keepsFuel) this.#loadFuel();

    out.u8(OP.block);
    out.u8(type.result);
    this.#instructions(new WasmReader(module.bytes, facts.codeStart, body.end));

    if (this.#keepsFuel) this.#storeFuel();
    if (facts.callsGuest) {
      this.#op(OP.localGet, this.#heightLocal);
      this.#op(OP.globalSet, this.#stackGlobal);
    }
    out.u8(OP.end);
  }

  /** if (stack > limit - cost) unreachable, after telling the host; stack += cost, if anybody will look. */
  #enterStack(facts: BodyFacts): void {
    const out = this.#out;
    const cost = stackCost(facts);
    this.#op(OP.globalGet, this.#stackGlobal);
    if (facts.callsGuest) this.#op(OP.localTee, this.#heightLocal);
    this.#i32Const(this.#options.stackLimit - cost);
    out.u8(OP.i32GtS);
    out.u8(OP.if);
    out.u8(EMPTY);
    this.#end(STACK_OVERFLOWED);
    out.u8(OP.end);
    if (!facts.callsGuest) return;
    this.#op(OP.localGet, this.#heightLocal);
    this.#i32Const(cost);
    out.u8(OP.i32Add);
    this.#op(OP.globalSet, this.#stackGlobal);
  }

  /** Ends the module and leaves the reason in the stack counter. */
  #end(reason: number): void {
    this.#i32Const(reason);
    this.#op(OP.globalSet, this.#stackGlobal);
    this.#out.u8(OP.unreachable);
  }

  /** The declared locals, then ours, one group of one each. */
  #locals(start: number, facts: BodyFacts, parameters: number): void {
    const { fuel } = this.#options;
    const reader = new WasmReader(this.#module.bytes, start, facts.codeStart);
    const groups = reader.u32();
    let next = parameters + facts.declaredLocals;
    const added: number[] = [];
    const add = (type: number): number => {
      added.push(type);
      return next++;
    };
    this.#keepsFuel = fuel && (facts.hasLoops || facts.movesBulk);
    if (this.#keepsFuel) this.#fuelLocal = add(I64);
    if (facts.callsGuest) this.#heightLocal = add(I32);
    if (fuel && facts.movesBulk) this.#lengthLocal = add(I32);
    if (facts.growsMemory) {
      this.#pagesLocal = add(I32);
      this.#grownLocal = add(I32);
    }
    if (facts.makesNan32) this.#nan32Local = add(F32);
    if (facts.makesNan64) this.#nan64Local = add(F64);
    this.#out.u32(groups + added.length);
    this.#out.copy(this.#module.bytes, reader.offset, facts.codeStart);
    for (const type of added) {
      this.#out.u8(1);
      this.#out.u8(type);
    }
  }

  #op(opcode: number, index: number): void {
    this.#out.u8(opcode);
    this.#out.u32(index);
  }

  #i32Const(value: number): void {
    this.#out.u8(OP.i32Const);
    this.#out.s32(value);
  }

  #loadFuel(): void {
    this.#op(OP.globalGet, this.#fuelGlobal);
    this.#op(OP.localSet, this.#fuelLocal);
  }

  #storeFuel(): void {
    this.#op(OP.localGet, this.#fuelLocal);
    this.#op(OP.globalSet, this.#fuelGlobal);
  }

  /** Takes a cost, known later, and traps below zero; returns the place of the cost. */
  #charge(): number {
    const out = this.#out;
    if (this.#keepsFuel) this.#op(OP.localGet, this.#fuelLocal);
    else this.#op(OP.globalGet, this.#fuelGlobal);
    out.u8(OP.i64Const);
    const place = out.placeholder();
    if (this.#keepsFuel) this.#takeFuel();
    else this.#takeGlobalFuel();
    return place;
  }

  /** As `#takeFuel` where no local has the fuel. */
  #takeGlobalFuel(): void {
    const out = this.#out;
    out.u8(OP.i64Sub);
    this.#op(OP.globalSet, this.#fuelGlobal);
    this.#op(OP.globalGet, this.#fuelGlobal);
    out.bytes(TRAP_IF_NEGATIVE);
  }

  /** Takes off the cost that lies on top of the fuel and traps below zero, after telling the host. */
  #takeFuel(): void {
    const out = this.#out;
    out.u8(OP.i64Sub);
    this.#op(OP.localTee, this.#fuelLocal);
    out.u8(OP.i64Const);
    out.s32(0);
    out.u8(OP.i64LtS);
    out.u8(OP.if);
    out.u8(EMPTY);
    this.#storeFuel();
    out.u8(OP.unreachable);
    out.u8(OP.end);
  }

  /** Copies the instructions of one body, from its first to the `end` of the function, with ours between. */
  #instructions(reader: WasmReader): void {
    const out = this.#out;
    const source = this.#module.bytes;
    const { fuel } = this.#options;
    // Blocks that are open, the wrapping block included: for `return`, which becomes a branch to it.
    let depth = 1;
    // What the loops and the function around hold, innermost last: place of the cost, cost so far.
    const regionPlaces: number[] = fuel ? [this.#charge()] : [];
    const regionCosts: number[] = [0];
    const regionDepths: number[] = [1];
    let copied = reader.offset;
    const flush = (upTo: number): void => {
      this.#positions.add(out.length, copied);
      out.copy(source, copied, upTo);
      copied = upTo;
    };

    while (depth > 0) {
      const at = reader.offset;
      const opcode = reader.u8();
      const region = regionCosts.length - 1;
      regionCosts[region] = (regionCosts[region] as number) + 1;
      switch (opcode) {
        case OP.block:
        case OP.if:
          reader.offset += 1;
          depth += 1;
          break;
        case OP.loop:
          reader.offset += 1;
          depth += 1;
          if (!fuel) break;
          flush(reader.offset);
          regionPlaces.push(this.#charge());
          regionCosts.push(0);
          regionDepths.push(depth);
          break;
        case OP.end:
          if (fuel && regionDepths[region] === depth) {
            out.patch(regionPlaces.pop() as number, regionCosts.pop() as number);
            regionDepths.pop();
          }
          depth -= 1;
          break;
        case OP.return:
          flush(at);
          this.#op(OP.br, depth - 1);
          copied = reader.offset;
          break;
        case OP.br:
        case OP.brIf:
        case OP.localGet:
        case OP.localSet:
        case OP.localTee:
        case OP.globalGet:
        case OP.globalSet:
          reader.u32();
          break;
        case OP.brTable: {
          const count = reader.u32();
          for (let index = 0; index <= count; index++) reader.u32();
          break;
        }
        case OP.call:
        case OP.callIndirect:
          reader.u32();
          if (opcode === OP.callIndirect) reader.offset += 1;
          if (!this.#keepsFuel) break;
          flush(at);
          this.#storeFuel();
          flush(reader.offset);
          this.#loadFuel();
          break;
        case OP.memorySize:
          reader.offset += 1;
          break;
        case OP.memoryGrow:
          reader.offset += 1;
          flush(at);
          this.#op(OP.localTee, this.#pagesLocal);
          flush(reader.offset);
          this.#checkGrown();
          break;
        case OP.i32Const:
          reader.s32();
          break;
        case OP.i64Const:
          reader.skipS64();
          break;
        case OP.f32Const:
          reader.offset += 4;
          break;
        case OP.f64Const:
          reader.offset += 8;
          break;
        case OP.bulk:
          this.#bulk(reader, at, flush);
          break;
        default:
          if (opcode >= OP.i32Load && opcode <= OP.i64Store32) {
            reader.u32();
            reader.u32();
          } else if (MAKES_NAN[opcode] === 1) {
            flush(reader.offset);
            this.#canonicalise(opcode);
          }
      }
    }
    flush(reader.offset);
  }

  /**
   * result of memory.grow → local; if it failed although the maximum is not reached, the machine has no memory, and
   * that must not look to the guest like the maximum.
   */
  #checkGrown(): void {
    const out = this.#out;
    this.#op(OP.localTee, this.#grownLocal);
    this.#i32Const(-1);
    out.u8(OP.i32Eq);
    out.u8(OP.if);
    out.u8(EMPTY);
    this.#op(OP.localGet, this.#pagesLocal);
    out.u8(OP.i64ExtendI32U);
    this.#op(OP.memorySize, 0);
    out.u8(OP.i64ExtendI32U);
    out.u8(OP.i64Add);
    out.u8(OP.i64Const);
    out.s32(this.#options.maxMemoryPages);
    out.u8(OP.i64LeU);
    out.u8(OP.if);
    out.u8(EMPTY);
    this.#end(MACHINE_REFUSED);
    out.u8(OP.end);
    out.u8(OP.end);
    this.#op(OP.localGet, this.#grownLocal);
  }

  /** value → local; (local == local) ? local : canonical NaN. */
  #canonicalise(opcode: number): void {
    const out = this.#out;
    const isDouble = (opcode >= 0x99 && opcode <= 0xa6) || opcode === 0xbb;
    const local = isDouble ? this.#nan64Local : this.#nan32Local;
    this.#op(OP.localTee, local);
    out.bytes(isDouble ? NAN64 : NAN32);
    this.#op(OP.localGet, local);
    this.#op(OP.localGet, local);
    out.u8(isDouble ? OP.f64Eq : OP.f32Eq);
    out.u8(OP.select);
  }

  #bulk(reader: WasmReader, at: number, flush: (upTo: number) => void): void {
    const opcode = reader.u32();
    switch (opcode) {
      case BULK.memoryInit:
      case BULK.tableInit:
      case BULK.tableCopy:
      case BULK.memoryCopy:
        reader.u32();
        reader.u32();
        break;
      default:
        reader.u32();
    }
    if (!this.#options.fuel || opcode === BULK.dataDrop || opcode === BULK.elemDrop) return;
    // The length lies on top: fuel -= length / 8.
    const out = this.#out;
    flush(at);
    this.#op(OP.localTee, this.#lengthLocal);
    this.#op(OP.localGet, this.#fuelLocal);
    this.#op(OP.localGet, this.#lengthLocal);
    out.u8(OP.i64ExtendI32U);
    out.u8(OP.i64Const);
    out.s32(BULK_BYTES_PER_FUEL_LOG2);
    out.u8(OP.i64ShrU);
    this.#takeFuel();
    flush(reader.offset);
  }
}

const TRAP_IF_NEGATIVE = new Uint8Array([
  ...[OP.i64Const, 0, OP.i64LtS],
  ...[OP.if, EMPTY, OP.unreachable, OP.end],
]);
const NAN32 = new Uint8Array([OP.f32Const, 0x00, 0x00, 0xc0, 0x7f]);
const NAN64 = new Uint8Array([OP.f64Const, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
