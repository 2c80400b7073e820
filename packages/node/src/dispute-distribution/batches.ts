/**
 * Votes on one candidate that come in quick succession are imported together: a batch stays open while
 * it gets many new votes, and never so long that senders give up. Node-side reference, 1.3, 5.25.
 */
import { SEND_DISPUTE_TIMEOUT_MS } from "@parahost/network";
import type { CandidateReceipt, DisputeVote, SessionIndex } from "@parahost/primitives";

export const BATCHES_MAX = 1_000;
/** How long a batch collects before it is looked at. */
export const COLLECTING_MS = 500;
/** With fewer new votes in that time the batch is imported. */
export const KEEP_OPEN_VOTES = 10;
/** Senders wait this long and no longer; importing takes its time too. */
const LIFETIME_MAX_MS = SEND_DISPUTE_TIMEOUT_MS - 2_000;

export class Batch<Sender> {
  readonly candidateReceipt: CandidateReceipt;
  readonly session: SessionIndex;
  readonly #openedAt: number;
  readonly #votes = new Map<string, DisputeVote>();
  readonly #senders: Sender[] = [];
  #fresh = 0;

  constructor(candidateReceipt: CandidateReceipt, session: SessionIndex, now: number) {
    this.candidateReceipt = candidateReceipt;
    this.session = session;
    this.#openedAt = now;
  }

  /** The sender is answered when the batch is imported, whether its votes were new or not. */
  add(votes: readonly DisputeVote[], sender: Sender): void {
    for (const vote of votes) {
      const name = `${vote.validatorIndex} ${vote.statement.type} ${vote.statement.value.type}`;
      if (this.#votes.has(name)) continue;
      this.#votes.set(name, vote);
      this.#fresh += 1;
    }
    this.#senders.push(sender);
  }

  /** Looks at what the last interval brought: whether it is time to import. */
  isDue(now: number): boolean {
    const isBusy = this.#fresh >= KEEP_OPEN_VOTES;
    this.#fresh = 0;
    return !isBusy || now + COLLECTING_MS > this.#openedAt + LIFETIME_MAX_MS;
  }

  get votes(): readonly DisputeVote[] {
    return [...this.#votes.values()];
  }

  get senders(): readonly Sender[] {
    return this.#senders;
  }
}
