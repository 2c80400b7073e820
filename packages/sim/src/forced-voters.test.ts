/** Root's word that finality has stopped. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnyRuntimeCall, runtimeApi } from "@parahost/runtime";
import { Simulation } from "./simulation.ts";
import { submitAsRoot } from "./testing/root.ts";

const SLOT_MS = 6000;

test("once root says that finality stalls, the next session's voters finalize as a new set", async () => {
  const simulation = new Simulation({ seed: 3, validators: 4, paras: 1, epochSlots: 6 });
  const [node] = simulation.validators;
  assert.ok(node !== undefined);
  await simulation.run(4 * SLOT_MS);
  assert.equal(node.chain.authoritySet().setId, 0);
  const stalled: AnyRuntimeCall = {
    type: "grandpa",
    value: {
      type: "noteStalled",
      value: { delay: 2, bestFinalizedBlockNumber: node.chain.finalized().number } as object,
    },
  };
  submitAsRoot(node, stalled);
  await simulation.run(12 * SLOT_MS);
  for (const { name, chain, states } of simulation.validators) {
    const state = states.view(chain.best().hash);
    assert.ok(state !== undefined);
    assert.equal(runtimeApi.grandpaCurrentSetId(state), 1);
    assert.equal(chain.authoritySet().setId, 1, name);
    assert.ok(chain.best().number - chain.finalized().number <= 5, `${name} lags`);
  }
  await simulation.stop();
});
