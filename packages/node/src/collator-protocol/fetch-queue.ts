/**
 * Which advertised collation of one relay parent is fetched next: in the order of arrival, but a
 * collator that was served more often this session waits behind one that was served less.
 * Node-side reference, 5.8.
 */
import type { PeerId } from "@parahost/network";
import type { CandidateHash, CollatorId, Hash, ParaId } from "@parahost/primitives";

export interface Advertisement {
  readonly peer: PeerId;
  readonly collator: CollatorId;
  readonly paraId: ParaId;
  readonly relayParent: Hash;
  readonly candidateHash: CandidateHash;
  readonly parentHeadDataHash: Hash;
}

/** Advertisements that may wait at one relay parent. */
export const FETCH_QUEUE_MAX = 64;

export class FetchQueue {
  readonly #waiting: Advertisement[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** False when the queue is full. */
  push(advertisement: Advertisement): boolean {
    if (this.#waiting.length >= FETCH_QUEUE_MAX) return false;
    this.#waiting.push(advertisement);
    return true;
  }

  /** The next to fetch from; `served` says how often each collator was fetched from. */
  shift(served: ReadonlyMap<CollatorId, number>): Advertisement | undefined {
    let best = 0;
    for (let i = 1; i < this.#waiting.length; i++) {
      const candidate = served.get((this.#waiting[i] as Advertisement).collator) ?? 0;
      const leader = served.get((this.#waiting[best] as Advertisement).collator) ?? 0;
      if (candidate < leader) best = i;
    }
    return this.#waiting.splice(best, 1)[0];
  }

  /** Forgets what a peer advertised. */
  removePeer(peer: PeerId): void {
    const kept = this.#waiting.filter((advertisement) => advertisement.peer !== peer);
    this.#waiting.splice(0, this.#waiting.length, ...kept);
  }
}
