/**
 * What all peers together may make us keep in buffers: parts of messages that are still arriving, and
 * messages that wait to be sent. A limit per peer alone would multiply with the number of peers.
 */
import { assert } from "@parahost/base";

export class BufferBudget {
  readonly #bytesMax: number;
  #used = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  /** Whether there is room for `bytes` more, which are then in use until they are given back. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#bytesMax) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    assert(this.#used >= 0, "no more is given back than was taken");
  }
}
