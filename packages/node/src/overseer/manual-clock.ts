/** A clock that stands still until a test moves it. */
import type { Clock, Timer } from "@parahost/base";

/** Turns of the microtask queue granted to whoever a timer woke. */
const SETTLE_TURNS = 500;

interface Alarm {
  readonly at: number;
  readonly wake: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  /** By time, then by the order in which they were set. */
  readonly #alarms: Alarm[] = [];

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimer(delayMs: number, wake: () => void): Timer {
    const alarm: Alarm = { at: this.#now + Math.max(0, delayMs), wake };
    const later = this.#alarms.findIndex((other) => other.at > alarm.at);
    this.#alarms.splice(later === -1 ? this.#alarms.length : later, 0, alarm);
    return {
      cancel: () => {
        const index = this.#alarms.indexOf(alarm);
        if (index !== -1) this.#alarms.splice(index, 1);
      },
    };
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#alarms.length;
  }

  /** Moves time forward, wakes what falls due on the way and lets it work before going on. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.#settle();
    for (;;) {
      const alarm = this.#alarms[0];
      if (alarm === undefined || alarm.at > until) break;
      this.#alarms.shift();
      this.#now = alarm.at;
      alarm.wake();
      await this.#settle();
    }
    this.#now = until;
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < SETTLE_TURNS; turn++) await Promise.resolve();
  }
}
