/**
 * The candidates that were seconded at relay parents that are worked on, by para.
 *
 * Bound: `CANDIDATES_MAX` of a para at one relay parent, which is more than the statement table of candidate
 * backing lets in: depth and one, times the members of a group.
 */
import {
  type CandidateHash,
  type CommittedCandidateReceipt,
  type Hash,
  type ParaId,
  type PersistedValidationData,
  paraHeadHash,
} from "@parahost/primitives";
import type { ProspectiveCandidate } from "./fragment-chain.ts";

export const CANDIDATES_MAX = 128;

export class Candidates {
  readonly #paras = new Map<ParaId, Map<CandidateHash, ProspectiveCandidate>>();

  of(para: ParaId): readonly ProspectiveCandidate[] {
    return [...(this.#paras.get(para)?.values() ?? [])];
  }

  /** One that is here already stays as it is; beyond the bound nothing is taken. */
  add(
    hash: CandidateHash,
    receipt: CommittedCandidateReceipt,
    persistedValidationData: PersistedValidationData,
  ): void {
    const { paraId, paraHead, relayParent } = receipt.descriptor;
    const known = this.#paras.get(paraId) ?? new Map<CandidateHash, ProspectiveCandidate>();
    if (known.has(hash)) return;
    const siblings = [...known.values()].filter((other) => relayParentOf(other) === relayParent);
    if (siblings.length >= CANDIDATES_MAX) return;
    known.set(hash, {
      hash,
      receipt,
      persistedValidationData,
      parentHeadHash: paraHeadHash(persistedValidationData.parentHead),
      headHash: paraHead,
      isBacked: false,
    });
    this.#paras.set(paraId, known);
  }

  markBacked(para: ParaId, hash: CandidateHash): void {
    const candidate = this.#paras.get(para)?.get(hash);
    if (candidate !== undefined) candidate.isBacked = true;
  }

  forgetRelayParents(relayParents: readonly Hash[]): void {
    const gone = new Set(relayParents);
    for (const [para, candidates] of this.#paras) {
      for (const [hash, candidate] of candidates)
        if (gone.has(relayParentOf(candidate))) candidates.delete(hash);
      if (candidates.size === 0) this.#paras.delete(para);
    }
  }
}

const relayParentOf = ({ receipt }: ProspectiveCandidate): Hash => receipt.descriptor.relayParent;
