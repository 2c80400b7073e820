/**
 * The kernel of the availability code, as WebAssembly exports it. Its field and its callers are in the room
 * `erasure`; the contract of each function is in `assembly/erasure/index.ts`.
 *
 * There are two builds of one source: `relaxed` looks up bytes with one instruction where `portable` takes two.
 */
import { kernelCode } from "./load.ts";

/** Addresses are offsets in `memory`, and so are the values of the globals, but for `TILE`. */
export interface ErasureExports {
  readonly memory: WebAssembly.Memory;
  /** For each byte as an element of the subfield 32 bytes: its products with 0 to 15, and with 0, 16 to 240. */
  readonly PRODUCTS: WebAssembly.Global<"i32">;
  /** Four linear maps of bytes in tables of that form: see `assembly/erasure/field.ts`. */
  readonly MAPS: WebAssembly.Global<"i32">;
  /** From here on memory is the host's. */
  readonly FREE: WebAssembly.Global<"i32">;
  /** Bytes that rows and strides are multiples of. */
  readonly TILE: WebAssembly.Global<"i32">;
  encode(n: number, k: number, data: number, chunks: number, stride: number, work: number): void;
  reconstruct(
    k: number,
    length: number,
    data: number,
    chunks: number,
    stride: number,
    indices: number,
    locator: number,
    repair: number,
    work: number,
  ): void;
  collect(k: number, data: number, chunks: number, stride: number, work: number): void;
}

/** An instance of its own, of the build that the engine runs best unless one is named. */
export function instantiateErasure(build?: "relaxed" | "portable"): ErasureExports {
  const relaxed = kernelCode("erasure-relaxed");
  const isRelaxed = build === "relaxed" || (build === undefined && WebAssembly.validate(relaxed));
  const code = isRelaxed ? relaxed : kernelCode("erasure-portable");
  return new WebAssembly.Instance(new WebAssembly.Module(code))
    .exports as unknown as ErasureExports;
}
