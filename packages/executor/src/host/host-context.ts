/** What one call of a guest has at hand: its memory, the shared allocator, its fuel, and what it said. */

import type { FreeingBumpAllocator } from "./allocator.ts";
import type { GuestMemory } from "./guest-memory.ts";
import { GuestTrap } from "./guest-trap.ts";

/** Lines of the guest that are kept for whoever reads the outcome, and their length. */
const SAID_LINES_MAX = 32;
const SAID_LINE_BYTES_MAX = 512;

const LOW_32 = 0xffff_ffffn;
const utf8 = new TextDecoder();

export class HostContext {
  readonly memory: GuestMemory;
  readonly allocator: FreeingBumpAllocator;
  readonly #fuel: WebAssembly.Global<"i64"> | undefined;
  /** Whether the signatures checked since `start_batch_verify` were all good; `undefined` outside of a batch. */
  batch: boolean | undefined;
  readonly #said: string[] = [];

  constructor(
    memory: GuestMemory,
    allocator: FreeingBumpAllocator,
    fuel: WebAssembly.Global<"i64"> | undefined,
  ) {
    this.memory = memory;
    this.allocator = allocator;
    this.#fuel = fuel;
  }

  /** Takes fuel for work that the host does for the guest; one unit is about a nanosecond. */
  charge(units: number): void {
    if (this.#fuel === undefined) return;
    const left = this.#fuel.value - BigInt(units);
    this.#fuel.value = left;
    if (left < 0n) throw new GuestTrap("outOfFuel", "a host function took the last fuel");
  }

  /** 0 where fuel is not counted. */
  get fuelLeft(): bigint {
    return this.#fuel?.value ?? 0n;
  }

  /** The bytes that a packed i64 (pointer low, length high) names; a view. */
  packed(packed: bigint): Uint8Array {
    return this.memory.view(Number(packed & LOW_32), Number((packed >> 32n) & LOW_32));
  }

  /** `length` bytes at an i32 pointer; a view. */
  at(pointer: number, length: number): Uint8Array {
    return this.memory.view(pointer >>> 0, length);
  }

  /** Hands bytes to the guest in a block of their own, which the guest frees. */
  give(bytes: Uint8Array): number {
    const pointer = this.allocator.allocate(bytes.length);
    this.memory.write(pointer, bytes);
    return pointer;
  }

  /** As `give`, as a packed i64. */
  givePacked(bytes: Uint8Array): bigint {
    return BigInt(this.give(bytes)) | (BigInt(bytes.length) << 32n);
  }

  /** Keeps a line that the guest logged; the oldest are forgotten. */
  say(text: Uint8Array): void {
    this.#said.push(utf8.decode(text.subarray(0, SAID_LINE_BYTES_MAX)));
    if (this.#said.length > SAID_LINES_MAX) this.#said.shift();
  }

  /** What the guest logged last, for the reader of an error. */
  get lastSaid(): string | undefined {
    return this.#said.at(-1);
  }
}
