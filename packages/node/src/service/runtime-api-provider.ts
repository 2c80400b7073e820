/** The runtime's answers about kept blocks, for the runtime-api subsystem. */
import type { Hash } from "@parahost/primitives";
import { runtimeApi, type State } from "@parahost/runtime";
import type { RuntimeApiAt, RuntimeApiProvider } from "../runtime-api/runtime-api-at.ts";
import type { ChainStates } from "./chain-states.ts";

export function runtimeApiProvider(states: ChainStates): RuntimeApiProvider {
  return {
    at: (relayParent: Hash) => {
      const state = states.view(relayParent);
      return state === undefined ? undefined : runtimeApiAt(state);
    },
  };
}

/** Each query of the interface is the runtime's function of that name, given the state. */
function runtimeApiAt(state: State): RuntimeApiAt {
  return {
    authorities: () => runtimeApi.authorities(state),
    validators: () => runtimeApi.validators(state),
    validatorGroups: () => runtimeApi.validatorGroups(state),
    availabilityCores: () => runtimeApi.availabilityCores(state),
    persistedValidationData: (para, assumption) =>
      runtimeApi.persistedValidationData(state, para, assumption),
    checkValidationOutputs: (para, commitments) =>
      runtimeApi.checkValidationOutputs(state, para, commitments),
    sessionIndexForChild: () => runtimeApi.sessionIndexForChild(state),
    validationCode: (para, assumption) => runtimeApi.validationCode(state, para, assumption),
    validationCodeByHash: (hash) => runtimeApi.validationCodeByHash(state, hash),
    validationCodeHash: (para, assumption) =>
      runtimeApi.validationCodeHash(state, para, assumption),
    candidatePendingAvailability: (para) => runtimeApi.candidatePendingAvailability(state, para),
    candidatesPendingAvailability: (para) => runtimeApi.candidatesPendingAvailability(state, para),
    candidateEvents: () => runtimeApi.candidateEvents(state),
    onChainVotes: () => runtimeApi.onChainVotes(state),
    disputes: () => runtimeApi.disputes(state),
    sessionInfo: (index) => runtimeApi.sessionInfo(state, index),
    sessionExecutorParams: (index) => runtimeApi.sessionExecutorParams(state, index),
    currentBabeEpoch: () => runtimeApi.currentBabeEpoch(state),
    minimumBackingVotes: () => runtimeApi.minimumBackingVotes(state),
    disabledValidators: () => runtimeApi.disabledValidators(state),
    asyncBackingParams: () => runtimeApi.asyncBackingParams(state),
    paraBackingState: (para) => runtimeApi.paraBackingState(state, para),
    approvalVotingParams: () => runtimeApi.approvalVotingParams(state),
    nodeFeatures: () => runtimeApi.nodeFeatures(state),
    claimQueue: () => runtimeApi.claimQueue(state),
    validationCodeBombLimit: () => runtimeApi.validationCodeBombLimit(state),
    schedulingLookahead: () => runtimeApi.schedulingLookahead(state),
    paraIds: () => runtimeApi.paraIds(state),
    pvfsRequirePrecheck: () => runtimeApi.pvfsRequirePrecheck(state),
    fishermenStakes: () => runtimeApi.fishermenStakes(state),
    remoteDisputes: () => runtimeApi.remoteDisputes(state),
    sessionKeysHash: (session) => runtimeApi.sessionKeysHash(state, session),
    isIncluded: (session, candidate) =>
      runtimeApi.candidateIncludedIn(state, session, candidate) !== undefined,
  };
}
