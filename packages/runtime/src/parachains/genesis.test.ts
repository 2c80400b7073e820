import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, defaultHostConfiguration, validationCodeHash } from "@parahost/primitives";
import { emptyState } from "../testing/state.ts";
import { configuration } from "./configuration/configuration.ts";
import { initializeParachains, type ParachainsGenesis } from "./genesis.ts";
import { storage as onDemand } from "./on-demand/storage.ts";
import { currentCodeHash, lifecycle, parachains, paraHead } from "./paras/paras.ts";
import { scheduledSession } from "./shared/shared.ts";
import { codeOf, genesisHeadOf } from "./testing/scenario.ts";

const config = defaultHostConfiguration({ validatorCount: 4, groupSize: 2, slotMs: 2000 });
const para = (id: number, parachain = true) => ({
  id: asParaId(id),
  genesisHead: genesisHeadOf(id),
  validationCode: codeOf(id),
  parachain,
});

function refusal(changes: Partial<ParachainsGenesis>) {
  const result = initializeParachains(emptyState(), {
    configuration: config,
    paras: [],
    ...changes,
  });
  return result.ok ? undefined : result.error;
}

test("paras of genesis are there with head and code, parachains in ascending order", () => {
  const state = emptyState();
  const result = initializeParachains(state, {
    configuration: config,
    paras: [para(2001), para(2000), para(3000, false)],
  });
  assert.equal(result.ok, true);
  assert.deepEqual(parachains(state), [2000, 2001]);
  assert.equal(lifecycle(state, asParaId(3000)), "parathread");
  assert.deepEqual(paraHead(state, asParaId(2001)), genesisHeadOf(2001));
  assert.equal(currentCodeHash(state, asParaId(3000)), validationCodeHash(codeOf(3000)));
  assert.deepEqual(configuration(state), config);
});

test("the session delay is one session unless genesis says otherwise", () => {
  const state = emptyState();
  initializeParachains(state, { configuration: config, paras: [] });
  assert.equal(scheduledSession(state), 1);
  initializeParachains(state, { configuration: config, paras: [], sessionDelay: 2 });
  assert.equal(scheduledSession(state), 2);
});

test("the price of orders follows the formula that genesis names", () => {
  const state = emptyState();
  initializeParachains(state, { configuration: config, paras: [] });
  assert.deepEqual(onDemand.spotPriceModel.get(state), { type: "sdk" });
  initializeParachains(state, { configuration: config, paras: [], spotPriceModel: "documented" });
  assert.deepEqual(onDemand.spotPriceModel.get(state), { type: "documented" });
});

test("a genesis that makes no sense is refused, and the field is named", () => {
  const bad = (changes: Partial<typeof config>) =>
    refusal({ configuration: { ...config, ...changes } });
  assert.deepEqual(bad({ noShowSlots: 0 }), {
    code: "inconsistentConfiguration",
    field: "configuration.noShowSlots",
    reason: { code: "zero", field: "noShowSlots" },
  });
  const fields = [
    bad({ parathreadCores: 10_000 }),
    bad({ validationUpgradeDelay: 1 }),
    bad({ minimumValidationUpgradeDelay: 1 }),
    bad({
      executorParams: [
        { type: "maxMemoryPages", value: 1 },
        { type: "maxMemoryPages", value: 2 },
      ],
    }),
  ].map((error) => error?.field);
  assert.deepEqual(fields, [
    "configuration.parathreadCores",
    "configuration.validationUpgradeDelay",
    "configuration.minimumValidationUpgradeDelay",
    "configuration.executorParams",
  ]);
});

test("a para of genesis is listed once, within the configuration's bounds", () => {
  assert.deepEqual(refusal({ paras: [para(2000), para(2000)] }), {
    code: "paraTwice",
    field: "paras[1].id",
    para: 2000,
  });
  const outOf = (field: string) => ({ code: "paraOutOfBounds", field, para: 2000 });
  const empty = { ...para(2000), validationCode: new Uint8Array() };
  assert.deepEqual(refusal({ paras: [empty] }), outOf("paras[0].code"));
  const large = { ...para(2000), genesisHead: new Uint8Array(config.maxHeadDataSize + 1) };
  assert.deepEqual(refusal({ paras: [para(2001), large] }), outOf("paras[1].head"));
});

test("there are no more cores than bits for them", () => {
  const paras = Array.from({ length: 499 }, (_, i) => para(2000 + i));
  const configuration = { ...config, parathreadCores: 2 };
  assert.deepEqual(refusal({ configuration, paras }), {
    code: "tooManyCores",
    field: "paras",
    cores: 501,
  });
});
