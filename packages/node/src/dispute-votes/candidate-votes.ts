/**
 * The votes on one candidate, as they are kept: at most one per validator and side. A validator that
 * votes on both sides is on record on both. Guide: Dispute Coordinator; node-side reference, 8.2.
 */
import {
  CandidateReceipt,
  candidateHash,
  type DisputeTally,
  type DisputeVote,
  InvalidDisputeStatementKind,
  type SessionIndex,
  type UncheckedDisputeMessage,
  ValidatorIndex,
  ValidatorSignature,
  ValidDisputeStatementKind,
} from "@parahost/primitives";
import { map, struct, type ValueOf } from "@parahost/scale";

export const ValidVote = struct({ kind: ValidDisputeStatementKind, signature: ValidatorSignature });
export type ValidVote = ValueOf<typeof ValidVote>;

export const InvalidVote = struct({
  kind: InvalidDisputeStatementKind,
  signature: ValidatorSignature,
});
export type InvalidVote = ValueOf<typeof InvalidVote>;

export const CandidateVotes = struct({
  receipt: CandidateReceipt,
  valid: map(ValidatorIndex, ValidVote),
  invalid: map(ValidatorIndex, InvalidVote),
});
export type CandidateVotes = ValueOf<typeof CandidateVotes>;

/** No votes yet. */
export function noVotes(receipt: CandidateReceipt): CandidateVotes {
  return { receipt, valid: new Map(), invalid: new Map() };
}

/** Whether it was cast in backing: only such a vote lets a backer be punished. */
export function isBacking(kind: ValidDisputeStatementKind): boolean {
  return kind.type === "backingSeconded" || kind.type === "backingValid";
}

/** What an import added. */
export interface VotesAdded {
  readonly votes: CandidateVotes;
  /** Votes that changed the record, in the order given. */
  readonly added: readonly DisputeVote[];
}

/**
 * The record with these votes too. The first vote of a validator on a side stays, except that a backing
 * vote takes the place of another valid one.
 */
export function withVotes(before: CandidateVotes, votes: readonly DisputeVote[]): VotesAdded {
  const valid = new Map(before.valid);
  const invalid = new Map(before.invalid);
  const added = votes.filter(({ statement, validatorIndex, signature }) => {
    if (statement.type === "invalid") {
      if (invalid.has(validatorIndex)) return false;
      invalid.set(validatorIndex, { kind: statement.value, signature });
      return true;
    }
    const known = valid.get(validatorIndex);
    if (known !== undefined && (isBacking(known.kind) || !isBacking(statement.value))) return false;
    valid.set(validatorIndex, { kind: statement.value, signature });
    return true;
  });
  return { votes: added.length === 0 ? before : { ...before, valid, invalid }, added };
}

/** Both sides have a vote. */
export function isDisputed({ valid, invalid }: CandidateVotes): boolean {
  return valid.size > 0 && invalid.size > 0;
}

export function tallyOf({ valid, invalid }: CandidateVotes): DisputeTally {
  let both = 0;
  for (const validator of invalid.keys()) if (valid.has(validator)) both += 1;
  return {
    votesFor: valid.size,
    votesAgainst: invalid.size,
    participants: valid.size + invalid.size - both,
  };
}

export function hasVoted({ valid, invalid }: CandidateVotes, validator: ValidatorIndex): boolean {
  return valid.has(validator) || invalid.has(validator);
}

/** Every vote as others take them, valid ones first, each side by ascending validator. */
export function disputeVotesOf({ valid, invalid }: CandidateVotes): readonly DisputeVote[] {
  return [
    ...ascending(valid).map(
      ([validatorIndex, { kind, signature }]): DisputeVote => ({
        statement: { type: "valid", value: kind },
        validatorIndex,
        signature,
      }),
    ),
    ...ascending(invalid).map(
      ([validatorIndex, { kind, signature }]): DisputeVote => ({
        statement: { type: "invalid", value: kind },
        validatorIndex,
        signature,
      }),
    ),
  ];
}

/**
 * What tells other nodes of this validator's vote: it and one of the other side, a backing vote where
 * there is one, since without it nobody believes that the candidate exists. `undefined` without either.
 */
export function disputeMessageOf(
  { receipt, valid, invalid }: CandidateVotes,
  sessionIndex: SessionIndex,
  validator: ValidatorIndex,
): UncheckedDisputeMessage | undefined {
  const isAgainst = invalid.has(validator);
  const against = isAgainst ? validator : ascending(invalid).find(([v]) => v !== validator)?.[0];
  const others = ascending(valid).filter(([v]) => v !== validator);
  const opposing = others.find(([, { kind }]) => isBacking(kind)) ?? others[0];
  const inFavour = isAgainst ? opposing?.[0] : valid.has(validator) ? validator : undefined;
  const invalidVote = against === undefined ? undefined : invalid.get(against);
  const validVote = inFavour === undefined ? undefined : valid.get(inFavour);
  if (against === undefined || inFavour === undefined || !invalidVote || !validVote)
    return undefined;
  return {
    candidateReceipt: receipt,
    sessionIndex,
    invalidVote: { validatorIndex: against, ...invalidVote },
    validVote: { validatorIndex: inFavour, ...validVote },
  };
}

/** The two votes of a message, and which candidate they are about. */
export function votesOfMessage({
  candidateReceipt,
  invalidVote,
  validVote,
}: UncheckedDisputeMessage) {
  const votes: readonly DisputeVote[] = [
    {
      statement: { type: "valid", value: validVote.kind },
      validatorIndex: validVote.validatorIndex,
      signature: validVote.signature,
    },
    {
      statement: { type: "invalid", value: invalidVote.kind },
      validatorIndex: invalidVote.validatorIndex,
      signature: invalidVote.signature,
    },
  ];
  return { candidateHash: candidateHash(candidateReceipt), votes };
}

function ascending<V>(votes: ReadonlyMap<ValidatorIndex, V>): [ValidatorIndex, V][] {
  return [...votes].sort(([a], [b]) => a - b);
}
