/**
 * The record of votes and disputes: takes votes, or refuses them, and says what they changed. It talks
 * to nobody; whoever imports acts on the change. Guide: Dispute Coordinator; node-side reference, 5.23.
 */
import { err, ok, type Result } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import {
  byzantine,
  type CandidateHash,
  type CandidateReceipt,
  type DisputeVote,
  type SessionIndex,
  type SessionInfo,
} from "@parahost/primitives";
import {
  type CandidateVotes,
  isDisputed,
  noVotes,
  tallyOf,
  withVotes,
} from "../dispute-votes/candidate-votes.ts";
import { type BadVote, checkVoters, checkVotes } from "../dispute-votes/check-votes.ts";
import {
  type DisputeStatus,
  isConcluded,
  isLost,
  type Now,
  nextStatus,
} from "../dispute-votes/status.ts";
import type { DisputeDatabase, DisputeKey } from "./database.ts";
import type { DisabledValidators } from "./disabled-validators.ts";
import type { SeenOnChain } from "./seen-on-chain.ts";
import type { SpamSlots } from "./spam-slots.ts";

export interface BookDependencies {
  readonly database: DisputeDatabase;
  readonly verifier: SignatureVerifier;
  readonly sessions: { get(session: SessionIndex): SessionInfo | undefined };
  readonly seen: SeenOnChain;
  readonly disabled: DisabledValidators;
  readonly spam: SpamSlots;
}

export interface VotesToImport extends DisputeKey {
  /** Needed for a candidate that is not on record yet. */
  readonly candidateReceipt: CandidateReceipt | undefined;
  readonly votes: readonly DisputeVote[];
  /** Votes that the chain has checked, or that we have just signed ourselves. */
  readonly areChecked: boolean;
}

export interface Dispute extends DisputeKey {
  readonly status: DisputeStatus;
}

/** Why votes are not taken. */
export type ImportRefusal =
  | { readonly code: "outsideWindow"; readonly session: SessionIndex }
  | { readonly code: "unknownCandidate" }
  | BadVote
  /** None of the new voters against may dispute another candidate that nobody has seen. */
  | { readonly code: "spam" };

/** What an import did. */
export interface ImportChange {
  readonly key: DisputeKey;
  readonly votes: CandidateVotes;
  readonly added: readonly DisputeVote[];
  readonly before: DisputeStatus | undefined;
  /** `undefined` while nobody disputes the candidate. */
  readonly after: DisputeStatus | undefined;
}

export class DisputeBook {
  readonly #deps: BookDependencies;
  /** As on disk, by session first: a candidate can be disputed in each that backed it. */
  readonly #statuses = new Map<SessionIndex, Map<CandidateHash, DisputeStatus>>();

  /** Reads the disputes that are on disk. */
  constructor(deps: BookDependencies) {
    this.#deps = deps;
    for (const { status, ...key } of deps.database.disputes()) this.#setStatus(key, status);
  }

  /** All disputes, oldest session first. */
  disputes(): readonly Dispute[] {
    return [...this.#statuses]
      .sort(([a], [b]) => a - b)
      .flatMap(([session, disputes]) =>
        [...disputes].map(([candidateHash, status]) => ({ session, candidateHash, status })),
      );
  }

  /** Those on one candidate. */
  disputesOf(candidateHash: CandidateHash): readonly Dispute[] {
    return [...this.#statuses].flatMap(([session, disputes]) => {
      const status = disputes.get(candidateHash);
      return status === undefined ? [] : [{ session, candidateHash, status }];
    });
  }

  /** Those that are confirmed and not concluded: time alone can split them. */
  confirmed(): readonly DisputeKey[] {
    return this.disputes().filter(({ status }) => status.type === "confirmed");
  }

  statusOf({ session, candidateHash }: DisputeKey): DisputeStatus | undefined {
    return this.#statuses.get(session)?.get(candidateHash);
  }

  votesOf(key: DisputeKey): CandidateVotes | undefined {
    return this.#deps.database.votes(key);
  }

  /** All of the votes are taken, and are then on disk, or none. */
  import(request: VotesToImport, now: Now): Result<ImportChange, ImportRefusal> {
    const { database, sessions, spam, verifier } = this.#deps;
    const { session, candidateHash, candidateReceipt } = request;
    const key: DisputeKey = { session, candidateHash };
    const info = sessions.get(session);
    if (info === undefined) return err({ code: "outsideWindow", session });
    const known = database.votes(key);
    if (known === undefined && candidateReceipt === undefined)
      return err({ code: "unknownCandidate" });
    const checked = request.areChecked
      ? checkVoters(request.votes, info)
      : checkVotes(request.votes, candidateHash, session, info, verifier);
    if (!checked.ok) return checked;

    const record = known ?? noVotes(candidateReceipt as CandidateReceipt);
    const { votes, added } = withVotes(record, request.votes);
    const before = this.statusOf(key);
    if (added.length === 0) return ok({ key, votes, added, before, after: before });
    const after = isDisputed(votes)
      ? nextStatus(before ?? { type: "active" }, tallyOf(votes), info.validators.length, now)
      : undefined;
    if (this.isPotentialSpam(key, votes, after)) {
      const voters = added.flatMap(({ statement, validatorIndex }) =>
        statement.type === "invalid" ? [validatorIndex] : [],
      );
      const free = voters.filter((voter) => spam.take(session, candidateHash, voter));
      if (voters.length > 0 && free.length === 0) return err({ code: "spam" });
    } else spam.clear(session, candidateHash);
    database.put(key, votes, after);
    if (after !== undefined) this.#setStatus(key, after);
    return ok({ key, votes, added, before, after });
  }

