import assert from "node:assert/strict";
import { test } from "node:test";
import { engineData, GRANDPA_ENGINE_ID } from "@parahost/primitives";
import { ROOT, signedBy } from "../../framework/index.ts";
import { developmentKeys } from "../../genesis/development.ts";
import { eventsOf } from "../../runtime-api.ts";
import { TestChain } from "../../testing/chain.ts";
import {
  bondUnits,
  intoEra,
  named,
  nominateWith,
  STAKE,
  stakingChain,
  stashOf,
} from "../../testing/staking.ts";
import { UNIT } from "../balances/storage.ts";
import { registerKeys } from "../session/key-registry.ts";
import { validators } from "../session/storage.ts";
import { exposedNominators, exposureOverview, storeExposure } from "./exposure.ts";
import { staking } from "./pallet.ts";
import { chill, validate } from "./roles.ts";
import {
  activeEra,
  EXPOSURE_PAGE_SIZE,
  errors,
  HISTORY_DEPTH,
  isStaking,
  NO_PREFS,
  storage,
} from "./storage.ts";

const alice = named("Alice");
const bob = named("Bob");
const ALL = [0, 1, 2, 3].map(stashOf);
const sentEvents = (chain: TestChain) => eventsOf(chain.state).map(({ event }) => event.value.type);

/** `//Alice` itself stands beside the stash of its name, with keys of its own. */
function standAlice(chain: TestChain, units: bigint): void {
  assert.ok(registerKeys(chain.state, alice, developmentKeys("//Newcomer")).ok);
  bondUnits(chain.state, alice, units);
  assert.ok(validate(chain.state, alice, NO_PREFS).ok);
}

test("genesis is era 0, with the stake of its validators exposed", () => {
  const { state } = stakingChain();
  assert.equal(activeEra(state), 0);
  assert.equal(storage.erasTotalStake.get(state, 0), 4n * STAKE);
  assert.deepEqual(exposureOverview(state, 0, stashOf(2)), {
    total: STAKE,
    own: STAKE,
    nominatorCount: 0,
    pageCount: 0,
  });
});

test("an era is so many sessions", () => {
  const chain = stakingChain({ sessionsPerEra: 3 });
  const begun: number[] = [];
  for (let session = 1; session <= 9; session++) {
    chain.add();
    begun.push(activeEra(chain.state) ?? -1);
  }
  assert.deepEqual(begun, [0, 0, 1, 1, 1, 2, 2, 2, 3]);
});

test("an election that changes nobody changes neither the order nor finality's voters", () => {
  const chain = stakingChain();
  chain.add();
  const header = chain.add();
  assert.equal(activeEra(chain.state), 1);
  assert.deepEqual(validators(chain.state), ALL);
  assert.deepEqual(engineData(header.digest, "consensus", GRANDPA_ENGINE_ID), []);
});

test("a candidate with more stake replaces the one with the least", () => {
  const chain = stakingChain();
  const { state } = chain;
  nominateWith(state, bob, 10n, stashOf(0), stashOf(1), stashOf(3));
  standAlice(chain, 200_000n);
  intoEra(chain, 1);
  assert.deepEqual(validators(state), [stashOf(0), stashOf(1), stashOf(3), alice]);
});

test("a candidate without session keys is not elected, whatever its stake", () => {
  const chain = stakingChain();
  bondUnits(chain.state, alice, 900_000n);
  assert.ok(validate(chain.state, alice, NO_PREFS).ok);
  intoEra(chain, 1);
  assert.deepEqual(validators(chain.state), ALL);
  assert.equal(exposureOverview(chain.state, 1, alice), undefined);
});

test("nominations elect whom they name", () => {
  const chain = stakingChain();
  const { state } = chain;
  standAlice(chain, 200n);
  nominateWith(state, bob, 300_000n, alice);
  intoEra(chain, 1);
  assert.ok(validators(state).includes(alice));
  assert.equal(exposureOverview(state, 1, alice)?.total, 300_200n * UNIT);
  assert.deepEqual(exposedNominators(state, 1, alice), [{ who: bob, value: 300_000n * UNIT }]);
});

test("who is chilled leaves with the next era, and comes back by standing again", () => {
  const chain = stakingChain();
  const { state } = chain;
  assert.ok(chill(state, stashOf(1)).ok);
  intoEra(chain, 1);
  assert.deepEqual(validators(state), [stashOf(0), stashOf(2), stashOf(3)]);
  assert.ok(validate(state, stashOf(1), NO_PREFS).ok);
  intoEra(chain, 3);
  assert.deepEqual(validators(state), [stashOf(0), stashOf(2), stashOf(3), stashOf(1)]);
});

