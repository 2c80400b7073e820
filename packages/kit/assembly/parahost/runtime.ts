/**
 * The AssemblyScript runtime of a guest: memory comes from the host's allocator in chunks and is never given
 * back, since an instance lives for one call. (An allocator of its own that starts at `__heap_base`, as the
 * compiler's, would write over what the host puts there.)
 */

// @ts-ignore: decorator
@external("env", "ext_allocator_malloc_version_1")
declare function malloc(size: i32): usize;

/** A block of the host is a power of two; small enough to waste little, large enough to ask seldom. */
const CHUNK_BYTES: usize = 1 << 18;
/** Values are aligned to 16 bytes, as the compiler expects. */
const ALIGNMENT_MASK: usize = 15;
/** Bytes before a value that tell its type and size; laid out as the compiler expects. */
const HEADER_BYTES: usize = 16;
const SIZE_MAX: usize = 1 << 25;

// @ts-ignore: decorator
@lazy let next: usize = 0;
// @ts-ignore: decorator
@lazy let end: usize = 0;

function allocate(size: usize): usize {
  if (size > SIZE_MAX - 2 * HEADER_BYTES) unreachable();
  const wanted = (size + ALIGNMENT_MASK) & ~ALIGNMENT_MASK;
  if (wanted > end - next) {
    const chunk = max<usize>(CHUNK_BYTES, wanted + ALIGNMENT_MASK);
    const start = malloc(<i32>chunk);
    end = start + chunk;
    next = (start + ALIGNMENT_MASK) & ~ALIGNMENT_MASK;
  }
  const at = next;
  next += wanted;
  return at;
}

// @ts-ignore: decorator
@unsafe @global
export function __alloc(size: usize): usize {
  return allocate(size);
}

// @ts-ignore: decorator
@unsafe @global
export function __new(size: usize, id: u32): usize {
  const at = allocate(HEADER_BYTES + size);
  // The compiler's object header ends here: type, then size, right before the value.
  store<u32>(at, id, 8);
  store<u32>(at, <u32>size, 12);
  return at + HEADER_BYTES;
}

// @ts-ignore: decorator
@unsafe @global
export function __renew(old: usize, size: usize): usize {
  const oldSize = <usize>load<u32>(old - 4);
  if (size <= oldSize) {
    store<u32>(old - 4, <u32>size);
    return old;
  }
  const at = __new(size, load<u32>(old - 8));
  memory.copy(at, old, oldSize);
  return at;
}

// @ts-ignore: decorator
@global @unsafe
export function __link(parent: usize, child: usize, expectMultiple: bool): void {}

// @ts-ignore: decorator
@global @unsafe
export function __pin(at: usize): usize {
  return at;
}

// @ts-ignore: decorator
@global @unsafe
export function __unpin(at: usize): void {}

// @ts-ignore: decorator
@global @unsafe
function __visit(at: usize, cookie: u32): void {}

// @ts-ignore: decorator
@global @unsafe
export function __collect(): void {}
