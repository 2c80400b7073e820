/**
 * The runtime API of the parachain host, encoded. What a child of the block may contain.
 *
 * Reference: runtime-and-primitives.md 1.9.
 */
import {
  ApprovalVotingParams,
  AsyncBackingParams,
  CandidateCommitments,
  CandidateEvent,
  CandidateHash,
  ClaimQueue,
  CommittedCandidateReceipt,
  Constraints,
  CoreState,
  DisputeProof,
  DisputeState,
  EncodedBackingState,
  ExecutorParams,
  GroupRotationInfo,
  Hash,
  NodeFeatures,
  OccupiedCoreAssumption,
  ParaId,
  PendingSlashes,
  PersistedValidationData,
  PvfCheckStatement,
  ScrapedOnChainVotes,
  SessionIndex,
  SessionInfo,
  ValidationCode,
  ValidationCodeHash,
  ValidatorId,
  ValidatorIndex,
  ValidatorSignature,
} from "@parahost/primitives";
import { bool, option, tuple, u32, unit, vec } from "@parahost/scale";
import * as api from "../parachains/runtime-api/index.ts";
import { opaqueProof } from "./opaque-proof.ts";
import { method, type RuntimeApi, Submitted, submit } from "./runtime-api.ts";

const KeyOwnership = opaqueProof(["polkadot_primitives", "v9", "slashing"]);

const assumed = { paraId: ParaId, assumption: OccupiedCoreAssumption };

