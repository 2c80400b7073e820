/**
 * An inbox with a capacity. Producers either wait (`push`) or are refused (`tryPush`); the consumer
 * iterates. Closing ends the iteration once what is queued has been read.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly capacity: number;
  #items: T[] = [];
  #head = 0;
  #closed = false;
  #readers: ((result: IteratorResult<T>) => void)[] = [];
  #writers: { item: T; resolve: (accepted: boolean) => void }[] = [];

  constructor(capacity: number) {
    if (!(capacity > 0)) throw new RangeError(`a queue needs room: ${capacity}`);
    this.capacity = capacity;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** False when the queue is full or closed; the item is then not taken. */
  tryPush(item: T): boolean {
    if (this.#closed) return false;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ done: false, value: item });
      return true;
    }
    if (this.size >= this.capacity) return false;
    this.#items.push(item);
    return true;
  }

  /** Waits for room. Settles with false when the queue closes first. */
  push(item: T): Promise<boolean> {
    if (this.tryPush(item)) return Promise.resolve(true);
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve) => this.#writers.push({ item, resolve }));
  }

  /** The oldest item if one waits. */
  tryShift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head] as T;
    this.#items[this.#head] = undefined as T;
    this.#head += 1;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    const writer = this.#writers.shift();
    if (writer !== undefined) {
      this.#items.push(writer.item);
      writer.resolve(true);
    }
    return item;
  }

  /** The oldest item, waiting for one; `undefined` once closed and empty. */
  async shift(): Promise<T | undefined> {
    const result = await this.#next();
    return result.done === true ? undefined : result.value;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
    for (const writer of this.#writers.splice(0)) writer.resolve(false);
  }

  #next(): Promise<IteratorResult<T>> {
    if (this.size > 0) {
      const item = this.tryShift() as T;
      return Promise.resolve({ done: false, value: item });
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: () => this.#next(),
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
  }
}
