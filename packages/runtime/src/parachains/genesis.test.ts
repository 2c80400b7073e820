import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, defaultHostConfiguration, validationCodeHash } from "@parahost/primitives";
import { emptyState } from "../testing/state.ts";
import { configuration } from "./configuration/configuration.ts";
import { initializeParachains, type ParachainsGenesis } from "./genesis.ts";
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
  assert.deepEqual(refusal({ sessionDelay: 0 }), { code: "sessionDelayZero" });
});

test("a genesis that makes no sense is refused with its reason", () => {
  assert.deepEqual(refusal({ configuration: { ...config, noShowSlots: 0 } }), {
    code: "inconsistentConfiguration",
    reason: { code: "zero", field: "noShowSlots" },
  });
  assert.deepEqual(refusal({ paras: [para(2000), para(2000)] }), { code: "paraTwice", para: 2000 });
  const empty = { ...para(2000), validationCode: new Uint8Array() };
  assert.deepEqual(refusal({ paras: [empty] }), { code: "paraOutOfBounds", para: 2000 });
  const large = { ...para(2000), genesisHead: new Uint8Array(config.maxHeadDataSize + 1) };
  assert.deepEqual(refusal({ paras: [large] }), { code: "paraOutOfBounds", para: 2000 });
});
