/**
 * Seven voters in a storm: lost messages, silent and restarting nodes, forks, changes of the set. Nothing
 * wrong may happen meanwhile; then they are left in peace and must make progress.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { randomBelow, SeededRandom } from "@parahost/base";
import { type GrandpaConsensusLog, type Header, headerHash } from "@parahost/primitives";
import { GENESIS } from "../testing/authored.ts";
import { GrandpaWorld } from "../testing/grandpa-world.ts";
import { headerNamed } from "../testing/headers.ts";
import { grandpaAuthorities } from "../testing/voters.ts";

const SEVEN = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie", "Grace"];
const SLOT_MS = 2000;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The highest head that any node knows. */
function highest(world: GrandpaWorld): Header {
  const [best] = world.nodes
    .map(({ chain }) => chain.header(chain.tree.best.hash) ?? GENESIS)
    .sort((a, b) => b.number - a.number);
  return best ?? GENESIS;
}

async function storm(world: GrandpaWorld, random: SeededRandom): Promise<void> {
  const someone = (): string => SEVEN[randomBelow(random, SEVEN.length)] ?? "Alice";
  for (let i = 0; i < 40; i++) {
    const event = randomBelow(random, 12);
    if (event === 0) world.node(someone()).isSilent = randomBelow(random, 2) === 0;
    if (event === 1) world.restart(someone());
    if (event === 2) world.loss = randomBelow(random, 5) / 10;
    const change: GrandpaConsensusLog = {
      type: "scheduledChange",
      value: { nextAuthorities: grandpaAuthorities(...SEVEN), delay: randomBelow(random, 3) },
    };
    const parent = highest(world);
    if (randomBelow(random, 4) === 0) world.publish(headerNamed(parent, `fork ${i}`));
    world.publish(headerNamed(parent, `main ${i}`, randomBelow(random, 9) === 0 ? [change] : []));
    await world.run(randomBelow(random, 3) === 0 ? 400 : SLOT_MS);
    world.assertAgreement();
  }
}

/** All nodes get all blocks, and few messages are lost. */
async function peace(world: GrandpaWorld): Promise<void> {
  world.loss = 0.1;
  for (const node of world.nodes) node.isSilent = false;
  const all = new Map<string, Header>();
  for (const { chain } of world.nodes)
    for (const leaf of chain.tree.leaves())
      for (const header of chain.headersTo(leaf.hash)) all.set(headerHash(header), header);
  for (const header of [...all.values()].sort((a, b) => a.number - b.number)) world.publish(header);
  await world.run(10 * SLOT_MS);
  for (let i = 0; i < 6; i++) {
    world.publish(headerNamed(highest(world), "peace"));
    await world.run(SLOT_MS);
  }
  await world.run(3 * SLOT_MS);
}

for (const seed of [1, 51, 96, 108, 121])
  test(`seed ${seed}: voters agree in the storm and finalize after it`, async () => {
    const random = new SeededRandom(seed);
    const loss = randomBelow(random, 4) / 10;
    const world = new GrandpaWorld(SEVEN, settle, { seed, loss, slotDurationMs: SLOT_MS });
    await storm(world, random);
    await peace(world);
    world.assertAgreement();
    const head = highest(world).number;
    assert.ok(Math.min(...world.finalized()) >= head - 3, `${world.finalized()} of ${head}`);
    assert.deepEqual(
      world.nodes.flatMap(({ equivocations }) => equivocations),
      [],
    );
    assert.deepEqual(world.punished, []);
    world.stop();
  });
