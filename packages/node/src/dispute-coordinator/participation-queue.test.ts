import assert from "node:assert/strict";
import { test } from "node:test";
import { asCandidateHash } from "@parahost/primitives";
import { SESSION } from "../dispute-votes/testing.ts";
import { sampleHash, sampleReceipt } from "../sample-candidate.ts";
import { BEST_EFFORT_MAX, ParticipationQueue } from "./participation-queue.ts";

const request = (hash: number, relayParentNumber?: number) => ({
  candidateHash: asCandidateHash(sampleHash(hash)),
  candidateReceipt: sampleReceipt(),
  session: SESSION,
  relayParentNumber,
});

function drain(queue: ParticipationQueue): number[] {
  const order: number[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next())
    order.push(Number(next.candidateHash));
  return order;
}

test("the oldest relay parent comes first, then the lowest hash, unknown blocks last", () => {
  const queue = new ParticipationQueue();
  for (const [hash, number] of [[5], [9, 7], [3], [2, 7], [8, 6]] as const)
    queue.add(request(hash, number), "priority");
  assert.deepEqual(drain(queue), [8, 2, 9, 3, 5]);
});

test("included candidates come before others, however old those are", () => {
  const queue = new ParticipationQueue();
  queue.add(request(1, 1), "bestEffort");
  queue.add(request(2, 99), "priority");
  assert.deepEqual(drain(queue), [2, 1]);
});

test("a candidate waits once, and moves up when it is found included", () => {
  const queue = new ParticipationQueue();
  for (const hash of [1, 2, 3]) queue.add(request(hash, hash), "bestEffort");
  assert.ok(queue.add(request(3, 3), "bestEffort"));
  assert.ok(queue.add(request(3, 3), "priority"));
  assert.ok(queue.add(request(3, 3), "bestEffort"));
  queue.prioritize(asCandidateHash(sampleHash(2)));
  queue.prioritize(asCandidateHash(sampleHash(77)));
  assert.equal(queue.size, 3);
  assert.deepEqual(drain(queue), [2, 3, 1]);
});

test("a full queue refuses, and takes again when there is room", () => {
  const queue = new ParticipationQueue();
  for (let i = 0; i < BEST_EFFORT_MAX; i++) assert.ok(queue.add(request(i, i), "bestEffort"));
  assert.ok(!queue.add(request(1000, 1), "bestEffort"));
  assert.ok(queue.add(request(1000, 1), "priority"));
  queue.remove(asCandidateHash(sampleHash(5)));
  assert.ok(queue.add(request(1001, 1), "bestEffort"));
  assert.ok(!queue.has(asCandidateHash(sampleHash(5))));
});
