/** Hands the node's events to whoever listens, at once and in order. Keeps none. */
import { assert, type Clock } from "@parahost/base";
import type { NodeEvent, NodeEventData } from "./events.ts";

/** Listeners of one bus: terminal, RPC subscriptions, dashboard, checkers. */
const LISTENERS_MAX = 1024;

export type NodeEventListener = (event: NodeEvent) => void;

export class EventBus {
  readonly #clock: Clock;
  readonly #node: string;
  readonly #listeners = new Set<NodeEventListener>();

  constructor(clock: Clock, node: string) {
    this.#clock = clock;
    this.#node = node;
  }

  /** Calls `listener` on every event from now on, until the returned function is called. */
  subscribe(listener: NodeEventListener): () => void {
    assert(this.#listeners.size < LISTENERS_MAX, `more than ${LISTENERS_MAX} listeners`);
    const own: NodeEventListener = (event) => listener(event);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** Stamps the event with time and node. Listeners must not throw: it would be the emitter's end. */
  emit(data: NodeEventData): void {
    const event: NodeEvent = { ...data, time: this.#clock.now(), node: this.#node };
    for (const listener of this.#listeners) listener(event);
  }
}
