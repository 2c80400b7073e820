import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_BYTES } from "@parahost/base";
import { decode, encode } from "@parahost/scale";
import { developmentKeys } from "./genesis/development.ts";
import { SessionKeys, typedKeys } from "./pallets/session/keys.ts";
import {
  babeEquivocationReport,
  buildState,
  decodeSessionKeys,
  erasStakersPageCount,
  generateBabeKeyOwnershipProof,
  generateGrandpaKeyOwnershipProof,
  generateSessionKeys,
  getPreset,
  grandpaEquivocationReport,
  nominationsQuota,
  presetNames,
} from "./runtime-api.ts";
import { TestChain } from "./testing/chain.ts";
import { twoHeaders, twoVotes } from "./testing/equivocations.ts";
import { activeOf, named, nominateWith, STAKE, stakingChain, stashOf } from "./testing/staking.ts";
import { eventNames } from "./testing/state.ts";

test("an equivocation is reported with what the API gives", () => {
  const chain = new TestChain();
  chain.add();
  const bob = developmentKeys("//Bob");
  const author = generateBabeKeyOwnershipProof(chain.state, bob.babe);
  const voter = generateGrandpaKeyOwnershipProof(chain.state, developmentKeys("//Dave").grandpa);
  assert.ok(author !== undefined && voter !== undefined);
  chain.add({ extrinsics: [babeEquivocationReport(twoHeaders(chain, 1), author)] });
  chain.add({ extrinsics: [grandpaEquivocationReport(twoVotes(3), voter)] });
  assert.ok(eventNames(chain.state).includes("offences.offence"));
  assert.ok(activeOf(chain.state, stashOf(1)) < STAKE);
  assert.ok(activeOf(chain.state, stashOf(3)) < STAKE);
});

test("a key that is nobody's has no proof", () => {
  const { state } = stakingChain();
  assert.equal(generateBabeKeyOwnershipProof(state, developmentKeys("//X").babe), undefined);
});

test("session keys are generated in their order, and taken apart again", () => {
  const keys = developmentKeys("//Alice");
  const byType = new Map(typedKeys(keys));
  const encoded = generateSessionKeys((type) => byType.get(type));
  assert.ok(encoded !== undefined);
  assert.deepEqual(decode(SessionKeys, encoded), keys);
  assert.deepEqual(encoded, encode(SessionKeys, keys));
  assert.deepEqual(
    decodeSessionKeys(encoded)?.map(([, type]) => type),
    ["gran", "babe", "para", "asgn", "audi", "beef"],
  );
  assert.equal(decodeSessionKeys(encoded.slice(1)), undefined);
  assert.equal(decodeSessionKeys(EMPTY_BYTES), undefined);
  assert.equal(
    generateSessionKeys((type) => (type === "beef" ? undefined : byType.get(type))),
    undefined,
  );
});

test("a preset builds the network that it names", () => {
  assert.deepEqual(presetNames(), ["development", "local_testnet"]);
  assert.equal(getPreset(), getPreset("development"));
  assert.equal(getPreset("toString"), undefined);
  for (const name of presetNames()) {
    const built = buildState(getPreset(name) ?? "");
    assert.ok(built.ok && built.value.top.size > 50);
  }
});

test("JSON that makes no network is refused with its reason", () => {
  const refused = (text: string) => {
    const built = buildState(text);
    return built.ok ? undefined : built.error;
  };
  assert.equal(refused("{")?.code, "notJson");
  assert.deepEqual(refused("{}"), {
    code: "badField",
    path: "slotDurationMs",
    wanted: "a whole number from 1 to 3600000",
  });
  const preset = JSON.parse(getPreset("local_testnet") ?? "");
  const lone = { ...preset, validators: preset.validators.slice(0, 1) };
  assert.deepEqual(refused(JSON.stringify(lone)), {
    code: "badGenesis",
    error: { code: "tooFewValidators", field: "validators", count: 1 },
  });
});

test("staking says what a nominator may name, and how many payouts an era has", () => {
  const { state } = stakingChain();
  nominateWith(state, named("Alice"), 100n, stashOf(0));
  assert.equal(nominationsQuota(), 16);
  assert.equal(erasStakersPageCount(state, 0, stashOf(0)), 1);
  assert.equal(erasStakersPageCount(state, 0, named("Alice")), 0);
});
