/**
 * A subsystem's inbox: signals and messages in two bounded queues. Signals are always taken first,
 * and a message waits until as many signals were taken here as its sender had taken, so a
 * subsystem never hears about a leaf before the overseer told it. Guide: Overseer.
 */
import { assert, BoundedQueue } from "@parahost/base";
import type { Incoming } from "./context.ts";
import type { Messages, SubsystemName } from "./messages.ts";
import type { Reply } from "./reply.ts";
import type { Signal } from "./signal.ts";

/** Messages that may wait for one subsystem; a sender waits beyond. */
export const MESSAGE_QUEUE_CAPACITY = 2048;
/** Signals that may wait for one subsystem; the overseer waits beyond. */
export const SIGNAL_QUEUE_CAPACITY = 64;

interface Envelope<M> {
  readonly message: M;
  /** Signals that its sender had taken when it sent it. */
  readonly signalsSeen: number;
}

export class Inbox<Name extends SubsystemName> implements AsyncIterable<Incoming<Name>> {
  readonly #signals = new BoundedQueue<Signal>(SIGNAL_QUEUE_CAPACITY);
  readonly #messages: BoundedQueue<Envelope<Messages[Name]>>;
  /** Taken from its queue and ahead of our signals. */
  #held: Envelope<Messages[Name]> | undefined;
  #signalsSeen = 0;
  #reader: ((result: IteratorResult<Incoming<Name>>) => void) | undefined;
  #closed = false;
  #onSignalTaken: () => void = () => {};

  constructor(messageCapacity = MESSAGE_QUEUE_CAPACITY) {
    this.#messages = new BoundedQueue(messageCapacity);
  }

  /** Signals taken so far. */
  get signalsSeen(): number {
    return this.#signalsSeen;
  }

  get signalsWaiting(): number {
    return this.#signals.size;
  }

  /** Calls `listener` after each signal that is taken. */
  onSignalTaken(listener: () => void): void {
    this.#onSignalTaken = listener;
  }

  /** Settles when the queue has taken the signal; with false when the inbox is closed. */
  pushSignal(signal: Signal): Promise<boolean> {
    const pushed = this.#signals.push(signal);
    this.#wake();
    return pushed;
  }

  /** As `pushSignal`. A question that is not taken is cancelled. */
  async pushMessage(message: Messages[Name], signalsSeen: number): Promise<boolean> {
    const pushed = this.#messages.push({ message, signalsSeen });
    this.#wake();
    const taken = await pushed;
    if (!taken) cancelQuestion(message);
    return taken;
  }

  /** Ends the iteration; questions that nobody will read are cancelled. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#signals.close();
    this.#messages.close();
    if (this.#held !== undefined) cancelQuestion(this.#held.message);
    this.#held = undefined;
    for (;;) {
      const envelope = this.#messages.tryShift();
      if (envelope === undefined) break;
      cancelQuestion(envelope.message);
    }
    this.#reader?.({ done: true, value: undefined });
    this.#reader = undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<Incoming<Name>> {
    return {
      next: () => {
        assert(this.#reader === undefined, "an inbox has one reader");
        const incoming = this.#take();
        if (incoming !== undefined) return Promise.resolve({ done: false, value: incoming });
        if (this.#closed) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => {
          this.#reader = resolve;
        });
      },
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
  }

  #wake(): void {
    if (this.#reader === undefined) return;
    const incoming = this.#take();
    if (incoming === undefined) return;
    const reader = this.#reader;
    this.#reader = undefined;
    reader({ done: false, value: incoming });
  }

  #take(): Incoming<Name> | undefined {
    if (this.#closed) return undefined;
    const signal = this.#signals.tryShift();
    if (signal !== undefined) {
      this.#signalsSeen += 1;
      this.#onSignalTaken();
      return { from: "overseer", signal };
    }
    this.#held ??= this.#messages.tryShift();
    if (this.#held === undefined || this.#held.signalsSeen > this.#signalsSeen) return undefined;
    const { message } = this.#held;
    this.#held = undefined;
    return { from: "subsystem", message };
  }
}

function cancelQuestion(message: unknown): void {
  const { reply } = message as { readonly reply?: Reply<never> };
  reply?.cancel();
}
