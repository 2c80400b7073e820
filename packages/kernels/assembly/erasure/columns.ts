/** Exchanging rows and columns of bytes, and taking bytes apart and together. */

/** Sixteen rows of sixteen bytes: the result of a transposition. */
export const TRANSPOSED = memory.data(256, 16);

/** The first eight bytes of each, taking turns. */
// @ts-ignore: decorator
@inline
export function firstHalves(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** The last eight bytes of each, taking turns. */
// @ts-ignore: decorator
@inline
export function secondHalves(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** Bytes 0, 2, 4, … of two vectors laid end to end. */
// @ts-ignore: decorator
@inline
export function evenBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

/** Bytes 1, 3, 5, … of two vectors laid end to end. */
// @ts-ignore: decorator
@inline
export function oddBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

/**
 * The 16 by 16 matrix of bytes at `from`, rows `step` apart, with rows and columns exchanged, to
 * `TRANSPOSED`.
 */
export function transpose(from: usize, step: usize): void {
  const x0 = v128.load(from + 0 * step);
  const x1 = v128.load(from + 1 * step);
  const x2 = v128.load(from + 2 * step);
  const x3 = v128.load(from + 3 * step);
  const x4 = v128.load(from + 4 * step);
  const x5 = v128.load(from + 5 * step);
  const x6 = v128.load(from + 6 * step);
  const x7 = v128.load(from + 7 * step);
  const x8 = v128.load(from + 8 * step);
  const x9 = v128.load(from + 9 * step);
  const x10 = v128.load(from + 10 * step);
  const x11 = v128.load(from + 11 * step);
  const x12 = v128.load(from + 12 * step);
  const x13 = v128.load(from + 13 * step);
  const x14 = v128.load(from + 14 * step);
  const x15 = v128.load(from + 15 * step);
  const y0 = firstHalves(x0, x8), y1 = secondHalves(x0, x8);
  const y2 = firstHalves(x1, x9), y3 = secondHalves(x1, x9);
  const y4 = firstHalves(x2, x10), y5 = secondHalves(x2, x10);
  const y6 = firstHalves(x3, x11), y7 = secondHalves(x3, x11);
  const y8 = firstHalves(x4, x12), y9 = secondHalves(x4, x12);
  const y10 = firstHalves(x5, x13), y11 = secondHalves(x5, x13);
  const y12 = firstHalves(x6, x14), y13 = secondHalves(x6, x14);
  const y14 = firstHalves(x7, x15), y15 = secondHalves(x7, x15);
  const z0 = firstHalves(y0, y8), z1 = secondHalves(y0, y8);
  const z2 = firstHalves(y1, y9), z3 = secondHalves(y1, y9);
  const z4 = firstHalves(y2, y10), z5 = secondHalves(y2, y10);
  const z6 = firstHalves(y3, y11), z7 = secondHalves(y3, y11);
  const z8 = firstHalves(y4, y12), z9 = secondHalves(y4, y12);
  const z10 = firstHalves(y5, y13), z11 = secondHalves(y5, y13);
  const z12 = firstHalves(y6, y14), z13 = secondHalves(y6, y14);
  const z14 = firstHalves(y7, y15), z15 = secondHalves(y7, y15);
  const v0 = firstHalves(z0, z8), v1 = secondHalves(z0, z8);
  const v2 = firstHalves(z1, z9), v3 = secondHalves(z1, z9);
  const v4 = firstHalves(z2, z10), v5 = secondHalves(z2, z10);
  const v6 = firstHalves(z3, z11), v7 = secondHalves(z3, z11);
  const v8 = firstHalves(z4, z12), v9 = secondHalves(z4, z12);
  const v10 = firstHalves(z5, z13), v11 = secondHalves(z5, z13);
  const v12 = firstHalves(z6, z14), v13 = secondHalves(z6, z14);
  const v14 = firstHalves(z7, z15), v15 = secondHalves(z7, z15);
  v128.store(TRANSPOSED, firstHalves(v0, v8), 0);
  v128.store(TRANSPOSED, secondHalves(v0, v8), 16);
  v128.store(TRANSPOSED, firstHalves(v1, v9), 32);
  v128.store(TRANSPOSED, secondHalves(v1, v9), 48);
  v128.store(TRANSPOSED, firstHalves(v2, v10), 64);
  v128.store(TRANSPOSED, secondHalves(v2, v10), 80);
  v128.store(TRANSPOSED, firstHalves(v3, v11), 96);
  v128.store(TRANSPOSED, secondHalves(v3, v11), 112);
  v128.store(TRANSPOSED, firstHalves(v4, v12), 128);
  v128.store(TRANSPOSED, secondHalves(v4, v12), 144);
  v128.store(TRANSPOSED, firstHalves(v5, v13), 160);
  v128.store(TRANSPOSED, secondHalves(v5, v13), 176);
  v128.store(TRANSPOSED, firstHalves(v6, v14), 192);
  v128.store(TRANSPOSED, secondHalves(v6, v14), 208);
  v128.store(TRANSPOSED, firstHalves(v7, v15), 224);
  v128.store(TRANSPOSED, secondHalves(v7, v15), 240);
}
