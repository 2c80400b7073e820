/** Custom sections, which the engine itself passes over: what compilers say about their output. */

import { WasmReader } from "../wasm/reader.ts";
import { WasmError } from "../wasm/refusal.ts";

const HEADER_BYTES = 8;
const CUSTOM = 0;

/** Content of the first custom section of that name; `undefined` also for what is no module. */
export function customSection(wasm: Uint8Array, wanted: string): Uint8Array | undefined {
  const section = sectionReader(wasm, wanted);
  return section?.bytes.subarray(section.offset, section.end);
}

function sectionReader(wasm: Uint8Array, wanted: string): WasmReader | undefined {
  return unlessMalformed(() => {
    const reader = new WasmReader(wasm, HEADER_BYTES);
    while (!reader.done) {
      const id = reader.u8();
      const section = reader.range(reader.u32());
      if (id === CUSTOM && section.name() === wanted) return section;
    }
    return undefined;
  });
}

/** Names of functions by their index, from the `name` section as far as it can be read. */
export function functionNames(wasm: Uint8Array): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  unlessMalformed(() => {
    const section = sectionReader(wasm, "name");
    while (section !== undefined && !section.done) {
      const isFunctions = section.u8() === FUNCTION_NAMES;
      const part = section.range(section.u32());
      if (!isFunctions) continue;
      const count = part.u32();
      for (let entry = 0; entry < count; entry++) names.set(part.u32(), part.name());
      return;
    }
  });
  return names;
}

/** Where the compiler put the source map, relative to the module. */
export function sourceMapUrl(wasm: Uint8Array): string | undefined {
  return unlessMalformed(() => sectionReader(wasm, "sourceMappingURL")?.name());
}

const FUNCTION_NAMES = 1;

/** Custom sections are nobody's promise: one that cannot be read is as good as none. */
function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof WasmError) return undefined;
    throw error;
  }
}
