import assert from "node:assert/strict";
import { test } from "node:test";
import { type NotificationEvent, peerId } from "@parahost/network";
import { PeerEvents } from "./peer-events.ts";

const bob = peerId("bob");
const opened: NotificationEvent = { type: "opened", peer: bob, handshake: new Uint8Array([4]) };
const closed: NotificationEvent = { type: "closed", peer: bob };
const message: NotificationEvent = { type: "message", peer: bob, bytes: new Uint8Array([1]) };

test("events are read in order, by a reader that waits or comes later", async () => {
  const events = new PeerEvents();
  const first = events.next();
  events.push("validation", opened);
  events.push("validation", message);
  assert.deepEqual((await first)?.event, opened);
  assert.deepEqual((await events.next())?.event, message);
});

test("when full, messages are dropped and peers turned away, but an end is kept", async () => {
  const events = new PeerEvents(1);
  assert.equal(events.push("validation", opened), true);
  assert.equal(events.push("validation", message), false);
  assert.equal(events.dropped, 1);
  assert.equal(events.push("collation", opened), false);
  assert.equal(events.push("collation", closed), false);
  assert.equal(events.push("validation", closed), true);
  assert.deepEqual((await events.next())?.event, opened);
  assert.deepEqual((await events.next())?.event, closed);
});

test("closing ends the reading", async () => {
  const events = new PeerEvents();
  const waiting = events.next();
  events.close();
  assert.equal(await waiting, undefined);
  assert.equal(await events.next(), undefined);
  assert.equal(events.push("validation", opened), false);
});
