/**
 * Time that moves only when it is told to. Between two timers nothing happens, so idle time costs
 * nothing; at each instant everything that promises can still do is done before time moves on.
 */
import type { Clock, Timer } from "./ports.ts";

interface Entry {
  readonly at: number;
  readonly order: number;
  wake: (() => void) | undefined;
}

/** Lets every promise that can settle do so; given by the world, since it needs the host's event loop. */
export type Settle = () => Promise<void>;

export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  /** Binary heap by time, then by the order of setting. */
  readonly #heap: Entry[] = [];

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  setTimer(delayMs: number, wake: () => void): Timer {
    const entry: Entry = {
      at: this.#now + Math.max(0, Math.ceil(delayMs)),
      order: this.#order++,
      wake,
    };
    this.#push(entry);
    return {
      cancel: () => {
        entry.wake = undefined;
      },
    };
  }

  /** When the next timer is due, if there is one. */
  nextAt(): number | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return undefined;
      if (first.wake !== undefined) return first.at;
      this.#pop();
    }
  }

  /** Runs every timer due up to `end` in order, settling after each instant, and stops at `end`. */
  async runUntil(end: number, settle: Settle): Promise<void> {
    await settle();
    for (;;) {
      const at = this.nextAt();
      if (at === undefined || at > end) break;
      await this.step(settle);
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Moves to the next timer, runs what is due at that instant and settles. False without timers. */
  async step(settle: Settle): Promise<boolean> {
    const at = this.nextAt();
    if (at === undefined) return false;
    this.#now = Math.max(this.#now, at);
    const { wake } = this.#pop();
    wake?.();
    await settle();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as Entry;
      if (!isBefore(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): Entry {
    const heap = this.#heap;
    const first = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && isBefore(right, heap[childIndex] as Entry)) childIndex += 1;
      const child = heap[childIndex] as Entry;
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
