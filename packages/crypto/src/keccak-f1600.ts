/**
 * The permutation under STROBE-128, on a state of 25 lanes of 64 bits, each held as two 32-bit words,
 * low word first: exactly the 200 bytes of the state on a little-endian machine.
 *
 * The 24 rounds go back and forth between the state and a scratch state. Within a round everything is
 * written out, since reading lanes into locals is what makes it faster than a loop over indices
 * (`npm run bench`): theta into `c` and `d`, then for each row of the result rho and pi into `b`, and
 * chi and iota out of it.
 *
 * Specification: FIPS 202, section 3.2.
 */

/** Iota's constants, low word then high word, for 24 rounds. */
const ROUND_CONSTANTS = new Int32Array([
  0x00000001, 0x00000000, 0x00008082, 0x00000000, 0x0000808a, 0x80000000, 0x80008000, 0x80000000,
  0x0000808b, 0x00000000, 0x80000001, 0x00000000, 0x80008081, 0x80000000, 0x00008009, 0x80000000,
  0x0000008a, 0x00000000, 0x00000088, 0x00000000, 0x80008009, 0x00000000, 0x8000000a, 0x00000000,
  0x8000808b, 0x00000000, 0x0000008b, 0x80000000, 0x00008089, 0x80000000, 0x00008003, 0x80000000,
  0x00008002, 0x80000000, 0x00000080, 0x80000000, 0x0000800a, 0x00000000, 0x8000000a, 0x80000000,
  0x80008081, 0x80000000, 0x00008080, 0x80000000, 0x80000001, 0x00000000, 0x80008008, 0x80000000,
]);

/** Fifty numbers, so that the compiler knows every index below to be in range. */
type Words<T extends number[] = []> = T["length"] extends 50 ? T : Words<[...T, number]>;

const scratch = new Int32Array(50);

