import assert from "node:assert/strict";
import { test } from "node:test";
import { asAccountId, asParaId, asSessionIndex, type ParaId } from "@parahost/primitives";
import { ROOT, type State, signedBy } from "../../framework/index.ts";
import { storage as sharedStorage } from "../shared/shared.ts";
import { codeOf, errorName, genesisHeadOf, Scenario } from "../testing/scenario.ts";
import {
  currentCode,
  isValidPara,
  lifecycle,
  parachains,
  paraHead,
  paras,
  scheduleParaCleanup,
  scheduleParachainDowngrade,
  scheduleParaInitialize,
  scheduleParathreadUpgrade,
} from "./paras.ts";
import { storage } from "./storage.ts";
import { parasSudoWrapper } from "./sudo-wrapper.ts";

const genesisOf = (para: number, parachain = true) => ({
  genesisHead: genesisHeadOf(para),
  validationCode: codeOf(para),
  parachain,
});

const trust = (state: State, para: number) =>
  paras.calls.addTrustedValidationCode.dispatch(state, ROOT, { validationCode: codeOf(para) });

const newPara: ParaId = asParaId(2000);
const scenario = (sessionDelay = 1) => {
  const chain = new Scenario({ validators: 4, paras: [1000], parathreads: [1500] });
  sharedStorage.sessionDelay.set(chain.state, sessionDelay);
  return chain;
};

const refusal = (result: ReturnType<typeof scheduleParaInitialize>) =>
  result.ok ? undefined : errorName(result.error);

test("a para with trusted code is onboarded when the next session begins", () => {
  const chain = scenario();
  chain.beginBlock();
  trust(chain.state, newPara);
  assert.equal(scheduleParaInitialize(chain.state, newPara, genesisOf(newPara)).ok, true);
  assert.equal(lifecycle(chain.state, newPara), "onboarding");
  assert.equal(isValidPara(chain.state, newPara), false);
  assert.equal(paraHead(chain.state, newPara), undefined);
  chain.mustEnter({});
  chain.endBlock().changeSession();
  assert.equal(lifecycle(chain.state, newPara), "parachain");
  assert.deepEqual(parachains(chain.state), [1000, 2000]);
  assert.deepEqual(paraHead(chain.state, newPara), genesisHeadOf(newPara));
  assert.deepEqual(currentCode(chain.state, newPara), codeOf(newPara));
  assert.equal(storage.upcomingParasGenesis.has(chain.state, newPara), false);
});

test("with a delay of two sessions a para is onboarded a session later", () => {
  const chain = scenario(2);
  chain.beginBlock();
  trust(chain.state, newPara);
  scheduleParaInitialize(chain.state, newPara, genesisOf(newPara));
  chain.mustEnter({});
  chain.endBlock().changeSession();
  assert.equal(lifecycle(chain.state, newPara), "onboarding");
  chain.changeSession();
  assert.equal(lifecycle(chain.state, newPara), "parachain");
});

test("a para whose code nobody has checked waits for the vote", () => {
  const chain = scenario();
  chain.beginBlock();
  scheduleParaInitialize(chain.state, newPara, genesisOf(newPara));
  chain.mustEnter({});
  chain.endBlock().changeSession();
  assert.equal(lifecycle(chain.state, newPara), "onboarding");
  assert.equal(storage.pvfActiveVoteList.get(chain.state).length, 1);
});

test("a para that is known cannot be onboarded again", () => {
  const { state } = scenario().beginBlock();
  assert.equal(
    refusal(scheduleParaInitialize(state, asParaId(1000), genesisOf(1))),
    "cannotOnboard",
  );
  scheduleParaInitialize(state, newPara, genesisOf(newPara));
  assert.equal(
    refusal(scheduleParaInitialize(state, newPara, genesisOf(newPara))),
    "cannotOnboard",
  );
});

test("code and head of a new para must be within bounds", () => {
  const chain = scenario().beginBlock();
  const { maxCodeSize, maxHeadDataSize } = chain.configuration;
  const attempt = (changes: object) =>
    refusal(scheduleParaInitialize(chain.state, newPara, { ...genesisOf(newPara), ...changes }));
  assert.equal(attempt({ validationCode: new Uint8Array() }), "invalidCode");
  assert.equal(attempt({ validationCode: new Uint8Array(8) }), "invalidCode");
  assert.equal(attempt({ validationCode: new Uint8Array(maxCodeSize + 1) }), "invalidCode");
  assert.equal(attempt({ genesisHead: new Uint8Array(maxHeadDataSize + 1) }), "headDataTooLarge");
  assert.equal(lifecycle(chain.state, newPara), undefined);
  assert.equal(attempt({ genesisHead: new Uint8Array(maxHeadDataSize) }), undefined);
});

test("a parathread becomes a parachain, and goes back, at session changes", () => {
  const chain = scenario();
  const para = asParaId(1500);
  chain.beginBlock();
  assert.equal(scheduleParathreadUpgrade(chain.state, para).ok, true);
  assert.equal(lifecycle(chain.state, para), "upgradingParathread");
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.equal(lifecycle(chain.state, para), "parachain");
  assert.deepEqual(parachains(chain.state), [1000, 1500]);
  chain.beginBlock();
  assert.equal(scheduleParachainDowngrade(chain.state, para).ok, true);
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.equal(lifecycle(chain.state, para), "parathread");
  assert.deepEqual(parachains(chain.state), [1000]);
});

