/**
 * Scalars: integers modulo the group order l = 2^252 + 27742317777372353535851937790883648493, as 32
 * little-endian bytes, in steps of 32 bits. Reduction is Barrett's (Handbook of Applied Cryptography, 14.42).
 * For public scalars: time depends on them.
 */

const ORDER = memory.data<u32>([
  0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de, 0, 0, 0, 0x10000000, 0,
], 16);
/** Floor of 2^512/l. */
const RECIPROCAL = memory.data<u32>([
  0x0a2c131b, 0xed9ce5a3, 0x086329a7, 0x2106215d, 0xffffffeb, 0xffffffff, 0xffffffff, 0xffffffff, 0xf,
], 16);

const WIDE = memory.data(64, 16);
const QUOTIENT = memory.data(80, 16);
const MULTIPLE = memory.data(80, 16);

/** `out` = `a`·`b`, of n and m words; `out` has n + m and is neither of them. */
function multiplyWords(out: usize, a: usize, n: usize, b: usize, m: usize): void {
  memory.fill(out, 0, 4 * (n + m));
  for (let i: usize = 0; i < n; i++) {
    const x = load<u32>(a + 4 * i) as u64;
    let carry: u64 = 0;
    for (let j: usize = 0; j < m; j++) {
      const at = out + 4 * (i + j);
      carry += x * (load<u32>(b + 4 * j) as u64) + (load<u32>(at) as u64);
      store<u32>(at, carry as u32);
      carry >>= 32;
    }
    store<u32>(out + 4 * (i + m), carry as u32);
  }
}

/** `a` -= `b`, of n words; whether it went below zero, and wrapped. */
function subtractWords(a: usize, b: usize, n: usize): bool {
  let borrow: i64 = 0;
  for (let i: usize = 0; i < n; i++) {
    borrow += (load<u32>(a + 4 * i) as i64) - (load<u32>(b + 4 * i) as i64);
    store<u32>(a + 4 * i, borrow as u32);
    borrow >>= 32;
  }
  return borrow != 0;
}

/** Whether 32 bytes are below l, as canonical scalars are. */
export function isCanonicalScalar(bytes: usize): bool {
  for (let i: isize = 28; i >= 0; i -= 4) {
    const x = load<u32>(bytes + i);
    const y = load<u32>(ORDER + i);
    if (x != y) return x < y;
  }
  return false;
}

/** 64 bytes modulo l. */
export function reduceWide(out: usize, wide: usize): void {
  multiplyWords(QUOTIENT, wide + 28, 9, RECIPROCAL, 9);
  multiplyWords(MULTIPLE, QUOTIENT + 36, 9, ORDER, 8);
  memory.copy(REST, wide, 36);
  // Modulo 2^288, where the difference is the true one: it is below 3·l.
  subtractWords(REST, MULTIPLE, 9);
  memory.copy(out, REST, 32);
  while (!isCanonicalScalar(out)) subtractWords(out, ORDER, 8);
}

const REST = memory.data(48, 16);

/** `out` = (`a`·`b` + `c`) mod l. */
export function multiplyAdd(out: usize, a: usize, b: usize, c: usize): void {
  multiplyWords(WIDE, a, 8, b, 8);
  let carry: u64 = 0;
  for (let i: usize = 0; i < 16; i++) {
    carry += (load<u32>(WIDE + 4 * i) as u64) + (i < 8 ? (load<u32>(c + 4 * i) as u64) : 0);
    store<u32>(WIDE + 4 * i, carry as u32);
    carry >>= 32;
  }
  reduceWide(out, WIDE);
}

/** `out` = -`a` mod l, for canonical `a`. */
export function negateScalar(out: usize, a: usize): void {
  memory.copy(REST, ORDER, 32);
  subtractWords(REST, a, 8);
  memory.copy(out, REST, 32);
  if (!isCanonicalScalar(out)) memory.fill(out, 0, 32);
}

/** `out` = `a`/2 mod l, for canonical `a`: half of `a`, or of `a` + l if `a` is odd. */
export function halveScalar(out: usize, a: usize): void {
  const order: u64 = (load<u8>(a) & 1) != 0 ? u64.MAX_VALUE : 0;
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    carry += (load<u32>(a + i) as u64) + ((load<u32>(ORDER + i) as u64) & order);
    store<u32>(REST + i, carry as u32);
    carry >>= 32;
  }
  for (let i: usize = 0; i < 32; i += 8) {
    const next = i < 24 ? load<u64>(REST + i, 8) : 0;
    store<u64>(out + i, (load<u64>(REST + i) >> 1) | (next << 63));
  }
}
