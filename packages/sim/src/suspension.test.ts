/** A candidate that the validators cannot agree on: one more than may be faulty calls it invalid. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure } from "@parahost/base";
import { asParaId, type CandidateHash } from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { Simulation } from "./simulation.ts";

const SLOT_MS = 6000;
const PARA = asParaId(1000);
const OTHER = asParaId(1001);

test("a split dispute takes the chain back, and on what remains its para gets no core", async () => {
  const simulation = new Simulation({
    seed: 5,
    validators: 7,
    paras: 2,
    groupSize: 4,
    epochSlots: 100,
    // A backing group of their own: of a para that they back for they cannot call a block invalid.
    roles: [0, 3, 4].map((validator) => ({
      validator,
      strategy: "B06",
      share: 1,
      fromSlot: 3,
      toSlot: 6,
    })),
  });
  const [, node] = simulation.validators;
  ensure(node !== undefined, "a network has validators");
  let reverted = 0;
  const split = new Set<CandidateHash>();
  node.events.subscribe((event) => {
    if (event.event === "chain.reverted") reverted += 1;
    if (event.event === "dispute.concluded" && event.outcome === "split")
      split.add(event.candidate);
  });
  const state = () => {
    const best = node.states.view(node.chain.best().hash);
    ensure(best !== undefined, "the best block's state is kept");
    return best;
  };
  const suspension = () => runtimeApi.suspensionOf(state(), PARA);
  const isOver = () => suspension() !== undefined && split.size > 0;
  assert.ok(await simulation.runUntil(isOver, 60 * SLOT_MS), "not suspended");
  assert.ok(reverted > 0);
  const { candidateHash } = suspension() ?? assert.fail();
  assert.deepEqual([...split], [candidateHash]);
  const next = [...runtimeApi.claimQueue(state()).values()].flat();
  assert.ok(!next.includes(PARA) && next.includes(OTHER));
  await simulation.stop();
});
