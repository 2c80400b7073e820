/**
 * The candidates of one relay parent: those that we have with receipt and validation data, and those
 * that peers merely told us of, with who told us and what they claim. Node-side reference, 5.11.
 *
 * Bound: whoever claims a candidate passed the limits of the cluster or the grid tracker.
 */
import { assert } from "@parahost/base";
import type { PeerId } from "@parahost/network";
import {
  type CandidateHash,
  type CommittedCandidateReceipt,
  type GroupIndex,
  type Hash,
  type ParaId,
  type PersistedValidationData,
  paraHeadHash,
} from "@parahost/primitives";

/** What a peer says of a candidate; who merely passes on a statement says no more than the group. */
export interface Claim {
  readonly group: GroupIndex;
  readonly paraId?: ParaId;
  readonly parentHeadDataHash?: Hash;
}

export interface ConfirmedCandidate {
  readonly type: "confirmed";
  readonly hash: CandidateHash;
  readonly group: GroupIndex;
  readonly receipt: CommittedCandidateReceipt;
  readonly persistedValidationData: PersistedValidationData;
  readonly parentHeadDataHash: Hash;
  /** Candidate backing says that it has its quorum. */
  isBacked: boolean;
}

export interface UnconfirmedCandidate {
  readonly type: "unconfirmed";
  readonly hash: CandidateHash;
  readonly claims: Map<PeerId, Claim>;
}

export type Candidate = ConfirmedCandidate | UnconfirmedCandidate;

export class Candidates {
  readonly #candidates = new Map<CandidateHash, Candidate>();

  get(hash: CandidateHash): Candidate | undefined {
    return this.#candidates.get(hash);
  }

  confirmed(): readonly ConfirmedCandidate[] {
    return [...this.#candidates.values()].filter(
      ({ type }) => type === "confirmed",
    ) as ConfirmedCandidate[];
  }

  /**
   * A peer says something of a candidate. False when it contradicts what is known to be true of it or
   * what the same peer said before.
   */
  claim(hash: CandidateHash, peer: PeerId, claim: Claim): boolean {
    const candidate = this.#candidates.get(hash);
    if (candidate?.type === "confirmed") return isTrue(candidate, claim);
    if (candidate === undefined) {
      this.#candidates.set(hash, { type: "unconfirmed", hash, claims: new Map([[peer, claim]]) });
      return true;
    }
    const before = candidate.claims.get(peer);
    if (before !== undefined && !isCompatible(before, claim)) return false;
    candidate.claims.set(peer, { ...before, ...claim });
    return true;
  }

  /** Takes the candidate; names the peers that had claimed otherwise of it. */
  confirm(
    hash: CandidateHash,
    group: GroupIndex,
    receipt: CommittedCandidateReceipt,
    persistedValidationData: PersistedValidationData,
  ): { readonly candidate: ConfirmedCandidate; readonly liars: readonly PeerId[] } {
    const before = this.#candidates.get(hash);
    assert(before?.type !== "confirmed", "a candidate is confirmed once");
    const candidate: ConfirmedCandidate = {
      type: "confirmed",
      hash,
      group,
      receipt,
      persistedValidationData,
      parentHeadDataHash: paraHeadHash(persistedValidationData.parentHead),
      isBacked: false,
    };
    this.#candidates.set(hash, candidate);
    const claims = [...(before?.claims ?? [])];
    return {
      candidate,
      liars: claims.filter(([, claim]) => !isTrue(candidate, claim)).map(([peer]) => peer),
    };
  }

  /** The peer is gone, and its claims with it. */
  forgetPeer(peer: PeerId): void {
    for (const candidate of this.#candidates.values())
      if (candidate.type === "unconfirmed") candidate.claims.delete(peer);
  }
}

function isTrue(candidate: ConfirmedCandidate, claim: Claim): boolean {
  return isCompatible(
    {
      group: candidate.group,
      paraId: candidate.receipt.descriptor.paraId,
      parentHeadDataHash: candidate.parentHeadDataHash,
    },
    claim,
  );
}

function isCompatible(a: Claim, b: Claim): boolean {
  const agree = <T>(x: T | undefined, y: T | undefined): boolean =>
    x === undefined || y === undefined || x === y;
  return (
    a.group === b.group &&
    agree(a.paraId, b.paraId) &&
    agree(a.parentHeadDataHash, b.parentHeadDataHash)
  );
}
