/**
 * GF(2^16) as the availability code uses it, sixteen symbols at a time. Symbols are coordinates in a Cantor
 * basis, whose first eight elements span the subfield GF(2^8). Seen as a + b·γ with a and b in the subfield
 * and γ the ninth element of the basis, a symbol is multiplied by the subfield's elements part by part, and
 * since γ² = γ + 128, by all others with four products of the subfield.
 *
 * A "group" is 32 bytes: the sixteen a, then the sixteen b. A product with one element of the subfield is
 * two look-ups in tables of 16 bytes, one for each half of a byte. Most factors of the transforms are in
 * the subfield, for fewer than 512 validators all but the last.
 */

/**
 * For each element of the subfield its products with 0 to 15, and with 0, 16, …, 240. Written by the
 * host, which knows the field.
 */
export const PRODUCTS = memory.data(256 * 32, 16);
/**
 * Linear maps of bytes, as pairs of tables: b out of the upper byte, what the upper byte takes from the
 * lower one to give a; and back, the upper byte out of b, what b adds to a. Written by the host.
 */
export const MAPS = memory.data(4 * 32, 16);

const TO_B: usize = MAPS;
const TO_A: usize = MAPS + 32;
const FROM_B: usize = MAPS + 64;
const FROM_A: usize = MAPS + 96;

/** Bytes of a group. */
export const GROUP: usize = 32;

/** `table` at sixteen indices below 16, for which relaxed and plain swizzle are the same. */
// @ts-ignore: decorator
@inline
function lookUp(table: v128, indices: v128): v128 {
  if (RELAXED) return i8x16.relaxed_swizzle(table, indices);
  return i8x16.swizzle(table, indices);
}

/** A linear map of sixteen bytes by its two tables. */
// @ts-ignore: decorator
@inline
function mapped(v: v128, low: v128, high: v128): v128 {
  const nibble = i8x16.splat(15);
  return v128.xor(
    lookUp(low, v128.and(v, nibble)),
    lookUp(high, v128.and(i16x8.shr_u(v, 4), nibble)),
  );
}

// @ts-ignore: decorator
@inline
function mappedBy(v: v128, tables: usize): v128 {
  return mapped(v, v128.load(tables), v128.load(tables, 16));
}

function mapByte(byte: u32, tables: usize): u32 {
  return (load<u8>(tables + (byte & 15)) as u32) ^ (load<u8>(tables + (byte >> 4), 16) as u32);
}

/** Makes a group of sixteen upper and sixteen lower bytes of symbols. */
// @ts-ignore: decorator
@inline
export function storeSymbols(group: usize, upper: v128, lower: v128): void {
  v128.store(group, v128.xor(lower, mappedBy(upper, TO_A)));
  v128.store(group, mappedBy(upper, TO_B), 16);
}

/** The upper bytes of a group's symbols. */
// @ts-ignore: decorator
@inline
export function upperBytes(group: usize): v128 {
  return mappedBy(v128.load(group, 16), FROM_B);
}

/** The lower bytes of a group's symbols. */
// @ts-ignore: decorator
@inline
export function lowerBytes(group: usize): v128 {
  return v128.xor(v128.load(group), mappedBy(v128.load(group, 16), FROM_A));
}

/** The tables of a factor, found once for many groups. */
let a0: usize = 0;
let b0: usize = 0;
let a1: usize = 0;
let b1: usize = 0;

/** Sets the tables for (a, b) times f0 + f1·γ, and says whether f1 is zero. */
function prepare(factor: u32): bool {
  const f1 = mapByte(factor >> 8, TO_B);
  const f0 = (factor & 255) ^ mapByte(factor >> 8, TO_A);
  a0 = PRODUCTS + 32 * f0;
  if (f1 == 0) return true;
  b0 = PRODUCTS + 32 * mapByte(f1, PRODUCTS + 32 * 128);
  a1 = PRODUCTS + 32 * f1;
  b1 = PRODUCTS + 32 * (f0 ^ f1);
  return false;
}

/** Adds `length` bytes of groups at `from` to those at `to`. */
export function addGroups(to: usize, from: usize, length: usize): void {
  for (const end = to + length; to < end; to += 16, from += 16)
    v128.store(to, v128.xor(v128.load(to), v128.load(from)));
}

