/**
 * The parachain part of the runtime API: functions of a state, named as in Polkadot. They run on the
 * state after a block and describe what its child may contain; none of them changes the state.
 */
export { disputes, isAccepted } from "../disputes/disputes.ts";
export { includedIn as candidateIncludedIn } from "../disputes/storage.ts";
export { minimumBond as fishermanMinimumBond } from "../fishermen/bonds.ts";
export {
  type CandidateReports,
  type FishermenStake,
  fishermenReports,
  fishermenStakes,
} from "../fishermen/fishermen.ts";
export { awaitedTestimonies, hasTestified } from "../fishermen/testimonies.ts";
export { paraIds, pvfsRequirePrecheck, validationCodeByHash } from "../paras/paras.ts";
export {
  remoteDisputeCode,
  remoteDisputes,
  sessionKeysHash,
} from "../remote-disputes/remote-disputes.ts";
export { sessionExecutorParams, sessionInfo } from "../session-info.ts";
export { disabledValidators } from "../shared/disabled.ts";
export { sessionIndex as sessionIndexForChild } from "../shared/shared.ts";
export { unappliedSlashes } from "../slashing/slashing.ts";
export { suspensionOf } from "../suspension/storage.ts";
export {
  type AssumedValidationData,
  assumedValidationData,
  backingConstraints,
  candidatePendingAvailability,
  candidatesPendingAvailability,
  checkValidationOutputs,
  onChainVotes,
  paraBackingState,
  persistedValidationData,
  validationCode,
  validationCodeBombLimit,
  validationCodeHash,
} from "./candidates.ts";
export {
  availabilityCores,
  candidateEvents,
  claimQueue,
  type ValidatorGroups,
  validatorGroups,
  validators,
} from "./cores.ts";
export {
  type BackingReport,
  keyOwnershipProof,
  submitReportBackingMisbehaviour,
  submitReportDisputeLost,
} from "./disputes.ts";
export {
  approvalVotingParams,
  asyncBackingParams,
  minimumBackingVotes,
  nodeFeatures,
  schedulingLookahead,
} from "./parameters.ts";
export { submitPvfCheckStatement } from "./pvf-check.ts";
