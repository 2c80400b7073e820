import assert from "node:assert/strict";
import { test } from "node:test";
import { ALLOCATION_MAX_BYTES, FreeingBumpAllocator } from "./allocator.ts";
import { GuestMemory } from "./guest-memory.ts";
import { GuestTrap } from "./guest-trap.ts";

function heap(base: number, pages = 1, maxPages = 4) {
  const memory = new GuestMemory(
    new WebAssembly.Memory({ initial: pages, maximum: maxPages }),
    maxPages,
  );
  return { memory, allocator: new FreeingBumpAllocator(memory, base) };
}

const traps = (code: string) => (error: unknown) =>
  error instanceof GuestTrap && error.code === code;

test("blocks follow each other with their headers between", () => {
  const { allocator } = heap(0);
  assert.deepEqual(
    [1, 9, 1].map((size) => allocator.allocate(size)),
    [8, 24, 48],
  );
});

test("the heap base is rounded up to eight", () => {
  assert.equal(heap(13).allocator.allocate(1), 24);
});

test("a freed block is used again by its own size class only", () => {
  const { allocator } = heap(0);
  const small = allocator.allocate(8);
  allocator.allocate(16);
  allocator.free(small);
  assert.equal(allocator.allocate(16), 48);
  assert.equal(allocator.allocate(3), small);
});

test("the last freed block is used first", () => {
  const { allocator } = heap(0);
  const blocks = [1, 2, 3].map((size) => allocator.allocate(size));
  for (const block of blocks) allocator.free(block);
  assert.deepEqual(
    [1, 1, 1].map((size) => allocator.allocate(size)),
    blocks.toReversed(),
  );
});

test("memory grows to twice its size, or to what is needed when that is more", () => {
  const doubled = heap(0, 1, 64);
  doubled.allocator.allocate(65_536);
  assert.equal(doubled.memory.size, 2 * 65_536);
  const needed = heap(0, 1, 64);
  needed.allocator.allocate(16 * 65_536);
  assert.equal(needed.memory.size, 17 * 65_536);
});

test("memory does not grow beyond its maximum", () => {
  const { allocator } = heap(0, 1, 4);
  assert.throws(() => allocator.allocate(4 * 65_536), traps("outOfMemory"));
});

test("32 MiB is the largest block", () => {
  const { allocator } = heap(0, 1, 2048);
  assert.equal(allocator.allocate(ALLOCATION_MAX_BYTES), 8);
  assert.throws(() => allocator.allocate(ALLOCATION_MAX_BYTES + 1), traps("allocator"));
});

test("a block is not freed twice", () => {
  const { allocator } = heap(0);
  const block = allocator.allocate(8);
  allocator.free(block);
  assert.throws(() => allocator.free(block), traps("allocator"));
});

test("a pointer that was never given out is not freed", () => {
  for (const pointer of [0, 7, 8, 65_536, 0xffff_ffff])
    assert.throws(() => heap(0).allocator.free(pointer), GuestTrap, `pointer ${pointer}`);
});

test("a forged header is found out when the block is freed", () => {
  const { memory, allocator } = heap(0);
  const block = allocator.allocate(8);
  memory.writeU64(block - 8, (1n << 32n) | 23n);
  assert.throws(() => allocator.free(block), traps("allocator"));
});

test("a free list that leads out of the memory is found out", () => {
  const { memory, allocator } = heap(0);
  const block = allocator.allocate(8);
  allocator.free(block);
  memory.writeU64(block - 8, 0xffff_fff0n);
  assert.equal(allocator.allocate(8), block);
  assert.throws(() => allocator.allocate(8), traps("allocator"));
});

test("a block that is in use does not come out of the free list", () => {
  const { memory, allocator } = heap(0);
  const block = allocator.allocate(8);
  allocator.free(block);
  memory.writeU64(block - 8, 1n << 32n);
  assert.throws(() => allocator.allocate(8), traps("allocator"));
});

test("after a failure every call fails", () => {
  const { allocator } = heap(0);
  const block = allocator.allocate(8);
  assert.throws(() => allocator.free(4), traps("allocator"));
  assert.throws(() => allocator.allocate(8), /failed before/);
  assert.throws(() => allocator.free(block), /failed before/);
});
