/**
 * What approval assignments are drawn from: the parameters of a session, the candidates that a block
 * includes, and which criteria are in force. Node-side reference, 6.1, 7.3.
 */
import type {
  AssignmentId,
  CandidateHash,
  CoreIndex,
  GroupIndex,
  Hash,
  SessionInfo,
  ValidatorIndex,
} from "@parahost/primitives";

/** 500 ms steps after a block's slot in which more and more validators check. */
export type Tranche = number;

/**
 * `modern` draws cores for everybody and delays for the rest; `anv` gives each validator one of the
 * block's candidates, and delays. Both add the draw for equivocating authors.
 */
export type ApprovalProfile = "modern" | "anv";

export interface ApprovalCriteria {
  readonly profile: ApprovalProfile;
  /** One certificate for all cores of tranche 0 instead of one for each; a node feature. */
  readonly isCompactOn: boolean;
}

export type CriteriaSession = Pick<
  SessionInfo,
  | "assignmentKeys"
  | "validatorGroups"
  | "nCores"
  | "relayVrfModuloSamples"
  | "nDelayTranches"
  | "zerothDelayTrancheWidth"
>;

/** A candidate that the block makes available, hence that leaves its core. */
export interface IncludedCandidate {
  readonly candidate: CandidateHash;
  readonly core: CoreIndex;
  /** The group that backed it; its members do not check. */
  readonly group: GroupIndex;
}

/** A block as far as assignments depend on it. */
export interface CriteriaBlock {
  readonly hash: Hash;
  /** 32 bytes that the block's author could not choose. */
  readonly story: Uint8Array;
  /** In the order of the inclusion events. */
  readonly candidates: readonly IncludedCandidate[];
  /**
   * Cores of candidates that another block of the same slot and author does not include; drawn for
   * once more, under this block's hash.
   */
  readonly equivocatedCores: ReadonlySet<CoreIndex>;
}

/** Delay tranches of the equivocation criterion that count as tranche 0. */
export const EQUIVOCATION_ZEROTH_WIDTH = 12;

export function isInGroup(
  session: CriteriaSession,
  validator: ValidatorIndex,
  group: GroupIndex,
): boolean {
  return session.validatorGroups[group]?.includes(validator) === true;
}

export function assignmentKey(
  session: CriteriaSession,
  validator: ValidatorIndex,
): AssignmentId | undefined {
  return session.assignmentKeys[validator];
}

/** By core: the order that one-shot assignments count in. */
export function byCore(candidates: readonly IncludedCandidate[]): readonly IncludedCandidate[] {
  return [...candidates].sort((a, b) => a.core - b.core);
}
