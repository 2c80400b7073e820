/**
 * One round of votes and what follows from them. Pure: no clock, no messages.
 *
 * Words (reference: consensus 4.4):
 * - weight on a block: of the votes on it and its descendants, and of every equivocator, who counts for
 *   every block;
 * - prevote-ghost: the highest block that two thirds prevoted;
 * - estimate: the highest block that the round may still make final, as far as we can see;
 * - completable: the round can make nothing above its estimate final any more, so the next may begin.
 *
 * Bound: two votes of each voter in each stage.
 */
import { assert } from "@parahost/base";
import type { GrandpaId, SignedGrandpaVote } from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";
import { type Ancestry, VoteGraph, type VoteStage, type Weights } from "./vote-graph.ts";
import type { Voter, VoterSet } from "./voter-set.ts";

export interface RoundState {
  readonly prevoteGhost: BlockRef | undefined;
  readonly estimate: BlockRef | undefined;
  readonly finalized: BlockRef | undefined;
  readonly completable: boolean;
}

/** What became of a vote. Only `counted` and `equivocation` changed the round. */
export type VoteOutcome =
  | { readonly type: "counted" }
  | { readonly type: "duplicate" }
  /** The voter's second target in this stage: both votes prove it. */
  | {
      readonly type: "equivocation";
      readonly first: SignedGrandpaVote;
      readonly second: SignedGrandpaVote;
    }
  /** A third target of a voter that has equivocated already. */
  | { readonly type: "knownEquivocator" }
  /** The target does not descend from the round's base. */
  | { readonly type: "offBase" }
  | { readonly type: "unknownVoter" };

/** A block and the precommits that prove it final to anybody: one of each voter, none below it. */
export interface Finalizable {
  readonly target: BlockRef;
  readonly precommits: readonly SignedGrandpaVote[];
}

interface Said {
  readonly first: SignedGrandpaVote;
  readonly second: SignedGrandpaVote | undefined;
}

interface Tally {
  readonly said: Map<GrandpaId, Said>;
  /** Weight of all who voted. */
  seen: number;
  /** Of these, weight of equivocators. */
  equivocating: number;
}

const emptyTally = (): Tally => ({ said: new Map(), seen: 0, equivocating: 0 });

export const targetOf = ({ target }: SignedGrandpaVote): BlockRef => ({
  hash: target.targetHash,
  number: target.targetNumber,
});

