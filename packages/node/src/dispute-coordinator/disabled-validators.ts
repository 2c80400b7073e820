/**
 * Whose invalid votes alone do not start a dispute: validators that the chain has disabled, and, since
 * the chain may learn of it later, those that we saw losing disputes of the session. Never more than can
 * be faulty, or honest disputes could be silenced. Node-side reference, 5.23, 8.4.
 */
import { byzantine, type SessionIndex, type ValidatorIndex } from "@parahost/primitives";

interface SessionRecord {
  onChain: readonly ValidatorIndex[];
  /** The latest first. */
  lost: ValidatorIndex[];
}

/** Losers remembered for one session: more than could be disabled in the largest one are of no use. */
const LOST_MAX = 1_024;

export class DisabledValidators {
  readonly #sessions = new Map<SessionIndex, SessionRecord>();

  /** What the chain said last in the session. */
  noteOnChain(session: SessionIndex, validators: readonly ValidatorIndex[]): void {
    this.#record(session).onChain = validators;
  }

  /** Validators on the wrong side of a dispute that concluded. */
  noteLost(session: SessionIndex, validators: readonly ValidatorIndex[]): void {
    const record = this.#record(session);
    record.lost = [...new Set([...validators, ...record.lost])].slice(0, LOST_MAX);
  }

  /** Those disabled in the session: the chain's first, then the latest losers, as many as can be faulty. */
  of(session: SessionIndex, validatorCount: number): ReadonlySet<ValidatorIndex> {
    const record = this.#sessions.get(session);
    if (record === undefined) return new Set();
    const all = [...new Set([...record.onChain, ...record.lost])];
    return new Set(all.slice(0, byzantine(validatorCount)));
  }

  prune(earliest: SessionIndex): void {
    for (const session of this.#sessions.keys())
      if (session < earliest) this.#sessions.delete(session);
  }

  #record(session: SessionIndex): SessionRecord {
    let record = this.#sessions.get(session);
    if (record === undefined) {
      record = { onChain: [], lost: [] };
      this.#sessions.set(session, record);
    }
    return record;
  }
}
