import assert from "node:assert/strict";
import test from "node:test";
import { HostError } from "@parahost/base";
import { DirectVerifier } from "@parahost/crypto";
import {
  GrandpaGossip,
  type GrandpaStageName,
  type Header,
  headerHash,
  type SignedGrandpaVote,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { BlockRef } from "../block-tree.ts";
import { GENESIS } from "../testing/authored.ts";
import { GrandpaWorld, type GrandpaWorldOptions } from "../testing/grandpa-world.ts";
import { headerNamed } from "../testing/headers.ts";
import { grandpaAuthorities, voteOf } from "../testing/voters.ts";
import { isEquivocation } from "./equivocation.ts";
import type { VotePlace } from "./vote.ts";
import { keepBehind } from "./voting-rule.ts";

const FOUR = ["Alice", "Bob", "Charlie", "Dave"];
const SEVEN = [...FOUR, "Eve", "Ferdie", "Grace"];

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const worldOf = (names: readonly string[], options: GrandpaWorldOptions = {}): GrandpaWorld =>
  new GrandpaWorld(names, settle, options);

const onMain = (parent: Header): Header => headerNamed(parent, "main");

const lowest = (world: GrandpaWorld): number => Math.min(...world.finalized());

test("four voters finalize the chain as it grows, and nobody is at fault", async () => {
  const world = worldOf(FOUR);
  await world.grow(10, GENESIS, onMain);
  assert.ok(lowest(world) >= 8, `finalized ${world.finalized()}`);
  world.assertAgreement();
  assert.deepEqual(world.punished, []);
  world.stop();
});

test("seven voters finalize although a fifth of all messages is lost", async () => {
  for (const seed of [1, 2, 3]) {
    const world = worldOf(SEVEN, { seed, loss: 0.2, slotDurationMs: 2000 });
    await world.grow(30, GENESIS, onMain);
    assert.ok(lowest(world) >= 25, `seed ${seed}: finalized ${world.finalized()}`);
    world.assertAgreement();
    assert.deepEqual(world.punished, []);
    world.stop();
  }
});

test("with two of seven silent finality goes on", async () => {
  const world = worldOf(SEVEN, { loss: 0.1 });
  world.node("Eve").isSilent = true;
  world.node("Grace").isSilent = true;
  await world.grow(10, GENESIS, onMain);
  assert.ok(world.finalized()[0] ?? 0 >= 7, `finalized ${world.finalized()}`);
  world.assertAgreement();
  world.stop();
});

test("with three of seven silent finality waits, and resumes when they return", async () => {
  const world = worldOf(SEVEN, { loss: 0.2 });
  const silent = ["Eve", "Ferdie", "Grace"].map((name) => world.node(name));
  const head = await world.grow(5, GENESIS, onMain);
  for (const node of silent) node.isSilent = true;
  const before = Math.max(...world.finalized());
  const later = await world.grow(20, head, onMain);
  assert.ok(Math.max(...world.finalized()) <= before + 2, `finalized ${world.finalized()}`);
  for (const node of silent) node.isSilent = false;
  await world.grow(5, later, onMain);
  assert.ok(lowest(world) >= 26, `finalized ${world.finalized()}`);
  world.assertAgreement();
  assert.deepEqual(world.punished, []);
  world.stop();
});

test("the same seed gives the same run", async () => {
  const trace = async (): Promise<readonly unknown[]> => {
    const world = worldOf(FOUR, { seed: 9, loss: 0.3, slotDurationMs: 2000 });
    await world.grow(8, GENESIS, onMain);
    world.stop();
    return [world.finalized(), world.messages, world.nodes.map(({ voter }) => voter.view)];
  };
  assert.deepEqual(await trace(), await trace());
});

test("voters that saw different forks agree on one", async () => {
  const world = worldOf(FOUR, { seed: 4 });
  const common = await world.grow(2, GENESIS, onMain);
  const left = headerNamed(common, "left");
  const right = headerNamed(common, "right");
  world.publish(left, ["Alice", "Bob"]);
  world.publish(right, ["Charlie", "Dave"]);
  await world.run(6000);
  world.assertAgreement();
  world.publish(left);
  world.publish(right);
  await world.run(3000);
  await world.grow(4, right, onMain);
  assert.ok(lowest(world) >= 5, `finalized ${world.finalized()}`);
  world.assertAgreement();
  world.stop();
});

test("who was away catches up with the present round and with finality", async () => {
  const world = worldOf(FOUR);
  const dave = world.node("Dave");
  const head = await world.grow(3, GENESIS, onMain);
  dave.isSilent = true;
  const later = await world.grow(6, head, onMain);
  assert.ok(dave.voter.view.round + 2 < world.node("Alice").voter.view.round);
  dave.isSilent = false;
  await world.grow(3, later, onMain);
  assert.ok(Math.abs(dave.voter.view.round - world.node("Alice").voter.view.round) <= 1);
  assert.ok(lowest(world) >= 11, `finalized ${world.finalized()}`);
  assert.deepEqual(world.punished, []);
  world.stop();
});

test("an observer follows and says no vote", async () => {
  const world = worldOf([...FOUR, "Eve"], { voters: FOUR });
  await world.grow(6, GENESIS, onMain);
  assert.ok(lowest(world) >= 4, `finalized ${world.finalized()}`);
  assert.deepEqual(world.punished, []);
  world.stop();
});

test("finality stops at a change of the set, and the next set goes on from there", async () => {
  const world = worldOf(SEVEN, { voters: FOUR, loss: 0.1 });
  const head = await world.grow(3, GENESIS, onMain);
  const next = ["Dave", "Eve", "Ferdie", "Grace"];
  const change = headerNamed(head, "change", [
    { type: "scheduledChange", value: { nextAuthorities: grandpaAuthorities(...next), delay: 0 } },
  ]);
  world.publish(change);
  await world.run(6000);
  for (const name of ["Alice", "Bob", "Charlie"]) world.node(name).isSilent = false;
  await world.grow(6, change, onMain);
  assert.deepEqual(
    world.nodes.map(({ voter }) => voter.view.setId),
    SEVEN.map(() => 1),
  );
  assert.ok(lowest(world) >= 8, `finalized ${world.finalized()}`);
  const proof = world.node("Alice").chain.justifications.get(headerHash(change));
  assert.equal(proof?.commit.targetNumber, change.number);
  world.assertAgreement();
  assert.deepEqual(world.punished, []);
  world.stop();
});

test("a delayed change takes over at its height", async () => {
  const world = worldOf(FOUR);
  const head = await world.grow(2, GENESIS, onMain);
  const value = { nextAuthorities: grandpaAuthorities("Alice", "Bob"), delay: 3 };
  const change = headerNamed(head, "delayed", [{ type: "scheduledChange", value }]);
  world.publish(change);
  await world.run(6000);
  await world.grow(6, change, onMain);
  for (const { chain, voter } of world.nodes) {
    assert.equal(voter.view.setId, 1);
    assert.deepEqual(chain.authoritySet().history, [{ setId: 0, lastBlock: change.number + 3 }]);
  }
  assert.ok(lowest(world) >= 7, `finalized ${world.finalized()}`);
  world.stop();
});

test("who missed the end of a set learns it by justification and joins the next", async () => {
  const world = worldOf(FOUR);
  const dave = world.node("Dave");
  const head = await world.grow(2, GENESIS, onMain);
  dave.isSilent = true;
  const change = (parent: Header): Header =>
    headerNamed(parent, "same", [
      {
        type: "scheduledChange",
        value: { nextAuthorities: grandpaAuthorities(...FOUR), delay: 0 },
      },
    ]);
  const first = await world.grow(3, await world.grow(1, head, change), onMain);
  const second = await world.grow(3, await world.grow(1, first, change), onMain);
  assert.equal(world.node("Alice").voter.view.setId, 2);
  assert.equal(dave.voter.view.setId, 0);
  dave.isSilent = false;
  await world.grow(8, second, onMain);
  assert.equal(dave.voter.view.setId, 2);
  assert.ok(lowest(world) >= 16, `finalized ${world.finalized()}`);
  assert.deepEqual(world.punished, []);
  world.stop();
});

test("a voter that restarts does not vote twice, and the round goes on", async () => {
  const world = worldOf(FOUR, { slotDurationMs: 2000 });
  let head = await world.grow(3, GENESIS, onMain);
  for (let i = 0; i < 30; i++) {
    // At every moment of a round.
    await world.run(137);
    world.restart(FOUR[i % 4] ?? "Alice");
    if (i % 5 === 0)
      head = await world.grow(1, head, (parent) => headerNamed(parent, `after ${i}`));
  }
  await world.grow(3, head, onMain);
  for (const { equivocations } of world.nodes) assert.deepEqual(equivocations, []);
  assert.ok(lowest(world) >= 10, `finalized ${world.finalized()}`);
  world.assertAgreement();
  assert.deepEqual(world.punished, []);
  world.stop();
});

test("all voters may stop and start again", async () => {
  const world = worldOf(FOUR);
  const head = await world.grow(3, GENESIS, onMain);
  for (const name of FOUR) world.restart(name);
  await world.grow(4, head, onMain);
  assert.ok(lowest(world) >= 5, `finalized ${world.finalized()}`);
  for (const { equivocations } of world.nodes) assert.deepEqual(equivocations, []);
  world.stop();
});

test("rules lower what is finalized", async () => {
  const world = worldOf(FOUR, { rules: [keepBehind(2)] });
  await world.grow(8, GENESIS, onMain);
  for (const number of world.finalized()) assert.ok(number >= 4 && number <= 6, `${number}`);
  world.stop();
});

test("a rule that never answers, or fails, leaves rounds going without finality", async () => {
  for (const rule of [
    () => new Promise<undefined>(() => {}),
    () => Promise.reject(new HostError("cancelled")),
  ]) {
    const world = worldOf(FOUR, { rules: [rule] });
    await world.grow(4, GENESIS, onMain);
    assert.deepEqual(world.finalized(), [0, 0, 0, 0]);
    assert.ok(world.node("Alice").voter.view.round > 2);
    world.stop();
  }
});

// What peers may say

const chainOf = (world: GrandpaWorld, name = "Alice") => world.node(name).chain;

/** Four voters of which three finalized a few blocks; Dave's key is ours to misuse. */
async function withoutDave(): Promise<GrandpaWorld> {
  const world = worldOf(FOUR);
  world.node("Dave").isSilent = true;
  await world.grow(3, GENESIS, onMain);
  return world;
}

const message = (value: GrandpaGossip): Uint8Array => encode(GrandpaGossip, value);

function voteMessage(
  name: string,
  stage: GrandpaStageName,
  target: BlockRef,
  place: VotePlace,
  change: Partial<SignedGrandpaVote> = {},
): Uint8Array {
  const { target: value, signature, id } = { ...voteOf(name, stage, target, place), ...change };
  return message({
    type: "vote",
    value: { ...place, message: { message: { type: stage, value }, signature, id } },
  });
}

test("two votes of one voter in a stage are reported with the proof", async () => {
  const world = await withoutDave();
  const alice = world.node("Alice");
  const place = { setId: 0, round: alice.voter.view.round };
  const head = chainOf(world).tree.best;
  const root = chainOf(world).finalized();
  const deliver = (bytes: Uint8Array) => world.deliver("Dave", alice, bytes).type;
  assert.equal(deliver(voteMessage("Dave", "prevote", root, place)), "accept");
  assert.equal(deliver(voteMessage("Dave", "prevote", root, place)), "ignore");
  world.publish(headerNamed(chainOf(world).header(head.hash) as Header, "fork"));
  await world.run(400);
  const best = chainOf(world).tree.best;
  assert.equal(deliver(voteMessage("Dave", "prevote", best, place)), "accept");
  const [proof] = alice.equivocations;
  assert.ok(proof !== undefined && isEquivocation(proof, new DirectVerifier()));
  world.stop();
});

test("each kind of bad vote is refused for its reason", async () => {
  const world = await withoutDave();
  const alice = world.node("Alice");
  const { round } = alice.voter.view;
  const place = { setId: 0, round };
  const target = chainOf(world).finalized();
  const say = (bytes: Uint8Array): string => {
    const verdict = world.deliver("Dave", alice, bytes);
    return verdict.type === "accept" ? "accept" : verdict.reason;
  };
  const vote = (at: VotePlace, change?: Partial<SignedGrandpaVote>, who = "Dave") =>
    say(voteMessage(who, "prevote", target, at, change));
  assert.equal(vote({ setId: 1, round: 1 }), "set has not begun");
  assert.equal(vote({ setId: 0, round: round - 2 }), "round is over");
  assert.equal(vote({ setId: 0, round: round + 2 }), "round has not begun");
  assert.equal(vote({ setId: 0, round: Number.MAX_SAFE_INTEGER }), "round has not begun");
  assert.equal(vote(place, {}, "Eve"), "unknown voter");
  assert.equal(vote(place, { signature: new Uint8Array(64) }), "bad signature");
  const asPrevote = voteOf("Dave", "precommit", target, place);
  assert.equal(vote(place, { signature: asPrevote.signature }), "bad signature");
  const wrongNumber = { hash: target.hash, number: target.number + 1 };
  assert.equal(say(voteMessage("Dave", "prevote", wrongNumber, place)), "number of another block");
  const notPrimary = FOUR[(round + 1) % 4] ?? "";
  assert.equal(
    say(voteMessage(notPrimary, "primaryPropose", target, place)),
    "proposal by another than the primary",
  );
  assert.match(say(new Uint8Array([9])), /^undecodable/);
  assert.match(
    say(new Uint8Array([...voteMessage("Dave", "prevote", target, place), 0])),
    /^undecodable/,
  );
  assert.equal(world.node("Alice").voter.onMessage("nobody", new Uint8Array()).type, "ignore");
  world.stop();
});

test("a vote for a block that is not here is held, asked for, and counted when it comes", async () => {
  const world = await withoutDave();
  const alice = world.node("Alice");
  const parent = chainOf(world).header(chainOf(world).tree.best.hash) as Header;
  const unseen = headerNamed(parent, "unseen");
  const place = { setId: 0, round: alice.voter.view.round };
  const ref = { hash: headerHash(unseen), number: unseen.number };
  const dave = grandpaAuthorities("Dave")[0]?.id;
  const voted = (): boolean | undefined =>
    dave && alice.voter.roundStatus()?.prevoters.includes(dave);
  assert.equal(
    world.deliver("Dave", alice, voteMessage("Dave", "prevote", ref, place)).type,
    "accept",
  );
  assert.equal(voted(), false);
  assert.equal(
    world.deliver("Dave", alice, voteMessage("Dave", "prevote", ref, place)).type,
    "ignore",
  );
  alice.chain.insert(unseen);
  alice.voter.onImported(ref.hash);
  assert.equal(voted(), true);
  world.stop();
});

test("commits: a good one finalizes, bad ones cost, old ones and those of other sets do not", async () => {
  const world = worldOf(FOUR);
  for (const { name } of world.nodes) if (name !== "Alice") world.node(name).isSilent = true;
  const alice = world.node("Alice");
  const head = await world.grow(3, GENESIS, onMain);
  const target = { hash: headerHash(head), number: head.number };
  const place = { setId: 0, round: 40 };
  const commitBy = (names: readonly string[], at: VotePlace = place): Uint8Array => {
    const precommits = names.map((name) => voteOf(name, "precommit", target, at));
    const commit = { targetHash: target.hash, targetNumber: target.number, precommits };
    return message({ type: "commit", value: { ...at, commit } });
  };
  const say = (bytes: Uint8Array): string => {
    const verdict = alice.voter.onMessage("Bob", bytes);
    return verdict.type === "accept" ? "accept" : verdict.reason;
  };
  assert.equal(say(commitBy(["Bob", "Charlie"])), "belowThreshold");
  assert.equal(say(commitBy(["Bob", "Charlie", "Charlie"])), "belowThreshold");
  assert.equal(say(commitBy(["Bob", "Charlie", "Eve"])), "unknownVoter");
  assert.equal(
    say(commitBy(["Bob", "Charlie", "Dave"], { setId: 1, round: 1 })),
    "set has not begun",
  );
  assert.equal(alice.chain.finalized().number, 0);
  assert.equal(say(commitBy(["Bob", "Charlie", "Dave"])), "accept");
  assert.equal(alice.chain.finalized().number, 3);
  assert.equal(say(commitBy(["Bob", "Charlie", "Dave"])), "not newer");
  world.stop();
});

test("a commit waits for its block", async () => {
  const world = worldOf(FOUR);
  for (const { name } of world.nodes) if (name !== "Alice") world.node(name).isSilent = true;
  const alice = world.node("Alice");
  const head = headerNamed(GENESIS, "late");
  const target = { hash: headerHash(head), number: 1 };
  const place = { setId: 0, round: 1 };
  const precommits = ["Bob", "Charlie", "Dave"].map((name) =>
    voteOf(name, "precommit", target, place),
  );
  const commit = { targetHash: target.hash, targetNumber: 1, precommits };
  const bytes = message({ type: "commit", value: { ...place, commit } });
  assert.equal(alice.voter.onMessage("Bob", bytes).type, "accept");
  assert.equal(alice.chain.finalized().number, 0);
  alice.chain.insert(head);
  alice.voter.onImported(target.hash);
  assert.equal(alice.chain.finalized().number, 1);
  world.stop();
});

test("catch-ups nobody asked for, and questions without end, cost", async () => {
  const world = await withoutDave();
  const alice = world.node("Alice");
  const say = (value: GrandpaGossip): string => {
    const verdict = world.deliver("Dave", alice, message(value));
    return verdict.type === "accept" ? "accept" : verdict.reason;
  };
  const target = chainOf(world).finalized();
  const catchUp = {
    setId: 0,
    round: 100,
    prevotes: [],
    precommits: [],
    baseHash: target.hash,
    baseNumber: target.number,
  };
  assert.equal(say({ type: "catchUp", value: catchUp }), "catch-up not asked for");
  const ask = (round: number, setId = 0): string =>
    say({ type: "catchUpRequest", value: { round, setId } });
  assert.equal(ask(1, 1), "catch-up for another set");
  assert.equal(ask(1000), "round is not completed here");
  assert.equal(ask(1), "accept");
  assert.equal(ask(1), "catch-up asked too often");
  world.stop();
});

test("a catch-up that proves nothing costs", async () => {
  const world = await withoutDave();
  const alice = world.node("Alice");
  const { round } = alice.voter.view;
  const view = { round: round + 50, setId: 0, commitFinalizedHeight: 3 };
  const neighbor: GrandpaGossip = { type: "neighbor", value: { type: "v1", value: view } };
  assert.equal(world.deliver("Dave", alice, message(neighbor)).type, "accept");
  const target = chainOf(world).finalized();
  const place = { setId: 0, round: round + 49 };
  const votes = (stage: GrandpaStageName, names: readonly string[]) =>
    names.map((name) => voteOf(name, stage, target, place));
  const say = (prevoters: readonly string[], precommitters: readonly string[]): string => {
    const value = {
      ...place,
      prevotes: votes("prevote", prevoters),
      precommits: votes("precommit", precommitters),
      baseHash: target.hash,
      baseNumber: target.number,
    };
    const verdict = world.deliver("Dave", alice, message({ type: "catchUp", value }));
    return verdict.type === "accept" ? "accept" : verdict.reason;
  };
  const three = ["Bob", "Charlie", "Dave"];
  assert.equal(say(three, ["Bob", "Charlie"]), "notCompletable");
  assert.equal(say(three, ["Bob", "Charlie", "Charlie"]), "notCompletable");
  assert.equal(say(three, ["Bob", "Charlie", "Eve"]), "unknownVoter");
  assert.equal(say(three, three), "accept");
  assert.equal(alice.voter.view.round, round + 50);
  world.stop();
});

test("neighbour packets that go back cost", async () => {
  const world = await withoutDave();
  const alice = world.node("Alice");
  const say = (round: number, setId: number, commitFinalizedHeight: number): string => {
    const value = { round, setId, commitFinalizedHeight };
    return world.deliver("Dave", alice, message({ type: "neighbor", value: { type: "v1", value } }))
      .type;
  };
  assert.equal(say(2, 0, 1), "accept");
  assert.equal(say(2, 0, 1), "ignore");
  assert.equal(say(1, 0, 1), "punish");
  assert.equal(say(2, 0, 0), "punish");
  assert.equal(say(1, 1, 1), "accept");
  assert.equal(say(9, 0, 1), "punish");
  world.stop();
});

test("a voter whose chain lost blocks goes through its round again without voting", async () => {
  const world = worldOf(FOUR);
  const head = await world.grow(4, GENESIS, onMain);
  const dave = world.node("Dave");
  const { round } = dave.voter.view;
  world.replaceChain("Dave");
  assert.ok(dave.voter.view.round < round);
  for (const header of chainOf(world).headersTo(headerHash(head))) world.publish(header, ["Dave"]);
  await world.run(2000);
  await world.grow(4, head, onMain);
  assert.ok(lowest(world) >= 6, `finalized ${world.finalized()}`);
  for (const { equivocations } of world.nodes) assert.deepEqual(equivocations, []);
  assert.deepEqual(world.punished, []);
  world.stop();
});

test("who may not vote listens, and votes when it may", async () => {
  const world = worldOf(FOUR);
  const dave = world.node("Dave");
  const id = grandpaAuthorities("Dave")[0]?.id;
  dave.mayVote = false;
  const head = await world.grow(3, GENESIS, onMain);
  const voted = (): boolean =>
    id !== undefined && (world.node("Alice").voter.roundStatus()?.prevoters.includes(id) ?? false);
  assert.equal(voted(), false);
  assert.ok(lowest(world) >= 1);
  dave.mayVote = true;
  let seen = false;
  await world.grow(1, head, onMain);
  for (let i = 0; i < 20 && !seen; i++) {
    await world.run(500);
    seen = voted();
  }
  assert.equal(seen, true);
  world.stop();
});

test("rounds that stood still because too many might not vote go on when they may", async () => {
  const world = worldOf(FOUR);
  const head = await world.grow(4, GENESIS, onMain);
  const held = ["Charlie", "Dave"].map((name) => world.node(name));
  for (const node of held) node.mayVote = false;
  const still = await world.grow(8, head, onMain);
  const [before] = world.finalized();
  assert.ok((before ?? 0) <= 5, `finalized ${world.finalized()}`);
  for (const node of held) node.mayVote = true;
  await world.grow(4, still, onMain);
  assert.ok(lowest(world) >= 14, `finalized ${world.finalized()}`);
  assert.deepEqual(world.punished, []);
  assert.deepEqual(
    world.nodes.flatMap(({ equivocations }) => equivocations),
    [],
  );
  world.stop();
});

test("a voter that says different things to everybody is reported and stops nothing", async () => {
  for (const seed of [1, 2]) {
    const world = worldOf(FOUR, { seed, loss: 0.1, slotDurationMs: 2000 });
    world.node("Dave").isSilent = true;
    let head: Header = GENESIS;
    for (let i = 0; i < 12; i++) {
      const fork = headerNamed(head, "fork");
      head = headerNamed(head, "main");
      world.publish(head);
      world.publish(fork);
      for (let part = 0; part < 8; part++) {
        await world.run(250);
        for (const [n, node] of world.nodes.slice(0, 3).entries()) {
          const place = { setId: 0, round: node.voter.view.round };
          const targets = [
            node.chain.tree.best,
            ...node.chain.tree.leaves(),
            node.chain.finalized(),
          ];
          const target = targets[(n + part) % targets.length];
          if (target === undefined) continue;
          for (const stage of ["prevote", "precommit"] as const)
            world.deliver("Dave", node, voteMessage("Dave", stage, target, place));
        }
      }
    }
    await world.run(4000);
    world.assertAgreement();
    const honest = world.finalized().slice(0, 3);
    assert.ok(Math.min(...honest) >= 9, `seed ${seed}: finalized ${honest}`);
    const accused = world.nodes.flatMap(({ equivocations }) =>
      equivocations.map(({ equivocation }) => equivocation.value.identity),
    );
    const dave = grandpaAuthorities("Dave")[0]?.id;
    assert.ok(accused.length > 0 && accused.every((who) => who === dave));
    world.stop();
  }
});
