/**
 * Everything that a backed candidate must fulfil to occupy a core. All checks are made before anything
 * is written; the cheap ones first, signatures last.
 *
 * Author and importer run the same checks: the author leaves out what fails, the importer refuses the
 * block.
 *
 * Guide: runtime/inclusion.md, `process_candidates`. Reference: 4.5.
 */
import { err, ok, type Result } from "@parahost/base";
import type { SignatureItem } from "@parahost/crypto";
import {
  type BackedCandidate,
  type BlockNumber,
  backingIndices,
  type CandidateCommitments,
  type CandidateHash,
  CODE_SIZE_MIN_BYTES,
  type CommittedCandidateReceipt,
  type CoreIndex,
  candidateHash,
  collatorSignaturePayload,
  type GroupIndex,
  type HeadData,
  type HostConfiguration,
  isFeatureOn,
  type ParaId,
  paraHeadHash,
  persistedValidationDataHash,
  type SessionIndex,
  type ValidatorId,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { BitVec } from "@parahost/scale";
import type { State } from "../../framework/index.ts";
import { configuration } from "../configuration/configuration.ts";
import { isRefused } from "../disputes/storage.ts";
import {
  canUpgradeValidationCode,
  currentCodeHash,
  mostRecentContext,
  paraHead,
} from "../paras/paras.ts";
import {
  type CoreAssignment,
  groupAssignedToCore,
  groupValidators,
} from "../scheduler/scheduler.ts";
import { disabledValidators } from "../shared/disabled.ts";
import { type FoundRelayParent, findRelayParent } from "../shared/relay-parents.ts";
import { activeValidatorKeys, allowedRelayParents, sessionIndex } from "../shared/shared.ts";
import { type BackingVote, checkBacking } from "./backing.ts";
import { checkCoreSelection } from "./core-selection.ts";
import { checkMessages } from "./messages.ts";
import { candidatesPendingAvailability, type InclusionError } from "./storage.ts";

/** A candidate that may occupy its core, with what was found out on the way. */
export interface CheckedCandidate {
  readonly receipt: CommittedCandidateReceipt;
  readonly hash: CandidateHash;
  readonly core: CoreIndex;
  readonly group: GroupIndex;
  readonly relayParentNumber: BlockNumber;
  readonly votes: readonly BackingVote[];
}

type Checked<T> = Result<T, InclusionError>;

/** What the next candidate of a para builds on. */
interface Tip {
  readonly head: HeadData;
  /** Relay parents may not go back behind this one. */
  readonly context: BlockNumber;
  /** A candidate that is not included yet announces new code. */
  readonly upgrades: boolean;
}

/** The candidates of one block, checked one after the other in the order of the block. */
export class CandidateChecker {
  readonly #state: State;
  readonly #verify: (item: SignatureItem) => boolean;
  readonly #config: HostConfiguration;
  readonly #session: SessionIndex;
  readonly #validators: readonly ValidatorId[];
  readonly #disabled: ReadonlySet<ValidatorIndex>;
  readonly #assignments: ReadonlyMap<CoreIndex, CoreAssignment>;
  /** Of paras that have a candidate accepted in this block. */
  readonly #tips = new Map<ParaId, Tip>();
  #previousCore = -1;

  /** `assignments` are the cores that the block may fill; `verify` says whether a signature is good. */
  constructor(
    state: State,
    assignments: readonly CoreAssignment[],
    verify: (item: SignatureItem) => boolean,
  ) {
    this.#state = state;
    this.#verify = verify;
    this.#config = configuration(state);
    this.#session = sessionIndex(state);
    this.#validators = activeValidatorKeys(state);
    this.#disabled = new Set(disabledValidators(state));
    this.#assignments = new Map(assignments.map((assignment) => [assignment.core, assignment]));
  }

  /** Checks the next candidate. A refused one leaves no trace: the next may take its place. */
  check(backed: BackedCandidate): Checked<CheckedCandidate> {
    const { descriptor, commitments } = backed.candidate;
    const slot = this.#assignmentOf(backed);
    if (!slot.ok) return slot;
    const { assignment, voters } = slot.value;
    const { core } = assignment;
    const hash = candidateHash(backed.candidate);
    if (isRefused(this.#state, this.#session, hash)) return err("candidateDisputed");
    if (core <= this.#previousCore) return err("scheduledOutOfOrder");
    const tip = this.#tipOf(descriptor.paraId, core);
    if (!tip.ok) return tip;
    const relayParent = findRelayParent(
      allowedRelayParents(this.#state),
      descriptor.relayParent,
      tip.value.context,
    );
    if (relayParent === undefined) return err("disallowedRelayParent");
    for (const outcome of [
      checkCoreSelection(descriptor, commitments, {
        allowsVersion2: isFeatureOn(this.#config.nodeFeatures, "candidateReceiptV2"),
        session: this.#session,
        core,
        claimQueue: relayParent.info.claimQueue,
      }),
      this.#checkInputs(backed.candidate, tip.value, relayParent),
      this.#checkOutputs(descriptor.paraId, commitments, tip.value),
      checkMessages(commitments, relayParent.number),
      this.#checkCollator(backed.candidate, assignment),
    ])
      if (!outcome.ok) return outcome;
    const backing = this.#checkBacking(backed, voters, core, relayParent.number);
    if (!backing.ok) return backing;
    this.#previousCore = core;
    this.#tips.set(descriptor.paraId, {
      head: commitments.headData,
      context: relayParent.number,
      upgrades: tip.value.upgrades || commitments.newValidationCode !== undefined,
    });
    return ok({
      receipt: backed.candidate,
      hash,
      core,
      relayParentNumber: relayParent.number,
      ...backing.value,
    });
  }

  /** The scheduled core that the candidate is for: the one it names, or the only one its para has. */
  #assignmentOf(
    backed: BackedCandidate,
  ): Checked<{ readonly assignment: CoreAssignment; readonly voters: BitVec }> {
    const { paraId } = backed.candidate.descriptor;
    const carriesCore = isFeatureOn(this.#config.nodeFeatures, "elasticScaling");
    const indices = backingIndices(backed.validatorIndices, carriesCore);
    if (indices === undefined) return err("invalidBacking");
    const { voters, coreIndex } = indices;
    const candidates =
      coreIndex === undefined
        ? [...this.#assignments.values()].filter((assignment) => assignment.paraId === paraId)
        : [this.#assignments.get(coreIndex)];
    const [assignment, ...more] = candidates;
    if (assignment?.paraId !== paraId || more.length > 0) return err("unscheduledCandidate");
    return ok({ assignment, voters });
  }

  #tipOf(para: ParaId, core: CoreIndex): Checked<Tip> {
    const known = this.#tips.get(para);
    if (known !== undefined) return ok(known);
    const pending = candidatesPendingAvailability(this.#state, para);
    if (pending.some((candidate) => candidate.core === core))
      return err("candidateScheduledBeforeParaFree");
    const last = pending.at(-1);
    const head = last?.commitments.headData ?? paraHead(this.#state, para);
    if (head === undefined) return err("unscheduledCandidate");
    return ok({
      head,
      context: last?.relayParentNumber ?? mostRecentContext(this.#state, para),
      upgrades: pending.some(({ commitments }) => commitments.newValidationCode !== undefined),
    });
  }

  /** Validation data, code and head are those that the chain knows. */
  #checkInputs(
    { descriptor, commitments }: CommittedCandidateReceipt,
    tip: Tip,
    { info, number }: FoundRelayParent,
  ): Checked<void> {
    const expected = persistedValidationDataHash({
      parentHead: tip.head,
      relayParentNumber: number,
      relayParentStorageRoot: info.stateRoot,
      maxPovSize: this.#config.maxPovSize,
    });
    if (descriptor.persistedValidationDataHash !== expected)
      return err("validationDataHashMismatch");
    if (descriptor.validationCodeHash !== currentCodeHash(this.#state, descriptor.paraId))
      return err("invalidValidationCodeHash");
    if (descriptor.paraHead !== paraHeadHash(commitments.headData)) return err("paraHeadMismatch");
    return ok(undefined);
  }

  #checkOutputs(para: ParaId, commitments: CandidateCommitments, tip: Tip): Checked<void> {
    return checkOutputs(this.#state, para, commitments, tip.upgrades);
  }

  /** A claim may name the collator whose candidate alone may use it. */
  #checkCollator(
    { descriptor }: CommittedCandidateReceipt,
    { kind }: CoreAssignment,
  ): Checked<void> {
    const required = kind.type === "parathread" ? kind.value.collator : undefined;
    if (required === undefined) return ok(undefined);
    if (descriptor.version !== 1 || descriptor.collator !== required) return err("wrongCollator");
    const isSigned = this.#verify({
      scheme: "sr25519",
      publicKey: required,
      message: collatorSignaturePayload(descriptor),
      signature: descriptor.signature,
    });
    return isSigned ? ok(undefined) : err("notCollatorSigned");
  }

  /** The group is the one that had the core when the relay parent's child was made. */
  #checkBacking(
    { candidate, validityVotes }: BackedCandidate,
    voters: BitVec,
    core: CoreIndex,
    relayParentNumber: BlockNumber,
  ): Checked<Pick<CheckedCandidate, "group" | "votes">> {
    const group = groupAssignedToCore(this.#state, core, relayParentNumber + 1);
    if (group === undefined) return err("invalidAssignment");
    const members = groupValidators(this.#state, group);
    if (members === undefined || members.length === 0) return err("invalidGroupIndex");
    const votes = checkBacking(candidateHash(candidate), voters, validityVotes, {
      group: members,
      validators: this.#validators,
      disabled: this.#disabled,
      minimumBackingVotes: this.#config.minimumBackingVotes,
      signingContext: {
        sessionIndex: this.#session,
        parentHash: candidate.descriptor.relayParent,
      },
      verify: this.#verify,
    });
    return votes.ok ? ok({ group, votes: votes.value }) : votes;
  }
}

/** Sizes of head and new code, and whether new code may come now. */
export function checkOutputs(
  state: State,
  para: ParaId,
  { headData, newValidationCode }: CandidateCommitments,
  hasPendingUpgrade: boolean,
): Checked<void> {
  const { maxHeadDataSize, maxCodeSize } = configuration(state);
  if (headData.length > maxHeadDataSize) return err("headDataTooLarge");
  if (newValidationCode === undefined) return ok(undefined);
  if (hasPendingUpgrade || !canUpgradeValidationCode(state, para))
    return err("prematureCodeUpgrade");
  if (newValidationCode.length > maxCodeSize) return err("newCodeTooLarge");
  return newValidationCode.length < CODE_SIZE_MIN_BYTES ? err("newCodeTooSmall") : ok(undefined);
}
