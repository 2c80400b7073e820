/** Durable memory of the few facts that a node must not forget before it signs the next thing. */

export interface Journal {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Returns when the value would survive a loss of power. Throws `HostError` when it cannot. */
  put(key: Uint8Array, value: Uint8Array): void;
}

/** A journal that lasts as long as the process: for networks that are thrown away. */
export class MemoryJournal implements Journal {
  readonly #values = new Map<string, Uint8Array>();

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(key.join());
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#values.set(key.join(), value.slice());
  }
}
