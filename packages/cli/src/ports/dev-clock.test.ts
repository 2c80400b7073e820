import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@parahost/base";
import { DevClock } from "./dev-clock.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A dev clock on a machine whose time we move, with a list that its timers write to. */
function clocks() {
  const machine = new VirtualClock(1000);
  const clock = new DevClock(machine);
  const woken: string[] = [];
  const wake = (name: string, delayMs: number) =>
    clock.setTimer(delayMs, () => woken.push(`${name} at ${clock.now()}`));
  return { machine, clock, woken, wake };
}

test("left alone it is the machine's time, and wakes in order", async () => {
  const { machine, clock, woken, wake } = clocks();
  wake("late", 20);
  wake("early", 10);
  wake("never", 15).cancel();
  await machine.runUntil(1030, settle);
  assert.deepEqual(woken, ["early at 1010", "late at 1020"]);
  assert.equal(clock.now(), 1030);
});

test("moved on, everybody on the way is woken at the right time, and it runs on from there", async () => {
  const { machine, clock, woken, wake } = clocks();
  wake("first", 5);
  clock.setTimer(10, () => void wake("chained", 10));
  wake("beyond", 100);
  assert.equal(await clock.advanceUntil(() => false, 50, settle), false);
  assert.deepEqual(woken, ["first at 1005", "chained at 1020"]);
  assert.equal(clock.now(), 1050);
  await machine.runUntil(1060, settle);
  assert.equal(clock.now(), 1110);
  assert.equal(woken.at(-1), "beyond at 1100");
});

test("it stops moving when what was waited for has come", async () => {
  const { clock, woken, wake } = clocks();
  wake("awaited", 30);
  wake("later", 40);
  assert.equal(await clock.advanceUntil(() => woken.length > 0, 1000, settle), true);
  assert.equal(clock.now(), 1030);
  assert.deepEqual(woken, ["awaited at 1030"]);
});

test("set to another time it wakes nobody of before", async () => {
  const { machine, clock, woken, wake } = clocks();
  wake("forgotten", 10);
  clock.setTo(500);
  assert.equal(clock.now(), 500);
  wake("new", 10);
  await machine.runUntil(1100, settle);
  assert.deepEqual(woken, ["new at 510"]);
});
