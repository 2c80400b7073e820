/**
 * Randomness that repeats from a seed: xoshiro128** over a state spread from the seed by splitmix64.
 * For simulated worlds and tests only; nothing secret may be drawn from it.
 */
import type { Random } from "./ports.ts";

const MASK = (1n << 64n) - 1n;

export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number | bigint | string) {
    let state = typeof seed === "string" ? hashText(seed) : BigInt.asUintN(64, BigInt(seed));
    const next = (): bigint => {
      state = (state + 0x9e3779b97f4a7c15n) & MASK;
      let z = state;
      z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
      z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
      return z ^ (z >> 31n);
    };
    const first = next();
    const second = next();
    this.#a = Number(first & 0xffff_ffffn) | 0;
    this.#b = Number(first >> 32n) | 0;
    this.#c = Number(second & 0xffff_ffffn) | 0;
    this.#d = Number(second >> 32n) | 0;
  }

  /** A source of its own, so that drawing more in one place does not move what another draws. */
  fork(name: string): SeededRandom {
    const high = BigInt(this.#next());
    return new SeededRandom((((high << 32n) | BigInt(this.#next())) ^ hashText(name)) & MASK);
  }

  fill(target: Uint8Array): void {
    for (let i = 0; i < target.length; i += 4) {
      const word = this.#next();
      target[i] = word;
      if (i + 1 < target.length) target[i + 1] = word >>> 8;
      if (i + 2 < target.length) target[i + 2] = word >>> 16;
      if (i + 3 < target.length) target[i + 3] = word >>> 24;
    }
  }

  #next(): number {
    const b5 = Math.imul(this.#b, 5);
    const drawn = Math.imul((b5 << 7) | (b5 >>> 25), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return drawn;
  }
}

/** FNV-1a, 64 bits. */
function hashText(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++)
    hash = ((hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n) & MASK;
  return hash;
}
