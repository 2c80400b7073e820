import assert from "node:assert/strict";
import { test } from "node:test";
import { asAccountId } from "@parahost/primitives";
import fc from "fast-check";
import { rebonded, slashed, unbonded, withdrawn } from "./ledger.ts";
import type { StakingLedger } from "./storage.ts";

const ledgerOf = (active: bigint, ...chunks: readonly [era: number, value: bigint][]) => {
  const unlocking = chunks.map(([era, value]) => ({ era, value }));
  const total = unlocking.reduce((sum, { value }) => sum + value, active);
  const stash = asAccountId(`0x${"01".repeat(32)}`);
  return { stash, total, active, unlocking, legacyClaimedRewards: [] } satisfies StakingLedger;
};

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

test("what is unbonded in one era is one chunk", () => {
  const once = unbonded(ledgerOf(100n), 30n, 5);
  assert.deepEqual(once, ledgerOf(70n, [5, 30n]));
  assert.deepEqual(unbonded(once, 10n, 5), ledgerOf(60n, [5, 40n]));
  assert.deepEqual(unbonded(once, 10n, 6), ledgerOf(60n, [5, 30n], [6, 10n]));
});

test("only what is free is withdrawn", () => {
  const ledger = ledgerOf(60n, [5, 30n], [6, 10n]);
  assert.deepEqual(withdrawn(ledger, 4), ledger);
  assert.deepEqual(withdrawn(ledger, 5), ledgerOf(60n, [6, 10n]));
});

test("what was unbonded last is rebonded first", () => {
  const ledger = ledgerOf(60n, [5, 30n], [6, 10n]);
  assert.deepEqual(rebonded(ledger, 15n), ledgerOf(75n, [5, 25n]));
  assert.deepEqual(rebonded(ledger, 99n), ledgerOf(100n));
});

test("what was active in the offence's era is slashed in proportion", () => {
  const ledger = ledgerOf(60n, [5, 30n], [8, 40n]);
  const { ledger: after, taken } = slashed(ledger, 50n, 8);
  assert.equal(taken, 50n);
  assert.deepEqual(after, ledgerOf(30n, [5, 30n], [8, 20n]));
});

test("what the exposed stake does not cover is taken from older chunks", () => {
  const { ledger, taken } = slashed(ledgerOf(10n, [4, 10n], [5, 10n]), 15n, 8);
  assert.equal(taken, 15n);
  assert.deepEqual(ledger, ledgerOf(0n, [4, 10n], [5, 5n]));
});

test("no more is taken than there is", () => {
  const { ledger, taken } = slashed(ledgerOf(10n, [9, 10n]), 99n, 8);
  assert.equal(taken, 20n);
  assert.deepEqual(ledger, ledgerOf(0n));
});

test("a ledger's total is its parts, and a slash takes exactly what it says", () => {
  const amount = fc.bigInt(0n, 1_000n);
  const chunks = fc.array(fc.tuple(fc.nat(9), amount), { maxLength: 5 });
  fc.assert(
    fc.property(amount, chunks, fc.bigInt(0n, 5_000n), fc.nat(9), (active, parts, value, era) => {
      const sorted = parts.sort(([a], [b]) => a - b);
      const ledger = ledgerOf(active, ...sorted);
      const { ledger: after, taken } = slashed(ledger, value, era);
      const parted = after.unlocking.reduce((sum, chunk) => sum + chunk.value, after.active);
      assert.equal(after.total, parted);
      assert.equal(taken, smaller(ledger.total, value));
      assert.equal(ledger.total - after.total, taken);
      assert.ok(after.active >= 0n && after.unlocking.every((chunk) => chunk.value > 0n));
    }),
    { numRuns: 300, seed: 3 },
  );
});
