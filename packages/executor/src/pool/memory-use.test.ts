import assert from "node:assert/strict";
import { test } from "node:test";
import { fromStatus, grownSince } from "./memory-use.ts";

const MIB = 2 ** 20;

test("resident memory is read from the system's table", () => {
  const text = "Name:\tnode VmRSS: 7 kB\nVmPeak:\t  900 kB\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n";
  assert.deepEqual(fromStatus(text), { residentBytes: MIB, peakBytes: 2 * MIB });
  assert.equal(fromStatus("Name:\tzombie\n"), undefined);
});

test("a new peak counts even when the memory is given back, an old one does not", () => {
  const before = { residentBytes: 100 * MIB, peakBytes: 150 * MIB };
  const use = (residentBytes: number, peakBytes: number) => ({ residentBytes, peakBytes });
  assert.equal(grownSince(before, use(120 * MIB, 150 * MIB)), 20 * MIB);
  assert.equal(grownSince(before, use(120 * MIB, 400 * MIB)), 300 * MIB);
  assert.equal(grownSince(before, use(90 * MIB, 150 * MIB)), 0);
});
