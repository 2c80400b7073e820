/**
 * From bytes to the parts of a module. One pass over the sections; function bodies are only located here
 * and checked by `function-body.ts`. Accepted are WebAssembly 1.0, sign extension and mutable globals;
 * bulk memory when asked for. Everything else that an engine may know is refused, since two
 * validators with different engines would disagree about it.
 *
 * Bounds: every count is checked against the bytes that are left (an item takes at least one) and against
 * `WasmLimits` before anything is allocated for it, so memory is linear in the size of the module.
 */

import { err, ok, type Result } from "@parahost/base";
import {
  EMPTY,
  F32,
  F64,
  FUNCREF,
  FUNCTION_FORM,
  I32,
  I64,
  isValueType,
  OP,
  typeName,
  type ValueType,
} from "./opcodes.ts";
import { WasmReader } from "./reader.ts";
import { WasmError, type WasmRefusal } from "./refusal.ts";

export interface WasmFeatures {
  /** memory.copy, memory.fill, passive segments and their instructions. */
  readonly bulkMemory: boolean;
}

/** Sizes above which a module is refused, so that no module makes the compiler slow or large. */
export interface WasmLimits {
  readonly types: number;
  readonly parameters: number;
  readonly imports: number;
  readonly functions: number;
  readonly globals: number;
  readonly exports: number;
  readonly tableEntries: number;
  readonly elementSegments: number;
  readonly dataSegments: number;
  readonly functionBytes: number;
  /** Of all functions together. */
  readonly codeBytes: number;
  readonly locals: number;
  readonly blockNesting: number;
  readonly branchTargets: number;
  readonly operands: number;
  /** Places where control parts, in one function. */
  readonly forks: number;
  /** Sum of their squares over all functions. */
  readonly totalForksSquared: number;
  /** Of one function: `BodyFacts.mergeWork`. */
  readonly mergeWork: number;
  /** Of all functions together. */
  readonly totalMergeWork: number;
}

/**
 * Limits for validation code, four times and more what is in production: the largest of nine codes there has 3.3 MB of
 * functions, 3,600 of them, of at most 114 KB with at most 255 locals, 22 operands and 2,040 forks; merge work is
 * 0.44 million in a function and 3.4 million in all.
 *
 * The limits are well below what makes an engine slow. Its baseline compiler takes some 0.1 µs for each unit of merge
 * work. Its optimising one, which works in the background on what runs often, is quadratic in the forks of a function:
 * 3 s for 14,000, minutes for 30,000. Code of 16 MiB may take 0.8 GB of memory while it is compiled.
 */
export const PVF_WASM_LIMITS: WasmLimits = {
  types: 10_000,
  parameters: 255,
  imports: 1_000,
  functions: 100_000,
  globals: 10_000,
  exports: 10_000,
  tableEntries: 1_000_000,
  elementSegments: 10_000,
  dataSegments: 100_000,
  functionBytes: 512 * 1024,
  codeBytes: 16 * 2 ** 20,
  locals: 8_192,
  blockNesting: 4_096,
  branchTargets: 8_192,
  operands: 65_536,
  forks: 10_000,
  totalForksSquared: 200_000_000,
  mergeWork: 2_000_000,
  totalMergeWork: 16_000_000,
};

export interface FunctionType {
  readonly params: Uint8Array;
  /** A value type, or `EMPTY`. */
  readonly result: number;
}

export interface Limits {
  readonly min: number;
  readonly max: number | undefined;
}

export interface GlobalType {
  readonly type: ValueType;
  readonly mutable: boolean;
}

/** The binary form of a constant expression, `end` included, and its value where it is a plain i32. */
export interface ConstantExpression {
  readonly start: number;
  readonly end: number;
  readonly i32: number | undefined;
}

export type WasmImport = {
  readonly module: string;
  readonly name: string;
  readonly offset: number;
} & (
  | { readonly kind: "function"; readonly typeIndex: number }
  | { readonly kind: "table"; readonly limits: Limits }
  | { readonly kind: "memory"; readonly limits: Limits }
  | { readonly kind: "global"; readonly global: GlobalType }
);

export type ExternalKind = "function" | "table" | "memory" | "global";

export interface WasmExport {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
  readonly offset: number;
}

export interface WasmGlobal extends GlobalType {
  readonly init: ConstantExpression;
}

export interface ElementSegment {
  /** Where an active segment goes; a passive or declared one has none. */
  readonly active: ConstantExpression | undefined;
  readonly passive: boolean;
  readonly functions: Uint32Array;
}