/** Applies Keccak-f[1600] to `state`, 50 words, in place. */
export function keccakF1600(state: Int32Array): void {
  let from = state as unknown as Words;
  let to = scratch as unknown as Words;
  let l = 0;
  let h = 0;
  for (let round = 0; round < 24; round++) {
    const c0l = from[0] ^ from[10] ^ from[20] ^ from[30] ^ from[40];
    const c0h = from[1] ^ from[11] ^ from[21] ^ from[31] ^ from[41];
    const c1l = from[2] ^ from[12] ^ from[22] ^ from[32] ^ from[42];
    const c1h = from[3] ^ from[13] ^ from[23] ^ from[33] ^ from[43];
    const c2l = from[4] ^ from[14] ^ from[24] ^ from[34] ^ from[44];
    const c2h = from[5] ^ from[15] ^ from[25] ^ from[35] ^ from[45];
    const c3l = from[6] ^ from[16] ^ from[26] ^ from[36] ^ from[46];
    const c3h = from[7] ^ from[17] ^ from[27] ^ from[37] ^ from[47];
    const c4l = from[8] ^ from[18] ^ from[28] ^ from[38] ^ from[48];
    const c4h = from[9] ^ from[19] ^ from[29] ^ from[39] ^ from[49];
    const d0l = c4l ^ ((c1l << 1) | (c1h >>> 31));
    const d0h = c4h ^ ((c1h << 1) | (c1l >>> 31));
    const d1l = c0l ^ ((c2l << 1) | (c2h >>> 31));
    const d1h = c0h ^ ((c2h << 1) | (c2l >>> 31));
    const d2l = c1l ^ ((c3l << 1) | (c3h >>> 31));
    const d2h = c1h ^ ((c3h << 1) | (c3l >>> 31));
    const d3l = c2l ^ ((c4l << 1) | (c4h >>> 31));
    const d3h = c2h ^ ((c4h << 1) | (c4l >>> 31));
    const d4l = c3l ^ ((c0l << 1) | (c0h >>> 31));
    const d4h = c3h ^ ((c0h << 1) | (c0l >>> 31));
    l = from[0] ^ d0l;
    h = from[1] ^ d0h;
    let b0l = l;
    let b0h = h;
    l = from[12] ^ d1l;
    h = from[13] ^ d1h;
    let b1l = (h << 12) | (l >>> 20);
    let b1h = (l << 12) | (h >>> 20);
    l = from[24] ^ d2l;
    h = from[25] ^ d2h;
    let b2l = (h << 11) | (l >>> 21);
    let b2h = (l << 11) | (h >>> 21);
    l = from[36] ^ d3l;
    h = from[37] ^ d3h;
    let b3l = (l << 21) | (h >>> 11);
    let b3h = (h << 21) | (l >>> 11);
    l = from[48] ^ d4l;
    h = from[49] ^ d4h;
    let b4l = (l << 14) | (h >>> 18);
    let b4h = (h << 14) | (l >>> 18);
    to[0] = b0l ^ (~b1l & b2l) ^ (ROUND_CONSTANTS[2 * round] as number);
    to[1] = b0h ^ (~b1h & b2h) ^ (ROUND_CONSTANTS[2 * round + 1] as number);
    to[2] = b1l ^ (~b2l & b3l);
    to[3] = b1h ^ (~b2h & b3h);
    to[4] = b2l ^ (~b3l & b4l);
    to[5] = b2h ^ (~b3h & b4h);
    to[6] = b3l ^ (~b4l & b0l);
    to[7] = b3h ^ (~b4h & b0h);
    to[8] = b4l ^ (~b0l & b1l);
    to[9] = b4h ^ (~b0h & b1h);
    l = from[6] ^ d3l;
    h = from[7] ^ d3h;
    b0l = (l << 28) | (h >>> 4);
    b0h = (h << 28) | (l >>> 4);
    l = from[18] ^ d4l;
    h = from[19] ^ d4h;
    b1l = (l << 20) | (h >>> 12);
    b1h = (h << 20) | (l >>> 12);
    l = from[20] ^ d0l;
    h = from[21] ^ d0h;
    b2l = (l << 3) | (h >>> 29);
    b2h = (h << 3) | (l >>> 29);
    l = from[32] ^ d1l;
    h = from[33] ^ d1h;
    b3l = (h << 13) | (l >>> 19);
    b3h = (l << 13) | (h >>> 19);
    l = from[44] ^ d2l;
    h = from[45] ^ d2h;
    b4l = (h << 29) | (l >>> 3);
    b4h = (l << 29) | (h >>> 3);
    to[10] = b0l ^ (~b1l & b2l);
    to[11] = b0h ^ (~b1h & b2h);
    to[12] = b1l ^ (~b2l & b3l);
    to[13] = b1h ^ (~b2h & b3h);
    to[14] = b2l ^ (~b3l & b4l);
    to[15] = b2h ^ (~b3h & b4h);
    to[16] = b3l ^ (~b4l & b0l);
    to[17] = b3h ^ (~b4h & b0h);
    to[18] = b4l ^ (~b0l & b1l);
    to[19] = b4h ^ (~b0h & b1h);
    l = from[2] ^ d1l;
    h = from[3] ^ d1h;
    b0l = (l << 1) | (h >>> 31);
    b0h = (h << 1) | (l >>> 31);
    l = from[14] ^ d2l;
    h = from[15] ^ d2h;
    b1l = (l << 6) | (h >>> 26);
    b1h = (h << 6) | (l >>> 26);
    l = from[26] ^ d3l;
    h = from[27] ^ d3h;
    b2l = (l << 25) | (h >>> 7);
    b2h = (h << 25) | (l >>> 7);
    l = from[38] ^ d4l;
    h = from[39] ^ d4h;
    b3l = (l << 8) | (h >>> 24);
    b3h = (h << 8) | (l >>> 24);
    l = from[40] ^ d0l;
    h = from[41] ^ d0h;
    b4l = (l << 18) | (h >>> 14);
    b4h = (h << 18) | (l >>> 14);
    to[20] = b0l ^ (~b1l & b2l);
    to[21] = b0h ^ (~b1h & b2h);
    to[22] = b1l ^ (~b2l & b3l);
    to[23] = b1h ^ (~b2h & b3h);
    to[24] = b2l ^ (~b3l & b4l);
    to[25] = b2h ^ (~b3h & b4h);
    to[26] = b3l ^ (~b4l & b0l);
    to[27] = b3h ^ (~b4h & b0h);
    to[28] = b4l ^ (~b0l & b1l);
    to[29] = b4h ^ (~b0h & b1h);
    l = from[8] ^ d4l;
    h = from[9] ^ d4h;
    b0l = (l << 27) | (h >>> 5);
    b0h = (h << 27) | (l >>> 5);
    l = from[10] ^ d0l;
    h = from[11] ^ d0h;
    b1l = (h << 4) | (l >>> 28);
    b1h = (l << 4) | (h >>> 28);
    l = from[22] ^ d1l;
    h = from[23] ^ d1h;
    b2l = (l << 10) | (h >>> 22);
    b2h = (h << 10) | (l >>> 22);
    l = from[34] ^ d2l;
    h = from[35] ^ d2h;
    b3l = (l << 15) | (h >>> 17);
    b3h = (h << 15) | (l >>> 17);
    l = from[46] ^ d3l;
    h = from[47] ^ d3h;
    b4l = (h << 24) | (l >>> 8);
    b4h = (l << 24) | (h >>> 8);
    to[30] = b0l ^ (~b1l & b2l);
    to[31] = b0h ^ (~b1h & b2h);
    to[32] = b1l ^ (~b2l & b3l);
    to[33] = b1h ^ (~b2h & b3h);
    to[34] = b2l ^ (~b3l & b4l);
    to[35] = b2h ^ (~b3h & b4h);
    to[36] = b3l ^ (~b4l & b0l);
    to[37] = b3h ^ (~b4h & b0h);
    to[38] = b4l ^ (~b0l & b1l);
    to[39] = b4h ^ (~b0h & b1h);
    l = from[4] ^ d2l;
    h = from[5] ^ d2h;
    b0l = (h << 30) | (l >>> 2);
    b0h = (l << 30) | (h >>> 2);
    l = from[16] ^ d3l;
    h = from[17] ^ d3h;
    b1l = (h << 23) | (l >>> 9);
    b1h = (l << 23) | (h >>> 9);
    l = from[28] ^ d4l;
    h = from[29] ^ d4h;
    b2l = (h << 7) | (l >>> 25);
    b2h = (l << 7) | (h >>> 25);
    l = from[30] ^ d0l;
    h = from[31] ^ d0h;
    b3l = (h << 9) | (l >>> 23);
    b3h = (l << 9) | (h >>> 23);
    l = from[42] ^ d1l;
    h = from[43] ^ d1h;
    b4l = (l << 2) | (h >>> 30);
    b4h = (h << 2) | (l >>> 30);
    to[40] = b0l ^ (~b1l & b2l);
    to[41] = b0h ^ (~b1h & b2h);
    to[42] = b1l ^ (~b2l & b3l);
    to[43] = b1h ^ (~b2h & b3h);
    to[44] = b2l ^ (~b3l & b4l);
    to[45] = b2h ^ (~b3h & b4h);
    to[46] = b3l ^ (~b4l & b0l);
    to[47] = b3h ^ (~b4h & b0h);
    to[48] = b4l ^ (~b0l & b1l);
    to[49] = b4h ^ (~b0h & b1h);
    const next = from;
    from = to;
    to = next;
  }
}
