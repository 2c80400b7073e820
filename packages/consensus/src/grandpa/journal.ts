/**
 * What a voter writes down before it speaks, so that a restart does not make it say something else: its
 * own votes, and the last completed round, from which it goes on.
 *
 * Bound: own votes of the rounds around the present one; one completed round.
 */
import { asciiBytes } from "@parahost/base";
import {
  BlockNumber,
  GrandpaStage,
  GrandpaTarget,
  Hash,
  RoundNumber,
  SetId,
  SignedGrandpaVote,
} from "@parahost/primitives";
import { decode, encode, struct, type ValueOf, vec } from "@parahost/scale";
import type { Journal } from "../journal.ts";

/** Where a voter keeps its notes. */
export type VoteJournal = Journal;

/** Written down before it is signed: the signature is made again whenever the vote is said. */
const OwnVote = struct({
  setId: SetId,
  round: RoundNumber,
  stage: GrandpaStage,
  target: GrandpaTarget,
});
export type OwnVote = ValueOf<typeof OwnVote>;

/** A vote of ours as it is sent. */
export interface SaidVote extends OwnVote {
  readonly vote: SignedGrandpaVote;
}

/** A round that is over, with all that is known of it. Round 0 is the beginning of a set. */
export const CompletedRound = struct({
  setId: SetId,
  round: RoundNumber,
  baseHash: Hash,
  baseNumber: BlockNumber,
  prevotes: vec(SignedGrandpaVote),
  precommits: vec(SignedGrandpaVote),
});
export type CompletedRound = ValueOf<typeof CompletedRound>;

const OwnVotes = vec(OwnVote);
const OWN_VOTES = asciiBytes("grandpa:own-votes");
const COMPLETED = asciiBytes("grandpa:completed-round");

export function readOwnVotes(journal: VoteJournal): readonly OwnVote[] {
  const bytes = journal.get(OWN_VOTES);
  return bytes === undefined ? [] : decode(OwnVotes, bytes);
}

export function writeOwnVotes(journal: VoteJournal, votes: readonly OwnVote[]): void {
  journal.put(OWN_VOTES, encode(OwnVotes, votes));
}

export function readCompletedRound(journal: VoteJournal): CompletedRound | undefined {
  const bytes = journal.get(COMPLETED);
  return bytes === undefined ? undefined : decode(CompletedRound, bytes);
}

export function writeCompletedRound(journal: VoteJournal, round: CompletedRound): void {
  journal.put(COMPLETED, encode(CompletedRound, round));
}
