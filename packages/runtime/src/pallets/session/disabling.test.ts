import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { disabledAuthorities } from "../../parachains/shared/disabled.ts";
import { TestChain } from "../../testing/chain.ts";
import { intoEra, stakingChain, stashOf } from "../../testing/staking.ts";
import { eventNames } from "../../testing/state.ts";
import {
  type Disabled,
  disableValidator,
  disablingLimit,
  isDisabled,
  moveDisabled,
  withOffender,
} from "./disabling.ts";

test("at most f of n are disabled", () => {
  assert.deepEqual([0, 1, 3, 4, 6, 7, 100].map(disablingLimit), [0, 0, 0, 1, 1, 2, 33]);
});

test("offenders are disabled in the order of their places while there is room", () => {
  assert.deepEqual(withOffender([[5, 10]], 2, 1, 2), [
    [2, 1],
    [5, 10],
  ]);
  assert.deepEqual(withOffender([], 2, 1, 0), []);
});

test("without room a worse offender takes the place of the mildest", () => {
  const full: Disabled = [
    [1, 30],
    [2, 10],
    [3, 20],
  ];
  assert.deepEqual(withOffender(full, 0, 15, 3), [
    [0, 15],
    [1, 30],
    [3, 20],
  ]);
  assert.deepEqual(withOffender(full, 0, 10, 3), full);
});

test("who is disabled already is remembered for its worst offence", () => {
  assert.deepEqual(withOffender([[1, 30]], 1, 50, 1), [[1, 50]]);
  assert.deepEqual(withOffender([[1, 30]], 1, 20, 1), [[1, 30]]);
});

test("whoever offends, never more than f are disabled, and no milder one than those left out", () => {
  const offences = fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 50 })));
  fc.assert(
    fc.property(offences, fc.nat(4), (list, limit) => {
      let disabled: Disabled = [];
      for (const [authority, severity] of list)
        disabled = withOffender(disabled, authority, severity, limit);
      assert.ok(disabled.length <= limit);
      const places = disabled.map(([authority]) => authority);
      assert.deepEqual(
        places,
        [...new Set(places)].sort((a, b) => a - b),
      );
      const worst = Math.max(0, ...list.map(([, severity]) => severity));
      if (limit > 0 && list.length > 0)
        assert.ok(disabled.some(([, severity]) => severity === worst));
    }),
    { numRuns: 200, seed: 5 },
  );
});

test("a disabled validator stays so until its era ends, wherever it stands", () => {
  const chain = stakingChain({ sessionsPerEra: 3 });
  const { state } = chain;
  assert.equal(disableValidator(state, stashOf(2), 5), 2);
  assert.equal(disableValidator(state, stashOf(2), 9), undefined, "it is disabled already");
  assert.equal(disableValidator(state, stashOf(9), 9), undefined, "it does not validate");
  assert.ok(eventNames(state).includes("session.validatorDisabled"));
  chain.add();
  assert.ok(isDisabled(state, 2));
  intoEra(chain, 1);
  assert.equal(isDisabled(state, 2), false);
  assert.equal(disabledAuthorities.has(state), false);
});

test("when another takes its place the first one is told to be enabled again", () => {
  const { state } = stakingChain();
  disableValidator(state, stashOf(0), 5);
  assert.equal(disableValidator(state, stashOf(3), 6), 3);
  assert.deepEqual(disabledAuthorities.get(state), [[3, 6]]);
  assert.ok(eventNames(state).includes("session.validatorReenabled"));
});

test("places are those of the new session, and who has left is forgotten", () => {
  const { state } = stakingChain();
  disabledAuthorities.set(state, [
    [0, 5],
    [2, 7],
  ]);
  const before = [0, 1, 2, 3].map(stashOf);
  moveDisabled(state, before, [3, 2, 1, 4].map(stashOf));
  assert.deepEqual(disabledAuthorities.get(state), [[1, 7]]);
});

test("without staking a session is an era of its own", () => {
  const chain = new TestChain({ epochSlots: 2, staking: false });
  chain.addMany(1);
  disableValidator(chain.state, stashOf(2), 5);
  chain.add();
  assert.ok(isDisabled(chain.state, 2));
  chain.add();
  assert.equal(isDisabled(chain.state, 2), false);
});
