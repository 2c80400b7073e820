/**
 * What is kept of disputes, under Polkadot's names: votes by session and candidate, who backed the candidate,
 * where candidates were included, and whether the chain is frozen.
 */
import {
  BlockNumber,
  byzantine,
  CandidateHash,
  DisputeState,
  type DisputeTally,
  SessionIndex,
  ValidatorIndex,
} from "@parahost/primitives";
import { countOnes, positional, set, struct, type ValueOf, variant } from "@parahost/scale";
import {
  palletErrors,
  palletEvents,
  type State,
  storageDoubleMap,
  storageOption,
  storageValue,
} from "../../framework/index.ts";

const v = (name: string): readonly string[] => ["polkadot_runtime_parachains", "disputes", name];

/** Whether the candidate was included on this chain when its dispute began here. */
export const DisputeLocation = variant({ local: 0, remote: 1 }, v("DisputeLocation"));
export type DisputeLocation = ValueOf<typeof DisputeLocation>;

export const DisputeResult = variant({ valid: 0, invalid: 1 }, v("DisputeResult"));

export const storage = {
  lastPrunedSession: storageValue(
    "ParasDisputes.LastPrunedSession",
    "Everything of this session and of those before it is forgotten.",
    SessionIndex,
  ),
  disputes: storageDoubleMap(
    "ParasDisputes.Disputes",
    "Who voted which way on a candidate, and when the dispute began and was concluded.",
    "twox64Concat",
    SessionIndex,
    "blake2_128Concat",
    CandidateHash,
    DisputeState,
  ),
  backersOnDisputes: storageDoubleMap(
    "ParasDisputes.BackersOnDisputes",
    "Those of the voters whose vote is their backing statement.",
    "twox64Concat",
    SessionIndex,
    "blake2_128Concat",
    CandidateHash,
    set(ValidatorIndex),
  ),
  included: storageDoubleMap(
    "ParasDisputes.Included",
    "Candidates included on this chain: number of the block before, which a revert goes back to.",
    "twox64Concat",
    SessionIndex,
    "blake2_128Concat",
    CandidateHash,
    BlockNumber,
  ),
  frozen: storageOption(
    "ParasDisputes.Frozen",
    "The last good block. While it is set nothing is backed or included.",
    BlockNumber,
  ),
};

export const events = palletEvents("ParasDisputes", {
  disputeInitiated: [
    0,
    positional(struct({ candidateHash: CandidateHash, location: DisputeLocation })),
  ],
  disputeConcluded: [
    1,
    positional(struct({ candidateHash: CandidateHash, result: DisputeResult })),
  ],
  /** This block of the chain and all built on it are to be abandoned. */
  revert: [2, BlockNumber],
});

const NAMES = [
  "duplicateDisputeStatementSets",
  "ancientDisputeStatement",
  "validatorIndexOutOfBounds",
  "invalidSignature",
  "duplicateStatement",
  "singleSidedDispute",
  "maliciousBacker",
  "missingBackingVotes",
  "unconfirmedDispute",
] as const;

/** Why a set of votes, or one of them, is refused. */
export type DisputesError = (typeof NAMES)[number];

export const errors = palletErrors(62, NAMES);

// Questions

export const disputeOf = (
  state: State,
  session: SessionIndex,
  candidate: CandidateHash,
): DisputeState | undefined => storage.disputes.get(state, session, candidate);

/** The block that included the candidate on this chain, as long as its session is remembered. */
export function includedIn(
  state: State,
  session: SessionIndex,
  candidate: CandidateHash,
): BlockNumber | undefined {
  const before = storage.included.get(state, session, candidate);
  return before === undefined ? undefined : before + 1;
}

export const isFrozen = (state: State): boolean => storage.frozen.get(state) !== undefined;

/** How many vote which way. */
export function tallyOf({ validatorsFor, validatorsAgainst }: DisputeState): DisputeTally {
  let participants = 0;
  validatorsFor.bytes.forEach((byte, i) => {
    for (let bits = byte | (validatorsAgainst.bytes[i] as number); bits !== 0; bits &= bits - 1)
      participants += 1;
  });
  return {
    votesFor: countOnes(validatorsFor),
    votesAgainst: countOnes(validatorsAgainst),
    participants,
  };
}

/**
 * Whether the candidate must not be backed or included: more validators than can be faulty vote against it,
 * so an honest one found it invalid. That is known long before all have voted.
 */
export function isRefused(state: State, session: SessionIndex, candidate: CandidateHash): boolean {
  const against = disputeOf(state, session, candidate)?.validatorsAgainst;
  return against !== undefined && countOnes(against) > byzantine(against.length);
}
