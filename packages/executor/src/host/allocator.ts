/**
 * The freeing-bump allocator that guest and host share: a list of free blocks for each power of two from
 * 8 bytes to 32 MiB, and a border that only moves up. Each block has an 8-byte header in the guest's own
 * memory, where the guest may overwrite it; any inconsistency ends the allocator for good.
 *
 * Reference: runtime-and-primitives.md 3.2. Every call takes constant time.
 */

import type { GuestMemory } from "./guest-memory.ts";
import { PAGE_BYTES } from "./guest-memory.ts";
import { GuestTrap } from "./guest-trap.ts";

const HEADER_BYTES = 8;
const ALIGNMENT = 8;
const SMALLEST_LOG2 = 3;
const LARGEST_LOG2 = 25;
/** Largest block that can be asked for: 32 MiB. */
export const ALLOCATION_MAX_BYTES: number = 2 ** LARGEST_LOG2;
const CLASSES = LARGEST_LOG2 - SMALLEST_LOG2 + 1;
const OCCUPIED = 1n << 32n;
const LOW_32 = 0xffff_ffffn;
const NO_BLOCK = 0xffff_ffff;

export class FreeingBumpAllocator {
  readonly #memory: GuestMemory;
  /** Header position of the first free block of each class. */
  readonly #free: number[] = new Array(CLASSES).fill(NO_BLOCK);
  #border: number;
  #poisoned = false;
  /** The memory was never smaller than this; the guest cannot shrink it. */
  #largestSeen = 0;

  /** `heapBase` is the guest's `__heap_base`: everything above belongs to the allocator. */
  constructor(memory: GuestMemory, heapBase: number) {
    this.#memory = memory;
    this.#border = Math.ceil(heapBase / ALIGNMENT) * ALIGNMENT;
  }

  /** Pointer to at least `size` bytes. Throws `GuestTrap`. */
  allocate(size: number): number {
    return this.#guarded(() => {
      if (size > ALLOCATION_MAX_BYTES)
        throw new GuestTrap(
          "allocator",
          `allocation of ${size} bytes, at most ${ALLOCATION_MAX_BYTES}`,
        );
      const sizeClass = classOf(size);
      const blockBytes = 2 ** (sizeClass + SMALLEST_LOG2) + HEADER_BYTES;
      const reused = this.#free[sizeClass] as number;
      const header = reused === NO_BLOCK ? this.#bump(blockBytes) : reused;
      if (reused !== NO_BLOCK) {
        if (reused + blockBytes > this.#memory.size)
          throw new GuestTrap("allocator", `free list leads out of the memory, to ${reused}`);
        const raw = this.#memory.readU64(reused);
        if ((raw & OCCUPIED) !== 0n)
          throw new GuestTrap("allocator", `block at ${reused} is in use and in the free list`);
        this.#free[sizeClass] = Number(raw & LOW_32);
      }
      this.#memory.writeU64(header, OCCUPIED | BigInt(sizeClass));
      return header + HEADER_BYTES;
    });
  }

  /** Gives back what `allocate` returned. Throws `GuestTrap`. */
  free(pointer: number): void {
    this.#guarded(() => {
      const header = pointer - HEADER_BYTES;
      if (header < 0 || pointer > this.#memory.size)
        throw new GuestTrap("allocator", `free of ${pointer}, which was never allocated`);
      const raw = this.#memory.readU64(header);
      if ((raw & OCCUPIED) === 0n)
        throw new GuestTrap("allocator", `free of ${pointer}, which is not in use`);
      const sizeClass = Number(raw & LOW_32);
      if (sizeClass >= CLASSES)
        throw new GuestTrap("allocator", `header at ${header} names size class ${sizeClass}`);
      this.#memory.writeU64(header, BigInt(this.#free[sizeClass] as number));
      this.#free[sizeClass] = header;
    });
  }

  #guarded<T>(step: () => T): T {
    if (this.#poisoned) throw new GuestTrap("allocator", "the allocator has failed before");
    const size = this.#memory.size;
    // Poisoned until the step has gone through, whatever it throws.
    this.#poisoned = true;
    if (size < this.#largestSeen) throw new GuestTrap("allocator", "the memory has shrunk");
    const value = step();
    this.#largestSeen = this.#memory.size;
    this.#poisoned = false;
    return value;
  }

  /** Takes fresh room above the border and grows the memory when it ends before. */
  #bump(bytes: number): number {
    const required = this.#border + bytes;
    const size = this.#memory.size;
    if (required > size) {
      const current = size / PAGE_BYTES;
      const wanted = Math.ceil(required / PAGE_BYTES);
      const { maxPages } = this.#memory;
      if (wanted > maxPages)
        throw new GuestTrap("outOfMemory", `${wanted} pages wanted, at most ${maxPages}`);
      this.#memory.grow(Math.max(wanted, Math.min(2 * current, maxPages)) - current);
    }
    const block = this.#border;
    this.#border = required;
    return block;
  }
}

/** Index of the smallest class that holds `size` bytes. */
function classOf(size: number): number {
  return size <= 2 ** SMALLEST_LOG2 ? 0 : 32 - Math.clz32(size - 1) - SMALLEST_LOG2;
}
