import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, type ParaId } from "@parahost/primitives";
import { ROOT } from "../../framework/index.ts";
import {
  configuration,
  configurationPallet,
  storage as configurationStorage,
} from "../configuration/configuration.ts";
import { coreCount } from "../scheduler/scheduler.ts";
import { codeOf, errorName, genesisHeadOf, Scenario } from "../testing/scenario.ts";
import {
  paras,
  scheduleParaCleanup,
  scheduleParachainDowngrade,
  scheduleParaInitialize,
  scheduleParathreadUpgrade,
} from "./paras.ts";
import { CORES_MAX, plannedParachains, sharedCores } from "./planned-cores.ts";
import { storage } from "./storage.ts";

const SHARED = 2;
const FIRST: ParaId = asParaId(1000);
const THREAD = asParaId(1500);

/** A chain in a block of which only so many cores are left; the others are ids without paras behind them. */
function almostFull(left: number): Scenario {
  const chain = new Scenario({
    validators: 4,
    paras: [FIRST],
    parathreads: [THREAD, 1501],
    configuration: { parathreadCores: SHARED },
  });
  chain.beginBlock();
  const others = CORES_MAX - SHARED - left - 1;
  storage.parachains.set(chain.state, [
    FIRST,
    ...Array.from({ length: others }, (_, i) => asParaId(5000 + i)),
  ]);
  return chain;
}

const onboard = ({ state }: Scenario, para: number, parachain = true) => {
  const validationCode = codeOf(para);
  paras.calls.addTrustedValidationCode.dispatch(state, ROOT, { validationCode });
  return scheduleParaInitialize(state, asParaId(para), {
    genesisHead: genesisHeadOf(para),
    validationCode,
    parachain,
  });
};

const setShared = ({ state }: Scenario, count: number) =>
  configurationPallet.calls.setParathreadCores.dispatch(state, ROOT, { new: count });

const refusal = (result: ReturnType<typeof scheduleParaInitialize>) =>
  result.ok ? undefined : errorName(result.error);

test("a parachain is not onboarded when there is no core left for it, a parathread is", () => {
  const chain = almostFull(1);
  assert.equal(refusal(onboard(chain, 2000)), undefined);
  assert.equal(refusal(onboard(chain, 2001)), "cannotOnboard");
  assert.equal(storage.paraLifecycles.has(chain.state, asParaId(2001)), false);
  assert.equal(refusal(onboard(chain, 2002, false)), undefined);
});

test("a parathread becomes no parachain without a core, until one is given up", () => {
  const { state } = almostFull(0);
  assert.equal(refusal(scheduleParathreadUpgrade(state, THREAD)), "cannotUpgrade");
  assert.ok(scheduleParachainDowngrade(state, FIRST).ok);
  assert.equal(refusal(scheduleParathreadUpgrade(state, THREAD)), undefined);
  assert.equal(refusal(scheduleParathreadUpgrade(state, asParaId(1501))), "cannotUpgrade");
});

test("who leaves gives its core to the next, and what is queued counts", () => {
  const chain = almostFull(1);
  const before = plannedParachains(chain.state);
  assert.ok(onboard(chain, 2000).ok);
  assert.equal(plannedParachains(chain.state), before + 1);
  assert.ok(scheduleParaCleanup(chain.state, FIRST).ok);
  assert.equal(plannedParachains(chain.state), before);
  assert.equal(refusal(onboard(chain, 2001)), undefined);
  assert.equal(refusal(onboard(chain, 2003)), "cannotOnboard");
});

test("parathreads share no more cores than the parachains leave, however much root bypasses", () => {
  const chain = almostFull(1);
  assert.ok(setShared(chain, SHARED + 1).ok);
  assert.equal(setShared(chain, SHARED + 2).ok, false);
  assert.equal(refusal(onboard(chain, 2000)), "cannotOnboard");
  configurationStorage.bypassConsistencyCheck.set(chain.state, true);
  assert.equal(setShared(chain, SHARED + 2).ok, false);
  assert.ok(setShared(chain, 0).ok);
  assert.equal(refusal(onboard(chain, 2000)), undefined);
});

test("a session has no more cores than there are bits, and parachains come first", () => {
  assert.deepEqual(
    [sharedCores(5, 10), sharedCores(5, CORES_MAX - 2), sharedCores(5, 600)],
    [5, 2, 0],
  );
  const chain = almostFull(1);
  configurationStorage.activeConfig.set(chain.state, {
    ...configuration(chain.state),
    parathreadCores: 9,
  });
  chain.mustEnter({});
  chain.endBlock().changeSession();
  assert.equal(coreCount(chain.state), CORES_MAX);
});
