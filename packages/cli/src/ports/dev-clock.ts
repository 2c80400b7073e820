/**
 * Real time that can be made to pass faster, and to be another: for local networks whose time people want to
 * move. Between moves it runs as the machine's clock does; while it is moved, every timer on the way fires in
 * its order, and what it starts is done before the next.
 */
import { type Clock, type Settle, type Timer, VirtualClock } from "@parahost/base";

const AT_ONCE: Settle = () => Promise.resolve();

export class DevClock implements Clock {
  readonly #real: Clock;
  #timers: VirtualClock;
  /** What is to be added to the machine's time. */
  #offsetMs = 0;
  #isMoving = false;
  /** Wakes us for the earliest timer. */
  #alarm: { readonly at: number; readonly timer: Timer } | undefined;
  /** Timers that are due are being run. */
  #running: Promise<void> | undefined;

  constructor(real: Clock) {
    this.#real = real;
    this.#timers = new VirtualClock(real.now());
  }

  now(): number {
    return this.#isMoving ? this.#timers.now() : this.#real.now() + this.#offsetMs;
  }

  setTimer(delayMs: number, wake: () => void): Timer {
    const sinceTimers = this.now() - this.#timers.now();
    const timer = this.#timers.setTimer(sinceTimers + Math.max(0, delayMs), wake);
    this.#arm();
    return timer;
  }

  /**
   * Moves to the first instant at which `done` says so, at most `limitMs` from now. `settle` waits until
   * everything is done that the last timer started. Answers whether `done` did.
   */
  async advanceUntil(done: () => boolean, limitMs: number, settle: Settle): Promise<boolean> {
    await this.#running;
    this.#alarm?.timer.cancel();
    this.#alarm = undefined;
    const limit = this.now() + limitMs;
    await this.#timers.runUntil(this.now(), settle);
    this.#isMoving = true;
    try {
      while (!done()) {
        const at = this.#timers.nextAt();
        if (at === undefined || at > limit) {
          await this.#timers.runUntil(limit, settle);
          return done();
        }
        await this.#timers.step(settle);
      }
      return true;
    } finally {
      this.#offsetMs = this.#timers.now() - this.#real.now();
      this.#isMoving = false;
      this.#arm();
    }
  }

  /** It is another time from now on. Nobody who waits is woken any more. */
  setTo(now: number): void {
    this.#alarm?.timer.cancel();
    this.#alarm = undefined;
    this.#timers = new VirtualClock(now);
    this.#offsetMs = now - this.#real.now();
  }

  #arm(): void {
    if (this.#isMoving || this.#running !== undefined) return;
    const at = this.#timers.nextAt();
    if (at === undefined || (this.#alarm !== undefined && this.#alarm.at <= at)) return;
    this.#alarm?.timer.cancel();
    const timer = this.#real.setTimer(at - this.now(), () => {
      this.#alarm = undefined;
      this.#running = this.#timers.runUntil(this.now(), AT_ONCE).then(() => {
        this.#running = undefined;
        this.#arm();
      });
    });
    this.#alarm = { at, timer };
  }
}
