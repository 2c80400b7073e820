import assert from "node:assert/strict";
import { test } from "node:test";
import { STRATEGIES } from "../strategies/index.ts";
import { drawScenario, MIX_NAMES } from "./draw.ts";
import {
  DEFAULT_SCENARIO,
  faultyOf,
  isWithinBounds,
  readScenario,
  scenarioErrorLine,
} from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { SWEEP_SIZE, sweepScenario } from "./sweep.ts";

test("what a scenario file leaves out is as usual", () => {
  const read = readScenario('{"validators": 7, "roles": [{"validator": 6, "strategy": "B06"}]}');
  assert.ok(read.ok);
  const role = { validator: 6, strategy: "B06", share: 1, fromSlot: 0, toSlot: 100_000 };
  assert.deepEqual(read.value, { ...DEFAULT_SCENARIO, validators: 7, groups: 7, roles: [role] });
});

test("a field that is wrong is named", () => {
  const cases: readonly [string, RegExp][] = [
    ["{", /^the file is not JSON/],
    ["[]", /^it must be an object/],
    ['{"validatorz": 4}', /^validatorz: there is no such field; there are seed, validators, /],
    ['{"validators": "4"}', /^validators: it must be a whole number from 2 to 1000, not "4"/],
    [
      '{"roles": [{"validator": 1, "strategy": "B99"}]}',
      /^roles\[0\]\.strategy: there is no strategy "B99"; there are B01, /,
    ],
    [
      '{"roles": [{"validator": 1, "strategy": "B01", "share": 2}]}',
      /^roles\[0\]\.share: .* from 0 to 1, not 2/,
    ],
    ['{"roles": [{"strategy": "B01"}]}', /^roles\[0\]\.validator: it is missing/],
    [
      '{"roles": [{"validator": 4, "strategy": "B01"}]}',
      /^roles\[0\]\.validator: validators are numbered 0 to 3/,
    ],
    ['{"network": [{"type": "rain"}]}', /^network\[0\]\.type: it must be one of slow, loss, /],
    [
      '{"network": [{"type": "loss", "fromSlot": 0, "toSlot": 4}]}',
      /^network\[0\]\.share: it is missing/,
    ],
    [
      '{"network": [{"type": "clog", "validators": [9], "fromSlot": 0, "toSlot": 4}]}',
      /^network\[0\]\.validators: /,
    ],
    ['{"groups": 5}', /^groups: 4 validators make no 5 groups/],
    ['{"paras": 9}', /^paras: 9 paras need as many groups, and there are 4/],
    ['{"slotMs": 700}', /^slotMs: it must be a multiple of 500, not 700/],
    ['{"neededApprovals": 5}', /^neededApprovals: 4 validators give no 5 approvals/],
    [
      '{"roles": [{"validator": 1, "strategy": "B01", "fromSlot": 9, "toSlot": 8}]}',
      /^roles\[0\]\.toSlot: it must not be before fromSlot, which is 9/,
    ],
  ];
  for (const [text, expected] of cases) {
    const read = readScenario(text);
    assert.ok(!read.ok, text);
    assert.match(scenarioErrorLine(read.error), expected);
  }
});

test("seeds draw scenarios that a file could hold, always the same, and all strategies among them", () => {
  const strategies = new Set<string>();
  for (const mix of MIX_NAMES)
    for (let seed = 1; seed <= 500; seed++) {
      const scenario = drawScenario(seed, mix);
      assert.deepEqual(drawScenario(seed, mix), scenario);
      const read = readScenario(JSON.stringify(scenario));
      assert.deepEqual(read.ok && read.value, scenario);
      // However many machines crash: those who only crash are not faulty.
      assert.ok(isWithinBounds(scenario) || mix === "crashes");
      for (const { strategy } of scenario.roles) strategies.add(strategy);
    }
  assert.equal(strategies.size, STRATEGIES.length);
});

test("the sweep has each strategy alone and in pairs, with every number of faulty ones that may be", () => {
  const cases = new Set<string>();
  for (let number = 1; number <= SWEEP_SIZE; number++) {
    const scenario = sweepScenario(number);
    assert.ok(isWithinBounds(scenario));
    const strategies = new Set(scenario.roles.map(({ strategy }) => strategy));
    cases.add(`${scenario.validators} ${faultyOf(scenario).size} ${[...strategies].join()}`);
  }
  const count = STRATEGIES.length;
  const faulty = 1 + 1 + 2 + 3 + 4 + 10;
  assert.equal(SWEEP_SIZE, 6 + faulty * (count + (count * (count - 1)) / 2));
  assert.equal(cases.size, SWEEP_SIZE);
});

test("a scenario is made smaller for as long as it fails", async () => {
  const role = { validator: 1, strategy: "B06", share: 0.5, fromSlot: 0, toSlot: 30 };
  const loss = { type: "loss", share: 0.1, fromSlot: 0, toSlot: 9 } as const;
  const big = {
    ...DEFAULT_SCENARIO,
    validators: 7,
    slots: 30,
    roles: [role, { ...role, validator: 2 }, { ...role, strategy: "B10" }],
    network: [loss],
  };
  // Fails for as long as somebody disputes in the first five slots.
  const { scenario, tried } = await shrink(
    big,
    ({ roles, slots }) =>
      Promise.resolve(slots >= 5 && roles.some(({ strategy }) => strategy === "B06")),
    200,
  );
  assert.deepEqual([scenario.slots, scenario.calmSlots, scenario.network], [5, 0, []]);
  assert.equal(scenario.roles.length, 1);
  assert.equal(scenario.paras, 1);
  assert.ok(scenario.validators <= 3 && tried < 200, `${tried} tries`);
});
