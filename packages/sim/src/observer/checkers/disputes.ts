/**
 * Disputes as each honest node sees them. S7: more than two thirds decide; what is lost is not built on, not
 * voted for, not final; what is open is not voted for. L4: a dispute about data that is there concludes in time.
 */
import type { DisputeOutcome } from "@parahost/node/events";
import type { BlockNumber, CandidateHash, Hash } from "@parahost/primitives";
import { type Problem, problem } from "../violation.ts";

/** L4: blocks from the first two opposing votes to the conclusion. */
export const CONCLUDED_WITHIN_BLOCKS = 20;

/** A conclusion is named as the node names it; only `invalid` takes anything from the chain. */
type Standing = "open" | DisputeOutcome;

interface Raised {
  readonly candidate: CandidateHash;
  readonly node: string;
  readonly at: BlockNumber;
}

export interface DisputeSources {
  /** Candidates that an unfinalized block and those below it include, as far as the observer remembers. */
  readonly includedUpTo: (block: Hash) => Iterable<CandidateHash>;
  /** Whether all who dispute the candidate have lost other disputes on the node's record: nobody has to answer. */
  readonly isInVain: (node: string, candidate: CandidateHash) => boolean;
  /** The votes on the node's record and the validators of the session, where both are known. */
  readonly votesOn: (node: string, candidate: CandidateHash) => DisputeVotes | undefined;
}

export interface DisputeVotes {
  readonly valid: number;
  readonly invalid: number;
  readonly validators: number;
}

export class DisputeChecker {
  readonly #standing = new Map<string, Map<CandidateHash, Standing>>();
  readonly #raised: Raised[] = [];
  readonly #sources: DisputeSources;
  #slowest = 0;
  /** By candidate, the best block of the node that first saw it conclude. */
  readonly #invalid = new Map<CandidateHash, BlockNumber>();
  #lastConclusion: BlockNumber | undefined;

  constructor(sources: DisputeSources) {
    this.#sources = sources;
  }

  /** Disputed candidates, how many of them lost, and the most blocks that any of them took. */
  get counts(): { readonly disputed: number; readonly invalid: number; readonly slowest: number } {
    const disputed = new Set(this.#raised.map(({ candidate }) => candidate)).size;
    return { disputed, invalid: this.#invalid.size, slowest: this.#slowest };
  }

  /** Candidates of which some node knew by this block that they have lost. */
  lostBy(number: BlockNumber): CandidateHash[] {
    return [...this.#invalid].flatMap(([candidate, at]) => (at <= number ? [candidate] : []));
  }

  /** Best block of the node at the last conclusion anywhere. */
  get lastConclusion(): BlockNumber | undefined {
    return this.#lastConclusion;
  }

  raised(node: string, candidate: CandidateHash, best: BlockNumber): void {
    const standing = this.#of(node);
    if (standing.has(candidate)) return;
    standing.set(candidate, "open");
    this.#raised.push({ candidate, node, at: best });
  }

  concluded(
    node: string,
    candidate: CandidateHash,
    outcome: DisputeOutcome,
    best: BlockNumber,
  ): Problem[] {
    this.#of(node).set(candidate, outcome);
    if (outcome === "invalid" && !this.#invalid.has(candidate)) this.#invalid.set(candidate, best);
    this.#lastConclusion = Math.max(this.#lastConclusion ?? 0, best);
    const raised = this.#raised.find((one) => one.node === node && one.candidate === candidate);
    const took = best - (raised?.at ?? best);
    this.#slowest = Math.max(this.#slowest, took);
    return [
      ...this.#decidedByTooFew(node, candidate, outcome),
      ...(took <= CONCLUDED_WITHIN_BLOCKS ? [] : [tooSlow(node, candidate, took)]),
    ];
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
      .filter(({ candidate }) => !this.#sources.isInVain(node, candidate))
      .map(({ candidate, at }) => tooSlow(node, candidate, best - at));
  }

  #decidedByTooFew(node: string, candidate: CandidateHash, outcome: DisputeOutcome): Problem[] {
    const votes = this.#sources.votesOn(node, candidate);
    if (votes === undefined || outcome === "split") return [];
    const { [outcome]: cast, validators } = votes;
    if (3 * cast > 2 * validators) return [];
    const what = `${candidate} is ${outcome} by ${cast} votes of ${validators}`;
    return [problem("S7", `${node} concludes that ${what}`)];
  }

  #problemsOf(node: string, block: Hash, standings: readonly Standing[], does: string): Problem[] {
    const standing = this.#of(node);
    if (standing.size === 0) return [];
    const problems: Problem[] = [];
    for (const candidate of this.#sources.includedUpTo(block)) {
      const its = standing.get(candidate);
      if (its === undefined || !standings.includes(its)) continue;
      if (its === "invalid" || !this.#sources.isInVain(node, candidate))
        problems.push(
          problem(
            "S7",
            `${node} ${does} over ${candidate}, whose dispute is ${its === "open" ? "open" : "lost"}`,
          ),
        );
    }
    return problems;
  }

  #of(node: string): Map<CandidateHash, Standing> {
    const known = this.#standing.get(node) ?? new Map<CandidateHash, Standing>();
    this.#standing.set(node, known);
    return known;
  }
}

const tooSlow = (node: string, candidate: CandidateHash, blocks: number): Problem =>
  problem("L4", `the dispute of ${candidate} has not concluded at ${node} after ${blocks} blocks`);
