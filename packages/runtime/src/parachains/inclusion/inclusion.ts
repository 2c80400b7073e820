/**
 * Inclusion: candidates from backed to included. A backed candidate occupies its core until two thirds
 * of the validators have reported to hold their chunk of its data; then it is included and its effects
 * happen. One that takes too long, or is disputed, is dropped.
 *
 * Guide: runtime/inclusion.md. Reference: 4.5.
 */
import { assert } from "@parahost/base";
import {
  type BlockNumber,
  type CandidateHash,
  type CommittedCandidateReceipt,
  type CoreIndex,
  type ParaId,
  toPlainReceipt,
  type UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { pallet, type State } from "../../framework/index.ts";
import { rewardIncluded } from "../../pallets/staking/para-rewards.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { noteNewHead, scheduleCodeUpgrade } from "../paras/paras.ts";
import { noteHead } from "../registrar/registrar.ts";
import { availabilityCores, coreCount, corePara } from "../scheduler/scheduler.ts";
import { activeValidatorKeys, sessionIndex } from "../shared/shared.ts";
import { noteCandidate } from "../suspension/suspension.ts";
import { type CoreBit, isAvailable, VoteTally, votedCores } from "./bitfields.ts";
import type { CheckedCandidate } from "./candidate-checks.ts";
import {
  type CandidatePendingAvailability,
  candidatesPendingAvailability,
  errors,
  events,
  storage,
} from "./storage.ts";

export type { CheckedCandidate } from "./candidate-checks.ts";
export { type CandidatePendingAvailability, candidatesPendingAvailability } from "./storage.ts";

// Questions

/** The candidate on an occupied core. */
export function candidateOnCore(
  state: State,
  core: CoreIndex,
): CandidatePendingAvailability | undefined {
  const para = corePara(state, core);
  if (para === undefined) return undefined;
  return candidatesPendingAvailability(state, para).find((pending) => pending.core === core);
}

const receiptOf = ({
  descriptor,
  commitments,
}: CandidatePendingAvailability): CommittedCandidateReceipt => ({ descriptor, commitments });

/** A core that a candidate has left, and the candidate. */
export interface FreedCore {
  readonly core: CoreIndex;
  readonly candidate: CandidateHash;
}

const byCore = (a: FreedCore, b: FreedCore): number => a.core - b.core;

// Availability

/**
 * Counts the votes of checked bitfields and includes the candidates that have become available, in the
 * order of cores, a para's chain in its order. Returns the cores that they leave, ascending.
 *
 * A bitfield with a bit for a core that was free is disregarded as a whole; bits of `disputedCores`,
 * whose candidates were removed earlier in this block, count for nothing.
 */
export function processBitfields(
  state: State,
  bitfields: readonly UncheckedSignedAvailabilityBitfield[],
  disputedCores: ReadonlySet<CoreIndex> = new Set(),
): readonly FreedCore[] {
  const meaning: CoreBit[] = availabilityCores(state).map((occupied, core) => {
    if (disputedCores.has(core as CoreIndex)) return "disputed";
    return occupied === undefined ? "free" : "occupied";
  });
  const tallies = new Map<number, VoteTally>();
  for (const [core, bit] of meaning.entries()) {
    if (bit !== "occupied") continue;
    const pending = candidateOnCore(state, core as CoreIndex);
    assert(pending !== undefined, `core ${core} is occupied by nothing`);
    tallies.set(core, new VoteTally(pending.availabilityVotes));
  }
  const now = blockNumber(state);
  for (const { payload, validatorIndex } of bitfields) {
    const voted = votedCores(payload, meaning);
    if (voted === undefined) continue;
    for (const core of voted) tallies.get(core)?.add(validatorIndex);
    storage.availabilityBitfields.set(state, validatorIndex, {
      bitfield: payload,
      submittedAt: now,
    });
  }
  return enactAvailable(state, tallies);
}

/** Stores the new votes; includes what is available and no longer waits for a predecessor. */
function enactAvailable(
  state: State,
  tallies: ReadonlyMap<number, VoteTally>,
): readonly FreedCore[] {
  const paras = new Set<ParaId>();
  for (const [core, tally] of tallies) {
    const para = tally.changed ? corePara(state, core as CoreIndex) : undefined;
    if (para !== undefined) paras.add(para);
  }
  const included: CandidatePendingAvailability[] = [];
  for (const para of paras) {
    const pending = candidatesPendingAvailability(state, para).map((candidate) => {
      const tally = tallies.get(candidate.core);
      return tally?.changed === true ? { ...candidate, availabilityVotes: tally.votes } : candidate;
    });
    const waiting = pending.findIndex((candidate) => !isAvailable(candidate.availabilityVotes));
    const available = waiting === -1 ? pending : pending.slice(0, waiting);
    setPending(state, para, pending.slice(available.length));
    for (const candidate of available) enactCandidate(state, candidate);
    included.push(...available);
  }
  rewardIncluded(state, sessionIndex(state), included);
  return included.map(({ core, hash }) => ({ core, candidate: hash })).sort(byCore);
}

function setPending(
  state: State,
  para: ParaId,
  pending: readonly CandidatePendingAvailability[],
): void {
  if (pending.length === 0) storage.pendingAvailability.remove(state, para);
  else storage.pendingAvailability.set(state, para, pending);
}

/** What inclusion does: announces new code, then sets the new head, which may put earlier code into force. */
export function enactCandidate(state: State, candidate: CandidatePendingAvailability): void {
  const { descriptor, commitments, relayParentNumber, core, backingGroup: group } = candidate;
  const { paraId } = descriptor;
  const { headData, newValidationCode } = commitments;
  if (newValidationCode !== undefined)
    scheduleCodeUpgrade(state, paraId, newValidationCode, blockNumber(state), {
      type: "setGoAheadSignal",
    });
  noteNewHead(state, paraId, headData, relayParentNumber);
  noteHead(state, paraId);
  events.deposit(state, {
    type: "candidateIncluded",
    value: { receipt: toPlainReceipt(receiptOf(candidate)), headData, core, group },
  });
}

/** Includes all that is pending for a para as if it were available. For runtime APIs. */
export function forceEnact(state: State, para: ParaId): void {
  const pending = candidatesPendingAvailability(state, para);
  storage.pendingAvailability.remove(state, para);
  for (const candidate of pending) enactCandidate(state, candidate);
}

// Backing

/** Puts checked candidates on their cores, and says so. Returns the cores, ascending. */
export function processCandidates(
  state: State,
  candidates: readonly CheckedCandidate[],
): readonly CoreIndex[] {
  const backedInNumber = blockNumber(state);
  const validatorCount = activeValidatorKeys(state).length;
  for (const { receipt, hash, core, group, relayParentNumber, votes } of candidates) {
    const { descriptor, commitments } = receipt;
    const pending: CandidatePendingAvailability = {
      core,
      hash,
      descriptor,
      commitments,
      availabilityVotes: bitsAt(validatorCount, []),
      backers: bitsAt(
        validatorCount,
        votes.map(({ validator }) => validator),
      ),
      relayParentNumber,
      backedInNumber,
      backingGroup: group,
    };
    storage.pendingAvailability.update(state, descriptor.paraId, (queue = []) => [
      ...queue,
      pending,
    ]);
    noteCandidate(state, sessionIndex(state), hash, descriptor.paraId);
    events.deposit(state, {
      type: "candidateBacked",
      value: { receipt: toPlainReceipt(receipt), headData: commitments.headData, core, group },
    });
  }
  return candidates.map(({ core }) => core);
}

// Dropping

/**
 * Drops the candidates that `isTimedOut` picks, by core and the block that backed them, and what builds
 * on them. Returns their cores, ascending.
 */
export function collectPending(
  state: State,
  isTimedOut: (core: CoreIndex, since: BlockNumber) => boolean,
): readonly FreedCore[] {
  return dropFrom(
    state,
    ({ core, backedInNumber }) => isTimedOut(core, backedInNumber),
    (dropped) => {
      events.deposit(state, {
        type: "candidateTimedOut",
        value: {
          receipt: toPlainReceipt(receiptOf(dropped)),
          headData: dropped.commitments.headData,
          core: dropped.core,
        },
      });
    },
  );
}

/** Drops disputed candidates and what builds on them. Returns their cores, ascending. */
export const freeDisputed = (
  state: State,
  disputed: ReadonlySet<CandidateHash>,
): readonly FreedCore[] =>
  disputed.size === 0
    ? []
    : dropFrom(
        state,
        ({ hash }) => disputed.has(hash),
        () => {},
      );

/** In each para's chain, drops from the first candidate that `isBad` on. */
function dropFrom(
  state: State,
  isBad: (candidate: CandidatePendingAvailability) => boolean,
  onDropped: (candidate: CandidatePendingAvailability) => void,
): readonly FreedCore[] {
  const freed: FreedCore[] = [];
  for (const para of parasOnCores(state)) {
    const pending = candidatesPendingAvailability(state, para);
    const first = pending.findIndex(isBad);
    if (first === -1) continue;
    setPending(state, para, pending.slice(0, first));
    for (const candidate of pending.slice(first)) {
      onDropped(candidate);
      freed.push({ core: candidate.core, candidate: candidate.hash });
    }
  }
  return freed.sort(byCore);
}

function parasOnCores(state: State): ReadonlySet<ParaId> {
  const paras = new Set<ParaId>();
  for (let core = 0; core < coreCount(state); core++) {
    const para = corePara(state, core as CoreIndex);
    if (para !== undefined) paras.add(para);
  }
  return paras;
}

// Session change

/** Nothing pending, and no bitfield, outlives its session. */
export function onNewSession(state: State): void {
  storage.pendingAvailability.clear(state);
  storage.availabilityBitfields.clear(state);
}

export const paraInclusion = pallet({ name: "ParaInclusion", index: 53, storage, events, errors });
