/**
 * Collecting chunks from many validators of whom some are slow, gone or lying: whom to ask next, how
 * many at a time, and when there is no hope left. Decides only. Reference: node 5.14.
 */
import type { ValidatorIndex } from "@parahost/primitives";

/** Requests under way at one time. */
export const CHUNK_REQUESTS_MAX = 50;

export class ChunkHunt {
  readonly #needed: number;
  readonly #attemptsMax: number;
  readonly #waiting: ValidatorIndex[];
  readonly #attempts = new Map<ValidatorIndex, number>();
  readonly #chunks: Map<number, Uint8Array>;
  #inFlight = 0;
  #failures = 0;
  /** Requests that have been under way for so long that others are started beside them. */
  #slow = 0;

  /**
   * `order` is whom to ask, first to last; `chunks` by index, those at hand, is added to. After
   * `attemptsMax` failed tries a validator is given up.
   */
  constructor(
    needed: number,
    attemptsMax: number,
    order: readonly ValidatorIndex[],
    chunks: Map<number, Uint8Array>,
  ) {
    this.#needed = needed;
    this.#attemptsMax = attemptsMax;
    this.#waiting = [...order];
    this.#chunks = chunks;
  }

  get isComplete(): boolean {
    return this.#chunks.size >= this.#needed;
  }

  /** What is there and what may still come is too little. */
  get isHopeless(): boolean {
    return this.#chunks.size + this.#inFlight + this.#waiting.length < this.#needed;
  }

  /** The next to be asked now, if any. */
  next(): ValidatorIndex | undefined {
    if (this.isComplete || this.#inFlight >= CHUNK_REQUESTS_MAX) return undefined;
    if (this.#inFlight - this.#slow >= this.#wanted()) return undefined;
    const validator = this.#waiting.shift();
    if (validator !== undefined) this.#inFlight += 1;
    return validator;
  }

  /** A good chunk came in. */
  found(index: number, chunk: Uint8Array): void {
    this.#landed();
    this.#chunks.set(index, chunk);
  }

  /** The validator does not have the chunk, or lies. */
  refused(): void {
    this.#landed();
    this.#failures += 1;
  }

  /** No answer: the validator is asked again after the others. */
  failed(validator: ValidatorIndex): void {
    this.#landed();
    this.#failures += 1;
    const attempts = (this.#attempts.get(validator) ?? 0) + 1;
    this.#attempts.set(validator, attempts);
    if (attempts < this.#attemptsMax) this.#waiting.push(validator);
  }

  /** Nothing has come for a while. */
  lostPatience(): void {
    this.#slow = this.#inFlight;
  }

  #landed(): void {
    this.#inFlight -= 1;
    this.#slow = Math.min(this.#slow, this.#inFlight);
  }

  /** What is missing, and as much again as fails. */
  #wanted(): number {
    const missing = this.#needed - this.#chunks.size;
    return Math.min(CHUNK_REQUESTS_MAX, missing + Math.min(missing, this.#failures));
  }
}
