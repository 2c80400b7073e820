/**
 * How well the network moves: L1 slots with a block, L2 blocks between the best one and finality, L3
 * parachain blocks per relay block. Counted on the finalized chain; whether it is enough depends on what
 * the network went through, so nothing here is a violation.
 */
import type { BlockNumber, Hash, ParaId } from "@parahost/primitives";

interface Seen {
  readonly slot: number;
  readonly included: readonly ParaId[];
}

export class Liveness {
  readonly #seen = new Map<Hash, Seen>();
  #blocks = 0;
  #firstSlot: number | undefined;
  #lastSlot = 0;
  #lagMax = 0;
  readonly #included = new Map<ParaId, number>();

  constructor(paras: readonly ParaId[]) {
    for (const para of paras) this.#included.set(para, 0);
  }

  /** A block is there, with the paras of which it includes candidates. */
  block(hash: Hash, slot: number, included: readonly ParaId[]): void {
    this.#seen.set(hash, { slot, included });
  }

  /** The next block is final somewhere, for the first time. */
  finalized(hash: Hash): void {
    const seen = this.#seen.get(hash);
    if (seen === undefined) return;
    this.#blocks += 1;
    this.#firstSlot ??= seen.slot;
    this.#lastSlot = Math.max(this.#lastSlot, seen.slot);
    for (const para of seen.included) this.#included.set(para, (this.#included.get(para) ?? 0) + 1);
  }

  /** A node's best and finalized block. */
  progress(best: BlockNumber, finalized: BlockNumber): void {
    this.#lagMax = Math.max(this.#lagMax, best - finalized);
  }

  report(): string[] {
    const slots = this.#firstSlot === undefined ? 0 : this.#lastSlot - this.#firstSlot + 1;
    return [
      `L1: ${this.#blocks} finalized blocks in ${slots} slots${share(this.#blocks, slots)}`,
      `L2: finality was up to ${this.#lagMax} blocks behind`,
      ...[...this.#included].map(
        ([para, count]) =>
          `L3: para ${para}: ${count} blocks included by ${this.#blocks} relay blocks${share(count, this.#blocks)}`,
      ),
    ];
  }
}

const share = (part: number, whole: number): string =>
  whole === 0 ? "" : ` (${Math.floor((100 * part) / whole)} %)`;
