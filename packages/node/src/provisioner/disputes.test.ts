import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asCandidateHash,
  asSessionIndex,
  candidateHash,
  type DisputeEntry,
  type DisputeState,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import type { DisputeListEntry } from "../dispute-coordinator/messages.ts";
import { noVotes, withVotes } from "../dispute-votes/candidate-votes.ts";
import { against, inFavour, SESSION } from "../dispute-votes/testing.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import { DisputeSets, inUrgency, onChainDisputes } from "./disputes.ts";

const dispute = (
  hash: number,
  status: DisputeListEntry["status"] = { type: "confirmed", value: 1 },
  session = 9,
): DisputeListEntry => ({
  session: asSessionIndex(session),
  candidateHash: asCandidateHash(sampleHash(hash)),
  status,
});
const stateOf = (concludedAt?: number): DisputeState => ({
  validatorsFor: bitsAt(7, [1]),
  validatorsAgainst: bitsAt(7, [3]),
  start: 1,
  concludedAt,
});
const entry = (
  { session, candidateHash: hash }: DisputeListEntry,
  concludedAt?: number,
): DisputeEntry => ({
  session,
  candidateHash: hash,
  state: stateOf(concludedAt),
});
const over: DisputeListEntry["status"] = { type: "concludedFor", value: 1 };

test("what the chain knows least comes first, and of that what is over for us", () => {
  const [unknown, open, lost] = [dispute(1, over), dispute(2, over), dispute(3, over)];
  const [newer, older] = [dispute(4), dispute(5, undefined, 8)];
  const [openToo, concluded] = [dispute(6), dispute(7)];
  const active = [newer, older, openToo, concluded];
  const known = onChainDisputes([entry(open), entry(lost, 5), entry(openToo), entry(concluded, 5)]);
  const order = inUrgency([concluded, openToo, newer, older, lost, open, unknown], active, known);
  assert.deepEqual(order, [unknown, open, older, newer, openToo, concluded]);
});

test("a dispute that is not confirmed is not for the chain", () => {
  const young = dispute(1, { type: "active" });
  assert.deepEqual(inUrgency([young], [young], onChainDisputes([])), []);
});

const receipt = sampleReceipt();
const votes = [
  inFavour(1, receipt),
  inFavour(2, receipt, { type: "explicit" }),
  against(3, receipt),
  against(4, receipt),
];
const ours = {
  session: SESSION,
  candidateHash: candidateHash(receipt),
  votes: withVotes(noVotes(receipt), votes).votes,
};

test("votes that the chain has are left out, except those of backers", () => {
  const sets = new DisputeSets();
  assert.ok(sets.add(ours, undefined));
  assert.ok(sets.add(ours, stateOf()));
  assert.deepEqual(
    sets.sets.map(({ statements }) => statements.map(({ validatorIndex }) => validatorIndex)),
    [
      [1, 2, 3, 4],
      [1, 2, 4],
    ],
  );
});

test("a set that does not fit ends the list", () => {
  const sets = new DisputeSets(6);
  assert.ok(sets.add(ours, undefined));
  assert.ok(!sets.add(ours, undefined));
  assert.equal(sets.sets.length, 1);
});
