/**
 * Suspension: a para whose candidate the validators cannot agree on gets no core until root lifts it. Where at most
 * a third are faulty that happens only when its code does not do the same everywhere, and would happen again.
 *
 * A split is one after the time for stragglers only. What it takes back includes the block that included the
 * candidate, so the para is known from the backing, which stands on the chain that remains.
 *
 * Reference: node 8.3.
 */
import { err } from "@parahost/base";
import {
  type CandidateHash,
  type DisputesTimeSlot,
  disputeVerdict,
  ParaId,
  type SessionIndex,
  SPLIT_SETTLE_BLOCKS,
} from "@parahost/primitives";
import { call, done, ensureRoot, pallet, type State, weightOf } from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { disputeOf, tallyOf } from "../disputes/storage.ts";
import { errors, events, isSuspended, storage } from "./storage.ts";

/** Notes whose candidate it is. */
export function noteCandidate(
  state: State,
  session: SessionIndex,
  candidate: CandidateHash,
  para: ParaId,
): void {
  storage.candidates.set(state, session, candidate, para);
}

/** Looks at a dispute after votes were imported: again when stragglers have had their time, if it has just begun. */
export function noteVotes(state: State, timeSlot: DisputesTimeSlot, isNew: boolean): void {
  if (isNew)
    storage.settling.update(state, blockNumber(state) + SPLIT_SETTLE_BLOCKS, (slots) => [
      ...slots,
      timeSlot,
    ]);
  suspendIfSplit(state, timeSlot);
}

/** Suspends the paras of disputes that have had their time in this block; before cores are scheduled. */
export function initialize(state: State): void {
  const now = blockNumber(state);
  if (!storage.settling.has(state, now)) return;
  for (const timeSlot of storage.settling.take(state, now)) suspendIfSplit(state, timeSlot);
}

function suspendIfSplit(state: State, { sessionIndex, candidateHash }: DisputesTimeSlot): void {
  const dispute = disputeOf(state, sessionIndex, candidateHash);
  if (dispute === undefined || blockNumber(state) < dispute.start + SPLIT_SETTLE_BLOCKS) return;
  if (disputeVerdict(tallyOf(dispute), dispute.validatorsFor.length) !== "split") return;
  // Taken, so that later votes do not suspend again what root has lifted.
  const paraId = storage.candidates.take(state, sessionIndex, candidateHash);
  if (paraId === undefined || isSuspended(state, paraId)) return;
  const suspension = { paraId, sessionIndex, candidateHash };
  storage.suspended.update(state, (suspended) => [...suspended, suspension]);
  events.deposit(state, { type: "suspended", value: suspension });
}

/** Forgets the candidates of a session that takes no votes any more. */
export function forgetSession(state: State, session: SessionIndex): void {
  storage.candidates.clearOf(state, session);
}

// Entry point

export const suspensions = pallet({
  name: "Suspensions",
  index: 243,
  docs: "Paras that get no core, because validators cannot agree on their candidates.",
  storage,
  events,
  errors,
  calls: {
    lift: call({
      index: 0,
      docs: "Lets a suspended para go on. Root only.",
      args: { paraId: ParaId },
      class: "operational",
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { paraId }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        if (!isSuspended(state, paraId)) return err(errors.notSuspended);
        storage.suspended.update(state, (suspended) =>
          suspended.filter((suspension) => suspension.paraId !== paraId),
        );
        events.deposit(state, { type: "lifted", value: { paraId } });
        return done;
      },
    }),
  },
});