export interface FunctionBody {
  /** First byte of the local declarations. */
  readonly start: number;
  /** Behind the final `end`. */
  readonly end: number;
}

export interface Section {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

export interface WasmModule {
  readonly bytes: Uint8Array;
  readonly types: readonly FunctionType[];
  readonly imports: readonly WasmImport[];
  readonly importedFunctionCount: number;
  /** Type index of every function, imported ones first. */
  readonly functionTypes: Uint32Array;
  readonly table: Limits | undefined;
  readonly tableImported: boolean;
  readonly memory: Limits | undefined;
  readonly memoryImported: boolean;
  readonly importedGlobals: readonly GlobalType[];
  readonly globals: readonly WasmGlobal[];
  readonly exports: readonly WasmExport[];
  readonly start: { readonly offset: number } | undefined;
  readonly elements: readonly ElementSegment[];
  readonly bodies: readonly FunctionBody[];
  readonly dataSegmentCount: number;
  /** What the data count section announces; memory.init and data.drop need it. */
  readonly dataCount: number | undefined;
  /** Extent of each known section, by id; absent ones are `undefined`. */
  readonly sections: readonly (Section | undefined)[];
}

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** Position of each section in the required order; the data count stands between elements and code. */
const SECTION_RANK = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 10];

const KINDS: readonly ExternalKind[] = ["function", "table", "memory", "global"];

/** A memory has at most this many pages of 64 KiB, whatever the parameters say. */
const PAGES_MAX = 65_536;

/** The parts of a module, or the first thing that is wrong with it. Bodies are not looked into. */
export function parseModule(
  bytes: Uint8Array,
  features: WasmFeatures,
  limits: WasmLimits,
): Result<WasmModule, WasmRefusal> {
  try {
    return ok(new Parser(bytes, features, limits).run());
  } catch (error) {
    if (error instanceof WasmError) return err(error.refusal);
    throw error;
  }
}

class Parser {
  readonly #bytes: Uint8Array;
  readonly #features: WasmFeatures;
  readonly #limits: WasmLimits;
  readonly #types: FunctionType[] = [];
  readonly #imports: WasmImport[] = [];
  readonly #functionTypes: number[] = [];
  #importedFunctionCount = 0;
  #table: Limits | undefined;
  #tableImported = false;
  #memory: Limits | undefined;
  #memoryImported = false;
  readonly #importedGlobals: GlobalType[] = [];
  readonly #globals: WasmGlobal[] = [];
  readonly #exports: WasmExport[] = [];
  #start: { readonly offset: number } | undefined;
  readonly #elements: ElementSegment[] = [];
  readonly #bodies: FunctionBody[] = [];
  #dataCount: number | undefined;
  #dataSegmentCount = 0;
  readonly #sections: (Section | undefined)[] = new Array(13).fill(undefined);

  constructor(bytes: Uint8Array, features: WasmFeatures, limits: WasmLimits) {
    this.#bytes = bytes;
    this.#features = features;
    this.#limits = limits;
  }

