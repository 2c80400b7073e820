/**
 * Disputes on chain (the guide's Validity module): votes of all validators of a session on one of its
 * candidates, whichever fork it is on. They reach the chain in the parachain inherent, signed by the keys of
 * the candidate's session.
 *
 * A dispute begins confirmed: more voters than can be faulty. It concludes with a supermajority on one side
 * and takes late votes for some time after. As soon as more validators than can be faulty are against a
 * candidate that this chain has included, the chain freezes: the header tells nodes to abandon it from the
 * block that included the candidate.
 *
 * Guide: runtime/validity.md. Reference: 4.7.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import {
  type BlockNumber,
  type CandidateHash,
  type DisputeEntry,
  type DisputeStatementSet,
  parachainLogItem,
  type SessionIndex,
} from "@parahost/primitives";
import {
  call,
  type DispatchError,
  done,
  ensureRoot,
  pallet,
  type State,
  weightOf,
} from "../../framework/index.ts";
import { blockHash, depositLog } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import type { SessionChangeNotification } from "../session-change.ts";
import { settleImport } from "../slashing/slashing.ts";
import { forgetSession, noteVotes } from "../suspension/suspension.ts";
import { areSorted, sortedSets } from "./order.ts";
import { type CheckedSet, checkStatementSet } from "./statement-set.ts";
import { errors, events, includedIn, isRefused, storage } from "./storage.ts";

// Questions

/** All disputes that are remembered. */
export const disputes = (state: State): DisputeEntry[] =>
  storage.disputes
    .entries(state)
    .map(([session, candidateHash, dispute]) => ({ session, candidateHash, state: dispute }));

/**
 * Whether the candidate is accepted here as far as the chain can tell: included, not disputed, and older
 * than the acceptance period. Approval is the nodes' affair.
 */
export function isAccepted(
  state: State,
  session: SessionIndex,
  candidate: CandidateHash,
  now: BlockNumber,
): boolean {
  const number = includedIn(state, session, candidate);
  if (number === undefined || storage.disputes.has(state, session, candidate)) return false;
  return number + configuration(state).acceptancePeriod <= now;
}

// Import

/** The sets of a block to import: all of them good, in their order. */
export function checkSets(
  state: State,
  sets: readonly DisputeStatementSet[],
): Result<readonly CheckedSet[], DispatchError> {
  if (!areSorted(state, sets)) return err(errors.duplicateDisputeStatementSets);
  const checked: CheckedSet[] = [];
  for (const set of sets) {
    const result = checkStatementSet(state, set, "refuse");
    if (!result.ok) return err(errors[result.error]);
    checked.push(result.value);
  }
  return ok(checked);
}

/** What of the sets an author may put into its block: good votes of as many sets as `admit` has room for. */
export function selectSets(
  state: State,
  sets: readonly DisputeStatementSet[],
  admit: (set: DisputeStatementSet) => boolean,
): readonly CheckedSet[] {
  const selected: CheckedSet[] = [];
  for (const set of sortedSets(state, sets)) {
    const checked = checkStatementSet(state, set, "drop");
    if (checked.ok && admit(checked.value.set)) selected.push(checked.value);
  }
  return selected;
}

/** Imports votes that were checked upon this state. */
export function importSet(state: State, checked: CheckedSet): void {
  const { set, summary, isNew } = checked;
  const { session, candidateHash } = set;
  storage.disputes.set(state, session, candidateHash, summary.state);
  storage.backersOnDisputes.set(state, session, candidateHash, summary.backers);
  if (isNew) {
    const isLocal = storage.included.has(state, session, candidateHash);
    events.deposit(state, {
      type: "disputeInitiated",
      value: { candidateHash, location: { type: isLocal ? "local" : "remote" } },
    });
  }
  if (summary.concluded !== undefined)
    events.deposit(state, {
      type: "disputeConcluded",
      value: {
        candidateHash,
        result: { type: summary.concluded === "for" ? "valid" : "invalid" },
      },
    });
  settleImport(state, checked);
  noteVotes(state, { sessionIndex: session, candidateHash }, isNew);
  freezeIfDoubted(state, session, candidateHash);
}

// Inclusion

/** Notes that the block being executed includes the candidate. */
export function noteIncluded(
  state: State,
  session: SessionIndex,
  candidate: CandidateHash,
  number: BlockNumber,
): void {
  assert(number > 0, "genesis includes nothing");
  storage.included.set(state, session, candidate, number - 1);
  freezeIfDoubted(state, session, candidate);
}

// Freezing

/** Freezes the chain, if it includes the candidate and an honest validator found that invalid. */
function freezeIfDoubted(state: State, session: SessionIndex, candidate: CandidateHash): void {
  const target = storage.included.get(state, session, candidate);
  if (target === undefined || !isRefused(state, session, candidate)) return;
  const frozen = storage.frozen.get(state);
  if (frozen !== undefined && frozen <= target) return;
  storage.frozen.set(state, target);
  const reverted = target + 1;
  depositLog(state, parachainLogItem({ type: "revert", value: reverted }));
  const lastValid = blockHash(state, target);
  // Blocks that are older than the chain's memory of hashes are named by their number alone.
  if (lastValid !== undefined)
    depositLog(
      state,
      parachainLogItem({
        type: "paraDispute",
        value: { candidate, session, includedIn: reverted, lastValid },
      }),
    );
  events.deposit(state, { type: "revert", value: reverted });
}

// Session change

/** Forgets what lies behind the dispute period. */
export function onNewSession(
  state: State,
  { session, configuration: { disputePeriod } }: SessionChangeNotification,
): void {
  const target = session - disputePeriod - 1;
  const pruned = storage.lastPrunedSession.get(state) ?? -1;
  if (target <= pruned) return;
  for (let old = pruned + 1; old <= target; old++) {
    storage.disputes.clearOf(state, old as SessionIndex);
    storage.backersOnDisputes.clearOf(state, old as SessionIndex);
    storage.included.clearOf(state, old as SessionIndex);
    forgetSession(state, old as SessionIndex);
  }
  storage.lastPrunedSession.set(state, target as SessionIndex);
}

// Entry point

export const parasDisputes = pallet({
  name: "ParasDisputes",
  index: 62,
  docs: "Votes on disputed candidates, and what follows from them.",
  storage,
  events,
  errors,
  calls: {
    forceUnfreeze: call({
      index: 0,
      docs: "Lets the chain of a frozen para dispute go on. Root only.",
      args: {},
      class: "operational",
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        storage.frozen.remove(state);
        return done;
      },
    }),
  },
});
