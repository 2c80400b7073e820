/** Beyond f: the failure that is predicted is shown, and nothing else breaks. Fault catalogue, section 2. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { peerIdOfName } from "@parahost/network";
import { twinName } from "../local-network.ts";
import { Observer } from "../observer/observer.ts";
import { Simulation } from "../simulation.ts";
import type { Role } from "../strategies/villain.ts";

const SLOT_MS = 6_000;
const roles = (strategy: string, validators: readonly number[], toSlot: number): Role[] =>
  validators.map((validator) => ({ validator, strategy, share: 1, fromSlot: 3, toSlot }));

test("with f + 1 of four silent finality stops, and goes on when they are back", async () => {
  const simulation = new Simulation({
    seed: 3,
    validators: 4,
    paras: 1,
    roles: roles("B01", [2, 3], 12),
  });
  const observer = new Observer(simulation);
  const [alice] = simulation.validators;
  await simulation.run(6 * SLOT_MS);
  const stopped = alice?.chain.finalized().number ?? 0;
  await simulation.run(6 * SLOT_MS);
  assert.equal(alice?.chain.finalized().number, stopped, "finality needs three of four");
  const best = alice?.chain.best().number ?? 0;
  assert.ok(best > stopped + 2, `only #${best}`);
  assert.ok(await simulation.runUntilFinalized(best, 25 * SLOT_MS));
  await simulation.stop();
  assert.deepEqual(observer.violations, []);
});

test("n - 2f voters with a second self on the other side of a tear make a conflict, and it is seen", async () => {
  const simulation = new Simulation({
    seed: 4,
    validators: 4,
    paras: 0,
    roles: roles("B31", [2, 3], 100),
  });
  const observer = new Observer(simulation);
  // One honest validator on each side, and both of the others on both.
  simulation.links.partition([
    [simulation.peerOf(1), peerIdOfName(twinName(2)), peerIdOfName(twinName(3))],
  ]);
  await simulation.run(14 * SLOT_MS);
  await simulation.stop();
  const conflicts = observer.violations.filter(({ property }) => property === "S1");
  assert.ok(conflicts.length > 0, observer.report().join("\n"));
  assert.match(conflicts[0]?.text ?? "", /finalizes 0x[0-9a-f]{64}, and \w+ has finalized 0x/);
});
