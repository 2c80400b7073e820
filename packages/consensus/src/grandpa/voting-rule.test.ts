import assert from "node:assert/strict";
import test from "node:test";
import { NamedChain } from "../testing/named-chain.ts";
import {
  applyRules,
  keepBehind,
  threeQuarters,
  type VotingRule,
  withFinalityLagMax,
} from "./voting-rule.ts";

const chain = new NamedChain("g a b c d e f h i j k", "c x y");

const vote = async (base: string, best: string, ...rules: readonly VotingRule[]) => {
  const head = chain.ref(best);
  return (await applyRules(rules, { base: chain.ref(base), best: head, target: head, chain })).hash;
};
const to =
  (name: string): VotingRule =>
  () =>
    chain.ref(name);

test("without rules the head is voted for", async () => {
  assert.equal(await vote("g", "k"), "k");
});

test("the last blocks are left to settle, down to the base", async () => {
  assert.equal(await vote("g", "k", keepBehind(2)), "i");
  assert.equal(await vote("j", "k", keepBehind(2)), "j");
});

test("three quarters of the open blocks are voted for", async () => {
  // 10 open blocks: (30 + 2) / 4 = 8; 1 open: (3 + 2) / 4 = 1.
  assert.equal(await vote("g", "k", threeQuarters), "i");
  assert.equal(await vote("j", "k", threeQuarters), "k");
  assert.equal(await vote("k", "k", threeQuarters), "k");
});

test("rules lower the target one after the other", async () => {
  assert.equal(await vote("g", "k", to("e"), threeQuarters, to("b")), "b");
  assert.equal(await vote("g", "k", to("e"), to("h")), "g");
});

test("no answer, a block off the chain, or one below the base leaves the base", async () => {
  assert.equal(await vote("a", "k", () => undefined), "a");
  assert.equal(await vote("a", "k", to("x")), "a");
  assert.equal(await vote("b", "k", to("a")), "b");
  assert.equal(await vote("b", "k", () => Promise.resolve(chain.ref("d"))), "d");
});

test("with a largest lag the vote follows the head at that distance", async () => {
  assert.equal(await vote("g", "k", withFinalityLagMax([to("b")], 4)), "f");
  assert.equal(await vote("g", "k", withFinalityLagMax([to("j")], 4)), "j");
  assert.equal(await vote("j", "k", withFinalityLagMax([to("j")], 4)), "j");
});
