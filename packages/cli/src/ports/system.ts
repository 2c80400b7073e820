/** The machine's own clock and randomness: the real world's implementations of the ports. */
import { randomFillSync } from "node:crypto";
import type { Clock, Random, Timer } from "@parahost/base";

/** Timers longer than this would fire at once in Node. */
const TIMEOUT_MS_MAX = 0x7fff_ffff;

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (delayMs: number, wake: () => void): Timer => {
    if (delayMs <= 0) {
      const handle = setImmediate(wake);
      return { cancel: () => clearImmediate(handle) };
    }
    const handle = setTimeout(wake, Math.min(delayMs, TIMEOUT_MS_MAX));
    return { cancel: () => clearTimeout(handle) };
  },
};

export const systemRandom: Random = { fill: (target) => void randomFillSync(target) };
