/**
 * Votes that a block brought: the backing votes of its candidates and its sets of dispute statements.
 * The block's execution has checked their signatures. Node-side reference, 5.23.
 */
import {
  type CandidateHash,
  type CandidateReceipt,
  candidateHash,
  type DisputeVote,
  type ScrapedOnChainVotes,
  type SessionIndex,
} from "@parahost/primitives";

/** Votes on one candidate. */
export interface VotesOnCandidate {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
  /** Sets of dispute statements come without it. */
  readonly candidateReceipt: CandidateReceipt | undefined;
  readonly votes: readonly DisputeVote[];
}

/** Backing votes first: they make the candidates known that the sets are about. */
export function votesOnChain(scraped: ScrapedOnChainVotes): readonly VotesOnCandidate[] {
  const backing = scraped.backingValidatorsPerCandidate.map(({ receipt, votes }) => ({
    session: scraped.session,
    candidateHash: candidateHash(receipt),
    candidateReceipt: receipt,
    votes: votes.map(
      ({ validatorIndex, attestation }): DisputeVote => ({
        statement: {
          type: "valid",
          value: {
            type: attestation.type === "implicit" ? "backingSeconded" : "backingValid",
            value: receipt.descriptor.relayParent,
          },
        },
        validatorIndex,
        signature: attestation.value,
      }),
    ),
  }));
  const disputes = scraped.disputes.map((set) => ({
    session: set.session,
    candidateHash: set.candidateHash,
    candidateReceipt: undefined,
    votes: set.statements,
  }));
  return [...backing, ...disputes];
}
