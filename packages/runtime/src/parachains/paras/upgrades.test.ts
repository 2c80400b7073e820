import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, parachainLogs, validationCodeHash } from "@parahost/primitives";
import { ROOT, type State } from "../../framework/index.ts";
import { digest } from "../../pallets/system/block.ts";
import { codeOf, errorName, genesisHeadOf, Scenario } from "../testing/scenario.ts";
import {
  canUpgradeValidationCode,
  currentCode,
  currentCodeHash,
  lastCodeUpgrade,
  noteNewHead,
  paras,
  pendingUpgrade,
  scheduleCodeUpgrade,
  scheduleParaCleanup,
  validationCodeAt,
} from "./paras.ts";
import { storage } from "./storage.ts";

const para = asParaId(1000);
const oldCode = codeOf(1000);
const newCode = codeOf(1000, 1);
const head = genesisHeadOf(7);

/** Delay 10 from inclusion, at least 5 from acceptance, cooldown 20, retention 30. */
function chainWith() {
  return new Scenario({
    validators: 4,
    paras: [1000, 1001],
    configuration: {
      validationUpgradeDelay: 10,
      minimumValidationUpgradeDelay: 5,
      validationUpgradeCooldown: 20,
      codeRetentionPeriod: 30,
    },
  });
}

const trust = (state: State) =>
  paras.calls.addTrustedValidationCode.dispatch(state, ROOT, { validationCode: newCode });

/** Block 3 includes a candidate that announces trusted new code: expected at 13. */
function chainWithUpgradeExpectedAt13() {
  const chain = chainWith().playTo(2).beginBlock();
  trust(chain.state);
  scheduleCodeUpgrade(chain.state, para, newCode, 3, { type: "setGoAheadSignal" });
  chain.mustEnter({});
  return chain.endBlock();
}

test("new code is expected after the delay from inclusion", () => {
  const chain = chainWithUpgradeExpectedAt13();
  assert.deepEqual(pendingUpgrade(chain.state, para), {
    expectedAt: 13,
    codeHash: validationCodeHash(newCode),
  });
  assert.deepEqual(parachainLogs(digest(chain.state)), [
    {
      type: "paraScheduleUpgradeCode",
      value: { para, codeHash: validationCodeHash(newCode), expectedAt: 13 },
    },
  ]);
  assert.deepEqual(currentCode(chain.state, para), oldCode);
});

test("a late vote still leaves the para its minimum of notice", () => {
  const chain = chainWith().playTo(1).beginBlock();
  scheduleCodeUpgrade(chain.state, para, newCode, 2, { type: "setGoAheadSignal" });
  assert.equal(pendingUpgrade(chain.state, para), undefined);
  chain.mustEnter({});
  chain.endBlock().playTo(10).beginBlock();
  trust(chain.state);
  assert.equal(pendingUpgrade(chain.state, para)?.expectedAt, 16);
});

test("the para is told to go ahead at the expected block", () => {
  const chain = chainWithUpgradeExpectedAt13().playTo(12);
  assert.equal(storage.upgradeGoAheadSignal.get(chain.state, para), undefined);
  chain.beginBlock();
  assert.deepEqual(storage.upgradeGoAheadSignal.get(chain.state, para), { type: "goAhead" });
});

test("code is switched by the first candidate in the context of the expected block", () => {
  const chain = chainWithUpgradeExpectedAt13().playTo(14).beginBlock();
  noteNewHead(chain.state, para, head, 12);
  assert.deepEqual(currentCode(chain.state, para), oldCode);
  noteNewHead(chain.state, para, head, 13);
  assert.deepEqual(currentCode(chain.state, para), newCode);
  assert.equal(pendingUpgrade(chain.state, para), undefined);
  assert.equal(storage.upgradeGoAheadSignal.get(chain.state, para), undefined);
  assert.deepEqual(parachainLogs(digest(chain.state)), [
    { type: "paraUpgradeCode", value: { para, codeHash: validationCodeHash(newCode) } },
  ]);
  assert.equal(lastCodeUpgrade(chain.state, para, false), 13);
});

