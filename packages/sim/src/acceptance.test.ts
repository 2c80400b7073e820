/** The last stage of a candidate's life, asked of nodes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import { candidateHash } from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { Simulation } from "./simulation.ts";

const SLOT_MS = 6000;
const PERIOD = 3;

test("a candidate is accepted when its acceptance period is over, and not before", async () => {
  const simulation = new Simulation({
    seed: 41,
    validators: 4,
    paras: 1,
    configuration: { acceptancePeriod: PERIOD },
  });
  const [validator] = simulation.validators;
  const [collator] = simulation.collators;
  ensure(validator !== undefined && collator !== undefined, "both run");
  const seen: (readonly [at: number, isAccepted: boolean])[] = [];
  let asking = Promise.resolve();
  let included: number | undefined;
  let ask: ((node: RelayNode) => Promise<boolean>) | undefined;
  validator.chain.subscribe((event) => {
    if (event.type !== "imported" || !event.isBest) return;
    const { number, hash } = event.block;
    const state = validator.states.view(hash);
    ensure(state !== undefined, "just imported");
    const [first] = runtimeApi.candidateEvents(state).filter(({ type }) => type === "included");
    if (ask === undefined && first !== undefined) {
      included = number;
      const session = runtimeApi.sessionIndexForChild(state);
      const candidate = candidateHash(first.value.receipt);
      ask = (node) => node.isAccepted(session, candidate);
    }
    const question = ask;
    if (question !== undefined)
      asking = asking.then(async () => void seen.push([number, await question(validator)]));
  });
  assert.ok(
    await simulation.runUntil(() => seen.some(([, isAccepted]) => isAccepted), 30 * SLOT_MS),
    "never accepted",
  );
  await asking;
  for (const [at, isAccepted] of seen)
    assert.equal(isAccepted, at >= (included ?? 0) + PERIOD, `at block ${at}`);
  // Who counts no approvals knows it when the block is final.
  await simulation.runUntilFinalized((included ?? 0) + PERIOD, 30 * SLOT_MS);
  assert.equal(await ask?.(collator.node), true);
  await simulation.stop();
});
