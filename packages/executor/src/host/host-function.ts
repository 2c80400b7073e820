/** The form in which host functions are listed: their Wasm signature, and what they do. */

import type { HostContext } from "./host-context.ts";

/** One letter per value: `i` an i32 pointer or number, `L` an i64 (usually a packed pointer and length). */
export type WasmLetters = string;

export interface HostFunction {
  /** Arguments and result, for example `LL>i`. */
  readonly signature: `${WasmLetters}>${"" | "i" | "L"}`;
  readonly call: (host: HostContext, ...args: never[]) => number | bigint | undefined;
}

/** Functions by the name under which a guest imports them. */
export type HostFunctions = Readonly<Record<string, HostFunction>>;
