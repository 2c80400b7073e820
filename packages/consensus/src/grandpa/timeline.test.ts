import assert from "node:assert/strict";
import test from "node:test";
import { NamedChain } from "../testing/named-chain.ts";
import type { RoundState } from "./round.ts";
import {
  gossipDurationMs,
  nextStep,
  prevoteBase,
  proposalOf,
  type RoundProgress,
} from "./timeline.ts";

const chain = new NamedChain("g a b c d e", "b x y");
const T = gossipDurationMs(6000);

const settled = (name: string): RoundState => ({
  prevoteGhost: chain.ref(name),
  estimate: chain.ref(name),
  finalized: chain.ref(name),
  completable: true,
});
const nothing: RoundState = {
  prevoteGhost: undefined,
  estimate: undefined,
  finalized: undefined,
  completable: false,
};
const fresh: RoundProgress = {
  startedAt: 10_000,
  hasPrevoted: false,
  hasPrecommitted: false,
  state: nothing,
  previous: settled("b"),
};

const step = (progress: Partial<RoundProgress>, now: number, finalized = "b") =>
  nextStep({ ...fresh, ...progress }, now, T, chain.ref(finalized), chain);

test("T is a sixth of a slot", () => {
  assert.equal(T, 1000);
  assert.ok(Math.abs(gossipDurationMs(2000) - 333.3) < 0.1);
});

test("the prevote is due after 2T, or when the round is completable", () => {
  assert.deepEqual(step({}, 10_000), { type: "wait", until: 12_000 });
  assert.deepEqual(step({}, 12_000), { type: "prevote" });
  assert.deepEqual(step({ state: settled("c") }, 10_000), { type: "prevote" });
});

test("the precommit is due after 4T for the ghost, once there is one above the last estimate", () => {
  const ghost = (name: string): RoundState => ({ ...nothing, prevoteGhost: chain.ref(name) });
  const precommit = (state: RoundState, now: number) => step({ hasPrevoted: true, state }, now);
  assert.deepEqual(precommit(ghost("c"), 13_000), { type: "wait", until: 14_000 });
  assert.deepEqual(precommit(ghost("c"), 14_000), { type: "precommit", target: chain.ref("c") });
  assert.deepEqual(precommit(nothing, 20_000), { type: "wait", until: undefined });
  assert.deepEqual(precommit(ghost("a"), 20_000), { type: "wait", until: undefined });
  assert.deepEqual(precommit(settled("c"), 11_000), { type: "precommit", target: chain.ref("c") });
});

test("a round is left when it is completable and what the last one may decide is decided", () => {
  const done = { hasPrevoted: true, hasPrecommitted: true };
  const open = { ...settled("b"), estimate: chain.ref("d") };
  const wait = { type: "wait", until: undefined };
  assert.deepEqual(step({ ...done, state: nothing }, 20_000), wait);
  assert.deepEqual(step({ ...done, state: settled("c") }, 20_000), { type: "complete" });
  assert.deepEqual(step({ ...done, state: settled("c"), previous: open }, 20_000), wait);
  assert.deepEqual(step({ ...done, state: settled("d"), previous: open }, 20_000), {
    type: "complete",
  });
  // By a commit, say, we know of finality that the votes here do not show.
  assert.deepEqual(step({ ...done, state: settled("c"), previous: open }, 20_000, "e"), {
    type: "complete",
  });
});

test("the prevote contains the last estimate, or the proposal between it and the last ghost", () => {
  const previous: RoundState = {
    prevoteGhost: chain.ref("d"),
    estimate: chain.ref("b"),
    finalized: chain.ref("a"),
    completable: true,
  };
  const base = (proposal?: string, finalized = "a"): string =>
    prevoteBase(
      previous,
      proposal === undefined ? undefined : chain.ref(proposal),
      chain.ref(finalized),
      chain,
    ).hash;
  assert.equal(base(), "b");
  assert.equal(base("c"), "c");
  assert.equal(base("d"), "d");
  assert.equal(base("a"), "b");
  assert.equal(base("e"), "b");
  assert.equal(base("x"), "b");
  // What is final already stands in for an estimate below it.
  assert.equal(base(undefined, "c"), "c");
});

test("the primary proposes the last estimate as long as it is not final", () => {
  const open: RoundState = { ...settled("b"), estimate: chain.ref("d") };
  assert.deepEqual(proposalOf(open, chain.ref("b")), chain.ref("d"));
  assert.equal(proposalOf(open, chain.ref("e")), undefined);
  assert.equal(proposalOf(settled("b"), chain.ref("a")), undefined);
  assert.equal(proposalOf(nothing, chain.ref("a")), undefined);
});
