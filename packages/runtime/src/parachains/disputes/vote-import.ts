/**
 * Counting votes into a dispute: which may be counted, and what they change.
 *
 * A validator may be on both sides: it then counts on both, is one participant, and loses whichever way
 * the dispute ends.
 *
 * Reference: 4.7 (import, 3 and 7), node 8.2.
 */
import {
  type BlockNumber,
  type DisputeState,
  type DisputeStatement,
  disputeVerdict,
  type ValidatorIndex,
} from "@parahost/primitives";
import { bitsAt, onesOf } from "@parahost/scale";
import { type DisputesError, tallyOf } from "./storage.ts";

/** What a vote says; backing is a vote for the candidate, too. */
export type VoteKind = "backing" | "valid" | "invalid";

export function voteKind(statement: DisputeStatement): VoteKind {
  if (statement.type === "invalid") return "invalid";
  const { type } = statement.value;
  return type === "backingSeconded" || type === "backingValid" ? "backing" : "valid";
}

/** A dispute that nobody has voted in. */
export const newDispute = (validatorCount: number, now: BlockNumber): DisputeState => ({
  validatorsFor: bitsAt(validatorCount, []),
  validatorsAgainst: bitsAt(validatorCount, []),
  start: now,
  concludedAt: undefined,
});

/** Validators that an import shows to be wrong; each is named once per kind. */
export interface Losers {
  /** Backed a candidate that is invalid. */
  readonly forInvalidBacked: readonly ValidatorIndex[];
  /** Voted otherwise for a candidate that is invalid. */
  readonly forInvalidApproved: readonly ValidatorIndex[];
  /** Voted against a candidate that is valid. */
  readonly againstValid: readonly ValidatorIndex[];
}

export interface ImportSummary {
  readonly state: DisputeState;
  readonly backers: ReadonlySet<ValidatorIndex>;
  /** Those who had not voted on either side. */
  readonly newParticipants: readonly ValidatorIndex[];
  readonly losers: Losers;
  /** The side that has won with this import; against a candidate also when it had won before. */
  readonly concluded: "for" | "against" | undefined;
}

export class VoteImport {
  readonly #before: DisputeState;
  readonly #backersBefore: ReadonlySet<ValidatorIndex>;
  readonly #backers: Set<ValidatorIndex>;
  readonly #for: Set<number>;
  readonly #against: Set<number>;

  constructor(before: DisputeState, backers: ReadonlySet<ValidatorIndex>) {
    this.#before = before;
    this.#backersBefore = backers;
    this.#backers = new Set(backers);
    this.#for = new Set(onesOf(before.validatorsFor));
    this.#against = new Set(onesOf(before.validatorsAgainst));
  }

  get votesFor(): number {
    return this.#for.size;
  }

  get votesAgainst(): number {
    return this.#against.size;
  }

  get backerCount(): number {
    return this.#backers.size;
  }

  /** Why the vote cannot be counted; its signature is another matter. */
  check(validator: ValidatorIndex, kind: VoteKind): DisputesError | undefined {
    if (validator >= this.#before.validatorsFor.length) return "validatorIndexOutOfBounds";
    const side = kind === "invalid" ? this.#against : this.#for;
    if (!side.has(validator)) return undefined;
    if (kind === "invalid") return "duplicateStatement";
    const hasBacked = this.#backers.has(validator);
    // Who voted for it may turn out to have backed it; a backer has nothing to add.
    if (kind === "backing") return hasBacked ? "duplicateStatement" : undefined;
    return hasBacked ? "maliciousBacker" : "duplicateStatement";
  }

  /** Counts a vote that passes `check`. */
  add(validator: ValidatorIndex, kind: VoteKind): void {
    (kind === "invalid" ? this.#against : this.#for).add(validator);
    if (kind === "backing") this.#backers.add(validator);
  }

  finish(now: BlockNumber): ImportSummary {
    const before = this.#before;
    const length = before.validatorsFor.length;
    const state: DisputeState = {
      ...before,
      validatorsFor: bitsAt(length, this.#for),
      validatorsAgainst: bitsAt(length, this.#against),
    };
    const was = disputeVerdict(tallyOf(before), length);
    const is = disputeVerdict(tallyOf(state), length);
    const hasWinner = is === "for" || is === "against";
    const knownFor = new Set(onesOf(before.validatorsFor));
    const knownAgainst = new Set(onesOf(before.validatorsAgainst));
    return {
      state: { ...state, concludedAt: before.concludedAt ?? (hasWinner ? now : undefined) },
      backers: this.#backers,
      newParticipants: ascending([...this.#for, ...this.#against]).filter(
        (validator) => !knownFor.has(validator) && !knownAgainst.has(validator),
      ),
      losers: this.#losers(
        was === is ? knownFor : new Set(),
        was === is ? knownAgainst : new Set(),
        is,
      ),
      concluded: hasWinner && was !== is ? is : undefined,
    };
  }

  /** Those on the losing side, without the votes that lost before already. */
  #losers(lostFor: ReadonlySet<number>, lostAgainst: ReadonlySet<number>, verdict: string): Losers {
    if (verdict === "for")
      return {
        ...NO_LOSERS,
        againstValid: ascending(this.#against).filter((validator) => !lostAgainst.has(validator)),
      };
    if (verdict !== "against") return NO_LOSERS;
    const voters = ascending(this.#for);
    return {
      ...NO_LOSERS,
      forInvalidBacked: voters.filter(
        (validator) =>
          this.#backers.has(validator) &&
          !(lostFor.has(validator) && this.#backersBefore.has(validator)),
      ),
      forInvalidApproved: voters.filter(
        (validator) => !this.#backers.has(validator) && !lostFor.has(validator),
      ),
    };
  }
}

export const NO_LOSERS: Losers = { forInvalidBacked: [], forInvalidApproved: [], againstValid: [] };

const ascending = (validators: Iterable<number>): ValidatorIndex[] =>
  [...new Set(validators)].sort((a, b) => a - b) as ValidatorIndex[];
