/**
 * What the node is given instead of taking it from the machine. `cli` and `sim` choose the
 * implementations; the core never sees a clock, a timer or a source of randomness of its own.
 */

/** Time and timers. Virtual in the simulator, where idle time costs nothing. */
export interface Clock {
  /** Whole milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Calls `wake` once, `delayMs` from now (a fraction counts as a whole one), unless cancelled. Timers due at the same instant run in
   * the order in which they were set.
   */
  setTimer(delayMs: number, wake: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Settles after `delayMs`, or at once with `false` when `signal` aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve(false);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      resolve(false);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve(true);
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** Chance. The simulator draws it from the seed of the run. */
export interface Random {
  /** Fills `target` with random bytes. */
  fill(target: Uint8Array): void;
}

export function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  random.fill(bytes);
  return bytes;
}

/** Uniform integer in `[0, bound)`, `bound` at most 2^32. */
export function randomBelow(random: Random, bound: number): number {
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  for (;;) {
    random.fill(bytes);
    const drawn = view.getUint32(0, true);
    if (drawn < limit) return drawn % bound;
  }
}

/** Uniform number in `[0, 1)` with 32 bits of resolution. */
export function randomUnit(random: Random): number {
  return randomBelow(random, 0x1_0000_0000) / 0x1_0000_0000;
}

/** In-place Fisher–Yates. */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = randomBelow(random, i + 1);
    const other = items[j] as T;
    items[j] = items[i] as T;
    items[i] = other;
  }
  return items;
}

/** Levels as in Polkadot nodes; `target` is the subsystem's log target, for example `parachain::backing`. */
export type LogLevel = "error" | "warn" | "info" | "debug" | "trace";

export interface Logger {
  log(
    level: LogLevel,
    target: string,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

export const silentLogger: Logger = { log: () => {} };
