/**
 * Candidates that a dispute has found invalid: no block that includes one is built on, on whatever fork and
 * whenever it comes. Validators hear of it from their dispute coordinator, every node from any block whose
 * chain has concluded the dispute, since that chain has counted the votes. Reference: node 8.1 (10), 8.5.
 */
import { LruMap } from "@parahost/base";
import type { BlockRef } from "@parahost/consensus";
import type { BlockNumber, CandidateHash, Hash } from "@parahost/primitives";

/** Candidates remembered to be invalid. */
const CONDEMNED_MAX = 4096;

/** What a block says about candidates. */
export interface BlockVerdicts {
  readonly included: readonly CandidateHash[];
  /** Found invalid by the votes that its chain has. */
  readonly foundInvalid: readonly CandidateHash[];
}

export class CondemnedCandidates {
  readonly #condemned = new LruMap<CandidateHash, true>(CONDEMNED_MAX);
  /** Unfinalized blocks by the candidates that they include. */
  readonly #including = new Map<CandidateHash, BlockRef[]>();

  /** Blocks to abandon for what the new block brings, itself among them if it includes what is condemned. */
  onImported(block: BlockRef, { included, foundInvalid }: BlockVerdicts): readonly Hash[] {
    for (const candidate of included) {
      const blocks = this.#including.get(candidate);
      if (blocks === undefined) this.#including.set(candidate, [block]);
      else blocks.push(block);
    }
    const abandoned = new Set(foundInvalid.flatMap((candidate) => this.condemn(candidate)));
    if (included.some((candidate) => this.#condemned.has(candidate))) abandoned.add(block.hash);
    return [...abandoned];
  }

  has(candidate: CandidateHash): boolean {
    return this.#condemned.has(candidate);
  }

  /** Blocks to abandon for this candidate. */
  condemn(candidate: CandidateHash): readonly Hash[] {
    this.#condemned.set(candidate, true);
    return (this.#including.get(candidate) ?? []).map(({ hash }) => hash);
  }

  /** What is final stays. */
  onFinalized(number: BlockNumber): void {
    for (const [candidate, blocks] of this.#including) {
      const open = blocks.filter((block) => block.number > number);
      if (open.length === 0) this.#including.delete(candidate);
      else this.#including.set(candidate, open);
    }
  }
}
