/**
 * Fishermen: anybody who has found an included candidate invalid or unavailable may stake on it. Nodes then call
 * more checkers. If the candidate is found invalid the stake comes back with a bounty, else it is lost.
 *
 * Guide: approval checks and fishermen. Reference: 4.7.1, node 7.3.
 */
import { err } from "@parahost/base";
import {
  type AccountId,
  Balance,
  CandidateHash,
  type DisputesTimeSlot,
  FishermenTestimony,
  Hash,
  type SeenReport,
  SessionIndex,
  ValidatorSignature,
} from "@parahost/primitives";
import {
  call,
  type DispatchResult,
  done,
  ensureNone,
  ensureSigned,
  type Origin,
  pallet,
  type State,
  weightOf,
} from "../../framework/index.ts";
import { blockHash, blockNumber } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import { disputeOf, includedIn } from "../disputes/storage.ts";
import { checksFor, expireAt, takeBond } from "./bonds.ts";
import { errors, events, type ReportKind, storage } from "./storage.ts";
import { testify, validateTestimony } from "./testimonies.ts";

/** What is staked on a candidate being bad. */
export interface FishermenStake {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
  readonly stake: Balance;
  /** Checkers to call beside those that every candidate has. */
  readonly extraChecks: number;
}

/** Who has staked what on which candidate, for validators to tell of it should the chain be abandoned. */
export const fishermenReports = (state: State): readonly CandidateReports[] =>
  storage.reports.entries(state).map(([session, candidateHash, reports]) => ({
    session,
    candidateHash,
    reports: reports.map(({ who, stake }) => ({ who, stake })),
  }));

export interface CandidateReports {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
  readonly reports: readonly SeenReport[];
}

/** Candidates with reports on them, for nodes to raise the number of checks. */
export const fishermenStakes = (state: State): FishermenStake[] =>
  storage.reports.entries(state).map(([session, candidateHash, reports]) => {
    const stake = reports.reduce((sum, report) => sum + report.stake, 0n);
    return { session, candidateHash, stake, extraChecks: checksFor(state, stake) };
  });

interface Report {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
  /** The block that included the candidate, so that a report means this chain and no other. */
  readonly relayBlock: Hash;
  readonly stake: Balance;
}

function report(
  state: State,
  who: AccountId,
  { session, candidateHash, relayBlock, stake }: Report,
  kind: ReportKind["type"],
): DispatchResult {
  const number = includedIn(state, session, candidateHash);
  if (number === undefined) return err(errors.notIncluded);
  if (blockHash(state, number) !== relayBlock) return err(errors.otherRelayBlock);
  const { acceptancePeriod } = configuration(state);
  const end = number + acceptancePeriod;
  if (blockNumber(state) >= end) return err(errors.tooLate);
  if (disputeOf(state, session, candidateHash)?.concludedAt !== undefined)
    return err(errors.alreadyConcluded);
  const timeSlot: DisputesTimeSlot = { sessionIndex: session, candidateHash };
  const taken = takeBond(state, who, stake, timeSlot, { type: kind });
  if (!taken.ok) return taken;
  expireAt(state, end, timeSlot);
  return done;
}

/** The stakes of a thousand validators, for their median. */
const weight = weightOf({ reads: 1_010, writes: 5 });

const reportCall = (index: number, kind: ReportKind["type"], docs: string) =>
  call({
    index,
    docs,
    args: { session: SessionIndex, candidateHash: CandidateHash, relayBlock: Hash, stake: Balance },
    class: "operational",
    weight,
    dispatch: (state: State, origin: Origin, args: Report) => {
      const who = ensureSigned(origin);
      return who.ok ? report(state, who.value, args, kind) : who;
    },
  });

export const fishermen = pallet({
  name: "Fishermen",
  index: 242,
  docs: "Stakes of those who report bad candidates.",
  storage,
  events,
  errors,
  calls: {
    reportInvalid: reportCall(0, "invalid", "Stakes on an included candidate being invalid."),
    reportUnavailable: reportCall(
      1,
      "unavailable",
      "Stakes on an included candidate's data being gone.",
    ),
    testify: call({
      index: 2,
      docs: "A validator tells of reports that it saw on a chain that was abandoned since.",
      args: { testimony: FishermenTestimony, signature: ValidatorSignature },
      class: "operational",
      weight: weightOf({ reads: 3, writes: 1, signatures: 1 }),
      paysFee: false,
      validateUnsigned: (state, { testimony, signature }) =>
        validateTestimony(state, testimony, signature),
      dispatch: (state, origin, { testimony, signature }) => {
        const none = ensureNone(origin);
        if (!none.ok) return none;
        const told = testify(state, testimony, signature);
        return told.ok ? done : told;
      },
    }),
  },
});
