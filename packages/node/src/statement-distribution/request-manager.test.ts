import assert from "node:assert/strict";
import test from "node:test";
import { peerId } from "@parahost/network";
import { asCandidateHash, asHash } from "@parahost/primitives";
import {
  ASKS_MAX,
  type CandidateRequest,
  IN_FLIGHT_MAX,
  PER_CANDIDATE_MAX,
  RequestManager,
} from "./request-manager.ts";

const leaf = asHash(`0x${"1e".repeat(32)}`);
const candidate = (i: number) => asCandidateHash(`0x${i.toString(16).padStart(64, "0")}`);
const A = candidate(1);
const [alice, bob] = [peerId("alice"), peerId("bob")];
const RETRY = 500;

test("the first who told is asked first, the next one after the pause", () => {
  const requests = new RequestManager(RETRY);
  requests.add(leaf, A, alice);
  requests.add(leaf, A, bob);
  assert.deepEqual(requests.next(0), { relayParent: leaf, candidateHash: A, peer: alice });
  assert.equal(requests.next(RETRY - 1), undefined);
  assert.equal(requests.next(RETRY)?.peer, bob);
  assert.equal(requests.next(2 * RETRY)?.peer, alice, "then the first again");
});

test("after no answer the pause is kept, after a bad one the next is asked at once", () => {
  const requests = new RequestManager(RETRY);
  requests.add(leaf, A, alice);
  requests.add(leaf, A, bob);
  requests.ended(requests.next(0) as CandidateRequest, "noAnswer");
  assert.equal(requests.next(1), undefined);
  const second = requests.next(RETRY) as CandidateRequest;
  assert.equal(second.peer, bob);
  requests.ended(second, "badAnswer");
  assert.equal(requests.next(RETRY)?.peer, alice);
  assert.equal(requests.next(2 * RETRY)?.peer, alice, "whoever answered badly is not asked again");
});

test("nobody is asked for ever, and telling again changes nothing", () => {
  const requests = new RequestManager(RETRY);
  for (let ask = 0; ask < ASKS_MAX; ask++) {
    requests.add(leaf, A, alice);
    requests.ended(requests.next(ask * RETRY) as CandidateRequest, "noAnswer");
  }
  requests.add(leaf, A, alice);
  assert.equal(requests.next(100 * RETRY), undefined);
});

test("few requests for one candidate are open at one time, and few in all", () => {
  const requests = new RequestManager(RETRY);
  requests.add(leaf, A, alice);
  for (let open = 0; open < PER_CANDIDATE_MAX; open++)
    assert.ok(requests.next(open * RETRY) !== undefined);
  assert.equal(requests.next(100 * RETRY), undefined);
  for (let i = 2; i < 2 + IN_FLIGHT_MAX; i++) requests.add(leaf, candidate(i), bob);
  let open = PER_CANDIDATE_MAX;
  while (requests.next(0) !== undefined) open += 1;
  assert.equal(open, IN_FLIGHT_MAX);
});

test("a candidate that we have, a leaf that is gone and a peer that left are not asked about", () => {
  const requests = new RequestManager(RETRY);
  requests.add(leaf, A, alice);
  const open = requests.next(0) as CandidateRequest;
  requests.remove(leaf, A);
  requests.ended(open, "noAnswer");
  assert.equal(requests.next(RETRY), undefined);
  requests.add(leaf, A, alice);
  requests.removeRelayParent(leaf);
  assert.equal(requests.next(RETRY), undefined);
  requests.add(leaf, A, alice);
  requests.removePeer(alice);
  assert.equal(requests.next(RETRY), undefined);
  requests.add(leaf, A, alice);
  assert.equal(requests.next(RETRY)?.peer, alice, "until it tells again");
});
