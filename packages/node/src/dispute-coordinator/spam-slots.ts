/**
 * Limits what one validator can make us store by disputing candidates that may not exist: for each
 * session only so many disputes that are neither confirmed nor about a candidate seen on chain.
 *
 * Bound: `SLOTS_PER_VALIDATOR` entries for each validator of each session of the window.
 * Node-side reference, 1.3, 5.23.
 */
import type { CandidateHash, SessionIndex, ValidatorIndex } from "@parahost/primitives";

export const SLOTS_PER_VALIDATOR = 50;

interface SessionSlots {
  /** Whose invalid votes each unconfirmed dispute holds. */
  readonly voters: Map<CandidateHash, Set<ValidatorIndex>>;
  readonly taken: Map<ValidatorIndex, number>;
}

export class SpamSlots {
  readonly #sessions = new Map<SessionIndex, SessionSlots>();

  /** Notes the validator's vote against the candidate; false when it has no slot left. */
  take(session: SessionIndex, candidate: CandidateHash, validator: ValidatorIndex): boolean {
    const slots = this.#sessions.get(session) ?? { voters: new Map(), taken: new Map() };
    const taken = slots.taken.get(validator) ?? 0;
    const voters = slots.voters.get(candidate) ?? new Set();
    if (voters.has(validator)) return true;
    if (taken >= SLOTS_PER_VALIDATOR) return false;
    voters.add(validator);
    slots.voters.set(candidate, voters);
    slots.taken.set(validator, taken + 1);
    this.#sessions.set(session, slots);
    return true;
  }

  /** The dispute is genuine after all: its voters have their slots back. */
  clear(session: SessionIndex, candidate: CandidateHash): void {
    const slots = this.#sessions.get(session);
    for (const validator of slots?.voters.get(candidate) ?? []) {
      const taken = slots?.taken.get(validator) ?? 0;
      if (taken > 1) slots?.taken.set(validator, taken - 1);
      else slots?.taken.delete(validator);
    }
    slots?.voters.delete(candidate);
  }

  /** Drops sessions before this one. */
  prune(earliest: SessionIndex): void {
    for (const session of this.#sessions.keys())
      if (session < earliest) this.#sessions.delete(session);
  }

  taken(session: SessionIndex, validator: ValidatorIndex): number {
    return this.#sessions.get(session)?.taken.get(validator) ?? 0;
  }
}