  run(): WasmModule {
    const reader = new WasmReader(this.#bytes);
    const magic = [0x00, 0x61, 0x73, 0x6d];
    for (let at = 0; at < 4; at++)
      if (this.#bytes[at] !== magic[at])
        throw new WasmError("notWasm", at, "a module starts with 00 61 73 6d");
    reader.skip(4);
    for (const byte of [1, 0, 0, 0])
      if (reader.u8() !== byte)
        throw new WasmError("wrongVersion", 4, "only version 1 of the binary format");
    let rank = 0;
    while (!reader.done) {
      const at = reader.offset;
      const id = reader.u8();
      const length = reader.u32();
      const section = reader.range(length);
      if (id === SECTION.custom) {
        section.name();
        continue;
      }
      const own = SECTION_RANK[id];
      if (own === undefined) throw new WasmError("unknownSection", at, `section ${id}`);
      if (own <= rank)
        throw new WasmError("sectionOrder", at, `section ${id} is out of order or there twice`);
      rank = own;
      this.#sections[id] = { id, start: section.offset, end: section.end };
      this.#section(id, at, section);
      if (!section.done)
        throw new WasmError(
          "sectionSize",
          section.offset,
          `section ${id} has ${section.end - section.offset} bytes too many`,
        );
    }
    this.#finish();
    return {
      bytes: this.#bytes,
      types: this.#types,
      imports: this.#imports,
      importedFunctionCount: this.#importedFunctionCount,
      functionTypes: Uint32Array.from(this.#functionTypes),
      table: this.#table,
      tableImported: this.#tableImported,
      memory: this.#memory,
      memoryImported: this.#memoryImported,
      importedGlobals: this.#importedGlobals,
      globals: this.#globals,
      exports: this.#exports,
      start: this.#start,
      elements: this.#elements,
      bodies: this.#bodies,
      dataSegmentCount: this.#dataSegmentCount,
      dataCount: this.#dataCount,
      sections: this.#sections,
    };
  }

  #finish(): void {
    const end = this.#bytes.length;
    const declared = this.#functionTypes.length - this.#importedFunctionCount;
    if (declared !== this.#bodies.length)
      throw new WasmError("malformed", end, `${declared} functions, ${this.#bodies.length} bodies`);
    if (this.#dataCount !== undefined && this.#dataCount !== this.#dataSegmentCount)
      throw new WasmError(
        "malformed",
        end,
        `data count says ${this.#dataCount}, there are ${this.#dataSegmentCount}`,
      );
  }

  #section(id: number, at: number, section: WasmReader): void {
    switch (id) {
      case SECTION.type:
        this.#each(section, "types", this.#limits.types, () => this.#typeEntry(section));
        return;
      case SECTION.import:
        this.#each(section, "imports", this.#limits.imports, () => this.#importEntry(section));
        return;
      case SECTION.function:
        this.#each(section, "functions", this.#limits.functions, () => {
          this.#functionTypes.push(this.#typeIndex(section));
        });
        return;
      case SECTION.table:
        this.#each(section, "tables", 1, () => this.#setTable(section, false));
        return;
      case SECTION.memory:
        this.#each(section, "memories", 1, () => this.#setMemory(section, false));
        return;
      case SECTION.global:
        this.#each(section, "globals", this.#limits.globals, () => {
          const global = this.#globalType(section);
          this.#globals.push({ ...global, init: this.#constant(section, global.type) });
        });
        return;
      case SECTION.export:
        this.#exportSection(section);
        return;
      case SECTION.start:
        this.#functionIndex(section);
        this.#start = { offset: at };
        return;
      case SECTION.element:
        this.#each(section, "element segments", this.#limits.elementSegments, () =>
          this.#elementEntry(section),
        );
        return;
      case SECTION.code:
        if (section.end - section.offset > this.#limits.codeBytes)
          throw new WasmError(
            "limitExceeded",
            at,
            `functions of ${section.end - section.offset} bytes, limit ${this.#limits.codeBytes}`,
          );
        this.#each(section, "function bodies", this.#limits.functions, () =>
          this.#bodyEntry(section),
        );
        return;
      case SECTION.data:
        this.#each(section, "data segments", this.#limits.dataSegments, () =>
          this.#dataEntry(section),
        );
        return;
      default:
        if (!this.#features.bulkMemory)
          throw new WasmError("featureNotAllowed", at, "bulk memory (data count section)");
        this.#dataCount = section.u32();
    }
  }

  #each(section: WasmReader, what: string, limit: number, entry: () => void): void {
    const at = section.offset;
    const count = section.u32();
    if (count > limit) throw new WasmError("limitExceeded", at, `${count} ${what}, limit ${limit}`);
    if (count > section.end - section.offset)
      throw new WasmError("unexpectedEnd", at, `${count} ${what} do not fit the section`);
    for (let index = 0; index < count; index++) entry();
  }

  #typeEntry(section: WasmReader): void {
    const at = section.offset;
    if (section.u8() !== FUNCTION_FORM)
      throw new WasmError("featureNotAllowed", at, "only function types");
    const params = this.#typeList(section, this.#limits.parameters, "parameters");
    const resultsAt = section.offset;
    const results = this.#typeList(section, 1_000, "results");
    if (results.length > 1) throw new WasmError("featureNotAllowed", resultsAt, "multi-value");
    this.#types.push({ params, result: results[0] ?? EMPTY });
  }

  #typeList(section: WasmReader, limit: number, what: string): Uint8Array {
    const at = section.offset;
    const count = section.u32();
    if (count > limit) throw new WasmError("limitExceeded", at, `${count} ${what}, limit ${limit}`);
    const types = new Uint8Array(count);
    for (let index = 0; index < count; index++) types[index] = this.#valueType(section);
    return types;
  }

  #valueType(section: WasmReader): ValueType {
    const at = section.offset;
    const type = section.u8();
    if (isValueType(type)) return type;
    if (type === 0x7b) throw new WasmError("featureNotAllowed", at, "SIMD (v128)");
    if (type === FUNCREF || type === 0x6f)
      throw new WasmError("featureNotAllowed", at, "reference types");
    throw new WasmError("malformed", at, `no value type: 0x${type.toString(16)}`);
  }

  #typeIndex(section: WasmReader): number {
    const at = section.offset;
    const index = section.u32();
    if (index >= this.#types.length)
      throw new WasmError("indexOutOfRange", at, `type ${index} of ${this.#types.length}`);
    return index;
  }

  #functionIndex(section: WasmReader): number {
    const at = section.offset;
    const index = section.u32();
    if (index >= this.#functionTypes.length)
      throw new WasmError(
        "indexOutOfRange",
        at,
        `function ${index} of ${this.#functionTypes.length}`,
      );
    return index;
  }

  #importEntry(section: WasmReader): void {
    const offset = section.offset;
    const module = section.name();
    const name = section.name();
    const kindAt = section.offset;
    const kind = section.u8();
    const named = { module, name, offset };
    switch (kind) {
      case 0: {
        const typeIndex = this.#typeIndex(section);
        this.#functionTypes.push(typeIndex);
        this.#importedFunctionCount += 1;
        this.#imports.push({ ...named, kind: "function", typeIndex });
        return;
      }
      case 1:
        this.#imports.push({ ...named, kind: "table", limits: this.#setTable(section, true) });
        return;
      case 2:
        this.#imports.push({ ...named, kind: "memory", limits: this.#setMemory(section, true) });
        return;
      case 3: {
        const global = this.#globalType(section);
        this.#importedGlobals.push(global);
        this.#imports.push({ ...named, kind: "global", global });
        return;
      }
      default:
        throw new WasmError("malformed", kindAt, `no import kind: ${kind}`);
    }
  }

  #setTable(section: WasmReader, imported: boolean): Limits {
    const at = section.offset;
    if (section.u8() !== FUNCREF)
      throw new WasmError(
        "featureNotAllowed",
        at,
        "reference types (table of anything but funcref)",
      );
    if (this.#table !== undefined)
      throw new WasmError("featureNotAllowed", at, "reference types (second table)");
    const table = this.#readLimits(section, 0xffff_ffff);
    if (table.min > this.#limits.tableEntries)
      throw new WasmError(
        "limitExceeded",
        at,
        `table of ${table.min}, limit ${this.#limits.tableEntries}`,
      );
    this.#table = table;
    this.#tableImported = imported;
    return table;
  }

  #setMemory(section: WasmReader, imported: boolean): Limits {
    const at = section.offset;
    if (this.#memory !== undefined)
      throw new WasmError("featureNotAllowed", at, "multi-memory (second memory)");
    this.#memory = this.#readLimits(section, PAGES_MAX);
    this.#memoryImported = imported;
    return this.#memory;
  }

  #readLimits(section: WasmReader, largest: number): Limits {
    const at = section.offset;
    const flags = section.u8();
    if (flags === 2 || flags === 3)
      throw new WasmError("featureNotAllowed", at, "threads (shared)");
    if (flags >= 4 && flags <= 7) throw new WasmError("featureNotAllowed", at, "memory64");
    if (flags > 1) throw new WasmError("malformed", at, `no limits flag: ${flags}`);
    const min = section.u32();
    const max = flags === 1 ? section.u32() : undefined;
    if (min > largest || (max !== undefined && (max > largest || max < min)))
      throw new WasmError("badLimits", at, `minimum ${min}, maximum ${max ?? "none"}`);
    return { min, max };
  }

  #globalType(section: WasmReader): GlobalType {
    const type = this.#valueType(section);
    const at = section.offset;
    const mutability = section.u8();
    if (mutability > 1) throw new WasmError("malformed", at, `no mutability: ${mutability}`);
    return { type, mutable: mutability === 1 };
  }

  /** One constant, or one imported immutable global, then `end`. */
  #constant(section: WasmReader, wanted: ValueType): ConstantExpression {
    const start = section.offset;
    const opcode = section.u8();
    let type: number;
    let i32: number | undefined;
    switch (opcode) {
      case OP.i32Const:
        i32 = section.s32();
        type = I32;
        break;
      case OP.i64Const:
        section.skipS64();
        type = I64;
        break;
      case OP.f32Const:
        section.skip(4);
        type = F32;
        break;
      case OP.f64Const:
        section.skip(8);
        type = F64;
        break;
      case OP.globalGet: {
        const index = section.u32();
        const global = this.#importedGlobals[index];
        if (global === undefined || global.mutable)
          throw new WasmError(
            "badConstantExpression",
            start,
            "only an imported immutable global may be read here",
          );
        type = global.type;
        break;
      }
      default:
        throw new WasmError(
          "badConstantExpression",
          start,
          `opcode 0x${opcode.toString(16)} is not constant`,
        );
    }
    if (section.u8() !== OP.end)
      throw new WasmError("badConstantExpression", start, "more than one instruction");
    if (type !== wanted)
      throw new WasmError(
        "typeMismatch",
        start,
        `wanted ${typeName(wanted)}, found ${typeName(type)}`,
      );
    return { start, end: section.offset, i32 };
  }

  #exportSection(section: WasmReader): void {
    const names = new Set<string>();
    this.#each(section, "exports", this.#limits.exports, () => {
      const offset = section.offset;
      const name = section.name();
      const kindAt = section.offset;
      const kind = KINDS[section.u8()];
      if (kind === undefined) throw new WasmError("malformed", kindAt, "no such export kind");
      const index = section.u32();
      const count = {
        function: this.#functionTypes.length,
        table: this.#table === undefined ? 0 : 1,
        memory: this.#memory === undefined ? 0 : 1,
        global: this.#importedGlobals.length + this.#globals.length,
      }[kind];
      if (index >= count)
        throw new WasmError("indexOutOfRange", kindAt, `${kind} ${index} of ${count}`);
      if (names.has(name)) throw new WasmError("duplicateExport", offset, `"${name}" twice`);
      names.add(name);
      this.#exports.push({ name, kind, index, offset });
    });
  }

  #elementEntry(section: WasmReader): void {
    const at = section.offset;
    const flags = section.u32();
    if (flags !== 0 && !this.#features.bulkMemory)
      throw new WasmError("featureNotAllowed", at, "bulk memory (passive elements)");
    if (flags > 3)
      throw new WasmError("featureNotAllowed", at, "reference types (element segment)");
    const isActive = (flags & 1) === 0;
    if (isActive && this.#table === undefined)
      throw new WasmError("indexOutOfRange", at, "element segment without a table");
    if (flags === 2 && section.u32() !== 0)
      throw new WasmError("indexOutOfRange", at, "only table 0");
    const active = isActive ? this.#constant(section, I32) : undefined;
    if (flags !== 0 && section.u8() !== 0)
      throw new WasmError("featureNotAllowed", at, "reference types (element kind)");
    const countAt = section.offset;
    const count = section.u32();
    if (count > section.end - section.offset)
      throw new WasmError("unexpectedEnd", countAt, `${count} elements do not fit the section`);
    const functions = new Uint32Array(count);
    for (let index = 0; index < count; index++) functions[index] = this.#functionIndex(section);
    const table = this.#table;
    if (active?.i32 !== undefined && table !== undefined && (active.i32 >>> 0) + count > table.min)
      throw new WasmError(
        "segmentOutOfRange",
        at,
        `elements ${active.i32 >>> 0} + ${count} in a table of ${table.min}`,
      );
    this.#elements.push({ active, passive: flags === 1, functions });
  }

  #bodyEntry(section: WasmReader): void {
    const at = section.offset;
    const length = section.u32();
    if (length > this.#limits.functionBytes)
      throw new WasmError(
        "limitExceeded",
        at,
        `function of ${length} bytes, limit ${this.#limits.functionBytes}`,
      );
    const body = section.range(length);
    this.#bodies.push({ start: body.offset, end: body.end });
  }

  #dataEntry(section: WasmReader): void {
    const at = section.offset;
    const flags = section.u32();
    if (flags !== 0 && !this.#features.bulkMemory)
      throw new WasmError("featureNotAllowed", at, "bulk memory (passive data)");
    if (flags > 2) throw new WasmError("malformed", at, `no data segment flag: ${flags}`);
    if (flags !== 1 && this.#memory === undefined)
      throw new WasmError("indexOutOfRange", at, "data segment without a memory");
    if (flags === 2 && section.u32() !== 0)
      throw new WasmError("indexOutOfRange", at, "only memory 0");
    const active = flags === 1 ? undefined : this.#constant(section, I32);
    const length = section.u32();
    section.skip(length);
    const memory = this.#memory;
    if (
      active?.i32 !== undefined &&
      memory !== undefined &&
      (active.i32 >>> 0) + length > memory.min * 65_536
    )
      throw new WasmError(
        "segmentOutOfRange",
        at,
        `data ${active.i32 >>> 0} + ${length} in a memory of ${memory.min} pages`,
      );
    this.#dataSegmentCount += 1;
  }
}
