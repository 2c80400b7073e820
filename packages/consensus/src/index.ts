export {
  BabeAuthor,
  type BabeAuthorPorts,
  lastSlotOf,
  type Proposal,
  type ProposalRequest,
  type Proposer,
} from "./babe/author.ts";
export { claimSlot, type SlotClaim } from "./babe/claim.ts";
export {
  type Announcement,
  type AnnouncementError,
  announcementOf,
  type PreDigestError,
  preDigestItem,
  preDigestOf,
  type SealError,
  slotOf,
  type Unsealed,
  unseal,
  weightOf,
} from "./babe/digest.ts";
export { EpochRecord, EpochTree, type SlotEpoch } from "./babe/epochs.ts";
export {
  EquivocationDetector,
  isEquivocation as isBabeEquivocation,
} from "./babe/equivocation.ts";
export { secondaryAuthor } from "./babe/secondary.ts";
export { msToNextSlot, proposingBudgetMs, slotAt, slotStartMs } from "./babe/slots.ts";
export { authorityThreshold, primaryThreshold } from "./babe/threshold.ts";
export {
  type BabeError,
  type ClaimError,
  type VerifiedHeader,
  verifyHeader,
} from "./babe/verify.ts";
export { randomnessContribution, slotScore, slotTranscript } from "./babe/vrf.ts";
export {
  type BlockStore,
  MemoryBlockStore,
  type StoreBatch,
  type StoredBlock,
  type StoredChain,
} from "./block-store.ts";
export { type BlockRef, BlockTree, type TreeBlock, type TreeRoute } from "./block-tree.ts";
export {
  beginAtWarp,
  Chain,
  type FinalizeError,
  type Genesis,
  JUSTIFICATION_PERIOD,
  type WarpStart,
} from "./chain.ts";
export type { BlockOrigin, ChainEvent, ChainListener } from "./chain-events.ts";
export { AuthoritySet, effectiveNumber, PendingChange } from "./grandpa/authority-set.ts";
export {
  equivocationProof,
  isEquivocation as isGrandpaEquivocation,
} from "./grandpa/equivocation.ts";
export type { VoteJournal } from "./grandpa/journal.ts";
export {
  type CommitError,
  type JustificationError,
  makeJustification,
  verifyCommit,
  verifyJustification,
} from "./grandpa/justification.ts";
export type {
  GrandpaChain,
  GrandpaHooks,
  GrandpaNetwork,
  GrandpaPeer,
  SelectChain,
  Verdict,
} from "./grandpa/ports.ts";
export { Round, type RoundState, type VoteOutcome } from "./grandpa/round.ts";
export type { Ancestry, VoteStage } from "./grandpa/vote-graph.ts";
export {
  GrandpaVoter,
  type GrandpaVoterOptions,
  type GrandpaVoterPorts,
  type RoundStatus,
} from "./grandpa/voter.ts";
export { type Voter, VoterSet } from "./grandpa/voter-set.ts";
export {
  applyRules,
  keepBehind,
  threeQuarters,
  type VotingContext,
  type VotingRule,
  withFinalityLagMax,
} from "./grandpa/voting-rule.ts";
export {
  type WarpError,
  type WarpFragment,
  type WarpPosition,
  type WarpProof,
  WarpSync,
  warpProof,
} from "./grandpa/warp-proof.ts";
export {
  type BlockExecutor,
  BlockImporter,
  type Executed,
  type ExecutionRefusal,
  extrinsicsRoot,
  type GapError,
  type ImportableBlock,
  type ImportError,
  type Imported,
  type ImportPorts,
  type JustificationImportError,
} from "./import.ts";
export { ImportQueue, type ImportQueuePorts } from "./import-queue.ts";
export { type Journal, MemoryJournal } from "./journal.ts";
