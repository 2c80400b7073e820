/**
 * What happens on the network, as users see it: the same events feed the terminal, `--json`, JSON-RPC
 * and the dashboard. Each has `event`, `time` (Unix milliseconds) and `node`.
 */
import type {
  AccountId,
  Balance,
  BlockNumber,
  CandidateHash,
  Hash,
  ParaId,
  ValidatorIndex,
} from "@parahost/primitives";

/** A candidate of a para in a relay chain block. */
export interface CandidateInBlock {
  readonly para: ParaId;
  readonly candidate: CandidateHash;
}

/** Where a candidate is on its way. */
export interface CandidateProgress extends CandidateInBlock {
  /** Number of the parachain block, where the head says it. */
  readonly number?: number;
  /** Number of the relay chain block in which it happened. */
  readonly relayNumber: BlockNumber;
}

/** Split: neither side has won, and the candidate is treated as an invalid one. */
export type DisputeOutcome = "valid" | "invalid" | "split";

export type NodeEventData =
  | {
      readonly event: "relay.imported";
      readonly number: BlockNumber;
      readonly hash: Hash;
      /** Name or key of the author. */
      readonly author: string;
      readonly backed: readonly CandidateInBlock[];
      readonly included: readonly CandidateInBlock[];
    }
  | { readonly event: "relay.finalized"; readonly number: BlockNumber; readonly hash: Hash }
  | ({ readonly event: "candidate.seconded" } & CandidateProgress)
  | ({ readonly event: "candidate.backed" } & CandidateProgress)
  | ({ readonly event: "candidate.included" } & CandidateProgress)
  | ({ readonly event: "candidate.timedOut" } & CandidateProgress)
  | ({ readonly event: "candidate.approved" } & CandidateProgress)
  /** A collator built a block. */
  | {
      readonly event: "para.block";
      readonly para: ParaId;
      readonly number: number;
      /** Hash of the head. */
      readonly head: Hash;
    }
  | ({
      readonly event: "dispute.raised";
      readonly validator: ValidatorIndex;
    } & CandidateInBlock)
  | ({
      readonly event: "dispute.concluded";
      readonly outcome: DisputeOutcome;
    } & CandidateInBlock)
  | {
      readonly event: "validator.slashed";
      readonly validator: AccountId;
      readonly amount: Balance;
      readonly reason: string;
    }
  /** The chain went back to this block. */
  | { readonly event: "chain.reverted"; readonly to: BlockNumber; readonly hash: Hash };

export type NodeEvent = NodeEventData & {
  /** Unix milliseconds. */
  readonly time: number;
  /** Name of the node that reports it. */
  readonly node: string;
};

export type NodeEventName = NodeEventData["event"];
