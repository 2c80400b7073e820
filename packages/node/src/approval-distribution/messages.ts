/** Gossip of approval assignments and votes. Guide: Approval Distribution. */
import type {
  ApprovalDistributionMessage as ApprovalWireMessage,
  ClaimedAssignment,
} from "@parahost/network";
import type {
  BlockNumber,
  Hash,
  IndirectSignedApprovalVote,
  SessionIndex,
  SessionInfo,
  Slot,
} from "@parahost/primitives";
import type { CriteriaBlock } from "../approval-criteria/criteria.ts";
import type { NetworkEventMessage } from "../network-bridge/messages.ts";

/** A block whose candidates are being approved, with all that its assignments are checked by. */
export interface ApprovalBlock extends CriteriaBlock {
  readonly number: BlockNumber;
  readonly parentHash: Hash;
  readonly slot: Slot;
  readonly session: SessionIndex;
  readonly sessionInfo: SessionInfo;
}

export type ApprovalDistributionMessage =
  | NetworkEventMessage<ApprovalWireMessage>
  /** Parents first. */
  | { readonly type: "newBlocks"; readonly blocks: readonly ApprovalBlock[] }
  /** Our own, written down and taken by approval voting. */
  | { readonly type: "distributeAssignment"; readonly assignment: ClaimedAssignment }
  | { readonly type: "distributeApproval"; readonly vote: IndirectSignedApprovalVote };
