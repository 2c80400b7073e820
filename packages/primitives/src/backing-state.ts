/** What limits the next candidates of a para, for nodes that build chains of them. Reference: runtime 1.5. */
import { option, positional, struct, u32, type ValueOf, vec } from "@parahost/scale";
import { CandidateCommitments } from "./candidate.ts";
import { CandidateDescriptor } from "./candidate-descriptor.ts";
import { BlockNumber, CandidateHash, ParaId, ValidationCodeHash } from "./ids.ts";
import { UpgradeRestriction } from "./upgrade.ts";
import { HeadData } from "./validation.ts";

const asyncBacking = (name: string): readonly string[] => [
  "polkadot_primitives",
  "v9",
  "async_backing",
  name,
];

export const AsyncBackingParams = struct(
  {
    /** Candidates of a para that may wait beyond the first; 0 = one candidate per relay parent. */
    maxCandidateDepth: u32,
    /** How far behind the head a relay parent may be, in blocks. */
    allowedAncestryLen: u32,
  },
  asyncBacking("AsyncBackingParams"),
);
export type AsyncBackingParams = ValueOf<typeof AsyncBackingParams>;

/** What is left in one outbound channel. */
export const OutboundHrmpChannelLimitations = struct(
  { bytesRemaining: u32, messagesRemaining: u32 },
  asyncBacking("OutboundHrmpChannelLimitations"),
);
export type OutboundHrmpChannelLimitations = ValueOf<typeof OutboundHrmpChannelLimitations>;

const relayLimits = { minRelayParentNumber: BlockNumber, maxPovSize: u32, maxCodeSize: u32 };
const otherLimits = {
  /** Upward messages, then their bytes. */
  umpRemaining: u32,
  umpRemainingBytes: u32,
  maxUmpNumPerCandidate: u32,
  /** When each waiting downward message was sent. */
  dmpRemainingMessages: vec(BlockNumber),
  hrmpInbound: struct(
    {
      /** Blocks at which messages arrived: a watermark must be one of them or the relay parent. */
      validWatermarks: vec(BlockNumber),
    },
    asyncBacking("InboundHrmpLimitations"),
  ),
  hrmpChannelsOut: vec(
    positional(struct({ recipient: ParaId, limitations: OutboundHrmpChannelLimitations })),
  ),
  maxHrmpNumPerCandidate: u32,
  /** The head that the candidate must build on. */
  requiredParent: HeadData,
  validationCodeHash: ValidationCodeHash,
  upgradeRestriction: option(UpgradeRestriction),
  /** Code that applies from this relay parent on. */
  futureValidationCode: option(
    positional(struct({ expectedAt: BlockNumber, codeHash: ValidationCodeHash })),
  ),
};

/** Bounds on a para's next candidate. */
export const Constraints = struct(
  { ...relayLimits, maxHeadDataSize: u32, ...otherLimits },
  asyncBacking("Constraints"),
);
export type Constraints = ValueOf<typeof Constraints>;

export const CandidatePendingAvailability = struct(
  {
    candidateHash: CandidateHash,
    descriptor: CandidateDescriptor,
    commitments: CandidateCommitments,
    relayParentNumber: BlockNumber,
    maxPovSize: u32,
  },
  asyncBacking("CandidatePendingAvailability"),
);
export type CandidatePendingAvailability = ValueOf<typeof CandidatePendingAvailability>;

/** What limits a para's candidates, and those that wait, in chain order. */
export interface BackingState {
  readonly constraints: Constraints;
  readonly pendingAvailability: readonly CandidatePendingAvailability[];
}

/**
 * `BackingState` as `ParachainHost_para_backing_state` answers it: its constraints are of the older kind, which has
 * no bound on heads.
 */
export const EncodedBackingState = struct(
  {
    constraints: struct({ ...relayLimits, ...otherLimits }, [
      "polkadot_primitives",
      "v8",
      "async_backing",
      "Constraints",
    ]),
    pendingAvailability: vec(CandidatePendingAvailability),
  },
  asyncBacking("BackingState"),
);
