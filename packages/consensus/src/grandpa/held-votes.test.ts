import assert from "node:assert/strict";
import test from "node:test";
import type { GrandpaId, SignedGrandpaVote } from "@parahost/primitives";
import { named } from "../testing/named-chain.ts";
import { HeldVotes } from "./held-votes.ts";

const vote = (voter: string, block: string): SignedGrandpaVote => ({
  target: { targetHash: named(block), targetNumber: 1 },
  signature: new Uint8Array(64),
  id: voter as GrandpaId,
});
const held = (round: number, voter: string, block: string) =>
  ({ round, stage: "prevote", vote: vote(voter, block) }) as const;

test("votes come out by their block or their round, once", () => {
  const votes = new HeldVotes();
  for (const [round, voter, block] of [
    [1, "A", "x"],
    [2, "A", "x"],
    [2, "B", "y"],
  ] as const)
    votes.hold(held(round, voter, block));
  assert.deepEqual(votes.votesOf(2, "prevote", "B" as GrandpaId), [vote("B", "y")]);
  assert.deepEqual(votes.takeForBlock(named("x")), [held(1, "A", "x"), held(2, "A", "x")]);
  assert.deepEqual(votes.takeForRound(2), [held(2, "B", "y")]);
  assert.equal(votes.size, 0);
});

test("rounds that are over are forgotten", () => {
  const votes = new HeldVotes();
  votes.hold(held(1, "A", "x"));
  votes.hold(held(2, "A", "x"));
  votes.dropBefore(2);
  assert.equal(votes.size, 1);
  votes.clear();
  assert.equal(votes.size, 0);
});

test("a voter pushes out its own votes only", () => {
  const votes = new HeldVotes();
  votes.hold(held(1, "B", "z"));
  for (let i = 0; i < 100; i++) votes.hold(held(1, "A", `x${i}`));
  assert.equal(votes.size, 13);
  assert.equal(votes.takeForBlock(named("z")).length, 1);
  assert.equal(votes.takeForBlock(named("x99")).length, 1);
  assert.equal(votes.takeForBlock(named("x0")).length, 0);
});
