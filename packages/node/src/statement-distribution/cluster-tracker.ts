/**
 * Who of our own group knows which statements: what we may accept from a member, and what it lacks.
 * Messages can be lost and nothing acknowledges them, so our own statements are repeated a few times to
 * members that have not shown to know them; hence repeats are free up to a limit. What we relay for
 * others is sent once: its originator repeats it. Node-side reference, 5.11, cluster rules.
 */
import { err, ok, type Result } from "@parahost/base";
import type { CandidateHash, GuideCompactStatement, ValidatorIndex } from "@parahost/primitives";
import type { GuideVote } from "./invalid-statements.ts";

/** Times that a statement or manifest is sent to somebody who does not show to know it. */
export const SENDS_MAX = 4;
/** Repeats of one thing by one peer that cost nothing: more than an honest peer needs. */
export const REPEATS_MAX = 2 * SENDS_MAX;

export type ClusterRefusal =
  /** Sender or originator is no member. */
  | { readonly code: "notInGroup" }
  /** The sender passes on more candidates of this originator than anybody may second. */
  | { readonly code: "excessiveSeconded" }
  /** The same again and again. */
  | { readonly code: "tooOften" };

interface Sent {
  readonly times: number;
  /** Of the last time, in milliseconds. */
  readonly at: number;
}

interface Member {
  /** What it sent us, and how often. */
  readonly received: Map<string, number>;
  readonly sent: Map<string, Sent>;
  /** Candidates that it sent something about. */
  readonly knows: Set<CandidateHash>;
  /** Candidates that it says an originator seconded. */
  readonly secondedBy: Map<ValidatorIndex, Set<CandidateHash>>;
}

const keyOf = (originator: ValidatorIndex, { type, value }: GuideCompactStatement): string =>
  `${type}:${originator}:${value}`;

export class ClusterTracker {
  /** The other members. */
  readonly members: readonly ValidatorIndex[];
  readonly #local: ValidatorIndex;
  readonly #secondedMax: number;
  readonly #state = new Map<ValidatorIndex, Member>();

  constructor(group: readonly ValidatorIndex[], local: ValidatorIndex, secondedMax: number) {
    this.members = group.filter((member) => member !== local);
    this.#local = local;
    this.#secondedMax = secondedMax;
    for (const member of this.members) this.reset(member);
  }

  includes(validator: ValidatorIndex): boolean {
    return validator === this.#local || this.#state.has(validator);
  }

  /** Whether a statement may come from this sender. Counts repeats. */
  receive(
    sender: ValidatorIndex,
    originator: ValidatorIndex,
    statement: GuideCompactStatement,
  ): Result<"new" | "repeat", ClusterRefusal> {
    const member = this.#state.get(sender);
    if (member === undefined || !this.includes(originator)) return err({ code: "notInGroup" });
    const key = keyOf(originator, statement);
    const times = member.received.get(key);
    if (times !== undefined) {
      if (times > REPEATS_MAX) return err({ code: "tooOften" });
      member.received.set(key, times + 1);
      return ok("repeat");
    }
    const seconded = member.secondedBy.get(originator);
    if (
      statement.type === "seconded" &&
      seconded !== undefined &&
      seconded.size >= this.#secondedMax &&
      !seconded.has(statement.value)
    )
      return err({ code: "excessiveSeconded" });
    return ok("new");
  }

  /** The sender has this statement, its signature checked. */
  noteReceived(
    sender: ValidatorIndex,
    originator: ValidatorIndex,
    statement: GuideCompactStatement,
  ): void {
    const member = this.#state.get(sender);
    if (member === undefined) return;
    member.received.set(keyOf(originator, statement), 1);
    member.knows.add(statement.value);
    if (statement.type !== "seconded") return;
    const seconded = member.secondedBy.get(originator);
    if (seconded === undefined) member.secondedBy.set(originator, new Set([statement.value]));
    else seconded.add(statement.value);
  }

  /** Whether the member should be sent this now. Offer seconding statements first. */
  isDue(
    target: ValidatorIndex,
    { validatorIndex, statement }: GuideVote,
    now: number,
    repeatAfterMs: number,
  ): boolean {
    const member = this.#state.get(target);
    if (member === undefined || target === validatorIndex) return false;
    const key = keyOf(validatorIndex, statement);
    if (member.received.has(key)) return false;
    if (statement.type !== "seconded" && !this.#isIntroduced(member, statement.value)) return false;
    const sent = member.sent.get(key);
    if (sent === undefined) return true;
    if (validatorIndex !== this.#local) return false;
    // A member that votes on the candidate has heard that it was seconded.
    if (statement.type === "seconded" && member.knows.has(statement.value)) return false;
    return sent.times < SENDS_MAX && now - sent.at >= repeatAfterMs;
  }

  noteSent(target: ValidatorIndex, { validatorIndex, statement }: GuideVote, now: number): void {
    const member = this.#state.get(target);
    const key = keyOf(validatorIndex, statement);
    member?.sent.set(key, { times: (member.sent.get(key)?.times ?? 0) + 1, at: now });
  }

  /** Whether we told the member of the candidate, which says "ask me", and it did not tell us. */
  wasTold(target: ValidatorIndex, candidate: CandidateHash): boolean {
    const member = this.#state.get(target);
    return (
      member !== undefined &&
      this.#wasSentSeconded(member, candidate) &&
      ![...member.secondedBy.values()].some((candidates) => candidates.has(candidate))
    );
  }

  /** The member lost what we sent: it was not connected, or did not know the relay parent. */
  forgetSent(target: ValidatorIndex): void {
    this.#state.get(target)?.sent.clear();
  }

  /** The member may have lost everything. */
  reset(target: ValidatorIndex): void {
    if (!this.members.includes(target)) return;
    this.#state.set(target, {
      received: new Map(),
      sent: new Map(),
      knows: new Set(),
      secondedBy: new Map(),
    });
  }

  #isIntroduced(member: Member, candidate: CandidateHash): boolean {
    return member.knows.has(candidate) || this.#wasSentSeconded(member, candidate);
  }

  #wasSentSeconded(member: Member, candidate: CandidateHash): boolean {
    return [...this.members, this.#local].some((originator) =>
      member.sent.has(keyOf(originator, { type: "seconded", value: candidate })),
    );
  }
}