  /** Time has passed: the status that follows now from the same votes. */
  reconsider(key: DisputeKey, now: Now): ImportChange | undefined {
    const { database, sessions } = this.#deps;
    const before = this.statusOf(key);
    const info = sessions.get(key.session);
    const votes = before?.type === "confirmed" ? database.votes(key) : undefined;
    if (before === undefined || info === undefined || votes === undefined) return undefined;
    const after = nextStatus(before, tallyOf(votes), info.validators.length, now);
    if (after === before) return undefined;
    database.put(key, votes, after);
    this.#setStatus(key, after);
    return { key, votes, added: [], before, after };
  }

  /**
   * Whether the dispute may be made up: no chain counts its votes, too few have spoken up about it for one of
   * them to be honest, and the candidate is on no chain that we know, or nobody is against it but validators
   * that are disabled. Such a dispute is stored and has no effect.
   */
  isPotentialSpam(
    key: DisputeKey,
    votes: CandidateVotes,
    status: DisputeStatus | undefined,
  ): boolean {
    if (votes.invalid.size === 0 || (status !== undefined && isConcluded(status))) return false;
    if (this.#mustBeDecided(key, votes)) return false;
    return !this.#deps.seen.isOnChain(key.candidateHash) || this.#isOfDisabledAlone(key, votes);
  }

  /** Whether a chain with the candidate must not be voted for. */
  isInDoubt(key: DisputeKey): boolean {
    const status = this.statusOf(key);
    if (status === undefined || status.type === "concludedFor") return false;
    if (isLost(status)) return true;
    const votes = this.votesOf(key);
    if (votes === undefined) return false;
    return this.#mustBeDecided(key, votes) || !this.#isOfDisabledAlone(key, votes);
  }

  /** Disputes that nobody has to answer are left out: no chain is to count them. */
  forChain(): readonly Dispute[] {
    return this.disputes().filter(({ status, ...key }) => {
      const votes = isConcluded(status) ? undefined : this.votesOf(key);
      return votes === undefined || !this.isPotentialSpam(key, votes, status);
    });
  }

  /** After a start: who has lost, and whose spam slots are taken, from what is on record. */
  recall(): void {
    for (const { status, ...key } of this.disputes()) {
      const votes = this.votesOf(key);
      if (votes === undefined) continue;
      this.noteLosers(key, votes, status);
      if (!this.isPotentialSpam(key, votes, status)) continue;
      for (const voter of votes.invalid.keys())
        this.#deps.spam.take(key.session, key.candidateHash, voter);
    }
  }

  /** Whoever stood on the wrong side disputes in vain from now on. */
  noteLosers({ session }: DisputeKey, votes: CandidateVotes, status: DisputeStatus): void {
    const { disabled } = this.#deps;
    if (status.type === "concludedFor") disabled.noteLost(session, [...votes.invalid.keys()]);
    if (status.type === "concludedAgainst") disabled.noteLost(session, [...votes.valid.keys()]);
  }

  /** Drops sessions before this one. */
  prune(earliest: SessionIndex): void {
    this.#deps.database.prune(earliest);
    for (const session of this.#statuses.keys())
      if (session < earliest) this.#statuses.delete(session);
  }

  #setStatus({ session, candidateHash }: DisputeKey, status: DisputeStatus): void {
    const disputes = this.#statuses.get(session) ?? new Map();
    disputes.set(candidateHash, status);
    this.#statuses.set(session, disputes);
  }

  /**
   * Everybody has to vote, whoever began: a chain that counts the votes charges those who took part in what
   * is never decided, and whom we have seen losing another may have had no such name when others answered.
   */
  #mustBeDecided(key: DisputeKey, votes: CandidateVotes): boolean {
    return this.#deps.seen.isDisputedOnChain(key.candidateHash) || this.#isVouchedFor(key, votes);
  }

  /**
   * More validators than can be faulty have spoken up about the candidate. Backing and approval votes do
   * not count: they were cast before anybody disputed it, and anybody can repeat them.
   */
  #isVouchedFor({ session }: DisputeKey, { valid, invalid }: CandidateVotes): boolean {
    const speakers = new Set(invalid.keys());
    for (const [voter, { kind }] of valid) if (kind.type === "explicit") speakers.add(voter);
    return speakers.size > byzantine(this.#validatorCount(session));
  }

  #isOfDisabledAlone({ session }: DisputeKey, { invalid }: CandidateVotes): boolean {
    const names = this.#deps.disabled.of(session, this.#validatorCount(session));
    return [...invalid.keys()].every((voter) => names.has(voter));
  }

  #validatorCount(session: SessionIndex): number {
    return this.#deps.sessions.get(session)?.validators.length ?? 0;
  }
}
