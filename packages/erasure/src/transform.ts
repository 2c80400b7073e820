/**
 * The additive FFT over rows of symbols (Lin, Chung, Han: "Novel polynomial basis and its
 * application to Reed-Solomon erasure codes").
 *
 * A table has one row for each evaluation point and one column for each codeword; all columns are
 * transformed alike, so the inner loops run along rows. Row `i` of block `offset` is the value at
 * point `offset + i`. Basis polynomial X_j is the product of X̄ᵢ over the bits i of j, where X̄ᵢ
 * vanishes on 0..2ⁱ-1 and is 1 at 2ⁱ; in Cantor coordinates X̄ᵢ(x) is simply `x >> i`.
 *
 * Rows are kept as 32-bit words of two symbols, each symbol big-endian as it is on the wire: the
 * product tables are laid out for swapped bytes, so no symbol is ever swapped and a row is a chunk.
 */
import { assert } from "@parahost/base";
import { multiply } from "./field.ts";

assert(
  new Uint8Array(new Uint32Array([1]).buffer)[0] === 1,
  "the erasure code reads words as little-endian machines do",
);

/** Rows of equal length in one memory. */
export interface RowTable {
  /** Row r is `words[r * stride .. (r + 1) * stride]`. */
  readonly words: Uint32Array;
  /** Words in a row. */
  readonly stride: number;
}

export function rowTable(rows: number, symbolsPerRow: number): RowTable {
  const stride = (symbolsPerRow + 1) >> 1;
  return { words: new Uint32Array(rows * stride), stride };
}

/**
 * Products of one factor with all bytes: entry `b` for the first byte of a symbol on the wire,
 * entry `256 + b` for the second, results with their bytes in wire order.
 */
export type ProductTable = Uint32Array;

export function fillProducts(table: ProductTable, factor: number): void {
  for (let bit = 0; bit < 8; bit++) {
    const high = swapped(multiply(factor, 256 << bit));
    const low = swapped(multiply(factor, 1 << bit));
    const step = 1 << bit;
    for (let i = 0; i < step; i++) {
      table[step + i] = (table[i] as number) ^ high;
      table[256 + step + i] = (table[256 + i] as number) ^ low;
    }
  }
}

function swapped(symbol: number): number {
  return ((symbol & 255) << 8) | (symbol >> 8);
}

/** The product of both symbols of a word. */
function product(table: ProductTable, word: number): number {
  return (
    (table[word & 255] as number) ^
    (table[256 | ((word >>> 8) & 255)] as number) ^
    (((table[(word >>> 16) & 255] as number) ^ (table[256 | (word >>> 24)] as number)) << 16)
  );
}

/** Multiplies `count` words from `at` on by the factor of the table. */
export function scaleWords(
  words: Uint32Array,
  at: number,
  count: number,
  table: ProductTable,
): void {
  for (let i = at; i < at + count; i++) words[i] = product(table, words[i] as number);
}

/** Adds `count` words at `from` to those at `to`. */
export function addWords(words: Uint32Array, to: number, from: number, count: number): void {
  for (let i = 0; i < count; i++)
    words[to + i] = (words[to + i] as number) ^ (words[from + i] as number);
}

/** (u, v) becomes (u + f·v, u + f·v + v). */
function forwardButterfly(words: Uint32Array, at: number, half: number, table: ProductTable): void {
  for (let u = at, v = at + half; u < at + half; u++, v++) {
    const right = words[v] as number;
    const left = (words[u] as number) ^ product(table, right);
    words[u] = left;
    words[v] = left ^ right;
  }
}

function inverseButterfly(words: Uint32Array, at: number, half: number, table: ProductTable): void {
  for (let u = at, v = at + half; u < at + half; u++, v++) {
    const left = words[u] as number;
    const right = (words[v] as number) ^ left;
    words[v] = right;
    words[u] = left ^ product(table, right);
  }
}

/** The transforms, with room for one product table. */
export class AdditiveTransform {
  readonly #products: ProductTable = new Uint32Array(512);

  /**
   * Coefficients in rows `row..row+size-1` become values at points `offset..offset+size-1`.
   * Values at points from `end` on are not wanted and may be left unfinished.
   */
  forward(table: RowTable, row: number, size: number, offset: number, end = Infinity): void {
    const { words, stride } = table;
    for (let half = size >> 1; half > 0; half >>= 1) {
      for (let block = 0; block < size && offset + block < end; block += 2 * half) {
        const at = (row + block) * stride;
        const factor = (offset + block) / half;
        if (factor === 0) addWords(words, at + half * stride, at, half * stride);
        else {
          fillProducts(this.#products, factor);
          forwardButterfly(words, at, half * stride, this.#products);
        }
      }
    }
  }

  /**
   * Values at points `offset..offset+size-1` in rows `row..` become coefficients. With
   * `transformed` rows, aligned blocks of that many rows are coefficients of their own already.
   */
  inverse(table: RowTable, row: number, size: number, offset: number, transformed = 1): void {
    const { words, stride } = table;
    for (let half = transformed; half < size; half <<= 1) {
      for (let block = 0; block < size; block += 2 * half) {
        const at = (row + block) * stride;
        const factor = (offset + block) / half;
        if (factor === 0) addWords(words, at + half * stride, at, half * stride);
        else {
          fillProducts(this.#products, factor);
          inverseButterfly(words, at, half * stride, this.#products);
        }
      }
    }
  }

  /** Multiplies one row. */
  scale(table: RowTable, row: number, factor: number): void {
    fillProducts(this.#products, factor);
    scaleWords(table.words, row * table.stride, table.stride, this.#products);
  }
}

/**
 * The first `count` coefficients of the formal derivative of the polynomial with `size` coefficients,
 * in place. Each X̄ᵢ has derivative 1, so X_j contributes to every X of j with one bit taken away.
 */
export function differentiate(table: RowTable, size: number, count: number): void {
  const { words, stride } = table;
  for (let j = 0; j < count; j++) {
    const to = j * stride;
    let first = true;
    for (let bit = 1; bit < size; bit <<= 1) {
      if ((j & bit) !== 0) continue;
      const from = (j | bit) * stride;
      if (first) words.copyWithin(to, from, from + stride);
      else addWords(words, to, from, stride);
      first = false;
    }
    if (first) words.fill(0, to, to + stride);
  }
}
