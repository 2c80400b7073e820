import assert from "node:assert/strict";
import test from "node:test";
import { VirtualClock } from "./virtual-clock.ts";

test("time is whole milliseconds: a fraction of a delay counts as a whole one", async () => {
  const clock = new VirtualClock(1000);
  const woken: number[] = [];
  clock.setTimer(333.4, () => void woken.push(clock.now()));
  await clock.runUntil(2000, async () => {});
  assert.deepEqual(woken, [1334]);
});
