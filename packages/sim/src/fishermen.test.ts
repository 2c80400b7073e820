/** Fishermen at sea: what they stake is checked by more, and costs who is wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure, expectOk, silentLogger } from "@parahost/base";
import { sr25519PairFromUri } from "@parahost/crypto";
import type { BadCandidate } from "@parahost/node/fisherman/subsystem";
import { reportBadCandidate } from "@parahost/node/service/fisherman-reports";
import type { RelayNode } from "@parahost/node/service/node";
import { type CandidateHash, candidateHash } from "@parahost/primitives";
import { accountOf, EXISTENTIAL_DEPOSIT, runtimeApi, UNIT } from "@parahost/runtime";
import { Simulation } from "./simulation.ts";

const SLOT_MS = 6000;
const STAKE = 5n * UNIT;
const pair = expectOk(sr25519PairFromUri("//Ferdie"), "a well-known key");
const account = accountOf(pair);

/** Two who are a backing group of their own. */
const CONSPIRATORS = [2, 3];
/** What every validator of a local network has bonded. */
const BACKER_STAKE = 100_000n * UNIT;
/** What the chain asks for if somebody stakes less. */
const LEAST_BOND = BACKER_STAKE / 1_000n;

const stateOf = (node: RelayNode) => {
  const state = node.states.view(node.chain.best().hash);
  ensure(state !== undefined, "the best block's state is kept");
  return state;
};

test("a false report is staked on chain and costs its bond, whether it says invalid or unavailable", async () => {
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
  const toSay: BadCandidate["kind"][] = ["invalid", "unavailable"];
  const reported: CandidateHash[] = [];
  const { chain, states, pool } = fisherman;
  const submit = (extrinsic: Uint8Array) => fisherman.submit(extrinsic);
  const parts = { chain, states, pool, logger: silentLogger, submit };
  chain.subscribe((event) => {
    if (event.type !== "imported") return;
    const state = states.view(event.block.hash);
    ensure(state !== undefined, "just imported");
    for (const { type, value } of runtimeApi.candidateEvents(state)) {
      const kind = type === "included" ? toSay.shift() : undefined;
      if (kind === undefined) continue;
      const hash = candidateHash(value.receipt);
      reported.push(hash);
      const session = runtimeApi.sessionIndexForChild(state);
      const bad = { session, candidateHash: hash, relayBlock: event.block.hash, kind };
      setImmediate(() => reportBadCandidate(parts, pair, STAKE, bad));
    }
  });
  const staked = new Map<CandidateHash, bigint>();
  const stakes = () => runtimeApi.fishermenStakes(stateOf(validator));
  validator.chain.subscribe(({ type }) => {
    if (type === "newBest") for (const one of stakes()) staked.set(one.candidateHash, one.stake);
  });
  const data = () => runtimeApi.accountInfo(stateOf(validator), account).data;
  const before = data();
  assert.ok(await simulation.runUntil(() => staked.size === 2, 20 * SLOT_MS), "no report");
  assert.deepEqual(
    [...staked],
    reported.map((candidate) => [candidate, LEAST_BOND]),
  );
  assert.ok(await simulation.runUntil(() => stakes().length === 0, 20 * SLOT_MS), "no end");
  const fees = before.free - data().free - 2n * LEAST_BOND;
  assert.ok(fees > 0n && fees < UNIT, `two bonds are gone, and fees of ${fees}`);
  assert.equal(data().reserved, 0n);
  const { number } = validator.chain.best();
  assert.ok(await simulation.runUntilFinalized(number, 40 * SLOT_MS));
  await simulation.stop();
});

/** A network in which two conspirators back a candidate that nobody is called to check; with or without a fisherman. */
function plot(fishing: boolean) {
  const simulation = new Simulation({
    seed: 8,
    validators: 7,
    paras: 3,
    groupSize: 3,
    epochSlots: 50,
    roles: CONSPIRATORS.map((validator) => ({
      validator,
      strategy: "B04",
      share: 1,
      fromSlot: 0,
      toSlot: 2,
    })),
    configuration: {
      // Nobody checks at once: whose turn comes first is drawn from a hundred seconds.
      relayVrfModuloSamples: 0,
      nDelayTranches: 200,
      neededApprovals: 1,
      disputePostConclusionAcceptancePeriod: 5,
    },
    ...(fishing ? { fisherman: { pair, stake: 10_000n * UNIT, share: 1 } } : {}),
  });
  const [validator] = simulation.validators;
  ensure(validator !== undefined, "a network has validators");
  const start = simulation.now;
  /** When the candidate was disputed, in slots; how many checkers stakes called at most. */
  const seen: { disputedAt?: number; extra: number } = { extra: 0 };
  validator.events.subscribe((event) => {
    if (event.event === "dispute.raised") seen.disputedAt ??= (event.time - start) / SLOT_MS;
  });
  validator.chain.subscribe((event) => {
    if (event.type !== "imported") return;
    for (const { extraChecks } of runtimeApi.fishermenStakes(stateOf(validator)))
      seen.extra = Math.max(seen.extra, extraChecks);
  });
  const isDisputed = () => seen.disputedAt !== undefined;
  return { simulation, validator, seen, isDisputed };
}

test("a true report calls checkers before their time, and is paid by the chain that goes on without it", async () => {
  const alone = plot(false);
  assert.ok(await alone.simulation.runUntil(alone.isDisputed, 40 * SLOT_MS), "nobody disputes it");
  await alone.simulation.stop();
  const { simulation, validator, seen, isDisputed } = plot(true);
  const data = () => runtimeApi.accountInfo(stateOf(validator), account).data;
  const before = data();
  assert.ok(await simulation.runUntil(isDisputed, 40 * SLOT_MS), "nobody disputes it");
  assert.deepEqual([alone.seen.extra, seen.extra], [0, 10]);
  const [sooner, later] = [seen, alone.seen].map(({ disputedAt = 0 }) => disputedAt);
  assert.ok((sooner ?? 0) < (later ?? 0), `after ${sooner} slots, ${later} without a fisherman`);

  const awaited = () => runtimeApi.awaitedTestimonies(stateOf(validator));
  assert.ok(await simulation.runUntil(() => awaited().length === 1, 20 * SLOT_MS), "no verdict");
  // The bond is back, since the report is gone; nothing else has happened to the account.
  assert.deepEqual(data(), before);
  const { number } = validator.chain.best();
  assert.ok(await simulation.runUntil(() => awaited().length === 0, 20 * SLOT_MS), "no end");
  // Half of a tenth of what both backers lost.
  const lost = BigInt(CONSPIRATORS.length) * BACKER_STAKE;
  const reward = (lost / 10n - EXISTENTIAL_DEPOSIT) / 2n;
  assert.deepEqual(data(), { ...before, free: before.free + reward });
  assert.ok(await simulation.runUntilFinalized(number + 6, 40 * SLOT_MS), "it is not final");
  await simulation.stop();
});
