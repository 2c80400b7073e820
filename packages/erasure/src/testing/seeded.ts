/** Chance for tests that repeats from a number (mulberry32). */
import type { Random } from "@parahost/base";

export function seeded(seed: number): Random {
  let state = seed;
  return {
    fill(target) {
      for (let i = 0; i < target.length; i++) {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        target[i] = mixed >>> 24;
      }
    },
  };
}
