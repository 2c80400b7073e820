/**
 * The availability vote of a remote dispute, from its opening to its end: a supermajority of the session's
 * validators holds its chunks, and it becomes a dispute like any other; or nobody has seen the data in time,
 * and those who carried the dispute here answer for it.
 *
 * Guide: remote disputes. Reference: 4.7.1, node 8.6.
 */
import { err, ok, type Result } from "@parahost/base";
import {
  type BlockNumber,
  type CandidateHash,
  candidateHash,
  type DisputesTimeSlot,
  type RemoteDispute,
  remoteAvailabilityPayload,
  type SessionIndex,
  supermajority,
  type ValidatorIndex,
  type ValidatorSignature,
} from "@parahost/primitives";
import { bitAt, countOnes, onesOf, withBit } from "@parahost/scale";
import { type DispatchError, type State, verifySignature } from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import { importSet } from "../disputes/disputes.ts";
import { type CheckedSet, disputableSession } from "../disputes/statement-set.ts";
import { disputeOf, isRefused } from "../disputes/storage.ts";
import { newDispute, VoteImport } from "../disputes/vote-import.ts";
import { expireAt, forfeitBonds, returnBonds } from "../fishermen/bonds.ts";
import { freeDisputed } from "../inclusion/inclusion.ts";
import { validationCodeByHash } from "../paras/paras.ts";
import { schedule } from "../scheduler/scheduler.ts";
import { sessionIndex } from "../shared/shared.ts";
import { punishEscalators } from "../slashing/punish.ts";
import { noteCandidate } from "../suspension/suspension.ts";
import {
  AVAILABILITY_TIMEOUT_BLOCKS,
  errors,
  events,
  type OpenDispute,
  storage,
} from "./storage.ts";

// Opening

/** Opens a dispute that was checked upon this state. */
export function openDispute(
  state: State,
  { session, code }: RemoteDispute,
  open: OpenDispute,
): void {
  const hash = candidateHash(open.receipt);
  const codeHash = open.receipt.descriptor.validationCodeHash;
  storage.open.set(state, session, hash, open);
  storage.openList.update(state, (list) => [
    ...list,
    { sessionIndex: session, candidateHash: hash },
  ]);
  if (code !== undefined && validationCodeByHash(state, codeHash) === undefined) {
    storage.code.set(state, session, codeHash, code);
    storage.codeSessions.update(state, (sessions) =>
      sessions.includes(session) ? sessions : [...sessions, session],
    );
  }
  events.deposit(state, {
    type: "opened",
    value: { sessionIndex: session, receipt: open.receipt },
  });
}

// Voting

export interface AvailabilityVote {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
  readonly validatorIndex: ValidatorIndex;
  readonly signature: ValidatorSignature;
}

export function checkAvailabilityVote(
  state: State,
  { session, candidateHash: hash, validatorIndex, signature }: AvailabilityVote,
): Result<OpenDispute, DispatchError> {
  const open = storage.open.get(state, session, hash);
  const info = disputableSession(state, session);
  if (open === undefined || info === undefined) return err(errors.notOpen);
  const publicKey = info.validators[validatorIndex];
  if (publicKey === undefined) return err(errors.validatorIndexOutOfBounds);
  if (bitAt(open.availabilityVotes, validatorIndex)) return err(errors.alreadyVoted);
  const message = remoteAvailabilityPayload(hash, session);
  return verifySignature(state, { scheme: "sr25519", publicKey, message, signature })
    ? ok(open)
    : err(errors.invalidSignature);
}

