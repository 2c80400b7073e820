/**
 * `env.abort`, which AssemblyScript's own checks call when the author has not redirected them. No validation host has
 * such a function, so calling it ends the guest like any other missing import; on the way out we read what it says.
 */

import type { GuestMemory } from "./guest-memory.ts";
import { GuestTrap, type SourceLocation } from "./guest-trap.ts";

export const ABORT = "abort";

/** UTF-16 units of a text that are read. */
const TEXT_UNITS_MAX = 512;
/** The length of a managed string, in bytes, stands before it. */
const LENGTH_BYTES = 4;

const utf16 = new TextDecoder("utf-16le");

/** The trap for `abort(message, file, line, column)`, whatever the arguments are worth. */
export function abortTrap(memory: GuestMemory, args: readonly number[]): GuestTrap {
  const [message = 0, file = 0, line = 0, column = 0] = args.map((value) => Number(value) >>> 0);
  const said = text(memory, message) ?? "abort was called";
  const name = text(memory, file);
  const location: SourceLocation | undefined =
    name === undefined ? undefined : { file: name, line, column };
  return new GuestTrap("aborted", said, location);
}

/** A string of the AssemblyScript runtime; `undefined` where there is none. */
function text(memory: GuestMemory, pointer: number): string | undefined {
  if (pointer < LENGTH_BYTES || pointer > memory.size) return undefined;
  const bytes = memory.readU32(pointer - LENGTH_BYTES);
  if (bytes === 0 || bytes > memory.size - pointer) return undefined;
  return utf16.decode(memory.view(pointer, Math.min(bytes, 2 * TEXT_UNITS_MAX)));
}
