/**
 * Assembles small Wasm modules by hand, for tests that need a module which no compiler would make. Code is given
 * as bytes; the constants of `wasm/opcodes.ts` name them.
 */

import { F32, I32, I64, OP } from "../wasm/opcodes.ts";
import { WasmWriter } from "../wasm/writer.ts";

export interface FunctionSketch {
  readonly params?: readonly number[];
  readonly result?: number;
  /** Groups of locals: how many, of which type. */
  readonly locals?: readonly (readonly [number, number])[];
  /** Instructions without the final `end`. */
  readonly code: readonly number[] | Uint8Array;
  readonly export?: string;
}

export interface ImportSketch {
  readonly module?: string;
  readonly name: string;
  readonly params?: readonly number[];
  readonly result?: number;
}

export interface ModuleSketch {
  readonly imports?: readonly ImportSketch[];
  readonly functions?: readonly FunctionSketch[];
  /** Pages: minimum, and maximum if any. `undefined` for no memory. */
  readonly memory?: readonly [number] | readonly [number, number] | undefined;
  /** Where the memory comes from; defined and exported as `memory` unless said otherwise. */
  readonly memoryIs?: "exported" | "imported" | "hidden";
  /** Initial value of the exported `__heap_base`; `undefined` leaves it out. */
  readonly heapBase?: number | undefined;
  /** Types of mutable globals behind `__heap_base`, zero at the start. */
  readonly globals?: readonly number[];
  /** Functions in the table, from position 0. */
  readonly table?: readonly number[];
  /** Bytes of data at an address. */
  readonly data?: readonly (readonly [number, Uint8Array])[];
  readonly start?: number;
}

/** Bytes of the module. Functions are numbered behind the imports, in the order given. */
export function buildModule(sketch: ModuleSketch): Uint8Array {
  const out = new WasmWriter();
  out.bytes(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  const imports = sketch.imports ?? [];
  const functions = sketch.functions ?? [];
  const table = sketch.table ?? [];
  const isMemoryImported = sketch.memoryIs === "imported";

  const section = (id: number, count: number, write: () => void): void => {
    if (count === 0) return;
    out.section(id, () => {
      out.u32(count);
      write();
    });
  };
  const limits = (memory: readonly number[]): void => {
    out.u8(memory.length - 1);
    for (const pages of memory) out.u32(pages);
  };

  section(1, imports.length + functions.length, () => {
    for (const { params = [], result } of [...imports, ...functions]) {
      out.u8(0x60);
      out.u32(params.length);
      for (const type of params) out.u8(type);
      out.u32(result === undefined ? 0 : 1);
      if (result !== undefined) out.u8(result);
    }
  });
  section(2, imports.length + (isMemoryImported ? 1 : 0), () => {
    imports.forEach((entry, index) => {
      out.name(entry.module ?? "env");
      out.name(entry.name);
      out.u8(0);
      out.u32(index);
    });
    if (!isMemoryImported || sketch.memory === undefined) return;
    out.name("env");
    out.name("memory");
    out.u8(2);
    limits(sketch.memory);
  });
  section(3, functions.length, () => {
    functions.forEach((_, index) => {
      out.u32(imports.length + index);
    });
  });
  section(4, table.length === 0 ? 0 : 1, () => {
    out.u8(0x70);
    limits([table.length]);
  });
  section(5, sketch.memory === undefined || isMemoryImported ? 0 : 1, () => {
    limits(sketch.memory ?? [0]);
  });
  const { globals = [] } = sketch;
  section(6, globals.length + (sketch.heapBase === undefined ? 0 : 1), () => {
    if (sketch.heapBase !== undefined) {
      out.bytes(new Uint8Array([I32, 0, OP.i32Const]));
      out.s32(sketch.heapBase);
      out.u8(OP.end);
    }
    for (const type of globals) out.bytes(new Uint8Array([type, 1, ...zeroOf(type), OP.end]));
  });
  const exports: [string, number, number][] = [];
  functions.forEach((entry, index) => {
    if (entry.export !== undefined) exports.push([entry.export, 0, imports.length + index]);
  });
  if (sketch.memory !== undefined && (sketch.memoryIs ?? "exported") === "exported")
    exports.push(["memory", 2, 0]);
  if (sketch.heapBase !== undefined) exports.push(["__heap_base", 3, 0]);
  section(7, exports.length, () => {
    for (const [name, kind, index] of exports) {
      out.name(name);
      out.u8(kind);
      out.u32(index);
    }
  });
  if (sketch.start !== undefined) out.section(8, () => out.u32(sketch.start ?? 0));
  section(9, table.length === 0 ? 0 : 1, () => {
    out.bytes(new Uint8Array([0, OP.i32Const, 0, OP.end]));
    out.u32(table.length);
    for (const index of table) out.u32(index);
  });
  section(10, functions.length, () => {
    for (const { locals = [], code } of functions) {
      const at = out.placeholder();
      const start = out.length;
      out.u32(locals.length);
      for (const [count, type] of locals) {
        out.u32(count);
        out.u8(type);
      }
      out.bytes(Uint8Array.from(code));
      out.u8(OP.end);
      out.patch(at, out.length - start);
    }
  });
  section(11, sketch.data?.length ?? 0, () => {
    for (const [address, bytes] of sketch.data ?? []) {
      out.bytes(new Uint8Array([0, OP.i32Const]));
      out.s32(address);
      out.u8(OP.end);
      out.u32(bytes.length);
      out.bytes(bytes);
    }
  });
  return out.finish();
}

/** The constant zero of a type. */
function zeroOf(type: number): readonly number[] {
  if (type === I32) return [OP.i32Const, 0];
  if (type === I64) return [OP.i64Const, 0];
  return type === F32 ? [OP.f32Const, 0, 0, 0, 0] : [OP.f64Const, 0, 0, 0, 0, 0, 0, 0, 0];
}

/** `i32.const` with its operand. */
export function i32Const(value: number): number[] {
  const out = new WasmWriter(8);
  out.u8(OP.i32Const);
  out.s32(value);
  return [...out.finish()];
}

/** `i64.const` of a pointer and length as `validate_block` returns them. */
export function packedConst(pointer: number, length: number): number[] {
  return [
    ...i32Const(length),
    OP.i64ExtendI32U,
    ...[OP.i64Const, 32, I64_SHL],
    ...i32Const(pointer),
    OP.i64ExtendI32U,
    I64_OR,
  ];
}

const I64_SHL = 0x86;
const I64_OR = 0x84;

/** A module whose `validate_block` has this code; everything else is as a good parachain has it. */
export function validationModule(
  code: readonly number[],
  rest: ModuleSketch & { readonly locals?: FunctionSketch["locals"] } = {},
): Uint8Array {
  const entry: FunctionSketch = {
    params: [I32, I32],
    result: I64,
    code,
    export: "validate_block",
    ...(rest.locals === undefined ? {} : { locals: rest.locals }),
  };
  return buildModule({
    memory: [1],
    heapBase: 1024,
    ...rest,
    functions: [entry, ...(rest.functions ?? [])],
  });
}
