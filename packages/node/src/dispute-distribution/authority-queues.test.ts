import assert from "node:assert/strict";
import { test } from "node:test";
import { asAuthorityDiscoveryId } from "@parahost/primitives";
import { sampleHash } from "../sample-candidate.ts";
import { AuthorityQueues, QUEUE_MAX } from "./authority-queues.ts";

const alice = asAuthorityDiscoveryId(sampleHash(1));
const bob = asAuthorityDiscoveryId(sampleHash(2));

test("each round takes the oldest message of each authority", () => {
  const queues = new AuthorityQueues<string>();
  for (const [who, what] of [
    [alice, "a1"],
    [alice, "a2"],
    [bob, "b1"],
  ] as const)
    queues.push(who, what);
  assert.deepEqual(queues.popRound(), ["a1", "b1"]);
  assert.deepEqual(queues.popRound(), ["a2"]);
  assert.ok(queues.isEmpty);
  assert.deepEqual(queues.popRound(), []);
});

test("whoever fills its queue is refused, others are not", () => {
  const queues = new AuthorityQueues<number>();
  for (let i = 0; i < QUEUE_MAX; i++) assert.ok(queues.push(alice, i));
  assert.ok(!queues.push(alice, 99));
  assert.ok(queues.push(bob, 1));
  queues.popRound();
  assert.ok(queues.push(alice, 100));
});
