/**
 * How late the event loop is: votes, chunks and blocks wait for it. Each window's 99th percentile is a metric, and has a
 * bar: beyond it the log warns, and `/health` says so, until a window is within it again.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock, Logger, Timer } from "@parahost/base";

/**
 * Milliseconds. Ten times what one task may take on the loop (performance-budget.md 5), since a machine that is shared
 * adds to it; a tenth of the shortest wait there is, a quarter of a slot of two seconds.
 */
export const DELAY_P99_MS_MAX = 50;

const WINDOW_MS = 30_000;
/** Between two looks at the clock, milliseconds; each is later by the delay. */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;
const TARGET = "event-loop";

/** The 99th percentile of the delay since the last call, milliseconds. */
export interface DelayMeter {
  take(): number;
  stop(): void;
}

export function delayMeter(): DelayMeter {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    take: () => {
      const p99 = histogram.count === 0 ? 0 : histogram.percentile(99) / NS_PER_MS;
      histogram.reset();
      return Math.max(0, p99 - RESOLUTION_MS);
    },
    stop: () => void histogram.disable(),
  };
}

export interface EventLoopPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: DelayMeter;
}

export class EventLoopWatch {
  readonly #ports: EventLoopPorts;
  #timer: Timer;
  #p99Ms = 0;

  /** Measures until stopped. */
  constructor(ports: EventLoopPorts) {
    this.#ports = ports;
    this.#timer = this.#next();
  }

  /** Of the last whole window; zero before there is one. */
  get p99Ms(): number {
    return this.#p99Ms;
  }

  get isLate(): boolean {
    return this.#p99Ms > DELAY_P99_MS_MAX;
  }

  stop(): void {
    this.#timer.cancel();
    this.#ports.meter.stop();
  }

  #next(): Timer {
    const { clock, logger, meter } = this.#ports;
    return clock.setTimer(WINDOW_MS, () => {
      const wasLate = this.isLate;
      this.#p99Ms = meter.take();
      this.#timer = this.#next();
      const found = `p99 of ${this.#p99Ms.toFixed(0)} ms in ${WINDOW_MS / 1000} s`;
      if (this.isLate && !wasLate)
        logger.log(
          "warn",
          TARGET,
          `⏰ The event loop is late: ${found}, more than ${DELAY_P99_MS_MAX} ms. Votes may come too late: give the node a core of its own, or fewer peers and clients`,
        );
      else if (wasLate && !this.isLate)
        logger.log("info", TARGET, `⏰ The event loop is in time again: ${found}`);
    });
  }
}
