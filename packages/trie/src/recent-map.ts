/**
 * A map that forgets what has not been asked for lately: entries live in a young and an old
 * generation, and when the young one is full the old one goes. Unlike a list of uses, a hit costs
 * one look-up, which is what reads of a state consist of.
 */
export class RecentMap<K, V> {
  readonly #generationSize: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** Holds the last `capacity / 2` entries used for certain, and `capacity` at most. */
  constructor(capacity: number) {
    this.#generationSize = Math.max(1, capacity >> 1);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
