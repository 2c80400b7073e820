/**
 * All statements about candidates of one relay parent: who said what, which candidates have their
 * quorum, and who broke the rules. Whoever hands a statement over has checked its signature.
 *
 * Bound: a group member may second `secondedMax` candidates and vote for those of its group, so the
 * table holds at most `secondedMax * members` candidates per group. Guide: Candidate Backing;
 * node-side reference, 5.10.
 */
import { equalBytes, err, ok, type Result } from "@parahost/base";
import {
  attestationOf,
  type BackedCandidate,
  type CandidateHash,
  type CommittedCandidateReceipt,
  type CompactStatement,
  candidateHash,
  type PersistedValidationData,
  type ValidatorIndex,
  type ValidatorSignature,
  validatorIndicesOf,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import type { BackingCore } from "../backing-groups/backing-cores.ts";
import type { FullStatementWithPvd } from "./messages.ts";

export interface TableConfig {
  readonly cores: readonly BackingCore[];
  /** Candidates that one validator may second at this relay parent. */
  readonly secondedMax: number;
  /** Votes that back a candidate of a group of this size. */
  threshold(groupSize: number): number;
  /** Whether `validatorIndices` carries the core (node feature 1). */
  readonly carriesCoreIndex: boolean;
}

export interface TableStatement {
  readonly payload: FullStatementWithPvd;
  readonly validatorIndex: ValidatorIndex;
  readonly signature: ValidatorSignature;
}

/** A signed statement as evidence. */
export interface SignedVote {
  readonly statement: CompactStatement;
  readonly signature: ValidatorSignature;
}

export type Misbehavior =
  /** "I second it" and "it is valid" about one candidate. */
  | { readonly code: "validityDoubleVote"; readonly votes: readonly [SignedVote, SignedVote] }
  /** More candidates seconded than allowed. */
  | { readonly code: "multipleCandidates"; readonly votes: readonly [SignedVote, SignedVote] }
  /** Not a member of the group that backs the para. */
  | { readonly code: "unauthorizedStatement"; readonly votes: readonly [SignedVote] }
  /** Two signatures on one statement. */
  | { readonly code: "doubleSign"; readonly votes: readonly [SignedVote, SignedVote] };

export type ImportError =
  | Misbehavior
  /** No core takes a candidate of this para. */
  | { readonly code: "notScheduled" }
  /** "Valid" about a candidate that nobody seconded here. */
  | { readonly code: "unknownCandidate" };

/** What a statement changed. */
export interface ImportSummary {
  readonly candidateHash: CandidateHash;
  readonly core: BackingCore;
  readonly voteCount: number;
  /** The vote that made the quorum: it is so for one statement of a candidate. */
  readonly becameBackable: boolean;
  /** False for a statement that was there already. */
  readonly isNew: boolean;
}

export interface TableCandidate {
  readonly receipt: CommittedCandidateReceipt;
  readonly persistedValidationData: PersistedValidationData;
  readonly core: BackingCore;
  readonly votes: ReadonlyMap<ValidatorIndex, SignedVote>;
}

interface Entry extends TableCandidate {
  readonly votes: Map<ValidatorIndex, SignedVote>;
}

export class StatementTable {
  readonly #config: TableConfig;
  readonly #candidates = new Map<CandidateHash, Entry>();
  /** What each validator seconded, in the order of arrival. */
  readonly #seconded = new Map<ValidatorIndex, SignedVote[]>();

  constructor(config: TableConfig) {
    this.#config = config;
  }

  get(hash: CandidateHash): TableCandidate | undefined {
    return this.#candidates.get(hash);
  }

  /** The core that takes candidates of this para; the one that is named, if one is. */
  coreFor(receipt: CommittedCandidateReceipt): BackingCore | undefined {
    const { descriptor } = receipt;
    return this.#config.cores.find(
      ({ core, paras }) =>
        paras.includes(descriptor.paraId) &&
        (descriptor.version === 1 || descriptor.coreIndex === core),
    );
  }

  import(statement: TableStatement): Result<ImportSummary, ImportError> {
    return statement.payload.type === "seconded"
      ? this.#importSeconded(statement, statement.payload)
      : this.#importValid(statement, statement.payload.value);
  }

  /** The candidate with its votes as a block takes it; `undefined` without a quorum. */
  backed(hash: CandidateHash): BackedCandidate | undefined {
    const entry = this.#candidates.get(hash);
    if (entry === undefined || !this.#isBackable(entry)) return undefined;
    const { members, core } = entry.core;
    const positions: number[] = [];
    const validityVotes = members.flatMap((member, position) => {
      const vote = entry.votes.get(member);
      if (vote === undefined) return [];
      positions.push(position);
      return [attestationOf(vote.statement, vote.signature)];
    });
    return {
      candidate: entry.receipt,
      validityVotes,
      validatorIndices: validatorIndicesOf({
        voters: bitsAt(members.length, positions),
        coreIndex: this.#config.carriesCoreIndex ? core : undefined,
      }),
    };
  }

  #importSeconded(
    { validatorIndex, signature }: TableStatement,
    payload: Extract<FullStatementWithPvd, { type: "seconded" }>,
  ): Result<ImportSummary, ImportError> {
    const receipt = payload.value;
    const hash = candidateHash(receipt);
    const vote: SignedVote = { statement: { type: "seconded", value: hash }, signature };
    const core = this.coreFor(receipt);
    if (core === undefined) return err({ code: "notScheduled" });
    if (!core.members.includes(validatorIndex))
      return err({ code: "unauthorizedStatement", votes: [vote] });
    const known = this.#candidates.get(hash)?.votes.get(validatorIndex);
    if (known !== undefined) return this.#again(hash, core, known, vote);
    const seconded = this.#seconded.get(validatorIndex) ?? [];
    const first = seconded[0];
    if (first !== undefined && seconded.length >= this.#config.secondedMax)
      return err({ code: "multipleCandidates", votes: [first, vote] });
    let entry = this.#candidates.get(hash);
    if (entry === undefined) {
      const { persistedValidationData } = payload;
      entry = { receipt, persistedValidationData, core, votes: new Map() };
      this.#candidates.set(hash, entry);
    }
    this.#seconded.set(validatorIndex, [...seconded, vote]);
    return ok(this.#add(hash, entry, validatorIndex, vote));
  }

  #importValid(
    { validatorIndex, signature }: TableStatement,
    hash: CandidateHash,
  ): Result<ImportSummary, ImportError> {
    const vote: SignedVote = { statement: { type: "valid", value: hash }, signature };
    const entry = this.#candidates.get(hash);
    if (entry === undefined) return err({ code: "unknownCandidate" });
    if (!entry.core.members.includes(validatorIndex))
      return err({ code: "unauthorizedStatement", votes: [vote] });
    const known = entry.votes.get(validatorIndex);
    if (known !== undefined) return this.#again(hash, entry.core, known, vote);
    return ok(this.#add(hash, entry, validatorIndex, vote));
  }

  /** A second statement of a validator about one candidate. */
  #again(
    hash: CandidateHash,
    core: BackingCore,
    known: SignedVote,
    vote: SignedVote,
  ): Result<ImportSummary, ImportError> {
    if (known.statement.type !== vote.statement.type)
      return err({ code: "validityDoubleVote", votes: [known, vote] });
    if (!equalBytes(known.signature, vote.signature))
      return err({ code: "doubleSign", votes: [known, vote] });
    const voteCount = this.#candidates.get(hash)?.votes.size ?? 0;
    return ok({ candidateHash: hash, core, voteCount, becameBackable: false, isNew: false });
  }

  #add(
    hash: CandidateHash,
    entry: Entry,
    validatorIndex: ValidatorIndex,
    vote: SignedVote,
  ): ImportSummary {
    const wasBackable = this.#isBackable(entry);
    entry.votes.set(validatorIndex, vote);
    return {
      candidateHash: hash,
      core: entry.core,
      voteCount: entry.votes.size,
      becameBackable: !wasBackable && this.#isBackable(entry),
      isNew: true,
    };
  }

  #isBackable({ core, votes }: Entry): boolean {
    return (
      votes.size >= this.#config.threshold(core.members.length) &&
      [...votes.values()].some(({ statement }) => statement.type === "seconded")
    );
  }
}