test("changes that a para's state does not allow are refused", () => {
  const { state } = scenario().beginBlock();
  assert.equal(refusal(scheduleParathreadUpgrade(state, asParaId(1000))), "cannotUpgrade");
  assert.equal(refusal(scheduleParachainDowngrade(state, asParaId(1500))), "cannotDowngrade");
  assert.equal(refusal(scheduleParathreadUpgrade(state, newPara)), "notRegistered");
  scheduleParathreadUpgrade(state, asParaId(1500));
  assert.equal(refusal(scheduleParathreadUpgrade(state, asParaId(1500))), "cannotUpgrade");
  assert.equal(refusal(scheduleParaCleanup(state, asParaId(1500))), "cannotOffboard");
});

test("an offboarded para leaves nothing behind but its code, and that for a time", () => {
  const chain = new Scenario({
    validators: 4,
    paras: [1000, 1001],
    configuration: { codeRetentionPeriod: 5 },
  });
  const para = asParaId(1000);
  const hash = storage.currentCodeHash.get(chain.state, para);
  assert.ok(hash);
  chain.beginBlock();
  assert.equal(scheduleParaCleanup(chain.state, para).ok, true);
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.deepEqual(parachains(chain.state), [1001]);
  for (const map of [storage.heads, storage.paraLifecycles, storage.currentCodeHash])
    assert.equal(map.has(chain.state, para), false);
  assert.equal(storage.mostRecentContext.has(chain.state, para), false);
  assert.equal(storage.codeByHash.has(chain.state, hash), true);
  chain.playTo(6);
  assert.equal(storage.codeByHash.has(chain.state, hash), true);
  chain.playTo(7);
  assert.equal(storage.codeByHash.has(chain.state, hash), false);
  assert.equal(storage.codeByHashRefs.has(chain.state, hash), false);
  assert.equal(storage.pastCodeMeta.has(chain.state, para), false);
  assert.deepEqual(storage.pastCodePruning.get(chain.state), []);
});

test("ending an unknown para does nothing", () => {
  const { state } = scenario().beginBlock();
  assert.equal(scheduleParaCleanup(state, newPara).ok, true);
  assert.equal(lifecycle(state, newPara), undefined);
});

test("code is stored once however many paras use it, and goes with the last", () => {
  const chain = new Scenario({
    validators: 4,
    paras: [1000],
    configuration: { codeRetentionPeriod: 2 },
  });
  const shared = codeOf(1000);
  chain.beginBlock();
  scheduleParaInitialize(chain.state, newPara, { ...genesisOf(2000), validationCode: shared });
  chain.announceSession().mustEnter({});
  chain.endBlock();
  const hash = storage.currentCodeHash.get(chain.state, newPara);
  assert.ok(hash);
  assert.equal(lifecycle(chain.state, newPara), "parachain");
  assert.equal(storage.codeByHashRefs.get(chain.state, hash), 2);
  chain.beginBlock();
  scheduleParaCleanup(chain.state, newPara);
  chain.announceSession().mustEnter({});
  chain.endBlock().playTo(10);
  assert.equal(storage.codeByHashRefs.get(chain.state, hash), 1);
  assert.deepEqual(currentCode(chain.state, asParaId(1000)), shared);
});

test("governance can bring a queued change forward to the next session", () => {
  const chain = scenario(2);
  chain.beginBlock();
  scheduleParathreadUpgrade(chain.state, asParaId(1500));
  paras.calls.forceQueueAction.dispatch(chain.state, ROOT, { para: asParaId(1500) });
  assert.deepEqual(chain.events, ["paras.actionQueued"]);
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.equal(lifecycle(chain.state, asParaId(1500)), "parachain");
});

test("a para whose code is being voted on cannot be brought forward", () => {
  const { state } = scenario(2).beginBlock();
  scheduleParaInitialize(state, newPara, genesisOf(newPara));
  const result = paras.calls.forceQueueAction.dispatch(state, ROOT, { para: newPara });
  assert.equal(result.ok ? undefined : errorName(result.error), "cannotOnboard");
});

test("the lives of paras are root's affair", () => {
  const { state } = scenario().beginBlock();
  const somebody = signedBy(asAccountId(`0x${"11".repeat(32)}`));
  const { calls } = parasSudoWrapper;
  const genesis = genesisOf(newPara);
  const id = newPara;
  for (const result of [
    calls.sudoScheduleParaInitialize.dispatch(state, somebody, { id, genesis }),
    calls.sudoScheduleParaCleanup.dispatch(state, somebody, { id: asParaId(1000) }),
    calls.sudoScheduleParathreadUpgrade.dispatch(state, somebody, { id: asParaId(1500) }),
    calls.sudoScheduleParachainDowngrade.dispatch(state, somebody, { id: asParaId(1000) }),
  ])
    assert.deepEqual(result, { ok: false, error: { type: "badOrigin" } });
  assert.equal(calls.sudoScheduleParaInitialize.dispatch(state, ROOT, { id, genesis }).ok, true);
  assert.equal(lifecycle(state, id), "onboarding");
  assert.equal(
    calls.sudoScheduleParaCleanup.dispatch(state, ROOT, { id: asParaId(1000) }).ok,
    true,
  );
  assert.equal(lifecycle(state, asParaId(1000)), "offboardingParachain");
});

test("actions queued for other sessions stay queued", () => {
  const chain = scenario(2);
  chain.beginBlock();
  scheduleParathreadUpgrade(chain.state, asParaId(1500));
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.deepEqual(storage.actionsQueue.get(chain.state, asSessionIndex(2)), [1500]);
});