test("a second upgrade must wait until the first is done and the cooldown is over", () => {
  const chain = chainWithUpgradeExpectedAt13();
  assert.equal(canUpgradeValidationCode(chain.state, para), false);
  chain.playTo(13).beginBlock();
  noteNewHead(chain.state, para, head, 13);
  assert.equal(canUpgradeValidationCode(chain.state, para), false);
  chain.mustEnter({});
  chain.endBlock().playTo(22);
  assert.deepEqual(storage.upgradeRestrictionSignal.get(chain.state, para), { type: "present" });
  chain.playTo(23);
  assert.equal(canUpgradeValidationCode(chain.state, para), true);
});

test("an upgrade announced while one is under way changes nothing", () => {
  const { state } = chainWithUpgradeExpectedAt13().beginBlock();
  scheduleCodeUpgrade(state, para, codeOf(1000, 2), 4, { type: "setGoAheadSignal" });
  assert.equal(pendingUpgrade(state, para)?.codeHash, validationCodeHash(newCode));
});

test("an upgrade to the present code, or to no code, is no upgrade", () => {
  const { state } = chainWith().beginBlock();
  scheduleCodeUpgrade(state, para, oldCode, 1, { type: "setGoAheadSignal" });
  scheduleCodeUpgrade(state, para, new Uint8Array(8), 1, { type: "setGoAheadSignal" });
  assert.equal(storage.futureCodeHash.has(state, para), false);
  assert.equal(canUpgradeValidationCode(state, para), true);
});

test("governance's upgrade does not wait for the para", () => {
  const chain = chainWith().beginBlock();
  trust(chain.state);
  paras.calls.forceScheduleCodeUpgrade.dispatch(chain.state, ROOT, {
    para,
    newCode,
    relayParentNumber: 1,
  });
  assert.equal(chain.events.at(-1), "paras.codeUpgradeScheduled");
  chain.mustEnter({});
  chain.endBlock().playTo(10);
  assert.deepEqual(currentCode(chain.state, para), oldCode);
  chain.beginBlock();
  assert.deepEqual(currentCode(chain.state, para), newCode);
});

test("validation code is looked up by context: past, current and, if assumed, future", () => {
  const chain = chainWithUpgradeExpectedAt13().playTo(13).beginBlock();
  const { state } = chain;
  // Before the switch: at any height the current code, the future one if a candidate intervenes.
  assert.deepEqual(validationCodeAt(state, para, 20), oldCode);
  assert.deepEqual(validationCodeAt(state, para, 20, 13), newCode);
  assert.deepEqual(validationCodeAt(state, para, 20, 12), oldCode);
  assert.equal(validationCodeAt(state, para, 20, 20), undefined);
  noteNewHead(state, para, head, 13);
  // After it: the old code up to the expected height, included.
  assert.deepEqual(validationCodeAt(state, para, 12), oldCode);
  assert.deepEqual(validationCodeAt(state, para, 13), oldCode);
  assert.deepEqual(validationCodeAt(state, para, 14), newCode);
});

test("replaced code is forgotten when the retention period is over", () => {
  const chain = chainWithUpgradeExpectedAt13().playTo(13).beginBlock();
  noteNewHead(chain.state, para, head, 13);
  chain.mustEnter({});
  chain.endBlock().playTo(44);
  assert.deepEqual(validationCodeAt(chain.state, para, 13), oldCode);
  chain.playTo(45);
  assert.equal(validationCodeAt(chain.state, para, 13), undefined);
  assert.deepEqual(validationCodeAt(chain.state, para, 14), newCode);
  assert.equal(storage.codeByHash.has(chain.state, validationCodeHash(oldCode)), false);
  assert.equal(storage.codeByHash.has(chain.state, validationCodeHash(newCode)), true);
});

