/**
 * Slashing for disputes and for backing: offenders lose stake and are disabled, those who were right are
 * rewarded, and those who kept a dispute waiting pay a fee.
 *
 * Guide: slashing and incentivization. Reference: 4.7.
 */
import { err } from "@parahost/base";
import {
  type DisputeOffenceKind,
  DisputeProof,
  type DisputesTimeSlot,
  Hash,
  KeyOwnershipProof,
  type PendingSlashes,
  SessionIndex,
  ValidatorIndex,
  ValidatorSignature,
} from "@parahost/primitives";
import {
  call,
  done,
  ensureNone,
  ensureRoot,
  pallet,
  type State,
  weightOf,
} from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import type { CheckedSet } from "../disputes/statement-set.ts";
import { includedIn } from "../disputes/storage.ts";
import { forfeitBonds, returnBonds } from "../fishermen/bonds.ts";
import { awaitTestimonies } from "../fishermen/testimonies.ts";
import type { SessionChangeNotification } from "../session-change.ts";
import {
  BackingStatement,
  reportBackingMisbehaviour,
  validateBackingReport,
} from "./backing-misbehaviour.ts";
import { reportDisputeLost, validateDisputeLost } from "./dispute-lost.ts";
import { Penalties } from "./penalties.ts";
import { punishLosers } from "./punish.ts";
import { REPORT_WEIGHT } from "./reports.ts";
import {
  dividePot,
  holdForFishermen,
  noteSessionPoints,
  rewardVoters,
  withFishermen,
} from "./rewards.ts";
import { errors, events, storage } from "./storage.ts";
import { openWindow, winnersShares } from "./windows.ts";

export { closeWindows as initialize } from "./windows.ts";

// Questions

/** Losers that somebody has to name, by dispute and kind. */
export const unappliedSlashes = (
  state: State,
): (readonly [SessionIndex, DisputesTimeSlot["candidateHash"], PendingSlashes])[] =>
  storage.unappliedSlashes
    .entries(state)
    .flatMap(([session, candidate, pending]) =>
      pending.map((entry) => [session, candidate, entry] as const),
    );

// Disputes

const KINDS = [
  "forInvalidBacked",
  "forInvalidApproved",
  "againstValid",
] as const satisfies readonly DisputeOffenceKind["type"][];

/** What an import of votes means for those who voted. */
export function settleImport(state: State, { set, summary, isNew }: CheckedSet): void {
  const { session, candidateHash } = set;
  const timeSlot = { sessionIndex: session, candidateHash };
  const { state: dispute, newParticipants, losers, concluded } = summary;
  const now = blockNumber(state);
  const isLate = concluded === undefined && dispute.concludedAt !== undefined;
  rewardVoters(state, session, newParticipants, isLate);
  if (isNew) openWindow(state, now, timeSlot, "beginning");
  if (dispute.concludedAt === now) {
    const until = openWindow(state, now, timeSlot, "conclusion");
    // Where the candidate was included fishermen have reported here, and are paid at once.
    const isElsewhere = includedIn(state, session, candidateHash) === undefined;
    if (until !== undefined && concluded === "against" && isElsewhere)
      awaitTestimonies(state, timeSlot, until);
  }
  for (const kind of KINDS) punishLosers(state, timeSlot, kind, losers[kind]);
  if (concluded === "for") forfeitBonds(state, timeSlot);
  const fishermen = concluded === "against" ? returnBonds(state, timeSlot) : [];
  if (KINDS.some((kind) => losers[kind].length > 0)) {
    holdForFishermen(state, timeSlot);
    dividePot(state, withFishermen(winnersShares(state, timeSlot, dispute), fishermen));
  }
}

// Session change

export function onNewSession(
  state: State,
  { session, configuration }: SessionChangeNotification,
): void {
  noteSessionPoints(state);
  const { asyncBackingParams, disputePeriod } = configuration;
  storage.candidateDepths.set(state, session, asyncBackingParams.maxCandidateDepth);
  for (const old of storage.candidateDepths.keys(state))
    if (old + disputePeriod < session) storage.candidateDepths.remove(state, old);
  for (const [old, candidate] of storage.unappliedSlashes.entries(state))
    if (old + disputePeriod < session) storage.unappliedSlashes.remove(state, old, candidate);
}

// Entry points

/** All that a validator has at stake. */
const WHOLE = 1_000_000_000;

export const parasSlashing = pallet({
  name: "ParasSlashing",
  index: 63,
  docs: "Penalties of validators for what they stated about candidates.",
  storage,
  events,
  errors,
  calls: {
    reportDisputeLostUnsigned: call({
      index: 0,
      docs: "Proves whose key it was that lost a dispute of a past session.",
      args: { disputeProof: DisputeProof, keyOwnerProof: KeyOwnershipProof },
      class: "operational",
      weight: REPORT_WEIGHT,
      paysFee: false,
      validateUnsigned: (state, { disputeProof, keyOwnerProof }) =>
        validateDisputeLost(state, disputeProof, keyOwnerProof),
      dispatch: (state, origin, { disputeProof, keyOwnerProof }) => {
        const none = ensureNone(origin);
        return none.ok ? reportDisputeLost(state, disputeProof, keyOwnerProof) : none;
      },
    }),
    reportBackingMisbehaviour: call({
      index: 1,
      docs: "Reports two backing statements of a validator that contradict each other.",
      args: {
        session: SessionIndex,
        parentHash: Hash,
        validatorIndex: ValidatorIndex,
        first: BackingStatement,
        firstSignature: ValidatorSignature,
        second: BackingStatement,
        secondSignature: ValidatorSignature,
      },
      class: "operational",
      weight: REPORT_WEIGHT,
      paysFee: false,
      validateUnsigned: validateBackingReport,
      dispatch: (state, origin, report) => {
        const none = ensureNone(origin);
        return none.ok ? reportBackingMisbehaviour(state, report) : none;
      },
    }),
    setPenalties: call({
      index: 2,
      docs: "Sets what each offence and fee costs. Root only.",
      args: { penalties: Penalties },
      class: "operational",
      weight: weightOf({ writes: 1 }),
      dispatch: (state, origin, { penalties }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        if (Object.values(penalties).some((fraction) => fraction > WHOLE))
          return err(errors.penaltyAboveWhole);
        storage.penalties.set(state, penalties);
        return done;
      },
    }),
  },
});
