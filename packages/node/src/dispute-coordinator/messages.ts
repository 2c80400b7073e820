/** Votes on candidates that somebody disputes, and what follows from them. Guide: Dispute Coordinator. */
import type {
  BlockNumber,
  CandidateHash,
  CandidateReceipt,
  DisputeVote,
  Hash,
  SessionIndex,
} from "@parahost/primitives";
import type { CandidateVotes } from "../dispute-votes/candidate-votes.ts";
import type { DisputeStatus } from "../dispute-votes/status.ts";
import type { Reply } from "../overseer/reply.ts";
import type { BlockDescription } from "./undisputed-chain.ts";

export type { BlockDescription, CandidateVotes, DisputeStatus };

/** `validImport`: the votes are on disk, or were there already. Otherwise nothing of them was taken. */
export type ImportOutcome = "validImport" | "invalidImport";

export interface DisputeListEntry {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
  readonly status: DisputeStatus;
}

export interface VotesEntry {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
  readonly votes: CandidateVotes;
}

/** Until the first leaf is read there is no answer: questions are cancelled. */
export type DisputeCoordinatorMessage =
  /** Votes of others; their signatures are checked. */
  | {
      readonly type: "importStatements";
      readonly candidateReceipt: CandidateReceipt;
      readonly session: SessionIndex;
      readonly statements: readonly DisputeVote[];
      readonly reply: Reply<ImportOutcome>;
    }
  /** The disputes of the window that a chain may count, oldest session first. */
  | { readonly type: "recentDisputes"; readonly reply: Reply<readonly DisputeListEntry[]> }
  /** Those that are open or concluded a short time ago. */
  | { readonly type: "activeDisputes"; readonly reply: Reply<readonly DisputeListEntry[]> }
  /** Unknown ones are left out of the answer. */
  | {
      readonly type: "queryCandidateVotes";
      readonly disputes: readonly {
        readonly session: SessionIndex;
        readonly candidateHash: CandidateHash;
      }[];
      readonly reply: Reply<readonly VotesEntry[]>;
    }
  /** What we found when we checked the candidate: sign it, unless we have voted, and tell everybody. */
  | {
      readonly type: "issueLocalStatement";
      readonly session: SessionIndex;
      readonly candidateReceipt: CandidateReceipt;
      readonly valid: boolean;
    }
  /**
   * Backers disagree, or we found a candidate invalid that others back. Nothing happens until a block
   * backs or includes it; then we check it, or vote against it at once when we have found it invalid.
   */
  | {
      readonly type: "candidateInQuestion";
      readonly session: SessionIndex;
      readonly candidateReceipt: CandidateReceipt;
      /** Backing votes, as evidence. */
      readonly statements: readonly DisputeVote[];
      readonly foundInvalid: boolean;
    }
  /** A dispute about it was carried here from another fork, and we have seen its data: it exists. */
  | {
      readonly type: "remoteCandidate";
      readonly session: SessionIndex;
      readonly candidateReceipt: CandidateReceipt;
    }
  /** How far the chain above `base` may be voted for; the descriptions ascend from the block above it. */
  | {
      readonly type: "determineUndisputedChain";
      readonly base: { readonly number: BlockNumber; readonly hash: Hash };
      readonly blockDescriptions: readonly BlockDescription[];
      readonly reply: Reply<{ readonly number: BlockNumber; readonly hash: Hash }>;
    };
