/** Root's way out when candidates that are good find too few who check them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultHostConfiguration } from "@parahost/primitives";
import type { AnyRuntimeCall } from "@parahost/runtime";
import { Simulation } from "./simulation.ts";
import { submitAsRoot } from "./testing/root.ts";

const SLOT_MS = 6000;

test("finality that waits for a silent checker goes as far as root approves by force, and no further", async () => {
  const groups = defaultHostConfiguration({ validatorCount: 4, groupSize: 2, slotMs: SLOT_MS });
  const simulation = new Simulation({
    seed: 5,
    validators: 4,
    paras: 2,
    epochSlots: 100,
    // With two backers of each candidate there are two others, and both are needed.
    roles: [{ validator: 3, strategy: "B23", share: 1, fromSlot: 0, toSlot: 1000 }],
    configuration: {
      neededApprovals: 2,
      schedulerParams: { ...groups.schedulerParams, groupRotationFrequency: 0 },
    },
  });
  const [node] = simulation.validators;
  assert.ok(node !== undefined);
  const finalized = (): number => node.chain.finalized().number;
  await simulation.run(8 * SLOT_MS);
  const stuckAt = finalized();
  await simulation.run(3 * SLOT_MS);
  assert.equal(finalized(), stuckAt, "finality waits");
  const upTo = node.chain.best().number;
  assert.ok(upTo > stuckAt + 3);

  const approve: AnyRuntimeCall = {
    type: "initializer",
    value: { type: "forceApprove", value: { upTo } },
  };
  submitAsRoot(node, approve);
  await simulation.run(6 * SLOT_MS);
  for (const { name, chain } of simulation.validators)
    assert.ok(chain.finalized().number >= upTo, `${name} is at ${chain.finalized().number}`);
  const waitsAgain = finalized();
  assert.ok(node.chain.best().number > waitsAgain + 2, "what came after is not approved");
  await simulation.stop();
});
