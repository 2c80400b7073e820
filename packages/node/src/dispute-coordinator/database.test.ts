import assert from "node:assert/strict";
import { test } from "node:test";
import { asSessionIndex, candidateHash } from "@parahost/primitives";
import { MemoryStore } from "@parahost/storage";
import { noVotes, withVotes } from "../dispute-votes/candidate-votes.ts";
import { against, inFavour } from "../dispute-votes/testing.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import { DISPUTE_COLUMNS, DisputeDatabase } from "./database.ts";

const receipt = sampleReceipt();
const other = sampleReceipt({ povHash: sampleHash(1) });
const key = (session: number, which = receipt) => ({
  session: asSessionIndex(session),
  candidateHash: candidateHash(which),
});
const votes = withVotes(noVotes(receipt), [inFavour(0, receipt), against(1, receipt)]).votes;

test("votes and status are written together and found by session and candidate", () => {
  const database = new DisputeDatabase(new MemoryStore(DISPUTE_COLUMNS));
  database.put(key(300), votes, { type: "active" });
  assert.deepEqual(database.votes(key(300)), votes);
  assert.equal(database.votes(key(301)), undefined);
  assert.equal(database.votes(key(300, other)), undefined);
  assert.deepEqual([...database.disputes()], [{ ...key(300), status: { type: "active" } }]);
});

test("a candidate that nobody disputes is no dispute", () => {
  const database = new DisputeDatabase(new MemoryStore(DISPUTE_COLUMNS));
  database.put(key(1), withVotes(noVotes(receipt), [inFavour(0, receipt)]).votes, undefined);
  assert.deepEqual([...database.disputes()], []);
});

test("old sessions go, the others stay, in their order", () => {
  const database = new DisputeDatabase(new MemoryStore(DISPUTE_COLUMNS));
  for (const session of [300, 2, 255, 256]) database.put(key(session), votes, { type: "active" });
  assert.deepEqual(
    [...database.disputes()].map(({ session }) => session),
    [2, 255, 256, 300],
  );
  database.prune(asSessionIndex(256));
  assert.deepEqual(
    [...database.disputes()].map(({ session }) => session),
    [256, 300],
  );
  assert.equal(database.votes(key(255)), undefined);
});
