/**
 * How far a chain may be voted for: up to below the first block that includes a candidate under dispute
 * or lost. Node-side reference, 5.27.
 */
import type { BlockNumber, CandidateHash, Hash, SessionIndex } from "@parahost/primitives";

/** A block above the base, and the candidates that it includes. */
export interface BlockDescription {
  readonly blockHash: Hash;
  readonly session: SessionIndex;
  readonly candidates: readonly CandidateHash[];
}

/** The last block before the first with a disputed candidate; the base when that is the first one. */
export function undisputedChain(
  base: { readonly number: BlockNumber; readonly hash: Hash },
  descriptions: readonly BlockDescription[],
  isInDoubt: (session: SessionIndex, candidate: CandidateHash) => boolean,
): { readonly number: BlockNumber; readonly hash: Hash } {
  const disputed = descriptions.findIndex(({ session, candidates }) =>
    candidates.some((candidate) => isInDoubt(session, candidate)),
  );
  const count = disputed === -1 ? descriptions.length : disputed;
  const last = descriptions[count - 1];
  return last === undefined ? base : { number: base.number + count, hash: last.blockHash };
}
