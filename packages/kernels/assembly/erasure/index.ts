/**
 * The availability code: Reed-Solomon by additive FFT (Lin, Chung, Han: "Novel polynomial basis and its
 * application to Reed-Solomon erasure codes"), as `packages/erasure` explains it.
 *
 * Work goes tile by tile, a tile being the codewords that have their symbols in one stretch of 128 bytes of
 * every chunk: the rows of a tile, one for each point of the code, stay in the nearest caches through all
 * layers of a transform.
 */
import { evenBytes, firstHalves, oddBytes, secondHalves, transpose, TRANSPOSED } from "./columns";
import {
  addGroups, forwardButterfly, GROUP, inverseButterfly, lowerBytes, MAPS,
  PRODUCTS, scaleGroups, storeSymbols, upperBytes,
} from "./field";

export { MAPS, PRODUCTS };

const GROUPS: usize = 4;
/** Bytes of a row within a tile, in a chunk as in the working space. */
export const TILE: usize = GROUPS * GROUP;
/** Codewords of a tile. */
const CODEWORDS: usize = TILE / 2;

/** The first address that the host may use. */
export const FREE: usize = (__heap_base + 63) & ~63;

/**
 * The chunks of a payload at `data`, zero-padded to whole tiles: chunk i at `chunks` + i·`stride`, `stride`
 * being a multiple of the tile. `work` has room for 2·`k` rows of a tile.
 */
export function encode(
  n: usize, k: usize, data: usize, chunks: usize, stride: usize, work: usize,
): void {
  const values = work + k * TILE;
  for (let at: usize = 0; at < stride; at += TILE) {
    loadPayload(work, data + at * k, k);
    for (let row: usize = 0; row < k; row++) storeRow(chunks + row * stride + at, work + row * TILE);
    inverse(work, k, 0, 1);
    for (let block = k; block < n; block += k) {
      memory.copy(values, work, k * TILE);
      forward(values, k, block, n);
      const count = min(k, n - block);
      for (let row: usize = 0; row < count; row++)
        storeRow(chunks + (block + row) * stride + at, values + row * TILE);
    }
  }
}

/**
 * The payload at `data`, in whole tiles, from `k` chunks that lie `stride` apart at `chunks`. `indices` are
 * theirs, ascending, and `locator` the factor of each; `repair` has a factor for each point below `k`, 0
 * where the chunk is given (all u32). `work` has room for `length` rows of a tile, `length` being that of
 * the code.
 */
export function reconstruct(
  k: usize, length: usize, data: usize, chunks: usize, stride: usize,
  indices: usize, locator: usize, repair: usize, work: usize,
): void {
  for (let at: usize = 0; at < stride; at += TILE) {
    memory.fill(work, 0, length * TILE);
    let previous = usize.MAX_VALUE;
    for (let i: usize = 0; i < k; i++) {
      const index = load<u32>(indices + 4 * i);
      const row = work + index * TILE;
      loadRow(row, chunks + i * stride + at);
      scaleGroups(row, TILE, load<u32>(locator + 4 * i));
      const block = index & ~(k - 1);
      if (i > 0 && block != previous) inverse(work + previous * TILE, k, previous, 1);
      previous = block;
    }
    inverse(work + previous * TILE, k, previous, 1);
    inverse(work, length, 0, k);
    differentiate(work, length, k);
    forward(work, k, 0, usize.MAX_VALUE);
    for (let row: usize = 0; row < k; row++) {
      const factor = load<u32>(repair + 4 * row);
      if (factor != 0) scaleGroups(work + row * TILE, TILE, factor);
    }
    for (let i: usize = 0; i < k; i++) {
      const index = load<u32>(indices + 4 * i);
      if (index >= k) break;
      loadRow(work + index * TILE, chunks + i * stride + at);
    }
    storePayload(data + at * k, work, k);
  }
}

/** The payload at `data`, in whole tiles, from its first `k` chunks. `work` has room for `k` rows. */
export function collect(k: usize, data: usize, chunks: usize, stride: usize, work: usize): void {
  for (let at: usize = 0; at < stride; at += TILE) {
    for (let row: usize = 0; row < k; row++) loadRow(work + row * TILE, chunks + row * stride + at);
    storePayload(data + at * k, work, k);
  }
}

// Transforms of a tile

/**
 * Coefficients in `size` rows become values at the points from `offset` on; those from `end` on are not
 * wanted.
 */
