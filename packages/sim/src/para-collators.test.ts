/** Several collators of one para: they take turns, and go on from each other's blocks without being shown them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure, expectOk, type Hex } from "@parahost/base";
import type { ParaNode } from "@parahost/collator";
import { pairFromUri } from "@parahost/crypto";
import { encodeCall, signTransaction } from "@parahost/kit/schema";
import { chain as counter } from "@parahost/kit/templates/counter";
import { asHash, asParaId, Header, headerHash } from "@parahost/primitives";
import { decode } from "@parahost/scale";
import { Observer } from "./observer/observer.ts";
import { planPara } from "./para-plan.ts";
import { Simulation } from "./simulation.ts";

const PARA = asParaId(1000);

test("two collators alternate, each recovering what the other withholds", async () => {
  const simulation = new Simulation({
    seed: 17,
    validators: 4,
    paras: [planPara(PARA, "counter")],
    collatorsPerPara: 2,
  });
  const observer = new Observer(simulation);
  const builders = new Map<string, number>();
  simulation.collators.forEach(({ node }, index) => {
    node.events.subscribe((event) => {
      if (event.event === "para.block") builders.set(event.head, index);
    });
  });
  const [first, second] = simulation.collators;
  ensure(first !== undefined && second !== undefined, "there are two");
  // Neither hears the other: what one builds the other has from the validators alone.
  const [here, there] = [first, second].map(({ node }) => [node.localPeer]);
  simulation.links.silenceOneWay(here ?? [], there ?? []);
  simulation.links.silenceOneWay(there ?? [], here ?? []);
  const alice = expectOk(pairFromUri("sr25519", "//Alice"), "alice");
  const genesis = headerHash(decode(Header, first.para.head("finalized").head));
  // The first is told of one, the second of the one after it.
  [first, second].forEach(({ para }, nonce) => {
    const call = encodeCall(counter, { pallet: "Counter", call: "increment", args: { by: 7 } });
    const transaction = signTransaction(counter, alice, call, { genesisHash: genesis, nonce });
    expectOk(para.submit(transaction), `transaction ${nonce}`);
  });
  assert.ok(await simulation.runUntilFinalized(16, 300_000));
  const ends = [first, second].map(({ para }) => para.chain.finalized());
  const way: number[] = [];
  for (let block = first.para.chain.finalized(); block.parent !== undefined; ) {
    way.unshift(builders.get(block.hash) ?? -1);
    const below = first.para.chain.block(block.parent);
    ensure(below !== undefined, "blocks are kept");
    block = below;
  }
  const account = expectOk(second.para.account(alice.publicKey, "finalized"), "alice");
  await simulation.stop();
  assert.deepEqual(observer.violations, [], observer.report().join("\n"));
  assert.ok(way.includes(0) && way.includes(1), `built by ${way}`);
  assert.ok(way.length >= 6, `${way.length} blocks are final`);
  assert.equal(account.nonce, 2);
  assert.ok(Math.abs((ends[0]?.number ?? 0) - (ends[1]?.number ?? 0)) <= 2);
});

test("when one collator is gone the other recovers its last blocks and goes on in its own turns", async () => {
  const simulation = new Simulation({
    seed: 18,
    validators: 4,
    paras: [planPara(PARA, "counter")],
    collatorsPerPara: 2,
  });
  const [first, second] = simulation.collators;
  ensure(first !== undefined && second !== undefined, "there are two");
  assert.ok(await simulation.runUntilFinalized(8, 200_000));
  await second.node.stop();
  const then = first.para.chain.best().number;
  await simulation.run(16 * simulation.slotMs);
  const { best, foreign } = first.para.status;
  await simulation.stop();
  assert.equal(best.isKnown, true);
  assert.equal(foreign, undefined);
  assert.ok((best.number ?? 0) >= then + 3, `from ${then} to ${best.number}`);
});

test("what one collator is told the others know, and blocks are shown before validators have them", async () => {
  const simulation = new Simulation({
    seed: 19,
    validators: 4,
    paras: [planPara(PARA, "counter")],
    collatorsPerPara: 3,
  });
  const [first, second, third] = simulation.collators;
  ensure(first !== undefined && second !== undefined && third !== undefined, "there are three");
  await simulation.run(2 * simulation.slotMs);
  const alice = expectOk(pairFromUri("sr25519", "//Alice"), "alice");
  const genesisHash = first.para.chain.genesisHash;
  const call = encodeCall(counter, { pallet: "Counter", call: "increment", args: { by: 7 } });
  const sent = signTransaction(counter, alice, call, { genesisHash, nonce: 0 });
  const hash = expectOk(second.para.submit(sent), "taken");
  await simulation.run(1000);
  for (const { para } of [first, third])
    assert.ok(["ready", "inBlock"].includes(para.transactionStatus(hash)?.type ?? "unknown"));
  // Blocks that the relay chain has not included are here whoever built them.
  const builders = new Map<string, ParaNode>();
  const early = new Set<string>();
  for (const { node, para } of simulation.collators) {
    node.events.subscribe((event) => {
      if (event.event === "para.block") builders.set(event.head, para);
    });
    para.chain.subscribe((event) => {
      if (event.type !== "imported") return;
      const { hash: head, number } = event.block;
      const builder = builders.get(head);
      if (builder !== undefined && builder !== para && number > (para.head("best").number ?? 0))
        early.add(head);
    });
  }
  await simulation.run(20 * simulation.slotMs);
  const heads = [...builders.keys()].map((head) => asHash(head as Hex));
  const known = simulation.collators.map(
    ({ para }) => heads.filter((head) => para.chain.block(head) !== undefined).length,
  );
  await simulation.stop();
  assert.ok(early.size >= 4, `${early.size} of ${heads.length} were early`);
  assert.ok(Math.min(...known) >= heads.length - 2, `${known} of ${heads.length}`);
});
