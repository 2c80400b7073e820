/**
 * Messages that wait for their turn, a short queue for each authority: whoever sends more than its share
 * delays only itself. Bound: `QUEUE_MAX` messages for each authority that discovery knows.
 */
import type { AuthorityDiscoveryId } from "@parahost/primitives";

export const QUEUE_MAX = 10;

export class AuthorityQueues<T> {
  readonly #queues = new Map<AuthorityDiscoveryId, T[]>();

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** False when the authority has filled its queue. */
  push(authority: AuthorityDiscoveryId, item: T): boolean {
    const queue = this.#queues.get(authority) ?? [];
    if (queue.length >= QUEUE_MAX) return false;
    queue.push(item);
    this.#queues.set(authority, queue);
    return true;
  }

  /** The oldest message of each authority. */
  popRound(): readonly T[] {
    const round: T[] = [];
    for (const [authority, queue] of this.#queues) {
      const item = queue.shift();
      if (item !== undefined) round.push(item);
      if (queue.length === 0) this.#queues.delete(authority);
    }
    return round;
  }
}
