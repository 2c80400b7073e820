/** Transactions that are refused for a while without asking the runtime again. */
import type { Clock } from "@parahost/base";
import type { Hash } from "@parahost/primitives";

const BAN_MS = 30 * 60 * 1000;
/** The oldest gives way. */
const BANNED_MAX = 10_000;

export class BanList {
  readonly #clock: Clock;
  readonly #until = new Map<Hash, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(hash: Hash): boolean {
    const until = this.#until.get(hash);
    if (until === undefined) return false;
    if (until > this.#clock.now()) return true;
    this.#until.delete(hash);
    return false;
  }

  add(hash: Hash): void {
    this.#until.delete(hash);
    this.#until.set(hash, this.#clock.now() + BAN_MS);
    if (this.#until.size <= BANNED_MAX) return;
    const oldest = this.#until.keys().next();
    if (oldest.done !== true) this.#until.delete(oldest.value);
  }
}
