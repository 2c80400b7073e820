/**
 * Where a guest was when it ended: the calls that the engine saw, innermost first, as positions in the code as its
 * author compiled it. For people; no verdict depends on it.
 */

import { originalOffset } from "./wasm/position-map.ts";

export interface CodePosition {
  /** Imported functions are counted first, as in the module. */
  readonly functionIndex: number;
  /** Byte of the decompressed module. */
  readonly offset: number;
}

/** Calls that are kept; a deep recursion shows itself in fewer. */
export const BACKTRACE_MAX = 10;

/** How V8 writes a position in a module without a URL. */
const WASM_FRAME = /wasm-function\[(\d+)\]:0x([0-9a-f]+)/g;

/** The guest's frames in an error's stack. `positions` is that of the instrumented module. */
export function backtraceOf(error: Error, positions: Uint32Array): readonly CodePosition[] {
  const frames: CodePosition[] = [];
  for (const [, index, offset] of (error.stack ?? "").matchAll(WASM_FRAME)) {
    const original = originalOffset(positions, Number.parseInt(offset ?? "", 16));
    if (original !== undefined) frames.push({ functionIndex: Number(index), offset: original });
    if (frames.length === BACKTRACE_MAX) break;
  }
  return frames;
}
