/**
 * The guide's third kind of statement, "it is invalid", at one relay parent: kept of each member of our group
 * for each candidate of the group that is known, hence no more than members times candidates. Guide: Statement
 * Distribution; node-side reference, 7.4.
 */
import type {
  CandidateHash,
  GuideCompactStatement,
  ValidatorIndex,
  ValidatorSignature,
} from "@parahost/primitives";

/** A signed statement of any kind. */
export interface GuideVote {
  readonly statement: GuideCompactStatement;
  readonly validatorIndex: ValidatorIndex;
  readonly signature: ValidatorSignature;
}

export class InvalidStatements {
  readonly #votes = new Map<CandidateHash, Map<ValidatorIndex, GuideVote>>();

  /** False for one that is known. */
  add(vote: GuideVote): boolean {
    const { value } = vote.statement;
    const votes = this.#votes.get(value) ?? new Map<ValidatorIndex, GuideVote>();
    if (votes.has(vote.validatorIndex)) return false;
    this.#votes.set(value, votes.set(vote.validatorIndex, vote));
    return true;
  }

  of(candidate: CandidateHash): Iterable<GuideVote> {
    return this.#votes.get(candidate)?.values() ?? [];
  }
}