function forward(rows: usize, size: usize, offset: usize, end: usize): void {
  for (let half = size >> 1; half > 0; half >>= 1)
    for (let block: usize = 0; block < size && offset + block < end; block += 2 * half) {
      const at = rows + block * TILE;
      forwardButterfly(at, at + half * TILE, half * TILE, ((offset + block) / half) as u32);
    }
}

/**
 * Values in `size` rows become coefficients; aligned blocks of `transformed` rows are coefficients of their
 * own.
 */
function inverse(rows: usize, size: usize, offset: usize, transformed: usize): void {
  for (let half = transformed; half < size; half <<= 1)
    for (let block: usize = 0; block < size; block += 2 * half) {
      const at = rows + block * TILE;
      inverseButterfly(at, at + half * TILE, half * TILE, ((offset + block) / half) as u32);
    }
}

/** The first `count` coefficients of the formal derivative of the polynomial with `size` coefficients. */
function differentiate(rows: usize, size: usize, count: usize): void {
  for (let j: usize = 0; j < count; j++) {
    const to = rows + j * TILE;
    memory.fill(to, 0, TILE);
    for (let bit: usize = 1; bit < size; bit <<= 1)
      if ((j & bit) == 0) addGroups(to, rows + (j | bit) * TILE, TILE);
  }
}

// Between bytes and rows

/** A tile of a chunk becomes a row. */
function loadRow(row: usize, chunk: usize): void {
  for (let g: usize = 0; g < TILE; g += GROUP) {
    const first = v128.load(chunk + g), second = v128.load(chunk + g, 16);
    storeSymbols(row + g, evenBytes(first, second), oddBytes(first, second));
  }
}

/** A row becomes a tile of a chunk. */
function storeRow(chunk: usize, row: usize): void {
  for (let g: usize = 0; g < TILE; g += GROUP) {
    const upper = upperBytes(row + g), lower = lowerBytes(row + g);
    v128.store(chunk + g, firstHalves(upper, lower));
    v128.store(chunk + g, secondHalves(upper, lower), 16);
  }
}

/** Symbols to which a transposition comes at a time. */
const COLUMNS: usize = 8;

/** A tile of the payload, codeword after codeword, becomes `k` rows. */
function loadPayload(rows: usize, data: usize, k: usize): void {
  if (k < COLUMNS) {
    loadShortCodewords(rows, data, k);
    return;
  }
  for (let g: usize = 0; g < GROUPS; g++)
    for (let j: usize = 0; j < k; j += COLUMNS) {
      transpose(data + (16 * g * k + j) * 2, 2 * k);
      for (let c: usize = 0; c < COLUMNS; c++)
        storeSymbols(
          rows + (j + c) * TILE + g * GROUP,
          v128.load(TRANSPOSED + 32 * c),
          v128.load(TRANSPOSED + 32 * c, 16),
        );
    }
}

/** The opposite. */
function storePayload(data: usize, rows: usize, k: usize): void {
  if (k < COLUMNS) {
    storeShortCodewords(data, rows, k);
    return;
  }
  for (let g: usize = 0; g < GROUPS; g++)
    for (let j: usize = 0; j < k; j += COLUMNS) {
      for (let c: usize = 0; c < COLUMNS; c++) {
        const group = rows + (j + c) * TILE + g * GROUP;
        v128.store(COLUMN_BYTES + 32 * c, upperBytes(group));
        v128.store(COLUMN_BYTES + 32 * c, lowerBytes(group), 16);
      }
      transpose(COLUMN_BYTES, 16);
      for (let r: usize = 0; r < 16; r++)
        v128.store(data + ((16 * g + r) * k + j) * 2, v128.load(TRANSPOSED + 16 * r));
    }
}

const COLUMN_BYTES = memory.data(256, 16);
const CHUNK = memory.data(128, 16);

function loadShortCodewords(rows: usize, data: usize, k: usize): void {
  for (let j: usize = 0; j < k; j++) {
    for (let r: usize = 0; r < CODEWORDS; r++)
      store<u16>(CHUNK + 2 * r, load<u16>(data + (r * k + j) * 2));
    loadRow(rows + j * TILE, CHUNK);
  }
}

function storeShortCodewords(data: usize, rows: usize, k: usize): void {
  for (let j: usize = 0; j < k; j++) {
    storeRow(CHUNK, rows + j * TILE);
    for (let r: usize = 0; r < CODEWORDS; r++)
      store<u16>(data + (r * k + j) * 2, load<u16>(CHUNK + 2 * r));
  }
}
