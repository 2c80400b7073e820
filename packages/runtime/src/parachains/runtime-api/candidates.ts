/**
 * Runtime API: what the next candidate of a para is made from and judged by.
 *
 * Answers depend on what becomes of the candidate that occupies the para's core: `included` as if its
 * data were available, `timedOut` as if it were dropped, `free` when there must be none.
 *
 * Reference: 1.9.
 */
import {
  type BackingState,
  type CandidateCommitments,
  CODE_BOMB_FACTOR,
  type CommittedCandidateReceipt,
  type Constraints,
  type Hash,
  type OccupiedCoreAssumption,
  type ParaId,
  type PersistedValidationData,
  persistedValidationDataHash,
  type ScrapedOnChainVotes,
  type ValidationCode,
  type ValidationCodeHash,
} from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import { discarding } from "../discarding.ts";
import { checkOutputs } from "../inclusion/candidate-checks.ts";
import { forceEnact, candidatesPendingAvailability as pendingOf } from "../inclusion/inclusion.ts";
import { checkMessages } from "../inclusion/messages.ts";
import {
  currentCode,
  currentCodeHash,
  mostRecentContext,
  paraHead,
  pendingUpgrade,
  upgradeRestriction,
} from "../paras/paras.ts";
import { storage as inherentStorage } from "../paras-inherent/storage.ts";
import { earliestRelayParentNumber } from "../shared/relay-parents.ts";
import { allowedRelayParents } from "../shared/shared.ts";

/** The answer under the assumption; `undefined` where it contradicts the state. */
function assuming<T>(
  state: State,
  para: ParaId,
  assumption: OccupiedCoreAssumption,
  answer: () => T,
): T | undefined {
  switch (assumption.type) {
    case "included":
      return discarding(state, () => {
        forceEnact(state, para);
        return answer();
      });
    case "timedOut":
      return answer();
    case "free":
      return pendingOf(state, para).length === 0 ? answer() : undefined;
  }
}

// Inputs

function validationData(
  state: State,
  para: ParaId,
  stateRoot: Hash,
): PersistedValidationData | undefined {
  const parentHead = paraHead(state, para);
  if (parentHead === undefined) return undefined;
  return {
    parentHead,
    relayParentNumber: blockNumber(state),
    relayParentStorageRoot: stateRoot,
    maxPovSize: configuration(state).maxPovSize,
  };
}

/** The root in the block's own header, whatever is assumed. */
const ownStateRoot = (state: State): Hash => state.root(1) as Hash;

/** Validation data of a candidate on this block; `undefined` for an unknown para. */
export function persistedValidationData(
  state: State,
  para: ParaId,
  assumption: OccupiedCoreAssumption,
): PersistedValidationData | undefined {
  const root = ownStateRoot(state);
  return assuming(state, para, assumption, () => validationData(state, para, root));
}

export interface AssumedValidationData {
  readonly data: PersistedValidationData;
  readonly codeHash: ValidationCodeHash;
}

/** The validation data with this hash, and the code that goes with it, under whichever assumption fits. */
export function assumedValidationData(
  state: State,
  para: ParaId,
  expected: Hash,
): AssumedValidationData | undefined {
  const root = ownStateRoot(state);
  for (const assumption of ["timedOut", "included"] as const) {
    const found = assuming(state, para, { type: assumption }, () => {
      const data = validationData(state, para, root);
      const codeHash = currentCodeHash(state, para);
      if (data === undefined || codeHash === undefined) return undefined;
      return persistedValidationDataHash(data) === expected ? { data, codeHash } : undefined;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

export const validationCode = (
  state: State,
  para: ParaId,
  assumption: OccupiedCoreAssumption,
): ValidationCode | undefined => assuming(state, para, assumption, () => currentCode(state, para));

export const validationCodeHash = (
  state: State,
  para: ParaId,
  assumption: OccupiedCoreAssumption,
): ValidationCodeHash | undefined =>
  assuming(state, para, assumption, () => currentCodeHash(state, para));

/** Bytes to which code may decompress. */
export const validationCodeBombLimit = (state: State): number =>
  CODE_BOMB_FACTOR * configuration(state).maxCodeSize;

// Outputs

/** Whether a child would take these outputs from a candidate on this block. */
export function checkValidationOutputs(
  state: State,
  para: ParaId,
  commitments: CandidateCommitments,
): boolean {
  return (
    checkOutputs(state, para, commitments, announcesCode(state, para)).ok &&
    checkMessages(commitments, blockNumber(state)).ok
  );
}

const announcesCode = (state: State, para: ParaId): boolean =>
  pendingOf(state, para).some(({ commitments }) => commitments.newValidationCode !== undefined);

// Pending candidates

export const candidatesPendingAvailability = (
  state: State,
  para: ParaId,
): readonly CommittedCandidateReceipt[] =>
  pendingOf(state, para).map(({ descriptor, commitments }) => ({ descriptor, commitments }));

/** The oldest of them. */
export const candidatePendingAvailability = (
  state: State,
  para: ParaId,
): CommittedCandidateReceipt | undefined => candidatesPendingAvailability(state, para)[0];

/** Votes that this block brought. */
export const onChainVotes = (state: State): ScrapedOnChainVotes | undefined =>
  inherentStorage.onChainVotes.get(state);

// Chains of candidates

/** Bounds on the first candidate behind the included head; `undefined` for an unknown para. */
export function backingConstraints(state: State, para: ParaId): Constraints | undefined {
  const requiredParent = paraHead(state, para);
  const codeHash = currentCodeHash(state, para);
  if (requiredParent === undefined || codeHash === undefined) return undefined;
  const config = configuration(state);
  const upgrade = pendingUpgrade(state, para);
  return {
    minRelayParentNumber: Math.max(
      earliestRelayParentNumber(
        allowedRelayParents(state),
        blockNumber(state),
        config.asyncBackingParams.allowedAncestryLen,
      ),
      mostRecentContext(state, para),
    ),
    maxPovSize: config.maxPovSize,
    maxCodeSize: config.maxCodeSize,
    maxHeadDataSize: config.maxHeadDataSize,
    // This chain carries no messages: see `inclusion/messages.ts`.
    umpRemaining: 0,
    umpRemainingBytes: 0,
    maxUmpNumPerCandidate: 0,
    dmpRemainingMessages: [],
    hrmpInbound: { validWatermarks: [] },
    hrmpChannelsOut: [],
    maxHrmpNumPerCandidate: 0,
    requiredParent,
    validationCodeHash: codeHash,
    upgradeRestriction: upgradeRestriction(state, para),
    futureValidationCode: upgrade,
  };
}

/** Constraints, and the candidates that wait for their data. */
export function paraBackingState(state: State, para: ParaId): BackingState | undefined {
  const constraints = backingConstraints(state, para);
  if (constraints === undefined) return undefined;
  const { maxPovSize } = configuration(state);
  return {
    constraints,
    pendingAvailability: pendingOf(state, para).map(
      ({ hash, descriptor, commitments, relayParentNumber }) => ({
        candidateHash: hash,
        descriptor,
        commitments,
        relayParentNumber,
        maxPovSize,
      }),
    ),
  };
}
