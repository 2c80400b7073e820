/**
 * Candidates that blocks we know back, include or dispute: a dispute about such a candidate is genuine, and
 * the blocks that include one that lost are reverted. Kept until some blocks past finality.
 * Node-side reference, 1.3, 5.23.
 */
import { LruMap } from "@parahost/base";
import type { BlockNumber, CandidateHash, Hash } from "@parahost/primitives";

/** Blocks below the finalized one whose candidates can still be disputed. */
export const KEEP_PAST_FINALITY_BLOCKS = 10;

/** Candidates of other forks that are kept in mind; a chain has at most 30 open disputes of them. */
const REMOTE_MAX = 256;

export interface BlockRef {
  readonly number: BlockNumber;
  readonly hash: Hash;
}

/** What a block says about candidates. */
export interface Sighted {
  readonly backed?: readonly CandidateHash[];
  readonly included?: readonly CandidateHash[];
  /** It brought votes of their disputes. */
  readonly disputed?: readonly CandidateHash[];
}

type Sightings = Map<CandidateHash, BlockRef[]>;

export class SeenOnChain {
  readonly #included: Sightings = new Map();
  readonly #backed: Sightings = new Map();
  readonly #disputed: Sightings = new Map();
  readonly #remote = new LruMap<CandidateHash, true>(REMOTE_MAX);
  /** Candidates by the block in which they were seen, for pruning. */
  readonly #blocks = new Map<
    Hash,
    { readonly block: BlockRef; readonly candidates: Set<CandidateHash> }
  >();

  /** Its dispute was carried here from another fork. */
  noteRemote(candidate: CandidateHash): void {
    this.#remote.set(candidate, true);
  }

  /** Whether the block's events were read. */
  hasBlock(hash: Hash): boolean {
    return this.#blocks.has(hash);
  }

  /** What a block says; each block once. */
  note(block: BlockRef, { backed = [], included = [], disputed = [] }: Sighted): void {
    if (this.#blocks.has(block.hash)) return;
    const candidates = new Set([...backed, ...included, ...disputed]);
    this.#blocks.set(block.hash, { block, candidates });
    for (const candidate of backed) add(this.#backed, candidate, block);
    for (const candidate of included) add(this.#included, candidate, block);
    for (const candidate of disputed) add(this.#disputed, candidate, block);
  }

  isIncluded(candidate: CandidateHash): boolean {
    return this.#included.has(candidate);
  }

  isIncludedBy(candidate: CandidateHash, block: Hash): boolean {
    return this.#included.get(candidate)?.some(({ hash }) => hash === block) === true;
  }

  /** Backed or included by some block, or shown to be available elsewhere: the candidate exists. */
  isOnChain(candidate: CandidateHash): boolean {
    return (
      this.#included.has(candidate) || this.#backed.has(candidate) || this.#remote.has(candidate)
    );
  }

  /** Whether some chain counts the votes of its dispute. */
  isDisputedOnChain(candidate: CandidateHash): boolean {
    return this.#disputed.has(candidate);
  }

  /** Blocks of any fork that include the candidate, lowest first. */
  inclusionsOf(candidate: CandidateHash): readonly BlockRef[] {
    return [...(this.#included.get(candidate) ?? [])].sort(
      (a, b) => a.number - b.number || (a.hash < b.hash ? -1 : 1),
    );
  }

  /** Forgets what lies more than `KEEP_PAST_FINALITY_BLOCKS` below the finalized height. */
  finalize(finalized: BlockNumber): void {
    for (const [hash, { block, candidates }] of this.#blocks) {
      if (block.number >= finalized - KEEP_PAST_FINALITY_BLOCKS) continue;
      this.#blocks.delete(hash);
      for (const candidate of candidates) {
        drop(this.#backed, candidate, hash);
        drop(this.#included, candidate, hash);
        drop(this.#disputed, candidate, hash);
      }
    }
  }
}

function add(sightings: Sightings, candidate: CandidateHash, block: BlockRef): void {
  const known = sightings.get(candidate);
  if (known === undefined) sightings.set(candidate, [block]);
  else known.push(block);
}

function drop(sightings: Sightings, candidate: CandidateHash, block: Hash): void {
  const left = sightings.get(candidate)?.filter(({ hash }) => hash !== block);
  if (left === undefined) return;
  if (left.length === 0) sightings.delete(candidate);
  else sightings.set(candidate, left);
}
