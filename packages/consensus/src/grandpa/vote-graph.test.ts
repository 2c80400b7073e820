import assert from "node:assert/strict";
import test from "node:test";
import { NamedChain, named } from "../testing/named-chain.ts";
import { VoteGraph, type VoteStage, type Weights } from "./vote-graph.ts";

const atLeast =
  (stage: VoteStage, weight: number) =>
  (weights: Weights): boolean =>
    weights[stage] >= weight;

function graphOf(chain: NamedChain, votes: readonly (readonly [string, number])[]): VoteGraph {
  const graph = new VoteGraph(chain.ref("g"), chain);
  for (const [name, weight] of votes) {
    assert.equal(graph.insert(chain.ref(name)), true);
    graph.add(named(name), "prevote", weight);
  }
  return graph;
}

test("a vote counts for every ancestor down to the base", () => {
  const chain = new NamedChain("g a b c d");
  const graph = graphOf(chain, [
    ["d", 1],
    ["b", 2],
  ]);
  assert.deepEqual(graph.highest(atLeast("prevote", 3)), chain.ref("b"));
  assert.deepEqual(graph.highest(atLeast("prevote", 1)), chain.ref("d"));
  assert.equal(graph.highest(atLeast("prevote", 4)), undefined);
  assert.deepEqual(graph.highestBelow(named("d"), atLeast("prevote", 2)), chain.ref("b"));
});

test("where two ways part a block nobody voted for can be the highest", () => {
  const chain = new NamedChain("g a b c1 d1", "b c2 d2");
  const graph = graphOf(chain, [
    ["d1", 1],
    ["d2", 1],
  ]);
  assert.deepEqual(graph.highest(atLeast("prevote", 2)), chain.ref("b"));
  assert.equal(graph.someAbove(named("b"), atLeast("prevote", 1)), true);
  assert.equal(graph.someAbove(named("b"), atLeast("prevote", 2)), false);
});

test("the stages are weighed apart, and weight can be taken off", () => {
  const chain = new NamedChain("g a b");
  const graph = graphOf(chain, [["b", 2]]);
  assert.deepEqual(graph.highest(atLeast("precommit", 1)), undefined);
  graph.add(named("b"), "prevote", -2);
  assert.equal(graph.highest(atLeast("prevote", 1)), undefined);
});

test("a block off the base, unknown, or of another number is not inserted", () => {
  const chain = new NamedChain("g a b", "z y x");
  const graph = graphOf(chain, [["b", 1]]);
  assert.equal(graph.insert(chain.ref("x")), false);
  assert.equal(graph.insert({ hash: named("nowhere"), number: 1 }), false);
  assert.equal(graph.insert({ hash: named("a"), number: 2 }), false);
  assert.equal(graph.insert({ hash: named("b"), number: 3 }), false);
});

test("random graphs weigh as counting every vote on every block does", () => {
  let seed = 11;
  const next = (bound: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * bound);
  };
  for (let run = 0; run < 60; run++) {
    const chain = new NamedChain("g");
    const names = ["g"];
    for (let i = 0; i < 40; i++) {
      const below = next(3) === 0 ? names[next(names.length)] : names.at(-1);
      chain.grow(`${below} n${i}`);
      names.push(`n${i}`);
    }
    const votes = Array.from(
      { length: 1 + next(12) },
      () => [names[next(names.length)] ?? "g", 1 + next(3)] as const,
    );
    const graph = graphOf(chain, votes);
    const naive = new Map(names.map((name) => [name, 0]));
    for (const [target, weight] of votes)
      for (const name of ["g", ...(chain.path(chain.ref("g"), chain.ref(target)) ?? [])])
        naive.set(name, (naive.get(name) ?? 0) + weight);

    const total = naive.get("g") ?? 0;
    const threshold = Math.floor(total / 2) + 1;
    const accepted = names.filter((name) => (naive.get(name) ?? 0) >= threshold);
    const highest = Math.max(...accepted.map((name) => chain.ref(name).number));
    const found = graph.highest(atLeast("prevote", threshold));
    assert.equal(found?.number, highest);
    assert.ok(accepted.includes(found?.hash ?? ""));

    for (const [target] of votes)
      for (let weight = 1; weight <= total; weight++) {
        const way = ["g", ...(chain.path(chain.ref("g"), chain.ref(target)) ?? [])];
        const expected = way.findLast((name) => (naive.get(name) ?? 0) >= weight);
        const got = graph.highestBelow(named(target), atLeast("prevote", weight));
        assert.equal(got?.hash, expected);
      }
  }
});
