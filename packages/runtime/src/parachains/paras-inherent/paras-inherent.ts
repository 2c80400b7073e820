/**
 * The parachain inherent: what the author of a block found about parachains, exactly once per block.
 *
 * Order: disputes are imported and free the cores of what they find invalid, timely bitfields free more, so
 * do timeouts, all free cores are scheduled, candidates are backed on them. A chain that is frozen by a dispute
 * takes disputes only. Author and importer run the same routine; what the author would have left out makes
 * the importer refuse the block.
 *
 * Guide: runtime/inclusioninherent.md. Reference: 4.6.
 */
import { asciiBytes, assert, concatBytes, err, hexToBytes, ok, type Result } from "@parahost/base";
import { blake2b256 } from "@parahost/crypto";
import {
  type BackedCandidate,
  backingIndices,
  type CandidateHash,
  type CoreIndex,
  type DisputeStatementSet,
  type Header,
  headerHash,
  isFeatureOn,
  ParachainsInherentData,
  type ScrapedOnChainVotes,
  type SessionIndex,
  toPlainReceipt,
  type UncheckedSignedAvailabilityBitfield,
  type ValidatorIndex,
  validatorIndicesOf,
} from "@parahost/primitives";
import { bitsAt, onesOf } from "@parahost/scale";
import {
  call,
  type DispatchError,
  done,
  ensureNone,
  pallet,
  type State,
  verifyTogether,
  weightOf,
} from "../../framework/index.ts";
import { blockNumber, parentHash } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import { checkSets, importSet, noteIncluded, selectSets } from "../disputes/disputes.ts";
import type { CheckedSet } from "../disputes/statement-set.ts";
import { isFrozen, isRefused } from "../disputes/storage.ts";
import { withoutDisabled } from "../inclusion/backing.ts";
import { type BitfieldContext, checkBitfield } from "../inclusion/bitfields.ts";
import { CandidateChecker } from "../inclusion/candidate-checks.ts";
import { coresByDepth } from "../inclusion/core-selection.ts";
import {
  type CheckedCandidate,
  collectPending,
  type FreedCore,
  freeDisputed,
  processBitfields,
  processCandidates,
} from "../inclusion/inclusion.ts";
import { inclusionError } from "../inclusion/storage.ts";
import {
  availabilityTimeoutPredicate,
  claimQueue,
  coreCount,
  type FreedReason,
  groupAssignedToCore,
  groupValidators,
  occupied,
  schedule,
  scheduled,
} from "../scheduler/scheduler.ts";
import { disabledValidators } from "../shared/disabled.ts";
import { findRelayParent } from "../shared/relay-parents.ts";
import {
  activeValidatorKeys,
  allowedRelayParents,
  noteRelayParent,
  sessionIndex,
} from "../shared/shared.ts";
import { DisputeBudget, fits, INHERENT_BUDGET, inherentCost, limitToBudget } from "./budget.ts";
import { errors, storage } from "./storage.ts";

type Checked<T> = Result<T, DispatchError>;

/**
 * What to do with a part of the data that fails its check: an author leaves it out, an importer
 * refuses the whole.
 */
export type InherentMode = "author" | "import";

// Processing

/**
 * Applies the data. Returns what was applied: all of it when importing, the part that is good when
 * authoring.
 */
