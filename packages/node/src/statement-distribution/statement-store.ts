/**
 * The signed statements of one relay parent, their signatures checked, and who contradicts himself.
 *
 * Bound: `secondedMax` candidates per validator are kept as seconded, and "valid" is kept only for
 * candidates that somebody seconded, so the store holds at most `secondedMax * members + 1` statements
 * of each member for a group. Node-side reference, 5.11.
 */
import { assert } from "@parahost/base";
import type { StatementFilter } from "@parahost/network";
import type {
  CandidateHash,
  CompactStatement,
  GroupIndex,
  ValidatorIndex,
  ValidatorSignature,
} from "@parahost/primitives";
import { filterOf, withStatement } from "./statement-filter.ts";

export interface SignedVote {
  readonly statement: CompactStatement;
  readonly validatorIndex: ValidatorIndex;
  readonly signature: ValidatorSignature;
}

export interface StoredStatement extends SignedVote {
  /** Whether candidate backing has it. */
  isForwarded: boolean;
}

/** Where a validator stands among the groups. */
export interface Membership {
  readonly group: GroupIndex;
  readonly position: number;
}

/** How a statement relates to what its validator said before. */
export type Judgement =
  | { readonly type: "new" }
  | { readonly type: "known"; readonly earlier: SignedVote }
  /** Two signatures that no honest validator gives. */
  | {
      readonly type: "contradiction";
      readonly kind: "validityDoubleVote" | "multipleCandidates";
      readonly earlier: SignedVote;
    };

export class StatementStore {
  readonly #memberships: ReadonlyMap<ValidatorIndex, Membership>;
  readonly #secondedMax: number;
  readonly #byCandidate = new Map<CandidateHash, Map<ValidatorIndex, StoredStatement>>();
  readonly #seconded = new Map<ValidatorIndex, SignedVote[]>();

  constructor(memberships: ReadonlyMap<ValidatorIndex, Membership>, secondedMax: number) {
    this.#memberships = memberships;
    this.#secondedMax = secondedMax;
  }

  judge(validatorIndex: ValidatorIndex, statement: CompactStatement): Judgement {
    const earlier = this.#byCandidate.get(statement.value)?.get(validatorIndex);
    if (earlier !== undefined)
      return earlier.statement.type === statement.type
        ? { type: "known", earlier }
        : { type: "contradiction", kind: "validityDoubleVote", earlier };
    const first = this.#seconded.get(validatorIndex)?.[0];
    if (statement.type === "seconded" && first !== undefined && this.isAtLimit(validatorIndex))
      return { type: "contradiction", kind: "multipleCandidates", earlier: first };
    return { type: "new" };
  }

  /** Whether the validator has seconded as much as it may. */
  isAtLimit(validatorIndex: ValidatorIndex): boolean {
    return (this.#seconded.get(validatorIndex)?.length ?? 0) >= this.#secondedMax;
  }

  /** Takes a statement that was judged new. */
  insert(vote: SignedVote, isForwarded = false): void {
    const { statement, validatorIndex } = vote;
    assert(this.judge(validatorIndex, statement).type === "new", "only new statements are taken");
    // The signature may be a view of a whole message.
    const stored = { ...vote, signature: vote.signature.slice(), isForwarded };
    let voters = this.#byCandidate.get(statement.value);
    if (voters === undefined) {
      voters = new Map();
      this.#byCandidate.set(statement.value, voters);
    }
    voters.set(validatorIndex, stored);
    if (statement.type !== "seconded") return;
    const seconded = this.#seconded.get(validatorIndex);
    if (seconded === undefined) this.#seconded.set(validatorIndex, [stored]);
    else seconded.push(stored);
  }

  /** The candidate's statements, seconding ones first, otherwise as they came. */
  of(candidate: CandidateHash): readonly StoredStatement[] {
    const all = [...(this.#byCandidate.get(candidate)?.values() ?? [])];
    return [
      ...all.filter(({ statement }) => statement.type === "seconded"),
      ...all.filter(({ statement }) => statement.type === "valid"),
    ];
  }

  /** Which of the group's statements about the candidate are here. */
  filter(candidate: CandidateHash, group: GroupIndex, groupSize: number): StatementFilter {
    let filter = filterOf(groupSize);
    for (const { statement, validatorIndex } of this.of(candidate)) {
      const membership = this.#memberships.get(validatorIndex);
      if (membership?.group === group)
        filter = withStatement(filter, statement.type, membership.position);
    }
    return filter;
  }
}
