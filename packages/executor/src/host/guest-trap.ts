/**
 * How a host function ends a guest that broke the contract. Thrown through the guest's frames, which
 * cannot catch it, and turned into a value where the guest was called.
 */

export type GuestTrapCode =
  /** A pointer and length that do not lie in the guest's memory. */
  | "memoryAccess"
  /** The allocator was misused or its headers were overwritten. */
  | "allocator"
  /** More memory was wanted than the parameters allow. */
  | "outOfMemory"
  /** A function that no validation host has was called. */
  | "missingImport"
  /** The guest has called `env.abort`, which says why and where. */
  | "aborted"
  /** A host function was given an argument that it cannot decode. */
  | "badArgument"
  /** The keystore was asked for, and a validation host has none. */
  | "noKeystore"
  /** Host functions have used up the fuel. */
  | "outOfFuel";

/** A place in an author's source, counted from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export class GuestTrap extends Error {
  override readonly name = "GuestTrap";
  readonly code: GuestTrapCode;
  /** Where the guest itself says that it is. */
  readonly location: SourceLocation | undefined;

  constructor(code: GuestTrapCode, detail: string, location?: SourceLocation) {
    super(detail);
    this.code = code;
    this.location = location;
  }
}
