import assert from "node:assert/strict";
import { test } from "node:test";
import { localNetworkGenesis } from "../local-network.ts";
import { planParas } from "../para-plan.ts";
import { plotGarbage } from "./garbage-plot.ts";

const plotOf = (validators: number, paras: number) =>
  plotGarbage(
    localNetworkGenesis({ validators, paras: planParas(paras), slotMs: 2000, epochSlots: 20 }),
  );

test("in a network of seven, two who are a group of their own can have garbage included", () => {
  const plot = plotOf(7, 3);
  assert.equal(plot?.validators.length, 2);
  assert.ok(!plot.validators.includes(0));
});

test("where groups are too large for those who may be faulty nobody can", () => {
  assert.equal(plotOf(4, 2), undefined);
  assert.equal(plotOf(7, 1), undefined);
});
