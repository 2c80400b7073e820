/**
 * Who pays. A1: whoever backed what concluded invalid, once, on the chain that survives. A2: nobody honest.
 * A4: nobody without a signature on that chain which says why.
 */
import { sr25519Verify } from "@parahost/crypto";
import {
  type AccountId,
  attestedStatement,
  type CandidateHash,
  candidateHash,
  disputePayload,
  type Hash,
  type ScrapedOnChainVotes,
  statementPayload,
  type ValidatorId,
} from "@parahost/primitives";
import type { ObservedBlock } from "../observed-block.ts";
import { type Problem, problem } from "../violation.ts";

/** A punishment as the chain tells it. */
export interface Penalty {
  readonly validator: AccountId;
  readonly reason: string;
  readonly candidateHash: CandidateHash | undefined;
}

/** What a block says of votes and of punishments. */
export type Judgement = Pick<ObservedBlock, "votes" | "sessionOf" | "penalties" | "disabled">;

/** Who a validator is. */
export interface Names {
  readonly ofAccount: (account: AccountId) => string | undefined;
  readonly ofKey: (key: ValidatorId) => string | undefined;
  /** Whether nothing may be held against it. */
  readonly isHonest: (name: string) => boolean;
  /** Whether it may have been away when others voted. */
  readonly mayBeAbsent: (name: string) => boolean;
}

/** Fees that are no offences: for who could not vote, and for who did where nobody won. */
const FEES: readonly string[] = ["absent", "distraction"];

/** Sides on which a validator's signature stands, as far as the chain shows. */
interface Sides {
  for: boolean;
  against: boolean;
  backed: boolean;
}

export class AccountabilityChecker {
  readonly #names: Names;
  readonly #sides = new Map<string, Sides>();
  /** Backers by candidate, as blocks say. */
  readonly #backers = new Map<CandidateHash, Set<string>>();
  #penalties = 0;
  #signatures = 0;

  constructor(names: Names) {
    this.#names = names;
  }

  /** Penalties seen, and signatures checked for them. */
  get counts(): { readonly penalties: number; readonly signatures: number } {
    return { penalties: this.#penalties, signatures: this.#signatures };
  }

  /** A block that somebody imported, on any fork. */
  block({ votes, sessionOf, penalties, disabled }: Judgement): Problem[] {
    if (votes !== undefined) this.#readVotes(votes, sessionOf);
    const { ofKey, isHonest } = this.#names;
    const problems = penalties.flatMap((penalty) => this.#judge(penalty));
    for (const key of disabled) {
      const name = ofKey(key);
      if (name !== undefined && isHonest(name))
        problems.push(problem("A2", `${name} is honest and disabled`));
    }
    return problems;
  }

  /** Of each backer of a candidate that concluded invalid, how often it paid on the chain that survives. */
  ended(concludedInvalid: ReadonlySet<CandidateHash>, penalties: readonly Penalty[]): Problem[] {
    const paid = new Map<string, number>();
    for (const { validator, reason, candidateHash: candidate } of penalties) {
      if (reason !== "forInvalidBacked" || candidate === undefined) continue;
      const place = `${this.#names.ofAccount(validator)} ${candidate}`;
      paid.set(place, (paid.get(place) ?? 0) + 1);
    }
    return [...concludedInvalid].flatMap((candidate) =>
      [...(this.#backers.get(candidate) ?? [])].flatMap((name) => {
        const times = paid.get(`${name} ${candidate}`) ?? 0;
        return times === 1
          ? []
          : [
              problem(
                "A1",
                `${name} backed ${candidate}, which is invalid, and paid ${times} times`,
              ),
            ];
      }),
    );
  }

  #judge({ validator, reason, candidateHash: candidate }: Penalty): Problem[] {
    this.#penalties += 1;
    const { ofAccount, isHonest, mayBeAbsent } = this.#names;
    const name = ofAccount(validator);
    if (name === undefined) return [problem("A2", `${validator} pays and is no validator`)];
    const problems: Problem[] = [];
    if (isHonest(name) && !(FEES.includes(reason) && mayBeAbsent(name)))
      problems.push(problem("A2", `${name} is honest and pays: ${reason}`));
    if (candidate !== undefined && !this.#isProven(name, candidate, reason))
      problems.push(problem("A4", `nothing on the chain shows why ${name} pays: ${reason}`));
    return problems;
  }

  #isProven(name: string, candidate: CandidateHash, reason: string): boolean {
    const sides = this.#sides.get(`${name} ${candidate}`);
    switch (reason) {
      case "forInvalidBacked":
        return sides?.backed === true;
      case "forInvalidApproved":
      case "distraction":
        return sides?.for === true;
      case "againstValid":
        return sides?.against === true;
      default:
        return true;
    }
  }

  #readVotes(
    { session, backingValidatorsPerCandidate, disputes }: ScrapedOnChainVotes,
    sessionOf: Judgement["sessionOf"],
  ): void {
    const validators = sessionOf(session)?.validators ?? [];
    for (const { receipt, votes } of backingValidatorsPerCandidate) {
      const candidate = candidateHash(receipt);
      const parentHash: Hash = receipt.descriptor.relayParent;
      for (const { validatorIndex, attestation } of votes) {
        const payload = statementPayload(attestedStatement(attestation, candidate), {
          sessionIndex: session,
          parentHash,
        });
        this.#note(validators[validatorIndex], candidate, payload, attestation.value, {
          for: true,
          backed: true,
        });
      }
    }
    for (const { candidateHash: candidate, session: its, statements } of disputes) {
      const keys = sessionOf(its)?.validators ?? [];
      for (const { statement, validatorIndex, signature } of statements) {
        const payload = disputePayload(statement, candidate, its);
        if (payload === undefined) continue;
        const backed = statement.type === "valid" && /^backing/.test(statement.value.type);
        this.#note(
          keys[validatorIndex],
          candidate,
          payload,
          signature,
          statement.type === "valid" ? { for: true, backed } : { against: true },
        );
      }
    }
  }

  #note(
    key: ValidatorId | undefined,
    candidate: CandidateHash,
    payload: Uint8Array,
    signature: Uint8Array,
    side: Partial<Sides>,
  ): void {
    const name = key === undefined ? undefined : this.#names.ofKey(key);
    if (key === undefined || name === undefined) return;
    this.#signatures += 1;
    if (!sr25519Verify(key, payload, signature)) return;
    const place = `${name} ${candidate}`;
    const sides = this.#sides.get(place) ?? { for: false, against: false, backed: false };
    this.#sides.set(place, { ...sides, ...side });
    if (side.backed !== true) return;
    const backers = this.#backers.get(candidate) ?? new Set();
    this.#backers.set(candidate, backers.add(name));
  }
}
