/** What faults cost in a whole network, by amount: a lost dispute, absence from it, and contradictions in backing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure, expectOk } from "@parahost/base";
import { sr25519PairFromUri } from "@parahost/crypto";
import {
  developmentAccount,
  developmentUri,
  EXISTENTIAL_DEPOSIT,
  runtimeApi,
  UNIT,
} from "@parahost/runtime";
import { Simulation } from "./simulation.ts";

const SLOT_MS = 6000;
/** What every validator of a local network has bonded. */
const STAKE = 100_000n * UNIT;
const VALIDATORS = Array.from({ length: 10 }, (_, i) => i);

/** Disputes what is valid. */
const DISPUTER = 1;
/** Is not there, neither when the dispute is decided nor as long as votes are taken. */
const SILENT = 5;
/** Seconds twice where once is allowed. */
const DOUBLE = 8;

const stash = (validator: number) => developmentAccount(`${developmentUri(validator)}//stash`);
const keyOf = (validator: number): string =>
  expectOk(sr25519PairFromUri(developmentUri(validator)), "a well-known key").publicKey;

test("each fault costs its part of the stake, pays who was right or told of it, and excludes offenders", async () => {
  const simulation = new Simulation({
    seed: 3,
    validators: VALIDATORS.length,
    paras: 2,
    epochSlots: 100,
    roles: [
      { validator: DISPUTER, strategy: "B06", share: 1, fromSlot: 4, toSlot: 6 },
      { validator: SILENT, strategy: "B01", share: 1, fromSlot: 0, toSlot: 60 },
      { validator: DOUBLE, strategy: "B13", share: 1, fromSlot: 0, toSlot: 40 },
    ],
    configuration: {
      disputePostConclusionAcceptancePeriod: 3,
      asyncBackingParams: { maxCandidateDepth: 0, allowedAncestryLen: 0 },
    },
  });
  const [node] = simulation.validators;
  ensure(node !== undefined, "a network has validators");
  const state = () => {
    const best = node.states.view(node.chain.best().hash);
    ensure(best !== undefined, "the best block's state is kept");
    return best;
  };
  const owned = () =>
    VALIDATORS.map((validator) => {
      const { free, reserved } = runtimeApi.accountInfo(state(), stash(validator)).data;
      return free + reserved;
    });
  const before = owned();
  const slashed = new Map<number | undefined, readonly [reason: string, amount: bigint]>();
  node.events.subscribe((event) => {
    if (event.event !== "validator.slashed") return;
    const index = VALIDATORS.find((validator) => stash(validator) === event.validator);
    slashed.set(index, [event.reason, event.amount]);
  });
  assert.ok(await simulation.runUntil(() => slashed.size === 3, 60 * SLOT_MS), "not all pay");
  const { number } = node.chain.best();
  assert.ok(await simulation.runUntil(() => node.chain.best().number > number, 5 * SLOT_MS));
  assert.deepEqual(
    slashed,
    new Map([
      [DISPUTER, ["againstValid", STAKE / 1_000n]],
      [SILENT, ["absent", STAKE / 10_000n]],
      [DOUBLE, ["backingMisbehaviour", STAKE / 10n]],
    ]),
  );

  // A tenth of what the dispute cost is the winners', that of the report its reporter's, who made the block.
  const won = VALIDATORS.length - 2;
  const share = (STAKE / 10_000n + STAKE / 100_000n - EXISTENTIAL_DEPOSIT) / BigInt(won);
  const change = owned().map((now, i) => now - (before[i] ?? 0n) + (slashed.get(i)?.[1] ?? 0n));
  const reporter = change.indexOf(share + STAKE / 100n);
  assert.ok(reporter >= 0 && !slashed.has(reporter), "nobody is paid for the report");
  const losers = [DISPUTER, SILENT];
  for (const [validator, earned] of change.entries())
    if (validator !== reporter)
      assert.equal(earned, losers.includes(validator) ? 0n : share, `validator ${validator}`);

  const keys: readonly string[] = runtimeApi.validators(state());
  const excluded = runtimeApi.disabledValidators(state()).map((place) => keys[place]);
  assert.deepEqual(new Set(excluded), new Set([DISPUTER, DOUBLE].map(keyOf)));
  await simulation.stop();
});
