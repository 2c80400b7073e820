/** Disputes that are wrong: they cost the others a check, the disputer its standing, and finality nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BlockRef } from "@parahost/consensus";
import type { NodeEvent } from "@parahost/node";
import { candidateHash } from "@parahost/primitives";
import { developmentKeys, developmentUri, runtimeApi } from "@parahost/runtime";
import { onesOf } from "@parahost/scale";
import { bestOf, validatorIndexOf } from "./chain-view.ts";
import { disputeOf, newestBacked, raise } from "./dispute-raising.ts";
import { RogueValidator } from "./rogue-validator.ts";
import { WatchedNetwork } from "./watch.ts";

const ROGUE = 6;
const SLOT_MS = 6_000;

async function sevenWithRogue() {
  const network = new WatchedNetwork({
    seed: 9,
    validators: 7,
    paras: 2,
    groupSize: 4,
    absent: [ROGUE],
  });
  const { simulation } = network;
  const rogue = new RogueValidator(simulation, ROGUE);
  const peers = simulation.validators.map((_, index) => simulation.peerOf(index));
  rogue.stranger.connect(peers, ["validation"]);
  const events: NodeEvent[] = [];
  for (const node of simulation.validators)
    node.events.subscribe((event) => {
      if (event.event.startsWith("dispute.")) events.push(event);
    });
  assert.ok(await simulation.runUntilFinalized(4, 40 * SLOT_MS));
  await network.midSlot();
  return { network, simulation, rogue, peers, events };
}

test("a valid candidate that is disputed is checked by all, concluded, recorded, and finalized", async () => {
  const { network, simulation, rogue, peers, events } = await sevenWithRogue();
  const disputed = newestBacked(simulation, 2);
  const message = disputeOf(disputed, ROGUE, rogue.indexIn(bestOf(simulation)));
  const confirming = raise(rogue.stranger, peers, message);
  const honest = simulation.validators.length;
  const concluded = () => events.filter(({ event }) => event === "dispute.concluded").length;
  assert.ok(await simulation.runUntil(() => concluded() === honest, 2 * SLOT_MS), "no conclusion");
  assert.equal(await confirming, honest);
  const hash = candidateHash(disputed.receipt);
  for (const event of events)
    if (event.event === "dispute.concluded")
      assert.deepEqual([event.candidate, event.outcome], [hash, "valid"]);
  const onChain = () => runtimeApi.disputes(bestOf(simulation).state);
  assert.ok(await simulation.runUntil(() => onChain().length === 1, 4 * SLOT_MS), "not on chain");
  const [entry] = onChain();
  assert.equal(entry?.candidateHash, hash);
  assert.deepEqual(onesOf(entry?.state.validatorsAgainst ?? assert.fail()), [
    rogue.indexIn(bestOf(simulation)),
  ]);
  assert.ok(entry?.state.concludedAt !== undefined);
  await network.goesOnAndEnds();
});

test("a candidate that nobody backed cannot be disputed, and who tries is banned", async () => {
  const { network, simulation, rogue, peers, events } = await sevenWithRogue();
  const real = newestBacked(simulation, 2);
  const madeUp = { ...real.receipt, commitmentsHash: candidateHash(real.receipt) as never };
  const message = disputeOf({ ...real, receipt: madeUp }, ROGUE, rogue.indexIn(bestOf(simulation)));
  // Its backer has never signed for that one.
  const confirming = raise(rogue.stranger, peers, message);
  await simulation.run(SLOT_MS);
  assert.equal(await confirming, 0);
  assert.ok(
    network.costs(rogue.peer).every(({ reason }) => /dispute vote: badSignature/.test(reason)),
  );
  assert.equal(network.costs(rogue.peer).length > 0, true);
  assert.deepEqual(events, []);
  await network.goesOnAndEnds();
});

test("a candidate that more than two thirds call invalid is on no chain any more", async () => {
  const { network, simulation, rogue, peers, events } = await sevenWithRogue();
  const disputed = newestBacked(simulation, 1);
  const hash = candidateHash(disputed.receipt);
  const view = bestOf(simulation);
  // With the keys of all but the backer, which the development phrase gives to everybody.
  const accusers = peers
    .map((_, index) => ({
      index,
      validator: validatorIndexOf(view, developmentKeys(developmentUri(index)).paraValidator),
    }))
    .filter(({ validator }) => validator !== disputed.vote.validatorIndex);
  assert.ok(accusers.length >= 5);
  for (const { index, validator } of accusers)
    void raise(rogue.stranger, peers, disputeOf(disputed, index, validator));
  // Who had checked it before has approved it: what concludes for it at first gives way to that.
  const lastWords = () =>
    new Map(
      events.flatMap((event) =>
        event.event === "dispute.concluded" ? [[event.node, event.outcome] as const] : [],
      ),
    );
  const concluded = () =>
    [...lastWords().values()].filter((outcome) => outcome === "invalid").length;
  const honest = simulation.validators.length;
  assert.ok(await simulation.runUntil(() => concluded() === honest, 2 * SLOT_MS), "no conclusion");
  await simulation.run(6 * SLOT_MS);
  assert.equal(concluded(), honest, "somebody takes it back");
  for (const { chain, states } of simulation.validators)
    for (let at: BlockRef = chain.best(); at.number > 0; ) {
      const state = states.view(at.hash);
      const header = chain.header(at.hash);
      if (state === undefined || header === undefined) break;
      const includes = runtimeApi
        .candidateEvents(state)
        .some(({ type, value }) => type === "included" && candidateHash(value.receipt) === hash);
      assert.ok(!includes, `block ${at.number} includes it`);
      at = { hash: header.parentHash, number: at.number - 1 };
    }
  // Its voters are disabled: two of the four that back for its para, which then have no majority.
  await network.goesOnAndEnds([disputed.receipt.descriptor.paraId], ["A2"]);
});
