/**
 * The runtime's answers about one block, as the node consumes them. Names are those of Polkadot's
 * runtime APIs in our case style. Queries run on the state after the block and describe what its
 * child may contain. Runtime and primitives reference, 1.9.
 */
import type {
  ApprovalVotingParams,
  AsyncBackingParams,
  AuthorityDiscoveryId,
  BabeEpoch,
  BackingState,
  Balance,
  CandidateCommitments,
  CandidateEvent,
  CandidateHash,
  CandidateReceipt,
  CommittedCandidateReceipt,
  CoreIndex,
  CoreState,
  DisputeEntry,
  DisputesTimeSlot,
  ExecutorParams,
  GroupRotationInfo,
  Hash,
  NodeFeatures,
  OccupiedCoreAssumption,
  ParaId,
  PersistedValidationData,
  ScrapedOnChainVotes,
  SessionIndex,
  SessionInfo,
  ValidationCodeHash,
  ValidatorId,
  ValidatorIndex,
} from "@parahost/primitives";
import type { BitVec } from "@parahost/scale";

export interface ValidatorGroups {
  readonly groups: readonly (readonly ValidatorIndex[])[];
  readonly rotation: GroupRotationInfo;
}

export interface FishermenStake {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
  readonly stake: Balance;
  readonly extraChecks: number;
}

/** A dispute of another fork whose data nobody has shown to be available here. */
export interface OpenRemoteDispute {
  readonly timeSlot: DisputesTimeSlot;
  readonly dispute: {
    readonly receipt: CandidateReceipt;
    /** One bit per validator of the session. */
    readonly availabilityVotes: BitVec;
  };
}

export interface RuntimeApiAt {
  /** Authorities of past, present and next session, for connecting to them. */
  authorities(): readonly AuthorityDiscoveryId[];
  /** Active validators of the child's session, in the order of `ValidatorIndex`. */
  validators(): readonly ValidatorId[];
  validatorGroups(): ValidatorGroups;
  availabilityCores(): readonly CoreState[];
  persistedValidationData(
    para: ParaId,
    assumption: OccupiedCoreAssumption,
  ): PersistedValidationData | undefined;
  /** Whether the inclusion module would take these outputs in a child block. */
  checkValidationOutputs(para: ParaId, commitments: CandidateCommitments): boolean;
  sessionIndexForChild(): SessionIndex;
  validationCode(para: ParaId, assumption: OccupiedCoreAssumption): Uint8Array | undefined;
  validationCodeByHash(hash: ValidationCodeHash): Uint8Array | undefined;
  validationCodeHash(
    para: ParaId,
    assumption: OccupiedCoreAssumption,
  ): ValidationCodeHash | undefined;
  /** The oldest candidate of the para that waits for availability. */
  candidatePendingAvailability(para: ParaId): CommittedCandidateReceipt | undefined;
  candidatesPendingAvailability(para: ParaId): readonly CommittedCandidateReceipt[];
  /** What happened to candidates in this very block. */
  candidateEvents(): readonly CandidateEvent[];
  /** Backing votes and dispute statements that this very block brought. */
  onChainVotes(): ScrapedOnChainVotes | undefined;
  /** The disputes that the chain remembers. */
  disputes(): readonly DisputeEntry[];
  sessionInfo(index: SessionIndex): SessionInfo | undefined;
  sessionExecutorParams(index: SessionIndex): ExecutorParams | undefined;
  /** The BABE epoch the block is in; its randomness seeds the gossip grid. */
  currentBabeEpoch(): BabeEpoch;
  minimumBackingVotes(session: SessionIndex): number;
  disabledValidators(): readonly ValidatorIndex[];
  /** How far candidates may run ahead of the chain; 0 and 0 is the guide's rule: build on the leaf. */
  asyncBackingParams(): AsyncBackingParams;
  /** Bounds on the candidate behind the included head, and the candidates that wait for availability. */
  paraBackingState(para: ParaId): BackingState | undefined;
  nodeFeatures(session: SessionIndex): NodeFeatures;
  /** How many approvals one signature may cover. */
  approvalVotingParams(session: SessionIndex): ApprovalVotingParams;
  /** For each core the paras that come next, soonest first. */
  claimQueue(): ReadonlyMap<CoreIndex, readonly ParaId[]>;
  /** Longest decompressed code in bytes. */
  validationCodeBombLimit(session: SessionIndex): number;
  schedulingLookahead(session: SessionIndex): number;
  paraIds(): readonly ParaId[];
  /** Code that awaits the validators' pre-check. */
  pvfsRequirePrecheck(): readonly ValidationCodeHash[];
  /** What fishermen have staked on candidates being bad, and how many checks more that calls for. */
  fishermenStakes(): readonly FishermenStake[];
  remoteDisputes(): readonly OpenRemoteDispute[];
  /** What tells the validators of a session from those of other forks; `undefined` for forgotten ones. */
  sessionKeysHash(session: SessionIndex): Hash | undefined;
  /** Whether this chain has included the candidate. */
  isIncluded(session: SessionIndex, candidate: CandidateHash): boolean;
}

/** The chain's state, block by block. `undefined` when the block or its state is not there. */
export interface RuntimeApiProvider {
  at(relayParent: Hash): RuntimeApiAt | undefined;
}
