/**
 * Votes that cannot be counted yet: their block is not here, or their round has not begun. All are
 * verified and different, so a voter costs no more than the few places it has in a round.
 *
 * Bound: `PLACES_PER_VOTER` for each voter, the oldest of the voter gives way.
 */
import type { GrandpaId, Hash, RoundNumber, SignedGrandpaVote } from "@parahost/primitives";
import type { VoteStage } from "./vote-graph.ts";

/** Two targets in two stages of three rounds. */
const PLACES_PER_VOTER = 12;

export interface HeldVote {
  readonly round: RoundNumber;
  readonly stage: VoteStage;
  readonly vote: SignedGrandpaVote;
}

export class HeldVotes {
  readonly #byVoter = new Map<GrandpaId, HeldVote[]>();

  hold(held: HeldVote): void {
    const { id } = held.vote;
    const votes = this.#byVoter.get(id) ?? [];
    votes.push(held);
    if (votes.length > PLACES_PER_VOTER) votes.shift();
    this.#byVoter.set(id, votes);
  }

  /** The votes of one voter that are held for a stage of a round. */
  votesOf(round: RoundNumber, stage: VoteStage, id: GrandpaId): SignedGrandpaVote[] {
    return (this.#byVoter.get(id) ?? [])
      .filter((held) => held.round === round && held.stage === stage)
      .map(({ vote }) => vote);
  }

  /** Takes out what waited for this block. */
  takeForBlock(hash: Hash): HeldVote[] {
    return this.#take(({ vote }) => vote.target.targetHash === hash);
  }

  /** Takes out what waited for this round to begin. */
  takeForRound(round: RoundNumber): HeldVote[] {
    return this.#take((held) => held.round === round);
  }

  /** Forgets rounds before this one. */
  dropBefore(round: RoundNumber): void {
    this.#take((held) => held.round < round);
  }

  clear(): void {
    this.#byVoter.clear();
  }

  get size(): number {
    let size = 0;
    for (const votes of this.#byVoter.values()) size += votes.length;
    return size;
  }

  #take(isWanted: (held: HeldVote) => boolean): HeldVote[] {
    const taken: HeldVote[] = [];
    for (const [id, votes] of this.#byVoter) {
      const rest: HeldVote[] = [];
      for (const held of votes) (isWanted(held) ? taken : rest).push(held);
      if (rest.length === 0) this.#byVoter.delete(id);
      else if (rest.length < votes.length) this.#byVoter.set(id, rest);
    }
    return taken;
  }
}
