/** The order of map keys: that of Rust's `Ord`, so that maps encode as Polkadot's do. */
import type { Codec } from "./codec.ts";

/**
 * Natural order of plain values: numbers by value, text by its code points, bytes and lists item by
 * item with the shorter first, objects field by field, absence before presence. Lower-case hex text
 * is ordered as its bytes are. Wire enums have an order of their own, by variant index: `compareBy`.
 */
export function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  if (typeof a === "object" && typeof b === "object" && a !== null && b !== null) {
    const left = ArrayBuffer.isView(a) ? (a as Uint8Array) : Object.values(a);
    const right = ArrayBuffer.isView(b) ? (b as Uint8Array) : Object.values(b);
    const shared = Math.min(left.length, right.length);
    for (let i = 0; i < shared; i++) {
      const order = compareKeys(left[i], right[i]);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }
  const x = a as number | bigint;
  const y = b as number | bigint;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The order of a codec's values as map keys. */
export function compareBy<T>(codec: Codec<T>, a: T, b: T): number {
  return codec.compare === undefined ? compareKeys(a, b) : codec.compare(a, b);
}

/** By code point, as UTF-8 bytes are ordered; JavaScript's own order is by UTF-16 unit. */
function compareText(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates, of which code points above the others are made, come after all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
