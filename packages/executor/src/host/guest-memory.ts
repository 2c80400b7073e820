/** The guest's linear memory as host functions see it: every access is checked against its present size. */

import { GuestTrap } from "./guest-trap.ts";

export const PAGE_BYTES = 65_536;

export class GuestMemory {
  readonly #memory: WebAssembly.Memory;
  /** Pages of 64 KiB that it may have at most. */
  readonly maxPages: number;
  #bytes: Uint8Array;
  #view: DataView;

  constructor(memory: WebAssembly.Memory, maxPages: number) {
    this.#memory = memory;
    this.maxPages = maxPages;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** Growing replaces the buffer, and the guest may grow its memory between two calls. */
  #refresh(): void {
    if (this.#bytes.buffer === this.#memory.buffer) return;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
  }

  /** Bytes that the memory has now. */
  get size(): number {
    this.#refresh();
    return this.#bytes.length;
  }

  #check(pointer: number, length: number): void {
    if (pointer + length > this.size)
      throw new GuestTrap(
        "memoryAccess",
        `${length} bytes at ${pointer}, the memory has ${this.#bytes.length}`,
      );
  }

  /** A view of `length` bytes, good until the guest runs again. Numbers are unsigned. */
  view(pointer: number, length: number): Uint8Array {
    this.#check(pointer, length);
    return this.#bytes.subarray(pointer, pointer + length);
  }

  write(pointer: number, bytes: Uint8Array): void {
    this.#check(pointer, bytes.length);
    this.#bytes.set(bytes, pointer);
  }

  readU32(pointer: number): number {
    this.#check(pointer, 4);
    return this.#view.getUint32(pointer, true);
  }

  readU64(pointer: number): bigint {
    this.#check(pointer, 8);
    return this.#view.getBigUint64(pointer, true);
  }

  writeU64(pointer: number, value: bigint): void {
    this.#check(pointer, 8);
    this.#view.setBigUint64(pointer, value, true);
  }

  /** Adds pages. The engine throws `RangeError` when the machine has no more: our fault, not the guest's. */
  grow(pages: number): void {
    this.#memory.grow(pages);
  }
}
