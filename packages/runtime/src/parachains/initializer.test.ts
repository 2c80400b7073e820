import assert from "node:assert/strict";
import { test } from "node:test";
import { asAccountId, asParaId, asSessionIndex, parachainLogs } from "@parahost/primitives";
import { ROOT, signedBy } from "../framework/index.ts";
import { digest } from "../pallets/system/block.ts";
import { configuration } from "./configuration/configuration.ts";
import {
  applySessionChange,
  initializer,
  onFinalize,
  onInitialize,
  onNewSession,
  storage,
} from "./initializer.ts";
import { coreCount, storage as schedulerStorage } from "./scheduler/scheduler.ts";
import { sessionInfo } from "./session-info.ts";
import { activeValidatorKeys, sessionIndex } from "./shared/shared.ts";
import { authority, Scenario } from "./testing/scenario.ts";

const scenario = () => new Scenario({ validators: 4, paras: [1000] });
const change = (session: number, ...names: readonly string[]) => ({
  sessionIndex: asSessionIndex(session),
  validators: names.map(authority),
  queued: names.map(authority),
});

test("the first session begins at once, with block 1 as its first", () => {
  const { state } = scenario();
  assert.equal(sessionIndex(state), 0);
  assert.equal(activeValidatorKeys(state).length, 4);
  assert.equal(schedulerStorage.sessionStartBlock.get(state), 1);
  assert.equal(sessionInfo(state, asSessionIndex(0))?.validators.length, 4);
});

test("a session announced in a block begins with the next", () => {
  const chain = scenario().playTo(4).beginBlock();
  onNewSession(chain.state, true, asSessionIndex(1), [authority("a")], [authority("b")]);
  assert.equal(sessionIndex(chain.state), 0);
  chain.mustEnter({});
  assert.equal(activeValidatorKeys(chain.state).length, 4);
  chain.endBlock();
  assert.equal(sessionIndex(chain.state), 1);
  assert.equal(activeValidatorKeys(chain.state).length, 1);
  assert.equal(schedulerStorage.sessionStartBlock.get(chain.state), 6);
});

test("of several sessions announced in one block only the last begins", () => {
  const chain = scenario().beginBlock();
  onNewSession(chain.state, true, asSessionIndex(1), [authority("a")], []);
  onNewSession(chain.state, true, asSessionIndex(2), ["b", "c"].map(authority), []);
  chain.mustEnter({});
  chain.endBlock();
  assert.equal(sessionIndex(chain.state), 2);
  assert.equal(activeValidatorKeys(chain.state).length, 2);
  assert.equal(sessionInfo(chain.state, asSessionIndex(1)), undefined);
  assert.deepEqual(storage.bufferedSessionChanges.get(chain.state), []);
});

test("a session must not change while a block's modules are at work", () => {
  const { state } = scenario().beginBlock();
  assert.throws(
    () => applySessionChange(state, change(1, "a"), 2),
    /not between initialization and finalization/,
  );
});

test("by the guide's convention a session may begin with the block that is about to initialize", () => {
  const chain = scenario().playTo(3);
  applySessionChange(chain.state, change(1, "a", "b"), 4);
  assert.equal(schedulerStorage.sessionStartBlock.get(chain.state), 4);
  assert.equal(sessionIndex(chain.state), 1);
});

test("the modules are at work from initialization to finalization", () => {
  const { state } = scenario();
  assert.equal(storage.hasInitialized.has(state), false);
  const chain = scenario().beginBlock();
  assert.equal(storage.hasInitialized.has(chain.state), true);
  chain.mustEnter({});
  onFinalize(chain.state);
  assert.equal(storage.hasInitialized.has(chain.state), false);
});

test("configuration, paras, cores and session information change together and agree", () => {
  const chain = scenario().beginBlock();
  chain.setConfiguration({ parathreadCores: 2, maxValidators: 5 });
  chain.register(1001, {
    genesisHead: new Uint8Array([1]),
    validationCode: new TextEncoder().encode("validation code 0 of 1000"),
    parachain: true,
  });
  chain.announceSession(7).mustEnter({});
  chain.endBlock();
  assert.equal(configuration(chain.state).parathreadCores, 2);
  assert.equal(coreCount(chain.state), 4);
  const info = sessionInfo(chain.state, asSessionIndex(1));
  assert.equal(info?.nCores, 4);
  assert.equal(info?.validators.length, 5);
  assert.deepEqual(
    info?.validatorGroups.map((group) => group.length),
    [2, 1, 1, 1],
  );
  assert.equal(chain.candidate(1001).descriptor.paraId, asParaId(1001));
});

test("a state in which nothing happens goes through blocks and sessions", () => {
  const chain = new Scenario({ validators: 0 });
  for (let session = 0; session < 3; session++) chain.playTo(chain.now + 3).changeSession(0);
  assert.equal(sessionIndex(chain.state), 3);
  onInitialize(chain.state, chain.now + 1);
});

test("governance can force approval, and nobody else", () => {
  const { state } = scenario().beginBlock();
  const { forceApprove } = initializer.calls;
  const somebody = signedBy(asAccountId(`0x${"11".repeat(32)}`));
  assert.equal(forceApprove.dispatch(state, somebody, { upTo: 9 }).ok, false);
  assert.equal(forceApprove.dispatch(state, ROOT, { upTo: 9 }).ok, true);
  assert.deepEqual(parachainLogs(digest(state)), [{ type: "forceApprove", value: 9 }]);
});
