/** The ChaCha20 key stream as a source of agreed random numbers: counter 0, nonce 0. */
import { assert } from "@parahost/base";

const WORDS = 16;

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function quarterRound(s: Int32Array, a: number, b: number, c: number, d: number): void {
  let [x, y, z, w] = [s[a] as number, s[b] as number, s[c] as number, s[d] as number];
  x = (x + y) | 0;
  w = rotate(w ^ x, 16);
  z = (z + w) | 0;
  y = rotate(y ^ z, 12);
  x = (x + y) | 0;
  w = rotate(w ^ x, 8);
  z = (z + w) | 0;
  y = rotate(y ^ z, 7);
  s[a] = x;
  s[b] = y;
  s[c] = z;
  s[d] = w;
}

/** Words of the key stream, in order. */
export class ChaChaStream {
  readonly #initial = new Int32Array(WORDS);
  readonly #block = new Int32Array(WORDS);
  #next = WORDS;

  constructor(seed: Uint8Array) {
    assert(seed.length === 32, `a seed has 32 bytes, not ${seed.length}`);
    this.#initial.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
    const key = new DataView(seed.buffer, seed.byteOffset, seed.length);
    for (let i = 0; i < 8; i++) this.#initial[4 + i] = key.getInt32(4 * i, true);
  }

  nextU32(): number {
    if (this.#next === WORDS) this.#refill();
    const word = this.#block[this.#next] as number;
    this.#next += 1;
    return word >>> 0;
  }

  /**
   * Uniform in `[0, range)`, with exactly the rejections of the reference, so that all nodes consume
   * the same number of words.
   */
  below(range: number): number {
    assert(range > 0 && range >>> 0 === range, `not a range: ${range}`);
    const zone = ((range << Math.clz32(range)) - 1) >>> 0;
    for (;;) {
      const value = this.nextU32();
      const low = Math.imul(value, range) >>> 0;
      if (low > zone) continue;
      // The high word of the 64-bit product, in halves that doubles hold exactly.
      const high = (value >>> 16) * range + Math.floor(((value & 0xffff) * range) / 0x1_0000);
      return Math.floor(high / 0x1_0000);
    }
  }

  #refill(): void {
    const s = this.#block;
    s.set(this.#initial);
    for (let round = 0; round < 10; round++) {
      quarterRound(s, 0, 4, 8, 12);
      quarterRound(s, 1, 5, 9, 13);
      quarterRound(s, 2, 6, 10, 14);
      quarterRound(s, 3, 7, 11, 15);
      quarterRound(s, 0, 5, 10, 15);
      quarterRound(s, 1, 6, 11, 12);
      quarterRound(s, 2, 7, 8, 13);
      quarterRound(s, 3, 4, 9, 14);
    }
    for (let i = 0; i < WORDS; i++) s[i] = (s[i] as number) + (this.#initial[i] as number);
    // A 64-bit counter in words 12 and 13.
    this.#initial[12] = (this.#initial[12] as number) + 1;
    if (this.#initial[12] === 0) this.#initial[13] = (this.#initial[13] as number) + 1;
    this.#next = 0;
  }
}
