/**
 * What honest keys sign. S6: nothing that contradicts what they signed before, restarts included. S5: no vote
 * against a candidate that is valid, none for one that is not.
 */
import type { KeyTypeId } from "@parahost/crypto";
import type { CandidateHash, Hash } from "@parahost/primitives";
import { readSigned, type Signed } from "../signed.ts";
import { type Problem, problem } from "../violation.ts";

/** Votes on one candidate by one validator. */
interface Votes {
  readonly for: Set<string>;
  readonly against: Set<string>;
}

export class SignatureChecker {
  /** By node and place, what was signed there. */
  readonly #signed = new Map<string, string>();
  readonly #seconded = new Map<string, Set<CandidateHash>>();
  readonly #votes = new Map<CandidateHash, Votes>();
  readonly #truth = new Map<CandidateHash, boolean>();
  readonly #secondedMax: () => number;
  #looked = 0;

  /** `secondedMax`: candidates that a validator may second at one relay parent. */
  constructor(secondedMax: () => number) {
    this.#secondedMax = secondedMax;
  }

  /** Signatures that could have contradicted others. */
  get looked(): number {
    return this.#looked;
  }

  /** Candidates whose truth is known and on which somebody honest voted. */
  get judged(): number {
    return [...this.#votes.keys()].filter((candidate) => this.#truth.has(candidate)).length;
  }

  /** An honest node's key signs. */
  signed(node: string, keyType: KeyTypeId, message: Uint8Array): Problem[] {
    const signed = readSigned(keyType, message);
    if (signed === undefined) return [];
    this.#looked += 1;
    switch (signed.type) {
      case "finalityVote": {
        const { setId, round, stage, target } = signed;
        return this.#once(node, `${stage} in round ${round} of set ${setId}`, target);
      }
      case "bitfield":
        return this.#once(node, `bitfield for ${signed.parent}`, signed.bits);
      case "statement":
        return [...this.#second(node, signed), ...this.#vote(node, signed.candidate, true)];
      case "approval":
        return signed.candidates.flatMap((candidate) => this.#vote(node, candidate, true));
      case "disputeVote":
        return this.#vote(node, signed.candidate, signed.isValid);
    }
  }

  /** An honest node's block in a slot. */
  authored(node: string, slot: number, hash: Hash): Problem[] {
    return this.#once(node, `block in slot ${slot}`, hash);
  }

  /** The observer has found out. */
  isValid(candidate: CandidateHash, truth: boolean): Problem[] {
    if (this.#truth.has(candidate)) return [];
    this.#truth.set(candidate, truth);
    const votes = this.#votes.get(candidate);
    const wrong = (truth ? votes?.against : votes?.for) ?? new Set();
    return [...wrong].map((node) => wrongVote(node, candidate, !truth));
  }

  #once(node: string, what: string, value: string): Problem[] {
    const place = `${node} ${what}`;
    const before = this.#signed.get(place);
    if (before === undefined) this.#signed.set(place, value);
    return before === undefined || before === value
      ? []
      : [problem("S6", `${node} signs a second ${what}: ${value} after ${before}`)];
  }

  #second(
    node: string,
    { kind, parent, candidate }: Extract<Signed, { readonly type: "statement" }>,
  ): Problem[] {
    if (kind !== "seconded") return [];
    const place = `${node} ${parent}`;
    const seconded = this.#seconded.get(place) ?? new Set();
    this.#seconded.set(place, seconded.add(candidate));
    return seconded.size <= this.#secondedMax()
      ? []
      : [problem("S6", `${node} seconds ${seconded.size} candidates at ${parent}`)];
  }

  #vote(node: string, candidate: CandidateHash, isFor: boolean): Problem[] {
    const votes = this.#votes.get(candidate) ?? { for: new Set(), against: new Set() };
    this.#votes.set(candidate, votes);
    const [own, other] = isFor ? [votes.for, votes.against] : [votes.against, votes.for];
    if (own.has(node)) return [];
    own.add(node);
    const problems: Problem[] = [];
    if (other.has(node)) problems.push(problem("S6", `${node} votes for and against ${candidate}`));
    const truth = this.#truth.get(candidate);
    if (truth !== undefined && truth !== isFor) problems.push(wrongVote(node, candidate, isFor));
    return problems;
  }
}

const wrongVote = (node: string, candidate: CandidateHash, isFor: boolean): Problem =>
  problem(
    "S5",
    `${node} votes ${isFor ? "for an invalid" : "against a valid"} candidate ${candidate}`,
  );
