/**
 * Who goes next: disputes until they have had 70 % of the recent turns, approvals until they have had 80 % of the
 * rest, then backing of system paras, then other backing. A share that nobody asks for goes to those who wait.
 *
 * Reference: node-side.md 5.18.
 */

import type { ExecutionPriority } from "../executor.ts";

const ORDER: readonly ExecutionPriority[] = ["dispute", "approval", "backingSystemPara", "backing"];
/** Percent of the turns that are left by those before. */
const SHARES: Readonly<Record<ExecutionPriority, number>> = {
  dispute: 70,
  approval: 80,
  backingSystemPara: 100,
  backing: 100,
};
/** Turns that are remembered; then the count starts anew. */
const RECENT_TURNS = 12;

export class JobQueue<T> {
  readonly capacity: number;
  readonly #waiting: Record<ExecutionPriority, T[]> = {
    dispute: [],
    approval: [],
    backingSystemPara: [],
    backing: [],
  };
  readonly #turns: Record<ExecutionPriority, number> = {
    dispute: 0,
    approval: 0,
    backingSystemPara: 0,
    backing: 0,
  };

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return ORDER.reduce((sum, priority) => sum + this.#waiting[priority].length, 0);
  }

  /** False when the queue is full. */
  push(priority: ExecutionPriority, job: T): boolean {
    if (this.size >= this.capacity) return false;
    this.#waiting[priority].push(job);
    return true;
  }

  /** Takes a job out before its turn. */
  remove(job: T): boolean {
    for (const priority of ORDER) {
      const at = this.#waiting[priority].indexOf(job);
      if (at < 0) continue;
      this.#waiting[priority].splice(at, 1);
      return true;
    }
    return false;
  }

  /** The job whose turn it is. */
  shift(): T | undefined {
    const waiting = ORDER.filter((priority) => this.#waiting[priority].length > 0);
    const chosen = waiting.find((priority) => !this.#hasHadItsShare(priority)) ?? waiting[0];
    if (chosen === undefined) return undefined;
    this.#turns[chosen] += 1;
    if (ORDER.reduce((sum, priority) => sum + this.#turns[priority], 0) >= RECENT_TURNS)
      for (const priority of ORDER) this.#turns[priority] = 0;
    return this.#waiting[chosen].shift();
  }

  #hasHadItsShare(priority: ExecutionPriority): boolean {
    const rest = ORDER.slice(ORDER.indexOf(priority)).reduce(
      (sum, other) => sum + this.#turns[other],
      0,
    );
    return rest > 0 && (this.#turns[priority] * 100) / rest > SHARES[priority];
  }
}