/** Multiplies `length` bytes of groups by a symbol. */
export function scaleGroups(at: usize, length: usize, factor: u32): void {
  if (prepare(factor)) {
    // f1 is 0: its tables are those of 0, and f0 + f1 is f0.
    b0 = a1 = PRODUCTS;
    b1 = a0;
  }
  const p = v128.load(a0), q = v128.load(a0, 16), r = v128.load(b0), s = v128.load(b0, 16);
  const t = v128.load(a1), u = v128.load(a1, 16), v = v128.load(b1), w = v128.load(b1, 16);
  for (const end = at + length; at < end; at += GROUP) {
    const a = v128.load(at), b = v128.load(at, 16);
    v128.store(at, v128.xor(mapped(a, p, q), mapped(b, r, s)));
    v128.store(at, v128.xor(mapped(a, t, u), mapped(b, v, w)), 16);
  }
}

/** (u, v) becomes (u + f·v, u + f·v + v), for `length` bytes of groups. */
export function forwardButterfly(u: usize, v: usize, length: usize, factor: u32): void {
  if (factor == 0) {
    addGroups(v, u, length);
    return;
  }
  const end = u + length;
  if (prepare(factor)) {
    const p = v128.load(a0), q = v128.load(a0, 16);
    for (; u < end; u += GROUP, v += GROUP) {
      const va = v128.load(v), vb = v128.load(v, 16);
      const ua = v128.xor(v128.load(u), mapped(va, p, q));
      const ub = v128.xor(v128.load(u, 16), mapped(vb, p, q));
      v128.store(u, ua);
      v128.store(u, ub, 16);
      v128.store(v, v128.xor(ua, va));
      v128.store(v, v128.xor(ub, vb), 16);
    }
    return;
  }
  const p = v128.load(a0), q = v128.load(a0, 16), r = v128.load(b0), s = v128.load(b0, 16);
  const t = v128.load(a1), w = v128.load(a1, 16), x = v128.load(b1), y = v128.load(b1, 16);
  for (; u < end; u += GROUP, v += GROUP) {
    const va = v128.load(v), vb = v128.load(v, 16);
    const ua = v128.xor(v128.load(u), v128.xor(mapped(va, p, q), mapped(vb, r, s)));
    const ub = v128.xor(v128.load(u, 16), v128.xor(mapped(va, t, w), mapped(vb, x, y)));
    v128.store(u, ua);
    v128.store(u, ub, 16);
    v128.store(v, v128.xor(ua, va));
    v128.store(v, v128.xor(ub, vb), 16);
  }
}

/** The opposite: (u, v) becomes (u + f·(u + v), u + v). */
export function inverseButterfly(u: usize, v: usize, length: usize, factor: u32): void {
  if (factor == 0) {
    addGroups(v, u, length);
    return;
  }
  const end = u + length;
  if (prepare(factor)) {
    const p = v128.load(a0), q = v128.load(a0, 16);
    for (; u < end; u += GROUP, v += GROUP) {
      const ua = v128.load(u), ub = v128.load(u, 16);
      const va = v128.xor(v128.load(v), ua);
      const vb = v128.xor(v128.load(v, 16), ub);
      v128.store(v, va);
      v128.store(v, vb, 16);
      v128.store(u, v128.xor(ua, mapped(va, p, q)));
      v128.store(u, v128.xor(ub, mapped(vb, p, q)), 16);
    }
    return;
  }
  const p = v128.load(a0), q = v128.load(a0, 16), r = v128.load(b0), s = v128.load(b0, 16);
  const t = v128.load(a1), w = v128.load(a1, 16), x = v128.load(b1), y = v128.load(b1, 16);
  for (; u < end; u += GROUP, v += GROUP) {
    const ua = v128.load(u), ub = v128.load(u, 16);
    const va = v128.xor(v128.load(v), ua);
    const vb = v128.xor(v128.load(v, 16), ub);
    v128.store(v, va);
    v128.store(v, vb, 16);
    v128.store(u, v128.xor(ua, v128.xor(mapped(va, p, q), mapped(vb, r, s))));
    v128.store(u, v128.xor(ub, v128.xor(mapped(va, t, w), mapped(vb, x, y))), 16);
  }
}
