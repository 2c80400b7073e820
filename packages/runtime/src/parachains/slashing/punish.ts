/**
 * Punishing validators for what they did in disputes. Offences go the way of all offences: stake is slashed and
 * the offender is disabled, never more than f at a time. Fees only cost stake. Without staking an offence is
 * recorded and disables all the same.
 *
 * A validator pays once per candidate and kind, and what it pays depends on nobody else's offences: the time
 * slot of an offence contains all three.
 *
 * Reference: 4.7 (slashing).
 */
import {
  type AccountId,
  type CandidateHash,
  DisputeOffenceKind,
  DisputesTimeSlot,
  type SessionIndex,
  ValidatorIndex,
} from "@parahost/primitives";
import { encode, struct } from "@parahost/scale";
import type { State } from "../../framework/index.ts";
import { isKnownOffence, type Offence, reportOffence } from "../../pallets/offences/offences.ts";
import { slashOffenders } from "../../pallets/staking/slashing.ts";
import { sessionAccounts, sessionInfo } from "../session-info.ts";
import type { PenaltyReason } from "./penalties.ts";
import { accountsOf, REWARD_POT } from "./rewards.ts";
import { events, storage } from "./storage.ts";

/** Polkadot's name of offences in disputes. */
const DISPUTE_OFFENCE = "disputes:slashin";

const ESCALATION_OFFENCE = "remote:escalatio";

/** When an offence was committed: what makes it one of its own. */
const OffenceSlot = struct({
  timeSlot: DisputesTimeSlot,
  kind: DisputeOffenceKind,
  validatorIndex: ValidatorIndex,
});

export type OffenceType = DisputeOffenceKind["type"];

/** The offence of a validator with this account. */
export function disputeOffence(
  state: State,
  timeSlot: DisputesTimeSlot,
  type: OffenceType,
  validatorIndex: ValidatorIndex,
  offender: AccountId,
): Offence {
  const fraction = storage.penalties.get(state)[type];
  return {
    kind: DISPUTE_OFFENCE,
    timeSlot: encode(OffenceSlot, { timeSlot, kind: { type }, validatorIndex }),
    session: timeSlot.sessionIndex,
    offender,
    fractionOf: () => fraction,
  };
}

/**
 * Punishes losers of a dispute at once, whichever session it is of. Should the accounts of that session be
 * unknown, their keys wait for somebody to prove whose they were.
 */
export function punishLosers(
  state: State,
  timeSlot: DisputesTimeSlot,
  type: OffenceType,
  losers: readonly ValidatorIndex[],
): void {
  if (losers.length === 0) return;
  const accounts = sessionAccounts(state, timeSlot.sessionIndex);
  if (accounts === undefined) {
    keepForReporters(state, timeSlot, type, losers);
    return;
  }
  for (const validatorIndex of losers) {
    const offender = accounts[validatorIndex];
    if (offender === undefined) continue;
    const offence = disputeOffence(state, timeSlot, type, validatorIndex, offender);
    if (reportOffence(state, [REWARD_POT], offence))
      notePenalty(state, offender, type, timeSlot.sessionIndex, timeSlot.candidateHash);
  }
}

/** When a dispute was carried here for nothing. */
const EscalationSlot = struct({ timeSlot: DisputesTimeSlot, validatorIndex: ValidatorIndex });

function escalationOffence(
  state: State,
  timeSlot: DisputesTimeSlot,
  validatorIndex: ValidatorIndex,
): Offence | undefined {
  const [offender] = accountsOf(state, timeSlot.sessionIndex, [validatorIndex]);
  if (offender === undefined) return undefined;
  const fraction = storage.penalties.get(state).wrongEscalation;
  return {
    kind: ESCALATION_OFFENCE,
    timeSlot: encode(EscalationSlot, { timeSlot, validatorIndex }),
    session: timeSlot.sessionIndex,
    offender,
    fractionOf: () => fraction,
  };
}

/** Whether the validator has paid already for carrying this dispute here for nothing. */
export function hasEscalatedWrongly(
  state: State,
  timeSlot: DisputesTimeSlot,
  validatorIndex: ValidatorIndex,
): boolean {
  const offence = escalationOffence(state, timeSlot, validatorIndex);
  return offence !== undefined && isKnownOffence(state, offence);
}

/** Punishes those who carried a dispute here whose data did not become available. */
export function punishEscalators(
  state: State,
  timeSlot: DisputesTimeSlot,
  escalators: readonly ValidatorIndex[],
): void {
  const { sessionIndex, candidateHash } = timeSlot;
  for (const validatorIndex of escalators) {
    const offence = escalationOffence(state, timeSlot, validatorIndex);
    if (offence !== undefined && reportOffence(state, [], offence))
      notePenalty(state, offence.offender, "wrongEscalation", sessionIndex, candidateHash);
  }
}

function keepForReporters(
  state: State,
  { sessionIndex, candidateHash }: DisputesTimeSlot,
  type: OffenceType,
  losers: readonly ValidatorIndex[],
): void {
  const keys = sessionInfo(state, sessionIndex)?.validators ?? [];
  storage.unappliedSlashes.update(state, sessionIndex, candidateHash, (pending = []) => {
    const known = pending.find(({ kind }) => kind.type === type);
    const merged = new Map(known?.keys ?? []);
    for (const validator of losers) {
      const key = keys[validator];
      if (key !== undefined) merged.set(validator, key);
    }
    return [...pending.filter((entry) => entry !== known), { keys: merged, kind: { type } }];
  });
}

/** Charges validators of a session a fee: stake, and nothing else. */
export function chargeFee(
  state: State,
  { sessionIndex, candidateHash }: DisputesTimeSlot,
  type: "absent" | "distraction",
  payers: readonly ValidatorIndex[],
): void {
  const fraction = storage.penalties.get(state)[type];
  for (const validator of accountsOf(state, sessionIndex, payers)) {
    slashOffenders(state, [{ validator, fraction }], sessionIndex, [REWARD_POT]);
    notePenalty(state, validator, type, sessionIndex, candidateHash);
  }
}

export function notePenalty(
  state: State,
  validator: AccountId,
  type: PenaltyReason["type"],
  sessionIndex: SessionIndex,
  candidateHash: CandidateHash | undefined,
): void {
  const fraction = storage.penalties.get(state)[type];
  events.deposit(state, {
    type: "penalized",
    value: { validator, reason: { type }, fraction, sessionIndex, candidateHash },
  });
}
