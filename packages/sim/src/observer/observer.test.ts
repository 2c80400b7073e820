import assert from "node:assert/strict";
import { test } from "node:test";
import { AdderStateMachine } from "@parahost/kit";
import { NODE_COLUMNS } from "@parahost/node/service/node";
import { asParaId } from "@parahost/primitives";
import { MemoryStore } from "@parahost/storage";
import { planPara } from "../para-plan.ts";
import { Simulation } from "../simulation.ts";
import { type ObservedWorld, Observer } from "./observer.ts";

/** Four validators and an adder until relay block 4 is final, seen through `show`. */
async function observed(show: (simulation: Simulation) => ObservedWorld): Promise<Observer> {
  const paras = [planPara(asParaId(1000), "adder")];
  const simulation = new Simulation({ seed: 2, validators: 4, paras });
  const observer = new Observer(show(simulation));
  assert.ok(await simulation.runUntilFinalized(4, 120_000));
  await simulation.stop();
  return observer;
}

/** The world as it is, but for what is given. */
const changed = (simulation: Simulation, change: Partial<ObservedWorld>): ObservedWorld => ({
  validators: simulation.validators,
  collators: simulation.collators,
  network: simulation.network,
  store: (node) => simulation.store(node),
  keysOf: (node) => simulation.keysOf(node),
  cast: simulation.cast,
  validatorNames: simulation.validatorNames,
  slotMs: simulation.slotMs,
  get now() {
    return simulation.now;
  },
  get reputation() {
    return simulation.reputation;
  },
  attend: (witness) => simulation.attend(witness),
  onStarted: (listener) => simulation.onStarted(listener),
  ...change,
});

const propertiesOf = ({ violations }: Observer): ReadonlySet<string> =>
  new Set(violations.map(({ property }) => property));

test("the report of an honest network says how much was looked at", async () => {
  const observer = await observed((simulation) => simulation);
  assert.deepEqual(observer.violations, []);
  const [first, second, third, ...rest] = observer.report();
  const counts = [first, second, third].flatMap((line) => [...(line ?? "").matchAll(/\d+/g)]);
  assert.equal(counts.length, 9);
  for (const [count] of counts) assert.ok(Number(count) > 0, `${first}; ${second}; ${third}`);
  assert.equal(rest.at(-1), "no violation");
});

test("a network whose blocks the observer's state machine refuses violates S2, and its voters S5", async () => {
  const observer = await observed((simulation) =>
    changed(simulation, {
      collators: simulation.collators.map((collator) => ({
        ...collator,
        plan: { ...collator.plan, machine: () => new AdderStateMachine(1n) },
      })),
    }),
  );
  assert.deepEqual(propertiesOf(observer), new Set(["S5", "S2"]));
  assert.match(observer.report().at(-1) ?? "", /^S[25] violated at #\d+ 0x[0-9a-f]{64}: /);
});

test("a network whose validators keep no chunks violates S3", async () => {
  const observer = await observed((simulation) =>
    changed(simulation, { store: () => new MemoryStore(NODE_COLUMNS) }),
  );
  assert.deepEqual(propertiesOf(observer), new Set(["S3"]));
});

test("what a broken run finds is bounded, and counted beyond", async () => {
  const simulation = new Simulation({ seed: 2, validators: 7, paras: 2 });
  const observer = new Observer(
    changed(simulation, { store: () => new MemoryStore(NODE_COLUMNS) }),
  );
  assert.ok(await simulation.runUntilFinalized(5, 120_000));
  await simulation.stop();
  assert.equal(observer.violations.length, 100);
  assert.match(observer.report().at(-1) ?? "", /^and \d+ more violations$/);
});
