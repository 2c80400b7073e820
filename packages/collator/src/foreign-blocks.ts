/**
 * Blocks of other collators that the relay chain has included and whose contents are not here: they are asked for
 * one after the other, oldest first, since each needs the one before it. What cannot be had yet is asked for again
 * with the next relay chain block: once a block is included, enough validators hold pieces of it, whether or not its
 * collator shows it to anybody.
 *
 * Bounds: `WANTED_MAX` blocks, each tried `ATTEMPTS_MAX` times.
 */
import type { CandidateEvent, Hash, HeadData } from "@parahost/primitives";

export const WANTED_MAX = 256;
/** A block that is not to be had for so many relay chain blocks is of a fork that nobody keeps. */
export const ATTEMPTS_MAX = 32;

/** As the relay chain told of it. */
export type IncludedCandidate = Extract<CandidateEvent, { readonly type: "included" }>["value"];

export interface RecoveredBlock {
  readonly parentHead: HeadData;
  /** As in the PoV: perhaps compressed. */
  readonly blockData: Uint8Array;
  /** Bytes that the block data may stand for. */
  readonly maxPovSize: number;
}

export interface ForeignBlocksPorts {
  /** Asks those who may have it whole, and imports it. */
  readonly fetch: (head: Hash) => Promise<"done" | "later">;
  /** Puts it together; `undefined` where it is not to be had now. */
  readonly recover: (candidate: IncludedCandidate) => Promise<RecoveredBlock | undefined>;
  /** `later` where the block before it is missing; `done` also for a block that is of no use. */
  readonly import: (head: Hash, block: RecoveredBlock) => "done" | "later";
  /** Whether the contents are here. */
  readonly isKnown: (head: Hash) => boolean;
}

interface Wanted {
  readonly candidate: IncludedCandidate;
  attempts: number;
}

export class ForeignBlocks {
  readonly #ports: ForeignBlocksPorts;
  /** By head, oldest first. */
  readonly #wanted = new Map<Hash, Wanted>();
  #looking: Promise<void> | undefined;

  constructor(ports: ForeignBlocksPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#wanted.size;
  }

  /** A block whose contents are not here. More than fit are not remembered: those before them come first. */
  want(head: Hash, candidate: IncludedCandidate): void {
    if (this.#wanted.has(head) || this.#wanted.size >= WANTED_MAX) return;
    this.#wanted.set(head, { candidate, attempts: 0 });
  }

  /** Asks for everything that is wanted; done once each has been tried. What is under way is waited for. */
  look(): Promise<void> {
    this.#looking ??= this.#lookForAll();
    return this.#looking;
  }

  async #lookForAll(): Promise<void> {
    // Not before the caller knows that it is under way.
    await undefined;
    for (const [head, wanted] of [...this.#wanted]) await this.#lookFor(head, wanted);
    this.#looking = undefined;
  }

  async #lookFor(head: Hash, wanted: Wanted): Promise<void> {
    if (this.#ports.isKnown(head)) {
      this.#wanted.delete(head);
      return;
    }
    wanted.attempts += 1;
    if ((await this.#ports.fetch(head)) === "done") {
      this.#wanted.delete(head);
      return;
    }
    const block = await this.#ports.recover(wanted.candidate);
    const isDone = block !== undefined && this.#ports.import(head, block) === "done";
    if (isDone || wanted.attempts >= ATTEMPTS_MAX) this.#wanted.delete(head);
  }
}
