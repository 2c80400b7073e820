/**
 * The whole road of a cheat: an invalid candidate is backed by two who conspire, included, disputed and lost; its
 * backers lose their stake, the chain goes back with everybody on it, and finality goes on.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure, equalBytes, expectOk } from "@parahost/base";
import { sr25519PairFromUri } from "@parahost/crypto";
import type { NodeEvent } from "@parahost/node";
import type { Hash } from "@parahost/primitives";
import {
  developmentAccount,
  developmentUri,
  runtimeApi,
  signExtrinsic,
  UNIT,
} from "@parahost/runtime";
import { Simulation } from "./simulation.ts";

const SLOT_MS = 6000;
/** The two who are a backing group of their own in the first session of this seed. */
const BACKERS = [2, 3];
const GARBAGE_SLOTS = 2;
/** What every validator of a local network has bonded. */
const STAKE = 100_000n * UNIT;

type Told<Name extends NodeEvent["event"]> = Extract<NodeEvent, { readonly event: Name }>;

test("who backs garbage is slashed, and the chain goes back to before it with all who follow it", async () => {
  const simulation = new Simulation({
    seed: 5,
    validators: 7,
    paras: 3,
    groupSize: 3,
    epochSlots: 10,
    roles: BACKERS.map((validator) => ({
      validator,
      strategy: "B04",
      share: 1,
      fromSlot: 0,
      toSlot: GARBAGE_SLOTS,
    })),
  });
  const events: NodeEvent[] = [];
  for (const node of simulation.network.nodes) node.events.subscribe((event) => events.push(event));
  const told = <Name extends NodeEvent["event"]>(name: Name) =>
    events.filter((event): event is Told<Name> => event.event === name);
  const honest = simulation.validators.filter((_, index) => !BACKERS.includes(index));

  // A transaction that the bad block takes along.
  const pair = expectOk(sr25519PairFromUri("//Bob"), "a well-known key");
  const [witness] = honest;
  ensure(witness !== undefined, "somebody is honest");
  const remark = signExtrinsic(
    pair,
    { type: "system", value: { type: "remark", value: { remark: new Uint8Array([7]) } } },
    { genesisHash: witness.chain.genesisHash, nonce: 0 },
  );
  witness.events.subscribe((event) => {
    if (event.event === "candidate.backed" && witness.pool.size === 0)
      setImmediate(() => witness.submit(remark));
  });

  const everybodyConcluded = () =>
    new Set(told("dispute.concluded").map(({ node }) => node)).size >= honest.length;
  assert.ok(await simulation.runUntil(everybodyConcluded, 10 * SLOT_MS), "no conclusion");
  for (const { outcome } of told("dispute.concluded")) assert.equal(outcome, "invalid");
  const [included] = told("candidate.included");
  ensure(included !== undefined, "a dispute starts with an inclusion");
  const { candidate, para, relayNumber } = included;
  const [block] = told("relay.imported").filter(
    ({ number, included: inside }) =>
      number === relayNumber && inside.some(({ candidate: one }) => one === candidate),
  );
  ensure(block !== undefined, "it was included by a block");

  const bodyOf = (hash: Hash) => witness.chain.body(hash) ?? [];
  const isIn = (hash: Hash) => bodyOf(hash).some((extrinsic) => equalBytes(extrinsic, remark));
  assert.ok(isIn(block.hash), "the bad block has the transaction");

  // Within the slot nobody who knows builds there, or takes it for the best.
  const isOn = (node: (typeof simulation.validators)[number], hash: Hash) =>
    node.chain.isDescendant(block.hash, hash);
  for (const node of honest) assert.ok(!isOn(node, node.chain.best().hash), node.name);

  const next = relayNumber + 6;
  assert.ok(await simulation.runUntilFinalized(next, 30 * SLOT_MS), "finality stands still");
  for (const node of simulation.network.nodes) {
    const final = node.chain.finalized();
    assert.ok(node.chain.block(block.hash) === undefined || !isOn(node, final.hash), node.name);
  }
  const reverted = told("chain.reverted").filter(({ to }) => to === relayNumber - 1);
  assert.deepEqual(
    new Set(reverted.map(({ node }) => node)),
    new Set(simulation.network.nodes.map(({ name }) => name)),
    "somebody stays behind",
  );
  const parent = honest[0]?.chain.hashByNumber(relayNumber - 1);
  for (const { hash } of reverted) assert.equal(hash, parent);

  const numbers = Array.from({ length: 6 }, (_, above) => relayNumber + above);
  const again = numbers.filter((number) => isIn(witness.chain.hashByNumber(number) as Hash));
  assert.equal(again.length, 1, "the transaction is on the chain that goes on, once");
  // The collator of the bad block follows: its para's head is what it was before.
  const liar = simulation.collators.find(({ plan }) => plan.id === para);
  assert.equal(liar?.para.head("best").number ?? 0, 0);

  // What the backers had at stake is gone, all of it.
  const slashes = new Map(
    told("validator.slashed")
      .filter(({ node }) => node === "alice")
      .map(({ validator, amount, reason }) => [validator, { amount, reason }]),
  );
  const state = honest[0]?.states.view(honest[0].chain.finalized().hash);
  ensure(state !== undefined, "the finalized block's state is kept");
  for (const index of BACKERS) {
    const slash = slashes.get(developmentAccount(`${developmentUri(index)}//stash`));
    assert.deepEqual(slash, { amount: STAKE, reason: "forInvalidBacked" });
  }
  assert.equal(slashes.size, BACKERS.length, "nobody else pays");
  const [entry] = runtimeApi.disputes(state);
  assert.equal(entry?.candidateHash, candidate);

  // The paras of the others go on from before it.
  const others = simulation.collators.filter(({ plan }) => plan.id !== para);
  const heads = others.map((collator) => collator.para.head("finalized").number ?? 0);
  assert.ok(
    await simulation.runUntil(
      () =>
        others.every(
          (collator, i) => (collator.para.head("finalized").number ?? 0) > (heads[i] ?? 0),
        ),
      30 * SLOT_MS,
    ),
    "a para stands still",
  );
  await simulation.stop();
});
