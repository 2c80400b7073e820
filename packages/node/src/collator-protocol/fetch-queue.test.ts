import assert from "node:assert/strict";
import test from "node:test";
import { peerId } from "@parahost/network";
import { asCandidateHash, asCollatorId, asHash, asParaId } from "@parahost/primitives";
import { type Advertisement, FETCH_QUEUE_MAX, FetchQueue } from "./fetch-queue.ts";

const hash = (byte: number) => asHash(`0x${byte.toString(16).padStart(64, "0")}`);
const collator = (byte: number) => asCollatorId(hash(byte));
const from = (byte: number, candidate = byte): Advertisement => ({
  peer: peerId(`peer ${byte}`),
  collator: collator(byte),
  paraId: asParaId(1000),
  relayParent: hash(1),
  candidateHash: asCandidateHash(hash(candidate)),
  parentHeadDataHash: hash(2),
});

test("collations are fetched in the order in which they were advertised", () => {
  const queue = new FetchQueue();
  for (const byte of [3, 1, 2]) queue.push(from(byte));
  const order = [1, 2, 3].map(() => queue.shift(new Map())?.peer);
  assert.deepEqual(order, ["peer 3", "peer 1", "peer 2"]);
  assert.equal(queue.shift(new Map()), undefined);
});

test("who was served more often waits behind who was served less", () => {
  const queue = new FetchQueue();
  for (const byte of [1, 2, 3]) queue.push(from(byte));
  const served = new Map([
    [collator(1), 2],
    [collator(2), 1],
    [collator(3), 1],
  ]);
  assert.equal(queue.shift(served)?.peer, "peer 2");
});

test("the queue has an end", () => {
  const queue = new FetchQueue();
  for (let i = 0; i < FETCH_QUEUE_MAX; i++) assert.ok(queue.push(from(1, i)));
  assert.ok(!queue.push(from(2)));
  assert.equal(queue.size, FETCH_QUEUE_MAX);
});

test("a peer that is gone takes its advertisements along", () => {
  const queue = new FetchQueue();
  for (const byte of [1, 2, 1]) queue.push(from(byte));
  queue.removePeer(from(1).peer);
  assert.equal(queue.shift(new Map())?.peer, "peer 2");
  assert.equal(queue.size, 0);
});
