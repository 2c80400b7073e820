import assert from "node:assert/strict";
import { test } from "node:test";
import { byzantine } from "@parahost/primitives";
import { localNetworkGenesis } from "../local-network.ts";
import { planParas } from "../para-plan.ts";
import { plotGarbage } from "./garbage-plot.ts";

const plotOf = (validators: number, paras: number, groupSize?: number) =>
  plotGarbage(
    localNetworkGenesis({
      validators,
      paras: planParas(paras),
      slotMs: 2000,
      epochSlots: 20,
      ...(groupSize === undefined ? {} : { groupSize }),
    }),
  );

test("a group of their own, of as many as may be faulty, can have garbage included", () => {
  for (const [validators, paras] of [
    [4, 2],
    [7, 3],
    [10, 4],
  ] as const) {
    const plot = plotOf(validators, paras);
    assert.equal(plot?.validators.length, byzantine(validators));
    assert.ok(!plot.validators.includes(0));
  }
});

test("where groups are too large for those who may be faulty, or nobody may be, nobody can", () => {
  assert.equal(plotOf(4, 2, 2), undefined);
  assert.equal(plotOf(7, 1, 7), undefined);
  assert.equal(plotOf(3, 2), undefined);
});
