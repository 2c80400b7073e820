/** Approvals that only one side of a fork has heard, once the fork is gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultHostConfiguration } from "@parahost/primitives";
import { Simulation } from "./simulation.ts";

const SLOT_MS = 6000;

test("what was approved on a fork that is gone holds up nobody who never saw it", async () => {
  const groups = defaultHostConfiguration({ validatorCount: 4, groupSize: 1, slotMs: SLOT_MS });
  const simulation = new Simulation({
    seed: 1,
    validators: 4,
    paras: 2,
    epochSlots: 100,
    // One checker announces itself and stays silent: the other two that did not back are both needed.
    roles: [{ validator: 3, strategy: "B23", share: 1, fromSlot: 0, toSlot: 1000 }],
    configuration: {
      neededApprovals: 2,
      parathreadCores: 2,
      // Most checkers have their turn late, and only when they are missed.
      relayVrfModuloSamples: 1,
      nDelayTranches: 20,
      zerothDelayTrancheWidth: 0,
      schedulerParams: { ...groups.schedulerParams, groupRotationFrequency: 5 },
    },
  });
  await simulation.run(4.4 * SLOT_MS);
  const forks = new Set<string>();
  for (let round = 0; round < 4; round++) {
    // Alone for a slot, it may build a block that includes what was backed before, and approve it there.
    const alone = round % 3;
    const tip = simulation.validators[alone]?.chain.best().hash;
    simulation.links.cutOff([simulation.peerOf(alone)]);
    await simulation.run(1.2 * SLOT_MS);
    const best = simulation.validators[alone]?.chain.best().hash ?? assert.fail();
    if (best !== tip) forks.add(best);
    simulation.links.reconnect([simulation.peerOf(alone)]);
    await simulation.run(1.8 * SLOT_MS);
  }
  assert.ok(forks.size > 0, "nobody built a block alone");
  await simulation.run(10 * SLOT_MS);
  for (const { name, chain } of simulation.validators) {
    const lag = chain.best().number - chain.finalized().number;
    assert.ok(lag <= 8, `${name} is ${lag} blocks behind`);
  }
  await simulation.stop();
});
