import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, silentLogger } from "@parahost/base";
import { DELAY_P99_MS_MAX, delayMeter, EventLoopWatch } from "./event-loop-watch.ts";

test("beyond the bar it warns once, says when it is over, and is late in between", () => {
  const timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    setTimer: (_, wake) => {
      timers.push(wake);
      return { cancel: () => {} };
    },
  };
  const windows = [0, DELAY_P99_MS_MAX, DELAY_P99_MS_MAX + 1, 400, 12, 8];
  const said: string[] = [];
  const logger = {
    ...silentLogger,
    log: (level: string, _: string, message: string) => void said.push(`${level} ${message}`),
  };
  let isStopped = false;
  const meter = {
    take: () => windows.shift() ?? 0,
    stop: () => {
      isStopped = true;
    },
  };
  const watch = new EventLoopWatch({ clock, logger, meter });
  const late: boolean[] = [];
  for (let window = 0; window < 6; window++) {
    timers.shift()?.();
    late.push(watch.isLate);
  }
  assert.deepEqual(late, [false, false, true, true, false, false]);
  assert.equal(watch.p99Ms, 8);
  assert.equal(said.length, 2);
  assert.match(
    said[0] ?? "",
    /^warn .*p99 of 51 ms in 30 s, more than 50 ms.*give the node a core/,
  );
  assert.match(said[1] ?? "", /^info .*in time again: p99 of 12 ms/);
  watch.stop();
  assert.ok(isStopped);
});

test("the meter tells of a loop that stands still, and forgets it", async () => {
  const meter = delayMeter();
  const turn = () => new Promise((resolve) => setTimeout(resolve, 30));
  await turn();
  const until = performance.now() + 200;
  while (performance.now() < until);
  await turn();
  assert.ok(meter.take() >= 150);
  assert.equal(meter.take(), 0);
  meter.stop();
});
