import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBelow, SeededRandom } from "@parahost/base";
import type { ValidatorIndex } from "@parahost/primitives";
import { Assignments } from "./assignments.ts";
import {
  isApproved,
  nextWakeUp,
  requiredTranches,
  shouldTrigger,
  type TallyInput,
} from "./required-tranches.ts";

interface Case {
  readonly validators?: number;
  readonly needed?: number;
  /** Validators by tranche, each with the tick it came in, the tranche's own by default. */
  readonly tranches: Readonly<Record<number, readonly (number | readonly [number, number])[]>>;
  readonly approved?: readonly number[];
  readonly now: number;
}

const BLOCK_TICK = 20;
const NO_SHOW_TICKS = 10;

function tally({ validators = 8, needed = 4, tranches, approved = [], now }: Case): TallyInput {
  const assignments = new Assignments();
  for (const [tranche, members] of Object.entries(tranches))
    for (const member of members) {
      const [validator, tick] =
        typeof member === "number" ? [member, BLOCK_TICK + Number(tranche)] : member;
      assert.ok(assignments.add(Number(tranche), validator as ValidatorIndex, tick));
    }
  return {
    assignments,
    approvals: new Set(approved as ValidatorIndex[]),
    validatorCount: validators,
    neededApprovals: needed,
    blockTick: BLOCK_TICK,
    noShowTicks: NO_SHOW_TICKS,
    now,
  };
}

// The node-side reference's example, 6.4: validator 2 is silent.

const FOUR = { 0: [0, 1], 1: [2, 3] } as const;

test("while nobody is late the assigned suffice", () => {
  const input = tally({ tranches: FOUR, now: 21 });
  const required = requiredTranches(input);
  assert.deepEqual(required, {
    type: "exact",
    needed: 1,
    toleratedMissing: 0,
    nextNoShow: 30,
    lastAssignment: 21,
  });
  assert.equal(nextWakeUp(undefined, 0, input, required), 23);
});

test("a late validator opens the next round, delayed by the grace it had", () => {
  const input = tally({ tranches: FOUR, approved: [0, 1, 3], now: 31 });
  const required = requiredTranches(input);
  assert.deepEqual(required, {
    type: "pending",
    considered: 1,
    nextNoShow: undefined,
    maximumBroadcast: 2,
    clockDrift: 10,
  });
  // Our own assignment of tranche 2 waits for the drifted time.
  assert.equal(shouldTrigger(2, input, required), false);
  assert.equal(nextWakeUp(2, 0, input, required), 32);
  const later = tally({ tranches: FOUR, approved: [0, 1, 3], now: 32 });
  assert.equal(shouldTrigger(2, later, requiredTranches(later)), true);
  assert.equal(shouldTrigger(4, later, requiredTranches(later)), false);
});

test("one more tranche with somebody in it covers one late validator", () => {
  const tranches = {
    ...FOUR,
    2: [
      [4, 32],
      [5, 32],
    ],
  } as const;
  const input = tally({ tranches, approved: [0, 1, 3, 4, 5], now: 34, validators: 15 });
  const required = requiredTranches(input);
  assert.deepEqual(required, {
    type: "exact",
    needed: 2,
    toleratedMissing: 1,
    nextNoShow: undefined,
    lastAssignment: 32,
  });
  assert.equal(isApproved(input, required), true);
  assert.equal(isApproved({ ...input, now: 33 }, required), false, "one second early");
});

test("two late validators need two more tranches, however many are in the first", () => {
  const tranches = {
    ...FOUR,
    2: [
      [4, 32],
      [5, 32],
    ],
  } as const;
  const approved = [1, 3, 4, 5];
  const input = tally({ tranches, approved, now: 34, validators: 15 });
  const required = requiredTranches(input);
  assert.equal(required.type, "pending");
  const filled = { ...tranches, 3: [[6, 34]] } as const;
  const covered = tally({ tranches: filled, approved: [...approved, 6], now: 36, validators: 30 });
  assert.deepEqual(requiredTranches(covered), {
    type: "exact",
    needed: 3,
    toleratedMissing: 2,
    nextNoShow: undefined,
    lastAssignment: 34,
  });
});

test("a late approval makes up for the absence", () => {
  const input = tally({ tranches: FOUR, approved: [0, 1, 2, 3], now: 31, validators: 15 });
  const required = requiredTranches(input);
  assert.equal(required.type, "exact");
  assert.equal(isApproved(input, required), true);
});

