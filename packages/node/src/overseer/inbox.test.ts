import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hash } from "@parahost/primitives";
import { Inbox } from "./inbox.ts";
import { Cancelled, oneShot } from "./reply.ts";

const leaf = "0xaa" as Hash;
const signal = { type: "activeLeaves", deactivated: [] } as const;
const approved = { type: "approved", hash: leaf } as const;

test("a signal overtakes the messages that wait", async () => {
  const inbox = new Inbox<"chain-selection">();
  await inbox.pushMessage(approved, 0);
  await inbox.pushSignal(signal);
  const reader = inbox[Symbol.asyncIterator]();
  assert.equal((await reader.next()).value.from, "overseer");
  assert.equal((await reader.next()).value.from, "subsystem");
});

test("a message waits for the signals that its sender has seen", async () => {
  const inbox = new Inbox<"chain-selection">();
  await inbox.pushMessage(approved, 2);
  const reader = inbox[Symbol.asyncIterator]();
  const first = reader.next();
  await inbox.pushSignal(signal);
  assert.equal((await first).value.from, "overseer");
  const second = reader.next();
  await inbox.pushSignal(signal);
  assert.equal((await second).value.from, "overseer");
  assert.equal((await reader.next()).value.from, "subsystem");
});

test("a sender waits while the queue is full", async () => {
  const inbox = new Inbox<"chain-selection">(1);
  await inbox.pushMessage(approved, 0);
  let taken = false;
  const second = inbox.pushMessage(approved, 0).then(() => {
    taken = true;
  });
  await Promise.resolve();
  assert.equal(taken, false);
  await inbox[Symbol.asyncIterator]().next();
  await second;
  assert.equal(taken, true);
});

test("closing cancels the questions that nobody will read", async () => {
  const inbox = new Inbox<"chain-selection">(1);
  const waiting = oneShot<readonly Hash[]>("leaves");
  const beyond = oneShot<readonly Hash[]>("leaves");
  const late = oneShot<readonly Hash[]>("leaves");
  await inbox.pushMessage({ type: "leaves", reply: waiting.reply }, 0);
  void inbox.pushMessage({ type: "leaves", reply: beyond.reply }, 0);
  inbox.close();
  void inbox.pushMessage({ type: "leaves", reply: late.reply }, 0);
  await assert.rejects(waiting.answer, Cancelled);
  await assert.rejects(beyond.answer, Cancelled);
  await assert.rejects(late.answer, Cancelled);
  assert.equal((await inbox[Symbol.asyncIterator]().next()).done, true);
});
