/**
 * The end of a dispute's time for votes, when those pay who kept it waiting: after a conclusion, validators
 * that have not voted until then; without one, those who vouched for the candidate and drew all others into a
 * dispute that nobody won. A split is nobody's fault.
 *
 * Guide: slashing and incentivization. Reference: 4.7, node 8.4.
 */
import {
  type BlockNumber,
  type DisputeState,
  type DisputesTimeSlot,
  disputeVerdict,
  type ValidatorIndex,
} from "@parahost/primitives";
import { bitAt, onesOf } from "@parahost/scale";
import type { State } from "../../framework/index.ts";
import { configuration } from "../configuration/configuration.ts";
import { disputeOf, tallyOf } from "../disputes/storage.ts";
import { chargeFee } from "./punish.ts";
import {
  accountsOf,
  dividePot,
  forfeitSessionPoints,
  payFishermen,
  type Share,
} from "./rewards.ts";
import { storage, type Window } from "./storage.ts";

const BLOCK_NUMBER_MAX = 2 ** 32 - 1;

/**
 * Opens the window that ends when votes on a dispute are no longer taken, counted from now; none that would never
 * end. Returns the block in which it is settled.
 */
export function openWindow(
  state: State,
  now: BlockNumber,
  timeSlot: DisputesTimeSlot,
  since: Window["since"]["type"],
): BlockNumber | undefined {
  const last = now + configuration(state).disputePostConclusionAcceptancePeriod;
  if (last >= BLOCK_NUMBER_MAX) return undefined;
  const window: Window = { timeSlot, since: { type: since } };
  storage.windows.update(state, last + 1, (windows) => [...windows, window]);
  return last + 1;
}

/** Settles the disputes whose last block for votes was the one before. */
export function closeWindows(state: State, now: BlockNumber): void {
  if (!storage.windows.has(state, now)) return;
  for (const { timeSlot, since } of storage.windows.take(state, now)) {
    if (since.type === "conclusion") payFishermen(state, timeSlot);
    const dispute = disputeOf(state, timeSlot.sessionIndex, timeSlot.candidateHash);
    if (dispute === undefined) continue;
    if (since.type === "conclusion") {
      chargeAbsent(state, timeSlot, dispute);
      dividePot(state, winnersShares(state, timeSlot, dispute));
    } else if (dispute.concludedAt === undefined) chargeDistraction(state, timeSlot, dispute);
  }
}

function chargeAbsent(state: State, timeSlot: DisputesTimeSlot, dispute: DisputeState): void {
  const { validatorsFor, validatorsAgainst } = dispute;
  const absent: ValidatorIndex[] = [];
  for (let index = 0; index < validatorsFor.length; index++)
    if (!bitAt(validatorsFor, index) && !bitAt(validatorsAgainst, index))
      absent.push(index as ValidatorIndex);
  if (absent.length === 0) return;
  chargeFee(state, timeSlot, "absent", absent);
  forfeitSessionPoints(state, accountsOf(state, timeSlot.sessionIndex, absent));
}

function chargeDistraction(state: State, timeSlot: DisputesTimeSlot, dispute: DisputeState): void {
  const { validatorsFor } = dispute;
  if (disputeVerdict(tallyOf(dispute), validatorsFor.length) === "split") return;
  chargeFee(state, timeSlot, "distraction", onesOf(validatorsFor) as ValidatorIndex[]);
}

/** Those who voted on the winning side and on no other, all alike. */
export function winnersShares(
  state: State,
  { sessionIndex }: DisputesTimeSlot,
  dispute: DisputeState,
): Share[] {
  const { validatorsFor, validatorsAgainst } = dispute;
  const verdict = disputeVerdict(tallyOf(dispute), validatorsFor.length);
  if (verdict !== "for" && verdict !== "against") return [];
  const [won, lost] =
    verdict === "for" ? [validatorsFor, validatorsAgainst] : [validatorsAgainst, validatorsFor];
  const winners = onesOf(won).filter((index) => !bitAt(lost, index)) as ValidatorIndex[];
  return accountsOf(state, sessionIndex, winners).map((account) => [account, 1n] as const);
}
