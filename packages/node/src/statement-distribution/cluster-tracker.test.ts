import assert from "node:assert/strict";
import test from "node:test";
import { asCandidateHash, asValidatorIndex, type ValidatorSignature } from "@parahost/primitives";
import { ClusterTracker, REPEATS_MAX, SENDS_MAX } from "./cluster-tracker.ts";

const v = asValidatorIndex;
const us = v(0);
const A = asCandidateHash(`0x${"aa".repeat(32)}`);
const B = asCandidateHash(`0x${"bb".repeat(32)}`);
const seconded = (value = A) => ({ type: "seconded", value }) as const;
const valid = (value = A) => ({ type: "valid", value }) as const;
const vote = (
  originator: number,
  statement: ReturnType<typeof seconded> | ReturnType<typeof valid>,
) => ({
  statement,
  validatorIndex: v(originator),
  signature: new Uint8Array(64) as ValidatorSignature,
});
const AFTER = 250;
const tracker = () => new ClusterTracker([us, v(1), v(2)], us, 1);

test("strangers neither send nor are spoken for", () => {
  const cluster = tracker();
  const refusal = { ok: false, error: { code: "notInGroup" } };
  assert.deepEqual(cluster.receive(v(5), v(1), seconded()), refusal);
  assert.deepEqual(cluster.receive(v(1), v(5), seconded()), refusal);
  assert.deepEqual(cluster.receive(us, v(1), seconded()), refusal, "nobody sends as us");
});

test("a repeat is free until it is too much", () => {
  const cluster = tracker();
  assert.deepEqual(cluster.receive(v(1), v(1), seconded()), { ok: true, value: "new" });
  cluster.noteReceived(v(1), v(1), seconded());
  for (let i = 0; i < REPEATS_MAX; i++)
    assert.deepEqual(cluster.receive(v(1), v(1), seconded()), { ok: true, value: "repeat" });
  assert.deepEqual(cluster.receive(v(1), v(1), seconded()), {
    ok: false,
    error: { code: "tooOften" },
  });
  assert.deepEqual(cluster.receive(v(2), v(1), seconded()), { ok: true, value: "new" });
});

test("a sender passes on one seconded candidate per originator and no more", () => {
  const cluster = tracker();
  cluster.noteReceived(v(1), v(2), seconded(A));
  assert.deepEqual(cluster.receive(v(1), v(2), seconded(B)), {
    ok: false,
    error: { code: "excessiveSeconded" },
  });
  assert.ok(cluster.receive(v(2), v(2), seconded(B)).ok, "another sender has its own count");
  assert.ok(cluster.receive(v(1), v(1), seconded(B)).ok, "another originator too");
  assert.ok(cluster.receive(v(1), v(2), valid(B)).ok, "votes are not counted");
});

test("a statement is not sent to whoever made it or sent it", () => {
  const cluster = tracker();
  cluster.noteReceived(v(1), v(2), seconded());
  assert.ok(!cluster.isDue(v(1), vote(2, seconded()), 0, AFTER));
  assert.ok(!cluster.isDue(v(2), vote(2, seconded()), 0, AFTER));
  assert.ok(cluster.isDue(v(2), vote(1, seconded()), 0, AFTER));
  assert.ok(!cluster.isDue(v(7), vote(2, seconded()), 0, AFTER), "nor to strangers");
});

test("a vote is sent only after a seconding of its candidate", () => {
  const cluster = tracker();
  assert.ok(!cluster.isDue(v(1), vote(0, valid()), 0, AFTER));
  cluster.noteSent(v(1), vote(2, seconded()), 0);
  assert.ok(cluster.isDue(v(1), vote(0, valid()), 0, AFTER));
  cluster.noteReceived(v(2), v(2), seconded());
  assert.ok(cluster.isDue(v(2), vote(0, valid()), 0, AFTER), "or when the member told us of it");
});

test("our own statements are repeated a few times, others' are not", () => {
  const cluster = tracker();
  for (let sent = 1; sent <= SENDS_MAX; sent++) {
    const now = sent * AFTER;
    assert.ok(cluster.isDue(v(1), vote(0, seconded()), now, AFTER));
    cluster.noteSent(v(1), vote(0, seconded()), now);
    assert.ok(!cluster.isDue(v(1), vote(0, seconded()), now + AFTER - 1, AFTER), "too early");
  }
  assert.ok(!cluster.isDue(v(1), vote(0, seconded()), 100 * AFTER, AFTER), "often enough");
  cluster.noteSent(v(1), vote(2, seconded(B)), 0);
  assert.ok(!cluster.isDue(v(1), vote(2, seconded(B)), 100 * AFTER, AFTER));
});

test("whoever votes on a candidate has heard of its seconding", () => {
  const cluster = tracker();
  cluster.noteSent(v(1), vote(0, seconded()), 0);
  cluster.noteReceived(v(1), v(1), valid());
  assert.ok(!cluster.isDue(v(1), vote(0, seconded()), AFTER, AFTER));
});

test("whom we told of a candidate may ask for it, unless it told us", () => {
  const cluster = tracker();
  assert.ok(!cluster.wasTold(v(1), A));
  cluster.noteSent(v(1), vote(0, seconded()), 0);
  assert.ok(cluster.wasTold(v(1), A));
  assert.ok(!cluster.wasTold(v(1), B));
  cluster.noteReceived(v(1), v(2), seconded());
  assert.ok(!cluster.wasTold(v(1), A));
});

test("after a new connection everything is sent and taken again", () => {
  const cluster = tracker();
  cluster.noteSent(v(1), vote(0, seconded()), 0);
  cluster.noteReceived(v(1), v(2), seconded(B));
  cluster.forgetSent(v(1));
  assert.ok(cluster.isDue(v(1), vote(0, seconded()), 0, AFTER));
  assert.ok(!cluster.isDue(v(1), vote(2, seconded(B)), 0, AFTER), "what it sent it has");
  cluster.reset(v(1));
  assert.ok(cluster.isDue(v(1), vote(2, seconded(B)), 0, AFTER));
  cluster.reset(v(7));
  assert.ok(!cluster.includes(v(7)), "a stranger does not become a member");
});
