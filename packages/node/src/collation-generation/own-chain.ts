/**
 * Our candidates that the relay chain may yet take, and the chain that they make: the next block may build on
 * one that a validator seconded, before the relay chain has it. Node-side reference, 5.6, 5.9.
 *
 * Bound: candidates of relay parents under an active leaf, one for each that was collated on.
 */
import {
  type BlockNumber,
  type CandidateHash,
  type Hash,
  type HeadData,
  paraHeadHash,
} from "@parahost/primitives";

export interface OwnCandidate {
  readonly hash: CandidateHash;
  readonly relayParent: Hash;
  readonly relayParentNumber: BlockNumber;
  readonly parentHeadHash: Hash;
  readonly headData: HeadData;
}

export class OwnChain {
  readonly #candidates = new Map<CandidateHash, OwnCandidate>();
  readonly #seconded = new Set<CandidateHash>();

  add(candidate: OwnCandidate): void {
    this.#candidates.set(candidate.hash, candidate);
  }

  /** A validator seconded it: others will hear of it. */
  markSeconded(hash: CandidateHash): void {
    if (this.#candidates.has(hash)) this.#seconded.add(hash);
  }

  /** What can build on these relay parents only. */
  forgetRelayParents(relayParents: readonly Hash[]): void {
    for (const { hash, relayParent } of this.#candidates.values()) {
      if (!relayParents.includes(relayParent)) continue;
      this.#candidates.delete(hash);
      this.#seconded.delete(hash);
    }
  }

  /**
   * Seconded candidates that follow one another from this head, all at relay parents that `isAllowed`, none
   * older than the one before. Of several it is the one with the lowest hash, which a block would take too.
   */
  from(head: HeadData, isAllowed: (relayParent: Hash) => boolean): readonly OwnCandidate[] {
    const chain: OwnCandidate[] = [];
    const usable = [...this.#candidates.values()]
      .filter(({ hash, relayParent }) => this.#seconded.has(hash) && isAllowed(relayParent))
      .sort((a, b) => (a.hash < b.hash ? -1 : 1));
    const heads = new Set([paraHeadHash(head)]);
    for (;;) {
      const last = chain.at(-1);
      const parent = paraHeadHash(last?.headData ?? head);
      const next = usable.find(
        (candidate) =>
          candidate.parentHeadHash === parent &&
          candidate.relayParentNumber >= (last?.relayParentNumber ?? 0) &&
          !heads.has(paraHeadHash(candidate.headData)),
      );
      if (next === undefined) return chain;
      chain.push(next);
      heads.add(paraHeadHash(next.headData));
    }
  }
}
