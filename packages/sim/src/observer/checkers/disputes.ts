/**
 * Disputes as each honest node sees them. S7: what is lost is not built on, not voted for, not final; what is
 * open is not voted for. L4: a dispute about data that is there concludes in time.
 */
import type { DisputeOutcome } from "@parahost/node/events";
import type { BlockNumber, CandidateHash, Hash, ValidatorId } from "@parahost/primitives";
import { type Problem, problem } from "../violation.ts";

/** L4: blocks from the first two opposing votes to the conclusion. */
export const CONCLUDED_WITHIN_BLOCKS = 20;

/** A conclusion is named as the node names it; only `invalid` takes anything from the chain. */
type Standing = "open" | DisputeOutcome;

interface Raised {
  readonly candidate: CandidateHash;
  readonly node: string;
  readonly at: BlockNumber;
  readonly by: ValidatorId;
}

/** Candidates that an unfinalized block and those below it include, as far as the observer remembers. */
export type IncludedUpTo = (block: Hash) => Iterable<CandidateHash>;

export class DisputeChecker {
  readonly #standing = new Map<string, Map<CandidateHash, Standing>>();
  readonly #raised: Raised[] = [];
  readonly #losers = new Map<string, Set<ValidatorId>>();
  readonly #included: IncludedUpTo;
  #slowest = 0;
  readonly #invalid = new Set<CandidateHash>();
  #lastConclusion: BlockNumber | undefined;

  constructor(included: IncludedUpTo) {
    this.#included = included;
  }

  /** Disputed candidates, how many of them lost, and the most blocks that any of them took. */
  get counts(): { readonly disputed: number; readonly invalid: number; readonly slowest: number } {
    const disputed = new Set(this.#raised.map(({ candidate }) => candidate)).size;
    return { disputed, invalid: this.#invalid.size, slowest: this.#slowest };
  }

  /** Best block of the node at the last conclusion anywhere. */
  get lastConclusion(): BlockNumber | undefined {
    return this.#lastConclusion;
  }

  /** Whoever has lost a dispute in the node's eyes raises others in vain: nobody has to answer. */
  raised(node: string, candidate: CandidateHash, by: ValidatorId, best: BlockNumber): void {
    const standing = this.#of(node);
    if (standing.has(candidate) || this.#losersOf(node).has(by)) return;
    standing.set(candidate, "open");
    this.#raised.push({ candidate, node, at: best, by });
  }

  concluded(
    node: string,
    candidate: CandidateHash,
    outcome: DisputeOutcome,
    best: BlockNumber,
    backers: readonly ValidatorId[],
  ): Problem[] {
    this.#of(node).set(candidate, outcome);
    if (outcome === "invalid") this.#invalid.add(candidate);
    this.#lastConclusion = Math.max(this.#lastConclusion ?? 0, best);
    const raised = this.#raised.find((one) => one.node === node && one.candidate === candidate);
    if (outcome === "valid" && raised !== undefined) this.#loses(node, raised.by);
    if (outcome === "invalid") for (const backer of backers) this.#loses(node, backer);
    const took = best - (raised?.at ?? best);
    this.#slowest = Math.max(this.#slowest, took);
    return took <= CONCLUDED_WITHIN_BLOCKS ? [] : [tooSlow(node, candidate, took)];
  }

  /** An honest node prevotes for a block. */
  votedFor(node: string, target: Hash): Problem[] {
    return this.#problemsOf(node, target, ["open", "invalid"], "votes for a block");
  }

  /** An honest node has built on a block. */
  builtOn(node: string, parent: Hash): Problem[] {
    return this.#problemsOf(node, parent, ["invalid"], "builds on a block");
  }

  /** A node has finalized a block that includes these itself. */
  finalized(node: string, included: readonly CandidateHash[]): Problem[] {
    const standing = this.#of(node);
    return included
      .filter((candidate) => standing.get(candidate) === "invalid")
      .map((candidate) => problem("S7", `${node} finalizes ${candidate}, which lost a dispute`));
  }

  /** The run is over; the node's best block is this one. `isAvailable`: the candidate's data is there. */
  ended(
    node: string,
    best: BlockNumber,
    isAvailable: (candidate: CandidateHash) => boolean,
  ): Problem[] {
    const standing = this.#of(node);
    return this.#raised
      .filter((raised) => raised.node === node && standing.get(raised.candidate) === "open")
      .filter(({ candidate, at }) => best - at > CONCLUDED_WITHIN_BLOCKS && isAvailable(candidate))
      .map(({ candidate, at }) => tooSlow(node, candidate, best - at));
  }

  #problemsOf(node: string, block: Hash, standings: readonly Standing[], does: string): Problem[] {
    const standing = this.#of(node);
    if (standing.size === 0) return [];
    const problems: Problem[] = [];
    for (const candidate of this.#included(block)) {
      const its = standing.get(candidate);
      if (its !== undefined && standings.includes(its))
        problems.push(
          problem(
            "S7",
            `${node} ${does} over ${candidate}, whose dispute is ${its === "open" ? "open" : "lost"}`,
          ),
        );
    }
    return problems;
  }

  /** What else it disputes is in vain from now on. */
  #loses(node: string, loser: ValidatorId): void {
    this.#losersOf(node).add(loser);
    const standing = this.#of(node);
    for (const { node: its, by, candidate } of this.#raised)
      if (its === node && by === loser && standing.get(candidate) === "open")
        standing.delete(candidate);
  }

  #losersOf(node: string): Set<ValidatorId> {
    const known = this.#losers.get(node) ?? new Set<ValidatorId>();
    this.#losers.set(node, known);
    return known;
  }

  #of(node: string): Map<CandidateHash, Standing> {
    const known = this.#standing.get(node) ?? new Map<CandidateHash, Standing>();
    this.#standing.set(node, known);
    return known;
  }
}

const tooSlow = (node: string, candidate: CandidateHash, blocks: number): Problem =>
  problem("L4", `the dispute of ${candidate} has not concluded at ${node} after ${blocks} blocks`);