/** Counts a vote; with a supermajority the dispute begins. */
export function voteAvailable(state: State, vote: AvailabilityVote): Result<void, DispatchError> {
  const checked = checkAvailabilityVote(state, vote);
  if (!checked.ok) return checked;
  const { session, candidateHash: hash, validatorIndex } = vote;
  const votes = withBit(checked.value.availabilityVotes, validatorIndex, true);
  if (countOnes(votes) < supermajority(votes.length)) {
    storage.open.set(state, session, hash, { ...checked.value, availabilityVotes: votes });
    return ok(undefined);
  }
  const timeSlot = { sessionIndex: session, candidateHash: hash };
  close(state, timeSlot);
  events.deposit(state, { type: "available", value: timeSlot });
  if (disputeOf(state, session, hash) === undefined) {
    noteCandidate(state, session, hash, checked.value.receipt.descriptor.paraId);
    importVotes(state, beginning(state, timeSlot, checked.value));
    expireAt(state, blockNumber(state) + configuration(state).acceptancePeriod + 1, timeSlot);
  }
  return ok(undefined);
}

/** The votes of an open dispute as the first of a dispute: its availability stands in for confirmation. */
function beginning(
  state: State,
  { sessionIndex: session, candidateHash: hash }: DisputesTimeSlot,
  { validatorsFor, validatorsAgainst, backers }: OpenDispute,
): CheckedSet {
  const now = blockNumber(state);
  const votes = new VoteImport(newDispute(validatorsFor.length, now), new Set());
  for (const index of onesOf(validatorsFor) as ValidatorIndex[])
    votes.add(index, backers.has(index) ? "backing" : "valid");
  for (const index of onesOf(validatorsAgainst) as ValidatorIndex[]) votes.add(index, "invalid");
  return {
    set: { candidateHash: hash, session, statements: [] },
    summary: votes.finish(now),
    isNew: true,
  };
}

/** Imports votes outside the inherent: what they find invalid leaves its core here and now. */
export function importVotes(state: State, checked: CheckedSet): void {
  importSet(state, checked);
  const { session, candidateHash: hash } = checked.set;
  if (session !== sessionIndex(state) || !isRefused(state, session, hash)) return;
  const freed = freeDisputed(state, new Set([hash]));
  if (freed.length > 0) schedule(state, new Map(freed.map(({ core }) => [core, "concluded"])));
}

// End

function close(
  state: State,
  { sessionIndex: session, candidateHash: hash }: DisputesTimeSlot,
): void {
  storage.open.remove(state, session, hash);
  const left = storage.openList
    .get(state)
    .filter((slot) => slot.sessionIndex !== session || slot.candidateHash !== hash);
  if (left.length === 0) storage.openList.remove(state);
  else storage.openList.set(state, left);
}

/** Ends disputes whose data nobody has seen in time, and those that were confirmed here in the meantime. */
export function initialize(state: State, now: BlockNumber): void {
  for (const timeSlot of storage.openList.get(state)) {
    const { sessionIndex: session, candidateHash: hash } = timeSlot;
    const open = storage.open.get(state, session, hash);
    if (open === undefined) continue;
    if (disputeOf(state, session, hash) !== undefined) {
      close(state, timeSlot);
      expireAt(state, now + configuration(state).acceptancePeriod + 1, timeSlot);
    } else if (open.openedAt + AVAILABILITY_TIMEOUT_BLOCKS < now) {
      close(state, timeSlot);
      punishEscalators(state, timeSlot, open.escalators);
      forfeitBonds(state, timeSlot);
      events.deposit(state, { type: "timedOut", value: timeSlot });
    }
  }
}

/** Forgets what belongs to sessions whose disputes are over; who could not have waited longer pays nothing. */
export function onNewSession(state: State): void {
  for (const timeSlot of storage.openList.get(state)) {
    if (disputableSession(state, timeSlot.sessionIndex) !== undefined) continue;
    close(state, timeSlot);
    returnBonds(state, timeSlot);
  }
  const sessions = storage.codeSessions.get(state);
  const kept = sessions.filter((session) => disputableSession(state, session) !== undefined);
  if (kept.length === sessions.length) return;
  for (const session of sessions) if (!kept.includes(session)) storage.code.clearOf(state, session);
  storage.codeSessions.set(state, kept);
}
