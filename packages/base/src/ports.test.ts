import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Clock,
  type Random,
  randomBelow,
  randomBytes,
  randomUnit,
  shuffle,
  silentLogger,
  sleep,
} from "./ports.ts";

/** A clock that goes on when told. */
class HandClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  get waiting(): number {
    return this.#timers.length;
  }

  setTimer(delayMs: number, wake: () => void) {
    const timer = { at: this.#now + delayMs, wake };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { wake } of due) wake();
  }
}

/** Draws the given 32-bit numbers, little-endian, again and again. */
function drawing(...numbers: number[]): Random {
  let next = 0;
  return {
    fill: (target) => {
      const view = new DataView(target.buffer, target.byteOffset, target.length);
      for (let at = 0; at + 4 <= target.length; at += 4)
        view.setUint32(at, numbers[next++ % numbers.length] ?? 0, true);
    },
  };
}

test("sleep ends when its time has come", async () => {
  const clock = new HandClock();
  const slept = sleep(clock, 100);
  clock.advance(99);
  assert.equal(clock.waiting, 1);
  clock.advance(1);
  assert.equal(await slept, true);
});

test("an abort ends sleep at once and leaves no timer", async () => {
  const clock = new HandClock();
  const controller = new AbortController();
  const slept = sleep(clock, 100, controller.signal);
  controller.abort();
  assert.equal(await slept, false);
  assert.equal(clock.waiting, 0);
});

test("who is aborted before does not fall asleep", async () => {
  const clock = new HandClock();
  assert.equal(await sleep(clock, 100, AbortSignal.abort()), false);
  assert.equal(clock.waiting, 0);
});

test("an abort after sleep changes nothing", async () => {
  const clock = new HandClock();
  const controller = new AbortController();
  const slept = sleep(clock, 5, controller.signal);
  clock.advance(5);
  controller.abort();
  assert.equal(await slept, true);
});

test("draws are below their bound and leave out what would favour some", () => {
  // 2^32 = 3 * 1,431,655,765 + 1: the last number alone would favour 0.
  assert.equal(randomBelow(drawing(0xffff_ffff, 5), 3), 2);
  assert.equal(randomBelow(drawing(0xffff_fffe), 3), 2);
  assert.equal(randomBelow(drawing(0xffff_ffff), 2 ** 32), 0xffff_ffff);
  assert.equal(randomBelow(drawing(7), 1), 0);
});

test("a random share is below one", () => {
  assert.equal(randomUnit(drawing(0)), 0);
  assert.equal(randomUnit(drawing(0x8000_0000)), 0.5);
  assert.ok(randomUnit(drawing(0xffff_ffff)) < 1);
});

test("random bytes are as many as asked for", () => {
  assert.deepEqual(randomBytes(drawing(0x04030201), 4), new Uint8Array([1, 2, 3, 4]));
  assert.equal(randomBytes(drawing(1), 0).length, 0);
});

test("a shuffle keeps every item and follows the draws", () => {
  const items = [1, 2, 3, 4];
  assert.equal(shuffle(drawing(0), items), items);
  assert.deepEqual(items, [2, 3, 4, 1]);
  assert.deepEqual(shuffle(drawing(0), []), []);
});

test("the silent logger says nothing", () => {
  assert.equal(silentLogger.log("error", "target", "message"), undefined);
});
