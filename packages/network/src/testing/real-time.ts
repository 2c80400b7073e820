/** Time for tests that need sockets. */
import type { Clock } from "@parahost/base";

/** The machine's time, `speed` times as fast. */
export function realClock(speed = 1): Clock {
  return {
    now: () => Math.floor(Date.now() * speed),
    setTimer: (delayMs, wake) => {
      if (delayMs <= 0) {
        const handle = setImmediate(wake);
        return { cancel: () => clearImmediate(handle) };
      }
      const handle = setTimeout(wake, delayMs / speed);
      return { cancel: () => clearTimeout(handle) };
    },
  };
}

/** Waits until `isDone`, at most `ms` of the machine's time. */
export async function until(isDone: () => boolean, what: string, ms = 8_000): Promise<void> {
  for (const end = Date.now() + ms; !isDone(); await pause(2))
    if (Date.now() > end) throw new Error(`did not happen in time: ${what}`);
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
