import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedQueue } from "./bounded-queue.ts";

test("items come out in the order they went in", async () => {
  const queue = new BoundedQueue<number>(3);
  for (const item of [1, 2, 3]) assert.ok(queue.tryPush(item));
  assert.deepEqual([await queue.shift(), queue.tryShift(), await queue.shift()], [1, 2, 3]);
  assert.equal(queue.tryShift(), undefined);
});

test("a full queue refuses, and takes again once there is room", () => {
  const queue = new BoundedQueue<number>(1);
  assert.ok(queue.tryPush(1));
  assert.ok(!queue.tryPush(2));
  assert.equal(queue.size, 1);
  assert.equal(queue.tryShift(), 1);
  assert.ok(queue.tryPush(3));
});

test("who waits for room gets it in turn", async () => {
  const queue = new BoundedQueue<number>(1);
  queue.tryPush(1);
  const pushed: number[] = [];
  const pushes = [2, 3].map(async (item) => {
    if (await queue.push(item)) pushed.push(item);
  });
  assert.equal(await queue.shift(), 1);
  assert.equal(await queue.shift(), 2);
  assert.equal(await queue.shift(), 3);
  await Promise.all(pushes);
  assert.deepEqual(pushed, [2, 3]);
});

test("who waits for an item gets the next one, in turn", async () => {
  const queue = new BoundedQueue<number>(1);
  const shifts = [queue.shift(), queue.shift()];
  assert.ok(queue.tryPush(1));
  assert.ok(queue.tryPush(2));
  assert.equal(queue.size, 0);
  assert.deepEqual(await Promise.all(shifts), [1, 2]);
});

test("a closed queue gives what it holds, then ends", async () => {
  const queue = new BoundedQueue<number>(2);
  queue.tryPush(1);
  queue.tryPush(2);
  queue.close();
  assert.ok(queue.closed);
  assert.ok(!queue.tryPush(3));
  assert.ok(!(await queue.push(3)));
  const seen: number[] = [];
  for await (const item of queue) seen.push(item);
  assert.deepEqual(seen, [1, 2]);
  assert.equal(await queue.shift(), undefined);
});

test("closing tells all who wait", async () => {
  const full = new BoundedQueue<number>(1);
  full.tryPush(1);
  const writer = full.push(2);
  full.close();
  full.close();
  assert.equal(await writer, false);
  const empty = new BoundedQueue<number>(1);
  const reader = empty.shift();
  empty.close();
  assert.equal(await reader, undefined);
});

test("a queue that is used for long keeps its order and size", () => {
  const queue = new BoundedQueue<number>(100);
  let [next, expected] = [0, 0];
  for (let round = 0; round < 50; round++) {
    while (queue.tryPush(next)) next += 1;
    for (let i = 0; i < 90; i++) {
      assert.equal(queue.tryShift(), expected);
      expected += 1;
    }
    assert.equal(queue.size, 10);
  }
});

test("an item that is undefined is an item", async () => {
  const queue = new BoundedQueue<undefined>(1);
  queue.tryPush(undefined);
  assert.deepEqual(await queue[Symbol.asyncIterator]().next(), { done: false, value: undefined });
});

test("a queue without room is refused", () => {
  for (const capacity of [0, -1, Number.NaN])
    assert.throws(() => new BoundedQueue(capacity), /needs room/);
});
