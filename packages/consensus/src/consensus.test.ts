/** Whole nodes together: blocks authored in slots become one final chain. */
import assert from "node:assert/strict";
import test from "node:test";
import { ConsensusWorld } from "./testing/consensus-world.ts";
import { grandpaItem } from "./testing/headers.ts";
import { grandpaAuthorities } from "./testing/voters.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const FOUR = ["Alice", "Bob", "Charlie", "Dave"];
const SEVEN = [...FOUR, "Eve", "Ferdie", "Grace"];

test("four nodes author and finalize over several epochs, though a fifth of all messages is lost", async () => {
  const world = new ConsensusWorld(FOUR, settle, { seed: 1, loss: 0.2 });
  await world.run(60_000);
  // Thirty slots; the last few blocks are on their way.
  assert.ok(Math.min(...world.finalized()) >= 20, `finalized ${world.finalized()}`);
  world.assertAgreement();
  assert.deepEqual(world.punished, []);
  world.stop();
});

test("one seed is one story", async () => {
  const story = async (): Promise<readonly unknown[]> => {
    const world = new ConsensusWorld(FOUR, settle, { seed: 7, loss: 0.3 });
    await world.run(20_000);
    world.stop();
    return world.nodes.map(({ chain, voter }) => [
      chain.best().hash,
      chain.finalized().hash,
      voter.view,
    ]);
  };
  assert.deepEqual(await story(), await story());
});

test("with three of seven silent the chain grows and finality waits; it resumes when they return", async () => {
  const world = new ConsensusWorld(SEVEN, settle, { seed: 3, loss: 0.2 });
  await world.run(20_000);
  const silent = world.nodes.slice(4);
  for (const node of silent) node.isSilent = true;
  const before = Math.max(...world.finalized());
  await world.run(40_000);
  const [alice] = world.nodes;
  assert.ok(alice !== undefined);
  assert.ok(alice.chain.finalized().number <= before + 2);
  assert.ok(
    alice.chain.best().number >= before + 8,
    `${alice.chain.best().number} after ${before}`,
  );
  for (const node of silent) node.isSilent = false;
  await world.run(30_000);
  assert.ok(
    Math.min(...world.finalized()) >= alice.chain.best().number - 6,
    `finalized ${world.finalized()} of ${alice.chain.best().number}`,
  );
  world.assertAgreement();
  assert.deepEqual(world.punished, []);
  world.stop();
});

test("the set of voters changes on the way", async () => {
  const change = grandpaItem({
    type: "scheduledChange",
    value: { nextAuthorities: grandpaAuthorities("Bob", "Charlie", "Dave"), delay: 0 },
  });
  const world = new ConsensusWorld(FOUR, settle, {
    seed: 5,
    loss: 0.1,
    logs: (number) => (number === 6 ? [change] : []),
  });
  await world.run(40_000);
  assert.deepEqual(
    world.nodes.map(({ voter }) => voter.view.setId),
    [1, 1, 1, 1],
  );
  assert.ok(Math.min(...world.finalized()) >= 12, `finalized ${world.finalized()}`);
  world.assertAgreement();
  assert.deepEqual(world.punished, []);
  world.stop();
});