export function processInherentData(
  state: State,
  data: ParachainsInherentData,
  mode: InherentMode,
): Checked<ParachainsInherentData> {
  if (headerHash(data.parentHeader) !== parentHash(state)) return err(errors.invalidParentHeader);
  admitParent(state, data.parentHeader);
  const budgeted = checkAmount(state, data, mode);
  if (!budgeted.ok) return budgeted;
  const disputes = budgeted.value.sets.map(({ set }) => set);
  const disputed = importDisputes(state, budgeted.value.sets);
  if (isFrozen(state)) {
    schedule(state, freedCores(disputed, []));
    storage.onChainVotes.set(state, scrapedVotes(sessionIndex(state), [], disputes));
    return ok({ ...data, disputes, bitfields: [], backedCandidates: [] });
  }
  const bitfields = checkBitfields(state, budgeted.value.bitfields, mode);
  if (!bitfields.ok) return bitfields;
  const included = processBitfields(
    state,
    bitfields.value,
    new Set(disputed.map(({ core }) => core)),
  );
  for (const { candidate } of included)
    noteIncluded(state, sessionIndex(state), candidate, blockNumber(state));
  const predicate = availabilityTimeoutPredicate(state);
  const timedOut = predicate === undefined ? [] : collectPending(state, predicate);
  schedule(state, freedCores([...disputed, ...included], timedOut));
  const candidates = checkCandidates(state, budgeted.value.backedCandidates, mode);
  if (!candidates.ok) return candidates;
  const checked = candidates.value.map(([, candidate]) => candidate);
  occupied(state, processCandidates(state, checked));
  storage.onChainVotes.set(state, scrapedVotes(sessionIndex(state), checked, disputes));
  return ok({
    ...data,
    disputes,
    bitfields: bitfields.value,
    backedCandidates: candidates.value.map(([backed]) => backed),
  });
}

/** The parent of this block may be built on, by candidates of this block and of later ones. */
function admitParent(state: State, parent: Header): void {
  noteRelayParent(
    state,
    {
      relayParent: parentHash(state),
      stateRoot: parent.stateRoot,
      claimQueue: coresByDepth(claimQueue(state)),
    },
    blockNumber(state) - 1,
    configuration(state).asyncBackingParams.allowedAncestryLen,
  );
}

interface BudgetedData extends Pick<ParachainsInherentData, "bitfields" | "backedCandidates"> {
  readonly sets: readonly CheckedSet[];
}

/** Size and number of signatures. Only good votes of disputes count, so these are checked here. */
function checkAmount(
  state: State,
  data: ParachainsInherentData,
  mode: InherentMode,
): Checked<BudgetedData> {
  if (mode === "author") {
    const room = new DisputeBudget(INHERENT_BUDGET);
    const sets = selectSets(state, data.disputes, (set) => room.admit(set));
    return ok({ ...limitToBudget(data, room.left, selectionSeed(state)), sets });
  }
  if (!fits(inherentCost(data), INHERENT_BUDGET)) return err(errors.inherentOverweight);
  const sets = checkSets(state, data.disputes);
  return sets.ok ? ok({ ...data, sets: sets.value }) : sets;
}

/** Returns the cores freed of candidates that an honest validator found invalid. */
function importDisputes(state: State, sets: readonly CheckedSet[]): readonly FreedCore[] {
  const refused = new Set<CandidateHash>();
  const session = sessionIndex(state);
  for (const checked of sets) {
    importSet(state, checked);
    const { candidateHash } = checked.set;
    if (checked.set.session === session && isRefused(state, session, candidateHash))
      refused.add(candidateHash);
  }
  return freeDisputed(state, refused);
}

/** From the parent's hash, which the author of this block cannot choose. */
const selectionSeed = (state: State): Uint8Array =>
  blake2b256(
    concatBytes(asciiBytes("candidate-seed-selection-subject"), hexToBytes(parentHash(state))),
  );

function checkBitfields(
  state: State,
  bitfields: readonly UncheckedSignedAvailabilityBitfield[],
  mode: InherentMode,
): Checked<readonly UncheckedSignedAvailabilityBitfield[]> {
  const facts = {
    coreCount: coreCount(state),
    validators: activeValidatorKeys(state),
    signingContext: { sessionIndex: sessionIndex(state), parentHash: parentHash(state) },
  };
  return verifyTogether(state, (verify) => {
    const context: BitfieldContext = { ...facts, verify };
    const good: UncheckedSignedAvailabilityBitfield[] = [];
    for (const bitfield of bitfields) {
      const checked = checkBitfield(bitfield, good.at(-1)?.validatorIndex, context);
      if (checked.ok) good.push(bitfield);
      else if (mode === "import") return err(inclusionError(checked.error));
    }
    return ok(good);
  });
}

