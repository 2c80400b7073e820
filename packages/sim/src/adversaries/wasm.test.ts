/**
 * Validation code that misbehaves. Its collators are honest, so their blocks are right and their para's
 * code says otherwise: nothing of it is ever backed, and the paras beside it do not notice.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure } from "@parahost/base";
import { HOSTILE_MODULES } from "@parahost/executor/testing/hostile-modules";
import { peerIdOfName } from "@parahost/network";
import { asParaId } from "@parahost/primitives";
import { collatorName } from "../local-network.ts";
import { type ParaPlan, planPara } from "../para-plan.ts";
import { WatchedNetwork } from "./watch.ts";

/** What the node calls it when the code does this. */
const CASES: readonly (readonly [does: string, reason: RegExp])[] = [
  ["traps at once", /executionError.*unreachable/],
  ["loops for ever", /timeout/],
  ["grows its memory until that fails, and then once more", /executionError.*unreachable/],
  ["allocates without end", /executionError.*out of memory/],
  ["calls itself for ever", /executionError.*stack overflow/],
  ["returns nonsense", /badReturn/],
];
const HONEST = asParaId(1000);

test("paras whose code traps, loops, grows or returns nonsense harm only themselves", async () => {
  const hostile = CASES.map(([does, reason], index) => {
    const found = HOSTILE_MODULES.find(({ name }) => name === does);
    ensure(found !== undefined, `no module ${does}`);
    const plan: ParaPlan = { ...planPara(asParaId(2000 + index), "adder"), code: found.code };
    return { plan, reason };
  });
  const paras = [planPara(HONEST, "adder"), ...hostile.map(({ plan }) => plan)];
  const network = new WatchedNetwork({
    seed: 4,
    // A group of one for each para: whoever is in it meets the code alone.
    validators: paras.length,
    paras,
    configuration: {
      // A loop without end costs the simulator what it is allowed.
      executorParams: [
        { type: "pvfExecTimeout", value: { kind: { type: "backing" }, milliseconds: 20 } },
      ],
    },
  });
  for (const { plan, reason } of hostile) {
    await network.logs(new RegExp(`not seconding an invalid candidate .*reason.*${reason.source}`));
    const paid = await network.pays(peerIdOfName(collatorName(plan.id)), /invalid collation/);
    assert.ok(paid.isBanned);
  }
  const { collators } = network.simulation;
  const hostileIds = hostile.map(({ plan }) => plan.id);
  await network.goesOnAndEnds(hostileIds);
  for (const { para, plan } of collators)
    if (hostileIds.includes(plan.id)) assert.equal(para.head("best").number, 0);
});
