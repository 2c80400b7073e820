/** Parachains that run ahead of the relay chain: candidates on older relay parents, and on each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure } from "@parahost/base";
import { peerIdOfName } from "@parahost/network";
import type { AsyncBackingParams, CandidateEvent, Hash } from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { Observer } from "./observer/observer.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";

const SLOT_MS = 6000;
const GUIDE: AsyncBackingParams = { maxCandidateDepth: 0, allowedAncestryLen: 0 };
const POLKADOT: AsyncBackingParams = { maxCandidateDepth: 3, allowedAncestryLen: 2 };

interface Outcome {
  /** Candidates that the first blocks of the finalized chain back. */
  readonly backed: number;
  /** How many blocks before their block's parent their relay parents were. */
  readonly ages: readonly number[];
  /** Session changes on the way. */
  readonly sessionChanges: number;
}

/** Runs until `blocks` relay blocks are final, under the eyes of an observer that must find nothing. */
async function outcome(
  asyncBackingParams: AsyncBackingParams,
  options: Omit<SimulationOptions, "configuration">,
  blocks: number,
): Promise<Outcome> {
  const simulation = new Simulation({ ...options, configuration: { asyncBackingParams } });
  const observer = new Observer(simulation);
  assert.ok(await simulation.runUntilFinalized(blocks, 3 * blocks * SLOT_MS));
  const result = readOutcome(simulation, blocks);
  await simulation.stop();
  assert.deepEqual(observer.violations, [], observer.report().join("\n"));
  return result;
}

function readOutcome({ validators: [node] }: Simulation, blocks: number): Outcome {
  ensure(node !== undefined, "a network has validators");
  const numbers = new Map<Hash, number>();
  const ages: number[] = [];
  const sessions = new Set<number>();
  for (let number = 0; number <= blocks; number++) {
    const hash = node.chain.hashByNumber(number);
    const state = hash === undefined ? undefined : node.states.view(hash);
    ensure(hash !== undefined && state !== undefined, `block ${number} is final and kept`);
    numbers.set(hash, number);
    sessions.add(runtimeApi.sessionIndexForChild(state));
    for (const event of number === 0 ? [] : runtimeApi.candidateEvents(state))
      if (event.type === "backed") ages.push(number - 1 - numberOf(numbers, event));
  }
  return { backed: ages.length, ages, sessionChanges: sessions.size - 1 };
}

function numberOf(numbers: ReadonlyMap<Hash, number>, { value }: CandidateEvent): number {
  const number = numbers.get(value.receipt.descriptor.relayParent);
  ensure(number !== undefined, "a relay parent is of the chain that backs its candidate");
  return number;
}

test("without loss every relay block but the first takes a block of each para", async () => {
  const options = { seed: 7, validators: 6, paras: 2, epochSlots: 8 };
  const { ages, backed, sessionChanges } = await outcome(POLKADOT, options, 12);
  assert.equal(sessionChanges, 1);
  assert.ok(backed >= 2 * 11 - 2, `${backed} blocks`);
  assert.ok(Math.max(...ages) <= 2);
});

test("with a fifth of all messages lost more is backed than by the guide's rule", async () => {
  const lossy = { seed: 9, validators: 7, paras: 3, groupSize: 3, links: { loss: 0.2 } };
  const guide = await outcome(GUIDE, lossy, 20);
  assert.deepEqual(new Set(guide.ages), new Set([0]), "every relay parent was the parent");
  const polkadot = await outcome(POLKADOT, lossy, 20);
  assert.ok(
    polkadot.ages.some((age) => age > 0),
    "some candidates came late, and came",
  );
  assert.ok(Math.max(...polkadot.ages) <= 2);
  assert.ok(polkadot.backed > guide.backed, `${polkadot.backed} against ${guide.backed}`);
});

test("forks of a network that was torn in two agree again, with candidates of both behind them", async () => {
  const simulation = new Simulation({
    seed: 7,
    validators: 7,
    paras: 2,
    epochSlots: 10,
    configuration: { asyncBackingParams: POLKADOT },
  });
  const observer = new Observer(simulation);
  assert.ok(await simulation.runUntilFinalized(2, 20 * SLOT_MS));
  const apart = simulation.validators.slice(4);
  simulation.links.partition([apart.map(({ name }) => peerIdOfName(name))]);
  await simulation.run(6 * SLOT_MS);
  const [left, right] = [simulation.validators[0], apart[0]];
  ensure(left !== undefined && right !== undefined, "there are validators on both sides");
  assert.notEqual(left.chain.best().hash, right.chain.best().hash);
  simulation.heal();
  const { number } = left.chain.best();
  assert.ok(await simulation.runUntilFinalized(number + 4, 40 * SLOT_MS));
  const { ages, backed } = readOutcome(simulation, number + 4);
  await simulation.stop();
  assert.deepEqual(observer.violations, [], observer.report().join("\n"));
  assert.ok(Math.max(...ages) <= 2);
  assert.ok(backed >= number, `${backed} blocks`);
});