export const PARACHAIN_HOST: RuntimeApi = {
  docs: "What nodes ask to back, include and check candidates.",
  methods: {
    validators: method(
      "Validators of the session, by their index.",
      {},
      vec(ValidatorId),
      ({ state }) => api.validators(state),
    ),
    validatorGroups: method(
      "Backing groups, and how they rotate over the cores.",
      {},
      tuple(vec(vec(ValidatorIndex)), GroupRotationInfo),
      ({ state }) => {
        const { groups, rotation } = api.validatorGroups(state);
        return [groups, rotation] as const;
      },
    ),
    availabilityCores: method(
      "What is on each core, and who comes next.",
      {},
      vec(CoreState),
      ({ state }) => api.availabilityCores(state),
    ),
    persistedValidationData: method(
      "What the next candidate of a para is validated against.",
      assumed,
      option(PersistedValidationData),
      ({ state }, { paraId, assumption }) => api.persistedValidationData(state, paraId, assumption),
    ),
    assumedValidationData: method(
      "The validation data with this hash, and the code that goes with it.",
      { paraId: ParaId, expectedPersistedValidationDataHash: Hash },
      option(tuple(PersistedValidationData, ValidationCodeHash)),
      ({ state }, { paraId, expectedPersistedValidationDataHash }) => {
        const found = api.assumedValidationData(state, paraId, expectedPersistedValidationDataHash);
        return found === undefined ? undefined : ([found.data, found.codeHash] as const);
      },
    ),
    checkValidationOutputs: method(
      "Whether a child would take these outputs of a candidate.",
      { paraId: ParaId, outputs: CandidateCommitments },
      bool,
      ({ state }, { paraId, outputs }) => api.checkValidationOutputs(state, paraId, outputs),
    ),
    sessionIndexForChild: method("Session of a child.", {}, SessionIndex, ({ state }) =>
      api.sessionIndexForChild(state),
    ),
    validationCode: method(
      "Code that the next candidate of a para is validated with.",
      assumed,
      option(ValidationCode),
      ({ state }, { paraId, assumption }) => api.validationCode(state, paraId, assumption),
    ),
    candidatePendingAvailability: method(
      "The oldest candidate of a para that waits to become available.",
      { paraId: ParaId },
      option(CommittedCandidateReceipt),
      ({ state }, { paraId }) => api.candidatePendingAvailability(state, paraId),
    ),
    candidateEvents: method(
      "What happened to candidates in the block.",
      {},
      vec(CandidateEvent),
      ({ state }) => api.candidateEvents(state),
    ),
    validationCodeByHash: method(
      "Code that some para uses, has used or will use.",
      { hash: ValidationCodeHash },
      option(ValidationCode),
      ({ state }, { hash }) => api.validationCodeByHash(state, hash),
    ),
    onChainVotes: method(
      "Votes that the block brought.",
      {},
      option(ScrapedOnChainVotes),
      ({ state }) => api.onChainVotes(state),
    ),
    sessionInfo: method(
      "Validators, groups and parameters of a session.",
      { index: SessionIndex },
      option(SessionInfo),
      ({ state }, { index }) => api.sessionInfo(state, index),
    ),
    submitPvfCheckStatement: method(
      "Casts a validator's vote on code that is new to the chain.",
      { stmt: PvfCheckStatement, signature: ValidatorSignature },
      unit,
      (context, { stmt, signature }) => {
        const vote = api.submitPvfCheckStatement(context.state, stmt, signature);
        if (vote !== undefined) submit(context, vote);
      },
    ),
    pvfsRequirePrecheck: method(
      "Code that validators are to check before it is used.",
      {},
      vec(ValidationCodeHash),
      ({ state }) => api.pvfsRequirePrecheck(state),
    ),
    validationCodeHash: method(
      "Hash of the code that the next candidate of a para is validated with.",
      assumed,
      option(ValidationCodeHash),
      ({ state }, { paraId, assumption }) => api.validationCodeHash(state, paraId, assumption),
    ),
    disputes: method(
      "Disputes that the chain remembers.",
      {},
      vec(tuple(SessionIndex, CandidateHash, DisputeState)),
      ({ state }) =>
        api
          .disputes(state)
          .map((entry) => [entry.session, entry.candidateHash, entry.state] as const),
    ),
    sessionExecutorParams: method(
      "How code was to be executed in a session.",
      { sessionIndex: SessionIndex },
      option(ExecutorParams),
      ({ state }, { sessionIndex }) => api.sessionExecutorParams(state, sessionIndex),
    ),
    unappliedSlashes: method(
      "Losers of disputes who are not slashed yet, by session and candidate.",
      {},
      vec(tuple(SessionIndex, CandidateHash, PendingSlashes)),
      ({ state }) => api.unappliedSlashes(state),
    ),
    keyOwnershipProof: method(
      "Proves that the key is a validator's in the session of the block.",
      { validatorId: ValidatorId },
      option(KeyOwnership),
      ({ state }, { validatorId }) => api.keyOwnershipProof(state, validatorId),
    ),
    submitReportDisputeLost: method(
      "Names a loser of a dispute; nothing if the pool does not take the report.",
      { disputeProof: DisputeProof, keyOwnershipProof: KeyOwnership },
      Submitted,
      (context, { disputeProof, keyOwnershipProof }) => {
        const report = api.submitReportDisputeLost(context.state, disputeProof, keyOwnershipProof);
        return report !== undefined && submit(context, report);
      },
    ),
    minimumBackingVotes: method("Statements that back a candidate.", {}, u32, ({ state }) =>
      api.minimumBackingVotes(state),
    ),
    paraBackingState: method(
      "Bounds on the next candidate of a para, and those that wait before it.",
      { paraId: ParaId },
      option(EncodedBackingState),
      ({ state }, { paraId }) => api.paraBackingState(state, paraId),
    ),
    asyncBackingParams: method(
      "How far candidates may run ahead.",
      {},
      AsyncBackingParams,
      ({ state }) => api.asyncBackingParams(state),
    ),
    disabledValidators: method(
      "Validators whose statements do not count.",
      {},
      vec(ValidatorIndex),
      ({ state }) => api.disabledValidators(state),
    ),
    nodeFeatures: method("Features that nodes turn on.", {}, NodeFeatures, ({ state }) =>
      api.nodeFeatures(state),
    ),
    approvalVotingParams: method(
      "Parameters of approval voting.",
      {},
      ApprovalVotingParams,
      ({ state }) => api.approvalVotingParams(state),
    ),
    claimQueue: method("Paras that come next on each core.", {}, ClaimQueue, ({ state }) =>
      api.claimQueue(state),
    ),
    candidatesPendingAvailability: method(
      "Candidates of a para that wait to become available, oldest first.",
      { paraId: ParaId },
      vec(CommittedCandidateReceipt),
      ({ state }, { paraId }) => api.candidatesPendingAvailability(state, paraId),
    ),
    validationCodeBombLimit: method("Bytes to which code may decompress.", {}, u32, ({ state }) =>
      api.validationCodeBombLimit(state),
    ),
    backingConstraints: method(
      "Bounds on the first candidate behind the included head of a para.",
      { paraId: ParaId },
      option(Constraints),
      ({ state }, { paraId }) => api.backingConstraints(state, paraId),
    ),
    schedulingLookahead: method("Depth of the claim queue.", {}, u32, ({ state }) =>
      api.schedulingLookahead(state),
    ),
    paraIds: method("All paras that have a head.", {}, vec(ParaId), ({ state }) =>
      api.paraIds(state),
    ),
  },
};
