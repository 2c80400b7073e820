/**
 * The part of the WebAssembly JavaScript interface that this repository uses. TypeScript declares it only
 * together with the whole browser, which we do not want in scope.
 * Specification: https://webassembly.github.io/spec/js-api/
 */
declare namespace WebAssembly {
  type ImportValue = Memory | Global | Table | ((...args: number[]) => unknown);
  type Imports = Readonly<Record<string, Readonly<Record<string, ImportValue>>>>;
  type ExportValue = Memory | Global | Table | ((...args: (number | bigint)[]) => unknown);

  class Module {
    constructor(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer);
    static imports(
      module: Module,
    ): readonly { readonly module: string; readonly name: string; readonly kind: string }[];
    static exports(module: Module): readonly { readonly name: string; readonly kind: string }[];
    static customSections(module: Module, name: string): readonly ArrayBuffer[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Readonly<Record<string, ExportValue>>;
  }

  class Memory {
    constructor(limits: { readonly initial: number; readonly maximum?: number });
    readonly buffer: ArrayBuffer;
    /** Adds pages of 64 KiB and returns how many there were. */
    grow(pages: number): number;
  }

  class Table {
    readonly length: number;
  }

  class Global<T extends "i32" | "i64" | "f32" | "f64" = "i32" | "i64" | "f32" | "f64"> {
    value: { i32: number; i64: bigint; f32: number; f64: number }[T];
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  function validate(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer): boolean;
}
