import assert from "node:assert/strict";
import test from "node:test";
import type { GrandpaId, SignedGrandpaVote } from "@parahost/primitives";
import { NamedChain, named } from "../testing/named-chain.ts";
import { Round, type RoundState } from "./round.ts";
import type { VoteStage } from "./vote-graph.ts";
import { VoterSet } from "./voter-set.ts";

const id = (name: string): GrandpaId => name as GrandpaId;

function votersOf(names: string): VoterSet {
  const voters = VoterSet.from(names.split(" ").map((name) => ({ id: id(name), weight: 1 })));
  assert.ok(voters !== undefined);
  return voters;
}

const chain = new NamedChain("g a b c d e", "b x y", "e f1", "e f2");

const vote = (voter: string, target: string): SignedGrandpaVote => {
  const { hash, number } = chain.ref(target);
  return {
    target: { targetHash: hash, targetNumber: number },
    signature: new Uint8Array(64),
    id: id(voter),
  };
};

/** `cast(round, "prevote", "A B C", "d")` */
function cast(round: Round, stage: VoteStage, voters: string, target: string): void {
  for (const voter of voters.split(" ")) round.add(stage, vote(voter, target));
}

const FOUR = votersOf("A B C D");
const SEVEN = votersOf("A B C D E F G");
const roundOf = (voters: VoterSet): Round => new Round(1, voters, chain.ref("g"), chain);

const summary = (state: RoundState): readonly unknown[] => [
  state.prevoteGhost?.hash,
  state.estimate?.hash,
  state.finalized?.hash,
  state.completable,
];

test("the threshold leaves out the tolerated faults", () => {
  const thresholds = [1, 2, 3, 4, 7, 10].map(
    (n) => votersOf(Array.from({ length: n }, (_, i) => `v${i}`).join(" ")).threshold,
  );
  assert.deepEqual(thresholds, [1, 2, 3, 3, 5, 7]);
});

test("a set without weight is none, and a voter listed twice has the weight of both", () => {
  assert.equal(VoterSet.from([]), undefined);
  assert.equal(VoterSet.from([{ id: id("A"), weight: 0 }]), undefined);
  assert.equal(VoterSet.from([{ id: id("A"), weight: 2 ** 53 }]), undefined);
  const doubled = VoterSet.from([
    { id: id("A"), weight: 1 },
    { id: id("A"), weight: 2 },
  ]);
  assert.deepEqual(doubled?.voters, [{ id: "A", weight: 3, index: 0 }]);
});

test("without two thirds of the prevotes there is no ghost", () => {
  const round = roundOf(FOUR);
  cast(round, "prevote", "A B", "d");
  assert.deepEqual(summary(round.state), [undefined, undefined, undefined, false]);
  cast(round, "prevote", "C", "b");
  assert.deepEqual(summary(round.state), ["b", "b", undefined, false]);
  cast(round, "prevote", "D", "e");
  assert.deepEqual(summary(round.state), ["d", "d", undefined, false]);
});

test("two thirds of the precommits finalize, and the round is completable", () => {
  const round = roundOf(FOUR);
  cast(round, "prevote", "A B C D", "d");
  cast(round, "precommit", "A B", "d");
  assert.deepEqual(summary(round.state), ["d", "d", undefined, false]);
  assert.equal(round.finalizable(), undefined);
  cast(round, "precommit", "C", "d");
  assert.deepEqual(summary(round.state), ["d", "d", "d", true]);
  assert.deepEqual(round.finalizable()?.target, chain.ref("d"));
  assert.equal(round.finalizable()?.precommits.length, 3);
});

test("split precommits leave the estimate where they may still agree", () => {
  const round = roundOf(SEVEN);
  cast(round, "prevote", "A B C D E F G", "d");
  cast(round, "precommit", "A B C", "d");
  cast(round, "precommit", "D E", "c");
  // Five of seven are at c or above it; d may still get the two missing.
  assert.deepEqual(summary(round.state), ["d", "d", "c", true]);
  cast(round, "precommit", "F G", "b");
  assert.equal(round.state.finalized?.hash, "c");
  // d has three votes and may get two equivocations; then it would have five.
  assert.equal(round.state.estimate?.hash, "d");
});

test("precommits on both sides of a fork bring the estimate down to where it began", () => {
  const round = roundOf(SEVEN);
  cast(round, "prevote", "A B C D E F G", "c");
  cast(round, "precommit", "A", "c");
  cast(round, "precommit", "B C D E", "b");
  cast(round, "precommit", "F G", "y");
  assert.deepEqual(summary(round.state), ["c", "b", "b", true]);
});

test("a round is not completable while something above its ghost may still be final", () => {
  const round = roundOf(FOUR);
  cast(round, "prevote", "A B C", "d");
  cast(round, "precommit", "A B C", "e");
  assert.deepEqual(summary(round.state), ["d", "d", "d", false]);
  // What is proven by precommits is final although the prevotes did not reach us.
  assert.deepEqual(round.finalizable()?.target, chain.ref("e"));
});

test("the same vote twice counts once, whatever its signature", () => {
  const round = roundOf(FOUR);
  assert.equal(round.add("prevote", vote("A", "d")).type, "counted");
  const again = { ...vote("A", "d"), signature: new Uint8Array(64).fill(1) };
  assert.equal(round.add("prevote", again).type, "duplicate");
  cast(round, "prevote", "A A B", "d");
  assert.equal(round.state.prevoteGhost, undefined);
});