test("an election with too few winners changes nothing and is tried again", () => {
  const chain = stakingChain({ minimumValidatorCount: 3 });
  const { state } = chain;
  for (const stash of [stashOf(0), stashOf(1)]) assert.ok(chill(state, stash).ok);
  chain.add();
  assert.ok(sentEvents(chain).includes("stakingElectionFailed"));
  chain.add();
  assert.equal(activeEra(state), 0);
  assert.deepEqual(validators(state), ALL);
  assert.ok(validate(state, stashOf(0), NO_PREFS).ok);
  chain.add();
  assert.ok(sentEvents(chain).includes("stakersElected"));
  chain.add();
  assert.equal(activeEra(state), 1);
  assert.equal(validators(state).length, 3);
});

const call = (chain: TestChain, name: "forceNewEra" | "forceNoEras" | "forceNewEraAlways") =>
  staking.calls[name].dispatch(chain.state, ROOT, {});

test("root begins an era at once, once", () => {
  const chain = stakingChain({ sessionsPerEra: 10 });
  assert.ok(call(chain, "forceNewEra").ok);
  intoEra(chain, 1);
  assert.equal(chain.head.number, 3);
  for (let i = 0; i < 5; i++) chain.add();
  assert.equal(activeEra(chain.state), 1);
});

test("root lets an era go on, and begins one with every session", () => {
  const chain = stakingChain();
  assert.ok(call(chain, "forceNoEras").ok);
  chain.addMany(6);
  assert.equal(activeEra(chain.state), 0);
  assert.ok(call(chain, "forceNewEraAlways").ok);
  chain.addMany(5);
  assert.equal(activeEra(chain.state), 4);
});

test("the number of validators is root's affair, within its bounds", () => {
  const chain = stakingChain({ minimumValidatorCount: 2 });
  const { state } = chain;
  const set = (count: number) =>
    staking.calls.setValidatorCount.dispatch(state, ROOT, { new: count });
  assert.deepEqual(set(1), { ok: false, error: errors.boundNotMet });
  storage.maxValidatorsCount.set(state, 4);
  assert.deepEqual(set(5), { ok: false, error: errors.tooManyValidators });
  const more = staking.calls.increaseValidatorCount.dispatch(state, ROOT, { additional: 1 });
  assert.deepEqual(more, { ok: false, error: errors.tooManyValidators });
  assert.ok(set(3).ok);
  intoEra(chain, 1);
  assert.equal(validators(state).length, 3);
});

test("what only root may do is refused to others", () => {
  const { state } = stakingChain();
  const origin = signedBy(alice);
  const refused = { ok: false, error: { type: "badOrigin" } };
  const { calls } = staking;
  assert.deepEqual(calls.forceNewEra.dispatch(state, origin, {}), refused);
  assert.deepEqual(calls.forceNoEras.dispatch(state, origin, {}), refused);
  assert.deepEqual(calls.forceNewEraAlways.dispatch(state, origin, {}), refused);
  assert.deepEqual(calls.setValidatorCount.dispatch(state, origin, { new: 4 }), refused);
  assert.deepEqual(calls.setMinCommission.dispatch(state, origin, { new: 1 }), refused);
  assert.deepEqual(calls.setInvulnerables.dispatch(state, origin, { invulnerables: [] }), refused);
  const cancel = { era: 0, slashIndices: [0] };
  assert.deepEqual(calls.cancelDeferredSlash.dispatch(state, origin, cancel), refused);
  assert.deepEqual(calls.chill.dispatch(state, ROOT, {}), refused);
});

test("nominators are kept in pages", () => {
  const { state } = stakingChain();
  const backers = Array.from({ length: EXPOSURE_PAGE_SIZE + 3 }, (_, i) => ({
    who: `0x${(i + 1).toString(16).padStart(64, "0")}` as typeof alice,
    value: BigInt(i + 1),
  }));
  storeExposure(state, 9, { who: alice, backers: [{ who: alice, value: 7n }, ...backers] });
  const overview = exposureOverview(state, 9, alice);
  assert.equal(overview?.pageCount, 2);
  assert.equal(overview?.own, 7n);
  assert.equal(overview?.nominatorCount, EXPOSURE_PAGE_SIZE + 3);
  assert.deepEqual(exposedNominators(state, 9, alice), backers);
});

test("an era whose rewards cannot be claimed any more is forgotten", () => {
  const chain = stakingChain({ sessionsPerEra: 1 });
  const { state } = chain;
  storage.currentEra.set(state, HISTORY_DEPTH);
  storage.activeEra.set(state, { index: HISTORY_DEPTH, start: undefined });
  storage.erasStartSessionIndex.set(state, HISTORY_DEPTH, 0 as never);
  assert.ok(storage.erasStakersOverview.has(state, 0, stashOf(0)));
  chain.add();
  assert.equal(storage.erasStakersOverview.has(state, 0, stashOf(0)), false);
  assert.equal(storage.erasRewardPoints.has(state, 0), false);
});

test("a chain whose validators are a list has no eras", () => {
  const chain = new TestChain({ epochSlots: 1, staking: false });
  chain.addMany(4);
  assert.equal(isStaking(chain.state), false);
  assert.deepEqual(validators(chain.state), ALL);
});
