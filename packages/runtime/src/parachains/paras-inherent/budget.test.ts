import assert from "node:assert/strict";
import { test } from "node:test";
import { ChaChaStream } from "@parahost/primitives";
import { codeOf, Scenario } from "../testing/scenario.ts";
import {
  bitfieldCost,
  type Cost,
  candidateCost,
  INHERENT_BUDGET,
  inherentCost,
  limitToBudget,
  selectWithin,
} from "./budget.ts";

const seed = (byte: number) => new Uint8Array(32).fill(byte);
const chance = (byte: number) => new ChaChaStream(seed(byte));
const sizes = (...bytes: readonly number[]): Cost[] =>
  bytes.map((size) => ({ bytes: size, signatures: 1 }));
const never = () => false;

function dataOf(paras: readonly number[], codeFor: readonly number[] = []) {
  const chain = new Scenario({ validators: 10, paras }).beginBlock();
  const candidates = paras.map((para) =>
    chain.backed(
      chain.candidate(
        para,
        codeFor.includes(para) ? { commitments: { newValidationCode: codeOf(para, 1) } } : {},
      ),
    ),
  );
  return chain.inherentData({ bitfields: chain.bitfields(0, 10, []), candidates });
}

const parasOf = ({ backedCandidates }: ReturnType<typeof dataOf>) =>
  backedCandidates.map(({ candidate }) => candidate.descriptor.paraId);

test("a selection fits into its budget and stands in the order of the items", () => {
  for (let draw = 0; draw < 50; draw++) {
    const selected = selectWithin(
      sizes(5, 5, 5, 5, 5, 5),
      never,
      { bytes: 17, signatures: 100 },
      chance(draw),
    );
    assert.equal(selected.length, 3);
    assert.deepEqual(
      selected,
      selected.toSorted((a, b) => a - b),
    );
  }
});

test("signatures are a budget of their own", () => {
  const budget = { bytes: 1000, signatures: 2 };
  assert.equal(selectWithin(sizes(1, 1, 1, 1), never, budget, chance(1)).length, 2);
});

test("every item has its chance", () => {
  const seen = new Set<number>();
  for (let draw = 0; draw < 100; draw++)
    for (const position of selectWithin(
      sizes(5, 5, 5, 5),
      never,
      { bytes: 5, signatures: 9 },
      chance(draw),
    ))
      seen.add(position);
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3]);
});

test("preferred items come first, and what does not fit is passed over", () => {
  for (let draw = 0; draw < 20; draw++)
    assert.deepEqual(
      selectWithin(
        sizes(3, 3, 9, 20),
        (position) => position >= 2,
        { bytes: 12, signatures: 9 },
        chance(draw),
      ).includes(2),
      true,
    );
});

test("the same seed selects the same", () => {
  const data = dataOf([1000, 1001, 1002, 1003]);
  const half: Cost = { ...INHERENT_BUDGET, bytes: Math.floor(inherentCost(data).bytes / 2) };
  assert.deepEqual(limitToBudget(data, half, seed(4)), limitToBudget(data, half, seed(4)));
});

test("what fits is left alone", () => {
  const data = dataOf([1000]);
  assert.equal(limitToBudget(data, INHERENT_BUDGET, seed(0)), data);
  assert.equal(limitToBudget(data, inherentCost(data), seed(0)), data);
});

test("candidates are left out before bitfields, those with new code last", () => {
  const data = dataOf([1000, 1001, 1002, 1003], [1002]);
  const ofBitfields = data.bitfields.map(bitfieldCost).reduce((sum, { bytes }) => sum + bytes, 0);
  const [, , upgrade] = data.backedCandidates.map(candidateCost);
  assert.ok(upgrade);
  for (let draw = 0; draw < 20; draw++) {
    const budget: Cost = { bytes: ofBitfields + upgrade.bytes, signatures: 1000 };
    const limited = limitToBudget(data, budget, seed(draw));
    assert.equal(limited.bitfields.length, 10);
    assert.deepEqual(parasOf(limited), [1002]);
  }
});

test("when not even the bitfields fit, some of them go alone", () => {
  const data = dataOf([1000]);
  const [first] = data.bitfields.map(bitfieldCost);
  assert.ok(first);
  const one = first.bytes;
  const limited = limitToBudget(data, { bytes: 4 * one + 1, signatures: 1000 }, seed(9));
  assert.equal(limited.bitfields.length, 4);
  assert.deepEqual(limited.backedCandidates, []);
});