function freedCores(
  concluded: readonly FreedCore[],
  timedOut: readonly FreedCore[],
): ReadonlyMap<CoreIndex, FreedReason> {
  const freed = new Map<CoreIndex, FreedReason>();
  for (const { core } of timedOut) freed.set(core, "timedOut");
  for (const { core } of concluded) freed.set(core, "concluded");
  return freed;
}

function checkCandidates(
  state: State,
  candidates: readonly BackedCandidate[],
  mode: InherentMode,
): Checked<readonly (readonly [BackedCandidate, CheckedCandidate])[]> {
  const assignments = scheduled(state);
  const disabled = new Set(disabledValidators(state));
  return verifyTogether(state, (verify) => {
    const checker = new CandidateChecker(state, assignments, verify);
    const good: (readonly [BackedCandidate, CheckedCandidate])[] = [];
    for (const given of candidates) {
      const backed = mode === "author" ? stripDisabled(state, given, disabled) : given;
      const checked = checker.check(backed);
      if (checked.ok) good.push([backed, checked.value]);
      else if (mode === "import") return err(inclusionError(checked.error));
    }
    return ok(good);
  });
}

/** The candidate without the votes of disabled validators, where its group can be told. */
function stripDisabled(
  state: State,
  backed: BackedCandidate,
  disabled: ReadonlySet<ValidatorIndex>,
): BackedCandidate {
  if (disabled.size === 0) return backed;
  const { descriptor } = backed.candidate;
  const indices = backingIndices(
    backed.validatorIndices,
    isFeatureOn(configuration(state).nodeFeatures, "elasticScaling"),
  );
  const relayParent = findRelayParent(allowedRelayParents(state), descriptor.relayParent);
  if (indices === undefined || relayParent === undefined) return backed;
  const core =
    indices.coreIndex ??
    scheduled(state).find((assignment) => assignment.paraId === descriptor.paraId)?.core;
  if (core === undefined) return backed;
  const group = groupAssignedToCore(state, core, relayParent.number + 1);
  const members = group === undefined ? undefined : groupValidators(state, group);
  if (members === undefined || onesOf(indices.voters).length !== backed.validityVotes.length)
    return backed;
  const { positions, attestations } = withoutDisabled(
    indices.voters,
    backed.validityVotes,
    members,
    disabled,
  );
  return {
    ...backed,
    validityVotes: attestations,
    validatorIndices: validatorIndicesOf({
      voters: bitsAt(indices.voters.length, positions),
      coreIndex: indices.coreIndex,
    }),
  };
}

const scrapedVotes = (
  session: SessionIndex,
  candidates: readonly CheckedCandidate[],
  disputes: readonly DisputeStatementSet[],
): ScrapedOnChainVotes => ({
  session,
  backingValidatorsPerCandidate: candidates.map(({ receipt, votes }) => ({
    receipt: toPlainReceipt(receipt),
    votes: votes.map(({ validator, attestation }) => ({ validatorIndex: validator, attestation })),
  })),
  disputes,
});

// Finalization

/** Every block has exactly one parachain inherent; who executes a block sees to that. */
export function finalize(state: State): void {
  assert(storage.included.has(state), "a block without its parachain inherent is finalized");
  storage.included.remove(state);
}

// Entry point

export const paraInherent = pallet({
  name: "ParaInherent",
  index: 54,
  storage,
  errors,
  calls: {
    enter: call({
      index: 0,
      docs: "Votes in disputes, availability bitfields and backed candidates of this block.",
      args: { data: ParachainsInherentData },
      class: "mandatory",
      inherent: true,
      weight: ({ data }) => {
        const { bytes, signatures } = inherentCost(data);
        const items = data.backedCandidates.length + data.disputes.length;
        return weightOf({
          reads: 10 + 5 * items,
          writes: 10 + 5 * items,
          bytes,
          signatures,
        });
      },
      dispatch: (state, origin, { data }) => {
        const none = ensureNone(origin);
        if (!none.ok) return none;
        if (storage.included.has(state)) return err(errors.tooManyInclusionInherents);
        storage.included.set(state, undefined);
        const processed = processInherentData(state, data, "import");
        return processed.ok ? done : processed;
      },
    }),
  },
});
