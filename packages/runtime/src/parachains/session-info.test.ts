import assert from "node:assert/strict";
import { test } from "node:test";
import { asSessionIndex } from "@parahost/primitives";
import { validatorGroups } from "./scheduler/scheduler.ts";
import { sessionAccounts, sessionExecutorParams, sessionInfo, storage } from "./session-info.ts";
import { activeValidatorIndices } from "./shared/shared.ts";
import { Scenario } from "./testing/scenario.ts";

const at = asSessionIndex;

const scenario = (configuration: ConstructorParameters<typeof Scenario>[0]["configuration"] = {}) =>
  new Scenario({ validators: 6, paras: [1000, 1001], configuration });

test("keys of the active validators stand in their shuffled order", () => {
  const chain = scenario();
  const info = sessionInfo(chain.state, at(0));
  assert.ok(info);
  const order = activeValidatorIndices(chain.state);
  assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(info.activeValidatorIndices, order);
  const keysOf = (index: number) => chain.authorities[index]?.keys;
  assert.deepEqual(
    info.validators,
    order.map((index) => keysOf(index)?.paraValidator),
  );
  assert.deepEqual(
    info.assignmentKeys,
    order.map((index) => keysOf(index)?.paraAssignment),
  );
  assert.deepEqual(
    info.discoveryKeys,
    order.map((index) => keysOf(index)?.authorityDiscovery),
  );
  assert.deepEqual(
    sessionAccounts(chain.state, at(0)),
    order.map((index) => chain.authorities[index]?.account),
  );
  assert.deepEqual(info.validatorGroups, validatorGroups(chain.state));
  assert.equal(info.nCores, 2);
});

test("authorities that are not active can still be discovered, behind the active ones", () => {
  const chain = scenario({ maxValidators: 4 });
  const info = sessionInfo(chain.state, at(0));
  assert.equal(info?.validators.length, 4);
  assert.equal(info?.discoveryKeys.length, 6);
  assert.equal(new Set(info?.discoveryKeys).size, 6);
  assert.equal(info?.assignmentKeys.length, 4);
});

test("parameters are those of the session's configuration", () => {
  const executorParams = [{ type: "maxMemoryPages", value: 99 }] as const;
  const chain = scenario();
  chain.beginBlock();
  chain.setConfiguration({ neededApprovals: 5, noShowSlots: 7, executorParams });
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.equal(sessionInfo(chain.state, at(1))?.neededApprovals, 5);
  assert.equal(sessionInfo(chain.state, at(1))?.noShowSlots, 7);
  assert.notEqual(sessionInfo(chain.state, at(0))?.noShowSlots, 7);
  assert.deepEqual(sessionExecutorParams(chain.state, at(1)), executorParams);
  assert.deepEqual(sessionExecutorParams(chain.state, at(0)), []);
});

test("sessions are kept for the dispute period and then forgotten", () => {
  const chain = scenario({ disputePeriod: at(2) });
  for (let session = 1; session <= 5; session++) chain.changeSession();
  const kept = [0, 1, 2, 3, 4, 5].filter((session) => sessionInfo(chain.state, at(session)));
  assert.deepEqual(kept, [3, 4, 5]);
  assert.equal(storage.earliestStoredSession.get(chain.state), 3);
  assert.equal(sessionAccounts(chain.state, at(2)), undefined);
  assert.equal(sessionExecutorParams(chain.state, at(2)), undefined);
});

test("a shorter dispute period forgets several sessions at once", () => {
  const chain = scenario({ disputePeriod: at(4) });
  for (let session = 1; session <= 4; session++) chain.changeSession();
  chain.beginBlock();
  chain.setConfiguration({ disputePeriod: at(1) });
  chain.announceSession().mustEnter({});
  chain.endBlock();
  const kept = [0, 1, 2, 3, 4, 5].filter((session) => sessionInfo(chain.state, at(session)));
  assert.deepEqual(kept, [4, 5]);
});
