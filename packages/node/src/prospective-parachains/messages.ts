/** Chains of candidates that the relay chain may take next. Guide: Prospective Parachains. */
import type {
  CandidateHash,
  CommittedCandidateReceipt,
  Hash,
  HeadData,
  ParaId,
  PersistedValidationData,
} from "@parahost/primitives";
import type { CandidateAt } from "../candidate-backing/messages.ts";
import type { Reply } from "../overseer/reply.ts";

/** A candidate that is asked about: with its receipt, or merely as it was advertised. */
export type HypotheticalCandidate =
  | {
      readonly type: "complete";
      readonly candidateHash: CandidateHash;
      readonly receipt: CommittedCandidateReceipt;
      readonly persistedValidationData: PersistedValidationData;
    }
  | {
      readonly type: "incomplete";
      readonly candidateHash: CandidateHash;
      readonly paraId: ParaId;
      readonly relayParent: Hash;
      readonly parentHeadDataHash: Hash;
    };

/** The head that a candidate builds on: itself, or its hash where it must be looked up. */
export type ParentHead =
  | { readonly type: "data"; readonly value: HeadData }
  | { readonly type: "hash"; readonly value: Hash };

export type ProspectiveParachainsMessage =
  /** A validator seconded it. Answers whether it may become part of a chain under some leaf. */
  | {
      readonly type: "introduceSecondedCandidate";
      readonly candidateHash: CandidateHash;
      readonly receipt: CommittedCandidateReceipt;
      readonly persistedValidationData: PersistedValidationData;
      readonly reply: Reply<boolean>;
    }
  /** It has its quorum. */
  | {
      readonly type: "candidateBacked";
      readonly paraId: ParaId;
      readonly candidateHash: CandidateHash;
    }
  /**
   * Up to `count` backed candidates that can follow one another in the child of the leaf, when of those that
   * wait for availability `ancestors` are included in it or go on waiting, and the others are dropped.
   */
  | {
      readonly type: "getBackableCandidates";
      readonly leaf: Hash;
      readonly paraId: ParaId;
      readonly count: number;
      readonly ancestors: ReadonlySet<CandidateHash>;
      readonly reply: Reply<readonly CandidateAt[]>;
    }
  /** The leaves under which the candidate is, or may become, part of a chain. */
  | {
      readonly type: "getHypotheticalMembership";
      readonly candidate: HypotheticalCandidate;
      readonly reply: Reply<readonly Hash[]>;
    }
  /**
   * What a candidate at this relay parent on this head is validated with; `undefined` when the relay parent is
   * under no leaf or the head's hash is not known.
   */
  | {
      readonly type: "getProspectiveValidationData";
      readonly paraId: ParaId;
      readonly relayParent: Hash;
      readonly parentHead: ParentHead;
      readonly reply: Reply<PersistedValidationData | undefined>;
    };