test("a para that leaves with an upgrade under way leaves no code in use", () => {
  const chain = chainWithUpgradeExpectedAt13().beginBlock();
  assert.equal(scheduleParaCleanup(chain.state, para).ok, true);
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.equal(storage.futureCodeHash.has(chain.state, para), false);
  assert.equal(storage.codeByHash.has(chain.state, validationCodeHash(newCode)), false);
  for (const list of [storage.upcomingUpgrades, storage.upgradeCooldowns])
    assert.deepEqual(list.get(chain.state), []);
  chain.playTo(40);
  assert.equal(storage.codeByHash.has(chain.state, validationCodeHash(oldCode)), false);
});

test("leaving in the block at which an upgrade was expected counts no use twice", () => {
  const chain = chainWithUpgradeExpectedAt13().playTo(12).beginBlock();
  noteNewHead(chain.state, para, head, 13);
  scheduleParaCleanup(chain.state, para);
  chain.announceSession().mustEnter({});
  chain.endBlock().playTo(60);
  for (const code of [oldCode, newCode])
    assert.equal(storage.codeByHash.has(chain.state, validationCodeHash(code)), false);
  assert.equal(storage.pastCodeMeta.has(chain.state, para), false);
});

test("root can set code, head and context at once, of known paras", () => {
  const chain = chainWith().beginBlock();
  const { state } = chain;
  const { calls } = paras;
  assert.equal(calls.forceSetCurrentCode.dispatch(state, ROOT, { para, newCode }).ok, true);
  assert.equal(currentCodeHash(state, para), validationCodeHash(newCode));
  assert.equal(calls.forceSetCurrentHead.dispatch(state, ROOT, { para, newHead: head }).ok, true);
  assert.deepEqual(storage.heads.get(state, para), head);
  calls.forceSetMostRecentContext.dispatch(state, ROOT, { para, context: 9 });
  assert.equal(storage.mostRecentContext.get(state, para), 9);
  calls.forceNoteNewHead.dispatch(state, ROOT, { para, newHead: head });
  assert.equal(storage.mostRecentContext.get(state, para), 1);
  assert.deepEqual(chain.events, [
    "paras.currentCodeUpdated",
    "paras.currentHeadUpdated",
    "paras.newHeadNoted",
  ]);
  const nobody = asParaId(9999);
  for (const result of [
    calls.forceSetCurrentCode.dispatch(state, ROOT, { para: nobody, newCode }),
    calls.forceSetCurrentHead.dispatch(state, ROOT, { para: nobody, newHead: head }),
    calls.forceScheduleCodeUpgrade.dispatch(state, ROOT, {
      para: nobody,
      newCode,
      relayParentNumber: 1,
    }),
    calls.forceNoteNewHead.dispatch(state, ROOT, { para: nobody, newHead: head }),
    calls.forceSetMostRecentContext.dispatch(state, ROOT, { para: nobody, context: 1 }),
  ])
    assert.equal(result.ok ? undefined : errorName(result.error), "notRegistered");
  const tooLarge = new Uint8Array(chain.configuration.maxCodeSize + 1);
  for (const result of [
    calls.forceSetCurrentCode.dispatch(state, ROOT, { para, newCode: tooLarge }),
    calls.forceScheduleCodeUpgrade.dispatch(state, ROOT, {
      para,
      newCode: tooLarge,
      relayParentNumber: 1,
    }),
  ])
    assert.equal(result.ok ? undefined : errorName(result.error), "invalidCode");
});

test("trusted code that no para uses can be removed again", () => {
  const { state } = chainWith().beginBlock();
  const hash = validationCodeHash(newCode);
  trust(state);
  assert.equal(storage.codeByHash.has(state, hash), true);
  const poke = (validationCodeHash: typeof hash) =>
    paras.calls.pokeUnusedValidationCode.dispatch(state, ROOT, { validationCodeHash });
  poke(hash);
  assert.equal(storage.codeByHash.has(state, hash), false);
  poke(validationCodeHash(oldCode));
  assert.equal(storage.codeByHash.has(state, validationCodeHash(oldCode)), true);
});