test("too few assigned is pending, and any own assignment may come", () => {
  const input = tally({ tranches: { 0: [0] }, now: 25 });
  const required = requiredTranches(input);
  assert.deepEqual(required, {
    type: "pending",
    considered: 5,
    nextNoShow: 30,
    maximumBroadcast: Number.POSITIVE_INFINITY,
    clockDrift: 0,
  });
  assert.equal(shouldTrigger(5, input, required), true);
  assert.equal(shouldTrigger(6, input, required), false);
  assert.equal(nextWakeUp(6, 0, input, required), 26);
  assert.equal(nextWakeUp(undefined, 0, input, required), 30);
});

test("an assignment of a tranche to come counts when its time comes", () => {
  const tranches = { 0: [0, 1, 2], 5: [[3, 20]] } as const;
  const early = tally({ tranches, now: 24 });
  assert.equal(requiredTranches(early).type, "pending");
  assert.equal(nextWakeUp(undefined, 0, early, requiredTranches(early)), 25);
  assert.equal(requiredTranches({ ...early, now: 25 }).type, "exact");
});

test("with more late than others could replace everybody is to check", () => {
  const tranches = { 0: [0, 1, 2], 1: [3, 4] } as const;
  const input = tally({ tranches, now: 31 });
  const required = requiredTranches(input);
  assert.deepEqual(required, { type: "all" });
  assert.equal(shouldTrigger(9, input, required), true);
  assert.equal(nextWakeUp(9, 0, input, required), undefined);
  assert.equal(isApproved(input, required), false);
});

test("more than a third of all approves whatever the tranches say", () => {
  const input = tally({ tranches: { 0: [0] }, approved: [0, 1, 2], now: 20 });
  assert.equal(isApproved(input, requiredTranches(input)), true);
  const two = tally({ tranches: { 0: [0] }, approved: [0, 1], now: 20 });
  assert.equal(isApproved(two, requiredTranches(two)), false);
});

test("an own assignment of tranche 0 is always announced, others not when enough are", () => {
  const input = tally({ tranches: FOUR, now: 25 });
  const required = requiredTranches(input);
  assert.equal(required.type, "exact");
  assert.equal(shouldTrigger(0, input, required), true);
  assert.equal(shouldTrigger(1, input, required), false);
});

test("the grace of a late announcement starts when it is heard", () => {
  const tranches = { 0: [[0, 28], 1, 2, 3] } as const;
  const input = tally({ tranches, approved: [1, 2, 3], now: 35 });
  const required = requiredTranches(input);
  assert.deepEqual(required, {
    type: "exact",
    needed: 0,
    toleratedMissing: 0,
    nextNoShow: 38,
    lastAssignment: 28,
  });
});

test("time alone never brings an answer for which no wake-up was set", () => {
  const random = new SeededRandom(1);
  const below = (bound: number): number => randomBelow(random, bound);
  for (let run = 0; run < 400; run++) {
    const validators = 4 + below(12);
    const assignments = new Assignments();
    const approvals = new Set<ValidatorIndex>();
    for (let validator = 0; validator < validators; validator++) {
      if (below(3) === 0) continue;
      const tranche = below(2) === 0 ? 0 : below(12);
      const index = validator as ValidatorIndex;
      assignments.add(tranche, index, BLOCK_TICK + tranche + below(4));
      if (below(2) === 0) approvals.add(index);
    }
    const own = below(2) === 0 ? below(12) : undefined;
    const input: TallyInput = {
      assignments,
      approvals,
      validatorCount: validators,
      neededApprovals: 1 + below(5),
      blockTick: BLOCK_TICK,
      noShowTicks: NO_SHOW_TICKS,
      now: BLOCK_TICK + 16,
    };
    const at = (now: number) => {
      const here = { ...input, now };
      const required = requiredTranches(here);
      return {
        approved: isApproved(here, required),
        triggered: own !== undefined && shouldTrigger(own, here, required),
        wake: nextWakeUp(own, 0, here, required),
      };
    };
    let { approved, triggered, wake } = at(input.now);
    for (let now = input.now + 1; now < input.now + 80 && !approved && !triggered; now++) {
      const next = at(now);
      const changed = next.approved || next.triggered;
      assert.ok(!changed || (wake !== undefined && wake <= now), `run ${run} at ${now}: ${wake}`);
      if (wake !== undefined && wake <= now) ({ approved, triggered, wake } = next);
    }
  }
});
