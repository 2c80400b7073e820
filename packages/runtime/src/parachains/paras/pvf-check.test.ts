import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, asSessionIndex } from "@parahost/primitives";
import {
  hasVoted,
  inNextSession,
  newVote,
  onboardingSession,
  outcomeOf,
  type PvfCheckActiveVoteState,
  withVote,
} from "./pvf-check.ts";

const voteOf = (validators: number) =>
  newVote(5, validators, { type: "onboarding", value: asParaId(1000) });

const cast = (vote: PvfCheckActiveVoteState, accept: boolean, ...validators: readonly number[]) =>
  validators.reduce((state, validator) => withVote(state, validator, accept), vote);

test("a supermajority accepts, one vote fewer does not", () => {
  assert.equal(outcomeOf(cast(voteOf(5), true, 0, 1, 2)), undefined);
  assert.equal(outcomeOf(cast(voteOf(5), true, 0, 1, 2, 3)), "accepted");
});

test("the vote is lost once a supermajority has become impossible", () => {
  assert.equal(outcomeOf(cast(voteOf(5), false, 0)), undefined);
  assert.equal(outcomeOf(cast(voteOf(5), false, 0, 1)), "rejected");
  assert.equal(outcomeOf(cast(voteOf(7), false, 0, 1)), undefined);
  assert.equal(outcomeOf(cast(voteOf(7), false, 0, 1, 2)), "rejected");
});

test("a validator has voted whichever side it took", () => {
  const vote = cast(cast(voteOf(4), true, 1), false, 2);
  assert.deepEqual(
    [0, 1, 2, 3].map((validator) => hasVoted(vote, validator)),
    [false, true, true, false],
  );
  assert.throws(() => withVote(vote, 1, false), /votes twice/);
});

test("a session change clears the ballots, fits them to the new validators and counts the age", () => {
  const next = inNextSession(cast(voteOf(4), true, 0, 1), 7, 2);
  assert.equal(next?.age, 1);
  assert.equal(next?.votesAccept.length, 7);
  assert.equal(next?.votesReject.length, 7);
  assert.equal(next !== undefined && hasVoted(next, 0), false);
  assert.equal(next?.createdAt, 5);
});

test("a vote ends without result when it has seen as many session changes as allowed", () => {
  const first = inNextSession(voteOf(4), 4, 2);
  assert.notEqual(first, undefined);
  assert.equal(first && inNextSession(first, 4, 2), undefined);
});

test("sessions spent voting count towards the onboarding delay", () => {
  const session = asSessionIndex(10);
  assert.equal(onboardingSession(session, 2, 0), 12);
  assert.equal(onboardingSession(session, 2, 1), 11);
  assert.equal(onboardingSession(session, 2, 5), 11);
  assert.equal(onboardingSession(session, 1, 0), 11);
});
