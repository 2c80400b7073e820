import assert from "node:assert/strict";
import test from "node:test";
import { VirtualClock } from "@parahost/base";
import { type PeerId, peerId } from "./port.ts";
import { BANNED_BELOW, Reputation, ReputationTable } from "./reputation.ts";

const settle = (): Promise<void> => Promise.resolve();
const eve: PeerId = peerId("eve");

function start() {
  const clock = new VirtualClock(0);
  return {
    table: new ReputationTable(clock),
    pass: (ms: number): Promise<void> => clock.runUntil(clock.now() + ms, settle),
  };
}

test("the limit is 71 hundredths, each rounded, of the way down", () => {
  assert.equal(BANNED_BELOW, -1_524_713_356);
});

test("one report of malice bans for 69 seconds", async () => {
  const { table, pass } = start();
  assert.equal(table.report(eve, Reputation.malicious), true);
  await pass(68_000);
  assert.equal(table.isBanned(eve), true);
  await pass(1_500);
  assert.equal(table.isBanned(eve), false);
});

test("a two-hundredth of the score is gone after each second, good or bad", async () => {
  const { table, pass } = start();
  table.report(eve, 200_000);
  await pass(1000);
  assert.equal(table.score(eve), 199_000);
  await pass(1000);
  assert.equal(table.score(eve), 198_005);
  await pass(3_600_000);
  assert.equal(table.score(eve), 0);
  table.report(eve, -200_000);
  await pass(1000);
  assert.equal(table.score(eve), -199_000);
});

test("scores neither overflow nor pass the ends of the scale", () => {
  const { table } = start();
  table.report(eve, Reputation.malicious);
  table.report(eve, Reputation.malicious);
  assert.equal(table.score(eve), -0x8000_0000);
  for (let i = 0; i < 20_000; i++) table.report(eve, Reputation.benefitMajorFirst);
  assert.equal(table.score(eve), 0x7fff_ffff);
});

test("small faults ban by repetition alone", () => {
  const { table } = start();
  let reports = 1;
  while (!table.report(eve, Reputation.costMajor)) reports += 1;
  assert.equal(reports, 5083);
});

test("the table is bounded, and whom it has most against is forgotten last", () => {
  const { table } = start();
  table.report(eve, Reputation.malicious);
  for (let i = 0; i < 5000; i++) table.report(peerId(`${i}`), Reputation.costMinor - i);
  assert.equal(table.isBanned(eve), true);
  assert.equal(table.score(peerId("0")), 0);
  assert.equal(table.score(peerId("4999")), Reputation.costMinor - 4999);
});
