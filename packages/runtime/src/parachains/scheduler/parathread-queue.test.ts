import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId } from "@parahost/primitives";
import {
  EMPTY_PARATHREAD_QUEUE,
  enqueue,
  entriesForCore,
  type ParathreadEntry,
  type ParathreadQueue,
  peekForCore,
  rebalance,
  takeForCore,
} from "./parathread-queue.ts";

const entryOf = (para: number, retries = 0): ParathreadEntry => ({
  claim: { paraId: asParaId(para), collator: undefined },
  retries,
});

const queueOf = (coreCount: number, ...paras: readonly number[]): ParathreadQueue =>
  paras.reduce((queue, para) => enqueue(queue, entryOf(para), coreCount), EMPTY_PARATHREAD_QUEUE);

const layout = (queue: ParathreadQueue) =>
  queue.queue.map(({ entry, coreOffset }) => [entry.claim.paraId, coreOffset]);

test("claims go to the parathread cores in turn", () => {
  const queue = queueOf(2, 10, 11, 12);
  assert.deepEqual(layout(queue), [
    [10, 0],
    [11, 1],
    [12, 0],
  ]);
  assert.equal(queue.nextCoreOffset, 1);
});

test("a core takes its own oldest claim and leaves those of other cores", () => {
  const { entry, rest } = takeForCore(queueOf(2, 10, 11, 12, 13), 1);
  assert.equal(entry?.claim.paraId, 11);
  assert.deepEqual(layout(rest), [
    [10, 0],
    [12, 0],
    [13, 1],
  ]);
});

test("a core without a claim takes nothing", () => {
  const queue = queueOf(3, 10);
  const { entry, rest } = takeForCore(queue, 2);
  assert.equal(entry, undefined);
  assert.equal(rest, queue);
  assert.equal(peekForCore(queue, 2), undefined);
});

test("looking at a core's next claim does not take it", () => {
  const queue = queueOf(2, 10, 11, 12);
  assert.equal(peekForCore(queue, 0)?.claim.paraId, 10);
  assert.deepEqual(
    entriesForCore(queue, 0).map(({ claim }) => claim.paraId),
    [10, 12],
  );
});

test("rebalancing deals the kept claims out evenly and names the dropped ones", () => {
  const { queue, dropped } = rebalance(
    queueOf(2, 10, 11, 12, 13, 14),
    3,
    ({ claim }) => claim.paraId !== 11,
  );
  assert.deepEqual(layout(queue), [
    [10, 0],
    [12, 1],
    [13, 2],
    [14, 0],
  ]);
  assert.equal(queue.nextCoreOffset, 1);
  assert.deepEqual(
    dropped.map(({ claim }) => claim.paraId),
    [11],
  );
});

test("without parathread cores every claim is dropped", () => {
  const { queue, dropped } = rebalance(queueOf(2, 10, 11), 0, () => true);
  assert.deepEqual(queue, EMPTY_PARATHREAD_QUEUE);
  assert.equal(dropped.length, 2);
});
