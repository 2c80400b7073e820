/** Fishermen at sea: what they stake is checked by more, and costs who is wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure, expectOk } from "@parahost/base";
import { sr25519PairFromUri } from "@parahost/crypto";
import { reportBadCandidate } from "@parahost/node/service/fisherman-reports";
import type { RelayNode } from "@parahost/node/service/node";
import { type CandidateHash, candidateHash } from "@parahost/primitives";
import { accountOf, runtimeApi, UNIT } from "@parahost/runtime";
import { Simulation } from "./simulation.ts";

const SLOT_MS = 6000;
const STAKE = 5n * UNIT;
const pair = expectOk(sr25519PairFromUri("//Ferdie"), "a well-known key");
const account = accountOf(pair);

const stateOf = (node: RelayNode) => {
  const state = node.states.view(node.chain.best().hash);
  ensure(state !== undefined, "the best block's state is kept");
  return state;
};

test("a false report is staked on chain, checked by more validators, and costs its bond", async () => {
  const simulation = new Simulation({
    seed: 31,
    validators: 7,
    paras: 1,
    configuration: { acceptancePeriod: 5 },
    fisherman: { pair, stake: STAKE, share: 1 },
  });
  const { fisherman } = simulation.network;
  const [validator] = simulation.validators;
  ensure(fisherman !== undefined && validator !== undefined, "both run");
  const approvedBy = new Map<CandidateHash, number>();
  for (const node of simulation.validators)
    node.events.subscribe((event) => {
      if (event.event === "candidate.approved")
        approvedBy.set(event.candidate, (approvedBy.get(event.candidate) ?? 0) + 1);
    });
  let included: { readonly hash: CandidateHash; readonly number: number } | undefined;
  fisherman.chain.subscribe((event) => {
    if (event.type !== "imported" || included !== undefined) return;
    const state = fisherman.states.view(event.block.hash);
    ensure(state !== undefined, "just imported");
    for (const { type, value } of runtimeApi.candidateEvents(state)) {
      if (type !== "included") continue;
      included = { hash: candidateHash(value.receipt), number: event.block.number };
      const bad = {
        session: runtimeApi.sessionIndexForChild(state),
        candidateHash: included.hash,
        relayBlock: event.block.hash,
        kind: "invalid",
      } as const;
      const { chain, states, pool } = fisherman;
      const submit = (extrinsic: Uint8Array) => fisherman.submit(extrinsic);
      const logger = { log: () => undefined };
      setImmediate(() =>
        reportBadCandidate({ chain, states, pool, logger, submit }, pair, STAKE, bad),
      );
    }
  });
  const free = () => runtimeApi.accountInfo(stateOf(validator), account).data.free;
  const before = free();
  const stakes = () => runtimeApi.fishermenStakes(stateOf(validator));
  assert.ok(await simulation.runUntil(() => stakes().length === 1, 20 * SLOT_MS), "no report");
  assert.deepEqual(
    stakes().map(({ candidateHash: hash }) => hash),
    [included?.hash],
  );
  assert.ok(await simulation.runUntil(() => stakes().length === 0, 20 * SLOT_MS), "no end");
  assert.ok(before - free() >= STAKE, "the bond is not lost");
  assert.ok(await simulation.runUntilFinalized((included?.number ?? 0) + 6, 40 * SLOT_MS));
  await simulation.stop();
});

/** Slots from the start until a candidate that two conspirators back is disputed; with what fishermen have on it. */
async function whenDisputed(
  fishing: boolean,
): Promise<{ readonly at: number; readonly extra: number }> {
  const simulation = new Simulation({
    seed: 8,
    validators: 7,
    paras: 3,
    epochSlots: 50,
    // The two are a backing group of their own.
    roles: [2, 3].map((validator) => ({
      validator,
      strategy: "B04",
      share: 1,
      fromSlot: 0,
      toSlot: 2,
    })),
    // Nobody checks at once: whose turn comes first is drawn from a hundred seconds.
    configuration: { relayVrfModuloSamples: 0, nDelayTranches: 200, neededApprovals: 1 },
    ...(fishing ? { fisherman: { pair, stake: 10_000n * UNIT, share: 1 } } : {}),
  });
  const [validator] = simulation.validators;
  ensure(validator !== undefined, "a network has validators");
  const start = simulation.now;
  let at: number | undefined;
  let extra = 0;
  validator.events.subscribe((event) => {
    if (event.event === "dispute.raised") at ??= (event.time - start) / SLOT_MS;
  });
  validator.chain.subscribe((event) => {
    if (event.type !== "imported") return;
    for (const { extraChecks } of runtimeApi.fishermenStakes(stateOf(validator)))
      extra = Math.max(extra, extraChecks);
  });
  assert.ok(await simulation.runUntil(() => at !== undefined, 40 * SLOT_MS), "nobody disputes it");
  await simulation.stop();
  return { at: at ?? 0, extra };
}

test("a true report calls checkers before their time, and a cheat is found sooner", async () => {
  const without = await whenDisputed(false);
  const fished = await whenDisputed(true);
  assert.deepEqual([without.extra, fished.extra], [0, 10]);
  assert.ok(fished.at < without.at, `after ${fished.at} slots, ${without.at} without a fisherman`);
});
