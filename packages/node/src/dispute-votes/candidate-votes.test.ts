import assert from "node:assert/strict";
import { test } from "node:test";
import { asValidatorIndex } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { sampleReceipt } from "../sample-candidate.ts";
import {
  CandidateVotes,
  disputeMessageOf,
  disputeVotesOf,
  hasVoted,
  isDisputed,
  noVotes,
  tallyOf,
  votesOfMessage,
  withVotes,
} from "./candidate-votes.ts";
import { against, inFavour, SESSION } from "./testing.ts";

const receipt = sampleReceipt();
const none = noVotes(receipt);
const v = asValidatorIndex;

test("a vote is taken once, and the first of a side stays", () => {
  const first = withVotes(none, [against(1, receipt), inFavour(2, receipt, { type: "explicit" })]);
  assert.equal(first.added.length, 2);
  const again = withVotes(first.votes, [
    against(1, receipt),
    inFavour(2, receipt, { type: "approvalChecking" }),
  ]);
  assert.deepEqual(again.added, []);
  assert.equal(again.votes, first.votes);
});

test("a backing vote takes the place of another valid one, and nothing takes its place", () => {
  const explicit = inFavour(2, receipt, { type: "explicit" });
  const backing = inFavour(2, receipt);
  const { votes } = withVotes(none, [explicit, backing, explicit]);
  assert.equal(votes.valid.get(v(2))?.kind.type, "backingValid");
});

test("who votes on both sides is on record on both and counts as one participant", () => {
  const { votes } = withVotes(none, [against(1, receipt), inFavour(1, receipt)]);
  assert.deepEqual(tallyOf(votes), { votesFor: 1, votesAgainst: 1, participants: 1 });
  assert.ok(isDisputed(votes) && hasVoted(votes, v(1)) && !hasVoted(votes, v(2)));
});

test("one side alone is no dispute", () => {
  assert.ok(!isDisputed(withVotes(none, [against(1, receipt)]).votes));
  assert.ok(!isDisputed(withVotes(none, [inFavour(1, receipt)]).votes));
});

test("votes come back from the disk as they went", () => {
  const { votes } = withVotes(none, [
    inFavour(3, receipt),
    against(1, receipt),
    inFavour(0, receipt),
  ]);
  const back = decode(CandidateVotes, encode(CandidateVotes, votes));
  assert.deepEqual(disputeVotesOf(back), disputeVotesOf(votes));
  assert.deepEqual(
    disputeVotesOf(back).map(({ validatorIndex }) => validatorIndex),
    [0, 3, 1],
  );
});

test("a vote against travels with a backing vote where there is one", () => {
  const explicit = inFavour(0, receipt, { type: "explicit" });
  const { votes } = withVotes(none, [explicit, inFavour(4, receipt), against(1, receipt)]);
  const message = disputeMessageOf(votes, SESSION, v(1));
  assert.equal(message?.validVote.validatorIndex, 4);
  assert.equal(message?.invalidVote.validatorIndex, 1);
  const { votes: back } = votesOfMessage(message ?? assert.fail());
  assert.deepEqual(back, [inFavour(4, receipt), against(1, receipt)]);
});

test("a valid vote travels with a vote against", () => {
  const { votes } = withVotes(none, [inFavour(4, receipt), against(1, receipt)]);
  const message = disputeMessageOf(votes, SESSION, v(4));
  assert.deepEqual(
    [message?.validVote.validatorIndex, message?.invalidVote.validatorIndex],
    [4, 1],
  );
});

test("a vote that has no opponent, or that is none, tells nothing", () => {
  const { votes } = withVotes(none, [against(1, receipt)]);
  assert.equal(disputeMessageOf(votes, SESSION, v(1)), undefined);
  const both = withVotes(votes, [inFavour(1, receipt)]).votes;
  assert.equal(disputeMessageOf(both, SESSION, v(1)), undefined);
  assert.equal(disputeMessageOf(both, SESSION, v(5)), undefined);
});