export class Round {
  readonly number: number;
  readonly voters: VoterSet;
  readonly #graph: VoteGraph;
  readonly #tallies: Readonly<Record<VoteStage, Tally>> = {
    prevote: emptyTally(),
    precommit: emptyTally(),
  };
  #state: RoundState | undefined;
  #finalizable: Finalizable | undefined;

  /** A round of `voters` in which only descendants of `base` (and itself) are voted for. */
  constructor(number: number, voters: VoterSet, base: BlockRef, ancestry: Ancestry) {
    this.number = number;
    this.voters = voters;
    this.#graph = new VoteGraph(base, ancestry);
  }

  get base(): BlockRef {
    return this.#graph.base;
  }

  /** Counts a vote whose signature was verified. */
  add(stage: VoteStage, vote: SignedGrandpaVote): VoteOutcome {
    const voter = this.voters.voter(vote.id);
    if (voter === undefined) return { type: "unknownVoter" };
    const tally = this.#tallies[stage];
    const before = tally.said.get(vote.id);
    if (before !== undefined) {
      if (sameTarget(before.first, vote)) return { type: "duplicate" };
      if (before.second !== undefined)
        return { type: sameTarget(before.second, vote) ? "duplicate" : "knownEquivocator" };
    }
    const target = targetOf(vote);
    if (!this.#graph.insert(target)) return { type: "offBase" };
    this.#state = undefined;
    this.#finalizable = undefined;
    if (before === undefined) {
      tally.said.set(vote.id, { first: vote, second: undefined });
      tally.seen += voter.weight;
      this.#graph.add(target.hash, stage, voter.weight);
      return { type: "counted" };
    }
    // From now on the voter counts for every block, so its one vote no longer counts for its target.
    tally.said.set(vote.id, { first: before.first, second: vote });
    tally.equivocating += voter.weight;
    this.#graph.add(before.first.target.targetHash, stage, -voter.weight);
    return { type: "equivocation", first: before.first, second: vote };
  }

  /** What follows from the votes so far. */
  get state(): RoundState {
    this.#state ??= this.#judge();
    return this.#state;
  }

  /** Whether a voter has voted in this stage. */
  hasVoted(stage: VoteStage, id: GrandpaId): boolean {
    return this.#tallies[stage].said.has(id);
  }

  /** The votes of one voter in a stage: none, one, or the two of an equivocator. */
  votesOf(stage: VoteStage, id: GrandpaId): SignedGrandpaVote[] {
    const said = this.#tallies[stage].said.get(id);
    if (said === undefined) return [];
    return said.second === undefined ? [said.first] : [said.first, said.second];
  }

  /** All votes of a stage, both of an equivocator. */
  votes(stage: VoteStage): SignedGrandpaVote[] {
    return [...this.#tallies[stage].said.values()].flatMap(({ first, second }) =>
      second === undefined ? [first] : [first, second],
    );
  }

  /**
   * The highest block that the precommits prove final even to somebody who takes one vote of each
   * voter and wants to see how each vote descends from the block. For that some vote must name the
   * block itself; so it may be lower than `state.finalized`.
   */
  finalizable(): Finalizable | undefined {
    const { said, seen } = this.#tallies.precommit;
    if (seen < this.voters.threshold) return undefined;
    this.#finalizable ??= this.#proveFinal([...said.values()]);
    return this.#finalizable;
  }

  #proveFinal(said: readonly Said[]): Finalizable | undefined {
    const targets = new Map(said.map(({ first }) => [first.target.targetHash, targetOf(first)]));
    for (const target of [...targets.values()].sort((a, b) => b.number - a.number)) {
      const precommits: SignedGrandpaVote[] = [];
      let weight = 0;
      for (const { first, second } of said) {
        const vote = [first, second].find(
          (one) =>
            one !== undefined && this.#graph.isDescendant(target.hash, one.target.targetHash),
        );
        if (vote === undefined) continue;
        precommits.push(vote);
        weight += (this.voters.voter(vote.id) as Voter).weight;
      }
      if (weight >= this.voters.threshold) return { target, precommits };
    }
    return undefined;
  }

  #judge(): RoundState {
    const { threshold, totalWeight, faultyWeightMax } = this.voters;
    const { prevote, precommit } = this.#tallies;
    const graph = this.#graph;
    const isPrevoted = (w: Weights): boolean => w.prevote + prevote.equivocating >= threshold;
    const prevoteGhost = prevote.seen < threshold ? undefined : graph.highest(isPrevoted);
    if (prevoteGhost === undefined)
      return { prevoteGhost, estimate: undefined, finalized: undefined, completable: false };
    // Until two thirds precommitted, the rest may still precommit anything.
    if (precommit.seen < threshold)
      return { prevoteGhost, estimate: prevoteGhost, finalized: undefined, completable: false };

    const precommitted = (w: Weights): number => w.precommit + precommit.equivocating;
    const finalized = graph.highestBelow(prevoteGhost.hash, (w) => precommitted(w) >= threshold);
    const isPossible = (w: Weights): boolean => {
      const here = precommitted(w);
      const remaining = totalWeight - precommit.seen;
      const additionalEquivocations = Math.min(
        precommit.seen - here,
        Math.max(0, faultyWeightMax - precommit.equivocating),
      );
      return here + remaining + additionalEquivocations >= threshold;
    };
    const estimate = graph.highestBelow(prevoteGhost.hash, isPossible);
    assert(estimate !== undefined, "the base is under every vote, so it stays possible");
    // A block nobody voted for cannot reach the threshold any more: looking at the graph is enough.
    const completable =
      estimate.hash !== prevoteGhost.hash || !graph.someAbove(prevoteGhost.hash, isPossible);
    return { prevoteGhost, estimate, finalized, completable };
  }
}

const sameTarget = (a: SignedGrandpaVote, b: SignedGrandpaVote): boolean =>
  a.target.targetHash === b.target.targetHash && a.target.targetNumber === b.target.targetNumber;
