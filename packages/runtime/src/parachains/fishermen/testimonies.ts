/**
 * Fishermen of an abandoned chain. Their reports went with it, but they were what called the checkers. The chain that
 * goes on holds back their part of the reward until the dispute takes no more votes, and meanwhile validators of the
 * candidate's session tell whose reports they saw before they knew the verdict. What more of them tell than
 * can be faulty, an honest one has seen: in a block that it executed, when the stake was still at risk.
 *
 * One validator's word is not enough, nor is the header of an abandoned block: whoever kept a slot on that chain for
 * itself could seal one after the verdict.
 *
 * Reference: 4.7.1.
 */
import { asciiBytes, concatBytes, err, ok, type Result } from "@parahost/base";
import {
  type Balance,
  type BlockNumber,
  byzantine,
  CandidateHash,
  type DisputesTimeSlot,
  type FishermenTestimony,
  type SeenReport,
  SessionIndex,
  testimonyPayload,
  ValidatorIndex,
  type ValidatorSignature,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import {
  type DispatchError,
  invalid,
  type State,
  type UnsignedValidity,
  verifySignature,
} from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { sessionInfo } from "../session-info.ts";
import { errors, storage } from "./storage.ts";

/** After reports of offences, before what people send. */
const PRIORITY = (1n << 64n) - 2n;

// Holding back

/** Testimonies about a candidate are taken until the block before `until`. */
export function awaitTestimonies(
  state: State,
  { sessionIndex, candidateHash }: DisputesTimeSlot,
  until: BlockNumber,
): void {
  storage.held.set(state, sessionIndex, candidateHash, { amount: 0n, until });
}

/** Candidates about which testimonies are taken. */
export const awaitedTestimonies = (state: State): DisputesTimeSlot[] =>
  storage.held
    .entries(state)
    .map(([sessionIndex, candidateHash]) => ({ sessionIndex, candidateHash }));

export const isAwaited = (
  state: State,
  { sessionIndex, candidateHash }: DisputesTimeSlot,
): boolean => storage.held.has(state, sessionIndex, candidateHash);

/** Holds back so much more of what is there for rewards. */
export function holdBack(
  state: State,
  { sessionIndex, candidateHash }: DisputesTimeSlot,
  amount: Balance,
): void {
  storage.held.update(state, sessionIndex, candidateHash, (held) => ({
    until: held?.until ?? 0,
    amount: (held?.amount ?? 0n) + amount,
  }));
  storage.heldTotal.update(state, (total) => total + amount);
}

/** What is held back for all candidates together. */
export const heldTotal = (state: State): Balance => storage.heldTotal.get(state);

/** Ends the time for testimonies: what was held back, and who has what part in it. */
export function concludeTestimonies(
  state: State,
  timeSlot: DisputesTimeSlot,
): { readonly amount: Balance; readonly reports: readonly SeenReport[] } {
  const { sessionIndex, candidateHash } = timeSlot;
  const amount = storage.held.take(state, sessionIndex, candidateHash)?.amount ?? 0n;
  storage.heldTotal.update(state, (total) => total - amount);
  const reports = believed(state, timeSlot);
  storage.testimonies.clearOf(state, timeSlot);
  return { amount, reports };
}

/** Reports that more validators have told of than can be faulty, in the order in which they were first told. */
function believed(state: State, timeSlot: DisputesTimeSlot): readonly SeenReport[] {
  const validators = sessionInfo(state, timeSlot.sessionIndex)?.validators ?? [];
  const told = new Map<string, { readonly report: SeenReport; witnesses: number }>();
  for (const [, reports] of storage.testimonies.entriesOf(state, timeSlot))
    for (const report of reports) {
      const name = `${report.who} ${report.stake}`;
      const known = told.get(name);
      if (known === undefined) told.set(name, { report, witnesses: 1 });
      else known.witnesses += 1;
    }
  return [...told.values()]
    .filter(({ witnesses }) => witnesses > byzantine(validators.length))
    .map(({ report }) => report);
}

// Testimonies

/** Whether the validator has told what it saw. */
export const hasTestified = (
  state: State,
  timeSlot: DisputesTimeSlot,
  validator: ValidatorIndex,
): boolean => storage.testimonies.has(state, timeSlot, validator);

/** Until when the testimony is taken, or why it is not. */
function checkTestimony(
  state: State,
  testimony: FishermenTestimony,
  signature: ValidatorSignature,
): Result<BlockNumber, DispatchError> {
  const { sessionIndex, candidateHash, validatorIndex, reports } = testimony;
  const held = storage.held.get(state, sessionIndex, candidateHash);
  if (held === undefined) return err(errors.notAwaited);
  const publicKey = sessionInfo(state, sessionIndex)?.validators[validatorIndex];
  if (publicKey === undefined) return err(errors.validatorIndexOutOfBounds);
  if (storage.testimonies.has(state, { sessionIndex, candidateHash }, validatorIndex))
    return err(errors.alreadyTestified);
  if (reports.length === 0) return err(errors.namesNobody);
  if (new Set(reports.map(({ who }) => who)).size < reports.length) return err(errors.namedTwice);
  const message = testimonyPayload(testimony);
  if (!verifySignature(state, { scheme: "sr25519", publicKey, message, signature }))
    return err(errors.invalidSignature);
  return ok(held.until);
}

export function validateTestimony(
  state: State,
  testimony: FishermenTestimony,
  signature: ValidatorSignature,
): UnsignedValidity {
  const checked = checkTestimony(state, testimony, signature);
  if (!checked.ok)
    return err(invalid(checked.error === errors.alreadyTestified ? "stale" : "badProof"));
  const { sessionIndex, candidateHash, validatorIndex } = testimony;
  return ok({
    priority: PRIORITY,
    requires: [],
    provides: [
      concatBytes(
        asciiBytes("FishermenTestimony"),
        encode(SessionIndex, sessionIndex),
        encode(CandidateHash, candidateHash),
        encode(ValidatorIndex, validatorIndex),
      ),
    ],
    longevity: BigInt(Math.max(1, checked.value - blockNumber(state))),
    propagate: true,
  });
}

export function testify(
  state: State,
  testimony: FishermenTestimony,
  signature: ValidatorSignature,
): Result<void, DispatchError> {
  const checked = checkTestimony(state, testimony, signature);
  if (!checked.ok) return checked;
  const { sessionIndex, candidateHash, validatorIndex, reports } = testimony;
  storage.testimonies.set(state, { sessionIndex, candidateHash }, validatorIndex, reports);
  return ok(undefined);
}