test("two targets are an equivocation, proven by both votes, and count for every block", () => {
  const round = roundOf(FOUR);
  cast(round, "prevote", "A B", "d");
  round.add("prevote", vote("C", "x"));
  const outcome = round.add("prevote", vote("C", "y"));
  assert.deepEqual(outcome, {
    type: "equivocation",
    first: vote("C", "x"),
    second: vote("C", "y"),
  });
  assert.deepEqual(round.state.prevoteGhost, chain.ref("d"));
  assert.equal(round.add("prevote", vote("C", "e")).type, "knownEquivocator");
  assert.equal(round.add("prevote", vote("C", "y")).type, "duplicate");
  assert.equal(round.votes("prevote").length, 4);
});

test("a finality proof holds one vote of each voter, on the block or above it", () => {
  const round = roundOf(FOUR);
  cast(round, "prevote", "A B C D", "d");
  cast(round, "precommit", "A B", "d");
  round.add("precommit", vote("C", "x"));
  assert.equal(round.state.finalized?.hash, "b");
  // Nobody voted for b itself, so nothing can be proven by these votes alone.
  assert.equal(round.finalizable(), undefined);
  round.add("precommit", vote("C", "e"));
  assert.equal(round.state.finalized?.hash, "d");
  assert.deepEqual(round.finalizable(), {
    target: chain.ref("d"),
    precommits: [vote("A", "d"), vote("B", "d"), vote("C", "e")],
  });
});

test("equivocators that never voted for the block do not prove it", () => {
  const round = roundOf(FOUR);
  cast(round, "prevote", "A B C D", "d");
  cast(round, "precommit", "A B", "d");
  cast(round, "precommit", "C", "x");
  cast(round, "precommit", "C", "y");
  assert.equal(round.state.finalized?.hash, "d");
  assert.equal(round.finalizable(), undefined);
  cast(round, "precommit", "D", "d");
  assert.deepEqual(
    round.finalizable()?.precommits.map((one) => one.id),
    ["A", "B", "D"],
  );
});

test("strangers, blocks below the base and wrong numbers are not counted", () => {
  const round = new Round(1, FOUR, chain.ref("c"), chain);
  assert.equal(round.add("prevote", vote("Z", "d")).type, "unknownVoter");
  assert.equal(round.add("prevote", vote("A", "b")).type, "offBase");
  assert.equal(round.add("prevote", vote("A", "x")).type, "offBase");
  const wrong = { ...vote("A", "d"), target: { targetHash: named("d"), targetNumber: 7 } };
  assert.equal(round.add("prevote", wrong).type, "offBase");
  assert.equal(round.hasVoted("prevote", id("A")), false);
});

test("the primary goes round", () => {
  assert.deepEqual(
    [0, 1, 4, 6].map((round) => FOUR.primary(round).id),
    ["A", "B", "A", "C"],
  );
});

// A naive account of the same definitions: every block weighed by looking at every vote.
function naiveState(
  voters: VoterSet,
  blocks: readonly string[],
  votes: Readonly<Record<VoteStage, ReadonlyMap<string, readonly string[]>>>,
): readonly unknown[] {
  const { threshold, totalWeight, faultyWeightMax } = voters;
  const isOnOrAbove = (block: string, target: string): boolean =>
    chain.path(chain.ref(block), chain.ref(target)) !== undefined;
  const weightOn = (block: string, stage: VoteStage): number =>
    [...votes[stage].values()].filter(
      (targets) => targets.length > 1 || targets.some((target) => isOnOrAbove(block, target)),
    ).length;
  const seen = votes.precommit.size;
  const equivocating = [...votes.precommit.values()].filter((t) => t.length > 1).length;
  const byHeight = [...blocks].sort((a, b) => chain.ref(b).number - chain.ref(a).number);
  const ghost = byHeight.find((block) => weightOn(block, "prevote") >= threshold);
  if (votes.prevote.size < threshold || ghost === undefined)
    return [undefined, undefined, undefined, false];
  const isPossible = (block: string): boolean => {
    const here = weightOn(block, "precommit");
    const additional = Math.min(seen - here, Math.max(0, faultyWeightMax - equivocating));
    return here + totalWeight - seen + additional >= threshold;
  };
  if (seen < threshold) return [ghost, ghost, undefined, false];
  const below = byHeight.filter((block) => isOnOrAbove(block, ghost));
  const estimate = below.find(isPossible);
  const finalized = below.find((block) => weightOn(block, "precommit") >= threshold);
  const above = blocks.filter((block) => block !== ghost && isOnOrAbove(ghost, block));
  return [ghost, estimate, finalized, estimate !== ghost || !above.some(isPossible)];
}

test("random rounds, equivocators among them, follow the definitions", () => {
  let seed = 5;
  const next = (bound: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * bound);
  };
  const blocks = ["g", "a", "b", "c", "d", "e", "x", "y", "f1", "f2"];
  const names = ["A", "B", "C", "D", "E", "F", "G"];
  for (let run = 0; run < 400; run++) {
    const round = roundOf(SEVEN);
    const votes = { prevote: new Map<string, string[]>(), precommit: new Map<string, string[]>() };
    const favourite = next(blocks.length);
    for (let i = 0; i < 40; i++) {
      const stage: VoteStage = next(2) === 0 ? "prevote" : "precommit";
      // One and two may equivocate; more than the tolerated would make several ghosts.
      const voter = names[next(names.length)] ?? "A";
      const before = votes[stage].get(voter) ?? [];
      if (before.length > 0 && voter !== "A" && voter !== "B") continue;
      const target = blocks[next(3) === 0 ? next(blocks.length) : favourite] ?? "g";
      round.add(stage, vote(voter, target));
      if (before.length < 2 && !before.includes(target))
        votes[stage].set(voter, [...before, target]);
      assert.deepEqual(summary(round.state), naiveState(SEVEN, blocks, votes));
    }
  }
});
