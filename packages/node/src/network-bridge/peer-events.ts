/**
 * What the network reports, waiting for the bridge. The network pushes, we pull at our pace: when
 * the queue is full messages are dropped and new peers are turned away. The end of a connection is
 * always kept, and there are no more of those than connections we heard of.
 */
import type { NotificationEvent, PeerId } from "@parahost/network";
import type { PeerSet } from "./messages.ts";

export interface PeerEvent {
  readonly peerSet: PeerSet;
  readonly event: NotificationEvent;
}

/** Forty messages each from a hundred peers. */
export const PEER_EVENTS_MAX = 4096;

export class PeerEvents {
  readonly #capacity: number;
  #waiting: PeerEvent[] = [];
  #next = 0;
  #reader: ((event: PeerEvent | undefined) => void) | undefined;
  #closed = false;
  /** Peers whose connection was let in, by peer set. */
  readonly #known: Readonly<Record<PeerSet, Set<PeerId>>> = {
    validation: new Set(),
    collation: new Set(),
  };
  #dropped = 0;

  constructor(capacity = PEER_EVENTS_MAX) {
    this.#capacity = capacity;
  }

  /** Messages lost for want of room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** False when there was no room. The caller then disconnects a peer that has just connected. */
  push(peerSet: PeerSet, event: NotificationEvent): boolean {
    if (this.#closed) return false;
    const known = this.#known[peerSet];
    const full = this.#waiting.length - this.#next >= this.#capacity;
    if (event.type === "opened") {
      if (full) return false;
      known.add(event.peer);
    } else if (!known.has(event.peer)) return false;
    else if (event.type === "closed") known.delete(event.peer);
    else if (full) {
      this.#dropped += 1;
      return false;
    }
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) reader({ peerSet, event });
    else this.#waiting.push({ peerSet, event });
    return true;
  }

  /** The oldest event, or `undefined` once closed. */
  next(): Promise<PeerEvent | undefined> {
    const event = this.#waiting[this.#next];
    if (event !== undefined) {
      this.#next += 1;
      if (this.#next > 64 && this.#next * 2 > this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#next);
        this.#next = 0;
      }
      return Promise.resolve(event);
    }
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#next = 0;
    this.#reader?.(undefined);
    this.#reader = undefined;
  }
}
