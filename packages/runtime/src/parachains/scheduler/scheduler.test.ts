import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asCollatorId,
  asCoreIndex,
  asGroupIndex,
  asParaId,
  type HostConfiguration,
} from "@parahost/primitives";
import { scheduleParaCleanup } from "../paras/paras.ts";
import { codeOf, Scenario, type ScenarioOptions } from "../testing/scenario.ts";
import {
  addParathreadClaim,
  availabilityTimeoutPredicate,
  claimQueue,
  coreCount,
  corePara,
  groupAssignedToCore,
  groupValidators,
  nextUpOnAvailable,
  nextUpOnTimeOut,
  occupied,
  schedule,
  scheduled,
  storage,
  validatorGroups,
} from "./scheduler.ts";

const collator = asCollatorId(`0x${"c0".repeat(32)}`);
const claimOf = (para: number) => ({ paraId: asParaId(para), collator });
const core = asCoreIndex;

/** Two parachains on cores 0 and 1, four parathreads, and `parathreadCores` cores behind. */
const scenario = (options: Partial<ScenarioOptions> & { readonly cores?: number } = {}) =>
  new Scenario({
    validators: 6,
    paras: [1000, 1001],
    parathreads: [2000, 2001, 2002, 2003],
    ...options,
    configuration: {
      parathreadCores: options.cores ?? 2,
      parathreadRetries: 1,
      ...options.configuration,
    },
  });

const queueLayout = (chain: Scenario) =>
  storage.parathreadQueue
    .get(chain.state)
    .queue.map(({ entry, coreOffset }) => [entry.claim.paraId, entry.retries, coreOffset]);

const assigned = (chain: Scenario) =>
  scheduled(chain.state).map((assignment) => [assignment.core, assignment.paraId]);

const claim = (chain: Scenario, ...ids: readonly number[]) =>
  ids.map((para) => addParathreadClaim(chain.state, claimOf(para)));

test("there is a core for each parachain and for each shared core, and a group for each core", () => {
  const chain = scenario({ validators: 7 });
  assert.equal(coreCount(chain.state), 4);
  assert.deepEqual(
    validatorGroups(chain.state).map((group) => group.length),
    [2, 2, 2, 1],
  );
  assert.equal(storage.sessionStartBlock.get(chain.state), 1);
});

test("free parachain cores are scheduled for their paras at the beginning of a block", () => {
  const chain = scenario().beginBlock();
  assert.deepEqual(assigned(chain), [
    [0, 1000],
    [1, 1001],
  ]);
});

test("what was scheduled is forgotten at the end of the block", () => {
  const chain = scenario().playTo(1);
  assert.deepEqual(assigned(chain), []);
});

test("without validators nothing is scheduled", () => {
  const chain = scenario({ validators: 0 }).beginBlock();
  assert.deepEqual(validatorGroups(chain.state), []);
  assert.deepEqual(assigned(chain), []);
});

test("groups rotate over cores: after one rotation group 0 serves core 1", () => {
  const chain = scenario({ configuration: rotation(5) });
  const groupsAt = (block: number) =>
    [0, 1, 2, 3].map((index) => groupAssignedToCore(chain.state, core(index), block));
  assert.deepEqual(groupsAt(1), [0, 1, 2, 3]);
  assert.deepEqual(groupsAt(5), [0, 1, 2, 3]);
  assert.deepEqual(groupsAt(6), [3, 0, 1, 2]);
  assert.deepEqual(groupsAt(11), [2, 3, 0, 1]);
  assert.equal(groupAssignedToCore(chain.state, core(4), 1), undefined);
  assert.equal(groupAssignedToCore(chain.state, core(0), 0), undefined);
});

function schedulerWith(
  params: Partial<HostConfiguration["schedulerParams"]>,
): ScenarioOptions["configuration"] & object {
  const { schedulerParams } = new Scenario({ validators: 1 }).configuration;
  return { schedulerParams: { ...schedulerParams, ...params } };
}

const rotation = (groupRotationFrequency: number) => schedulerWith({ groupRotationFrequency });

test("idle cores keep every group as small as the configuration says, and nobody is scheduled there", () => {
  const sizesOf = (validators: number, maxValidatorsPerCore: number) => {
    const { state } = scenario({
      validators,
      cores: 1,
      configuration: schedulerWith({ maxValidatorsPerCore }),
    });
    return validatorGroups(state).map((group) => group.length);
  };
  assert.deepEqual(sizesOf(7, 2), [2, 2, 2, 1]);
  assert.deepEqual(sizesOf(10, 3), [3, 3, 2, 2]);
  // There are as many cores as paras need in any case.
  assert.deepEqual(sizesOf(7, 7), [3, 2, 2]);
  const configuration = schedulerWith({ maxValidatorsPerCore: 1 });
  const chain = scenario({ validators: 6, cores: 1, configuration });
  assert.equal(coreCount(chain.state), 6);
  claim(chain, 2000, 2001, 2002);
  chain.beginBlock();
  assert.deepEqual(assigned(chain), [
    [0, 1000],
    [1, 1001],
    [2, 2000],
  ]);
  assert.deepEqual(
    [2, 3].map((index) => claimQueue(chain.state).get(core(index))),
    [[2000, 2001, 2002], []],
  );
  chain.mustEnter({});
  chain.endBlock();
  // Back in the queue, a claim waits for the one shared core.
  assert.deepEqual(
    queueLayout(chain).map(([para, , offset]) => [para, offset]),
    [
      [2001, 0],
      [2002, 0],
      [2000, 0],
    ],
  );
});

test("a group's members are known while its index is", () => {
  const chain = scenario();
  assert.deepEqual(groupValidators(chain.state, asGroupIndex(1)), [2, 3]);
  assert.equal(groupValidators(chain.state, asGroupIndex(4)), undefined);
});

test("claims are taken for parathreads only, once per para, and up to the lookahead", () => {
  const chain = scenario({ cores: 1, parathreads: [2000, 2001, 2002, 2003] });
  assert.equal(chain.configuration.schedulerParams.lookahead, 3);
  assert.deepEqual(claim(chain, 1000, 9999), [false, false]);
  assert.deepEqual(claim(chain, 2000, 2000), [true, false]);
  assert.deepEqual(claim(chain, 2001, 2002, 2003), [true, true, false]);
  assert.deepEqual(storage.parathreadClaimIndex.get(chain.state), [2000, 2001, 2002]);
});

test("without shared cores no claim is taken", () => {
  assert.deepEqual(claim(scenario({ cores: 0 }), 2000), [false]);
});

test("claims wait for their core and are scheduled in the order of their arrival", () => {
  const chain = scenario();
  claim(chain, 2000, 2001, 2002);
  chain.beginBlock();
  assert.deepEqual(assigned(chain), [
    [0, 1000],
    [1, 1001],
    [2, 2000],
    [3, 2001],
  ]);
  assert.deepEqual(queueLayout(chain), [[2002, 0, 0]]);
});

test("a claim that produced no candidate is tried again, and dropped when its tries are used up", () => {
  const chain = scenario();
  claim(chain, 2000);
  chain.playTo(1);
  assert.deepEqual(queueLayout(chain), [[2000, 1, 1]]);
  chain.playTo(2);
  assert.deepEqual(queueLayout(chain), []);
  assert.deepEqual(storage.parathreadClaimIndex.get(chain.state), []);
  assert.deepEqual(claim(chain, 2000), [true]);
});

test("a claim whose candidate was included is done, and its para may claim again", () => {
  const chain = scenario();
  claim(chain, 2000);
  chain.beginBlock();
  occupied(chain.state, [core(2)]);
  assert.equal(corePara(chain.state, core(2)), 2000);
  assert.deepEqual(claim(chain, 2000), [false]);
  schedule(chain.state, new Map([[core(2), "concluded"]]));
  assert.equal(corePara(chain.state, core(2)), undefined);
  assert.deepEqual(claim(chain, 2000), [true]);
});

test("a claim whose candidate did not become available goes back with its retries unchanged", () => {
  const chain = scenario();
  claim(chain, 2000);
  chain.beginBlock();
  occupied(chain.state, [core(2)]);
  schedule(chain.state, new Map([[core(2), "timedOut"]]));
  // It was appended for the next core in turn, and that core is free.
  assert.deepEqual(assigned(chain).at(-1), [3, 2000]);
  const kind = scheduled(chain.state).at(-1)?.kind;
  assert.equal(kind?.type === "parathread" ? kind.value.retries : undefined, 0);
});

test("a freed core is scheduled again in the same block, for whoever is next", () => {
  const chain = scenario();
  claim(chain, 2000, 2001, 2002);
  chain.beginBlock();
  occupied(chain.state, [core(0), core(2)]);
  assert.deepEqual(assigned(chain), [
    [1, 1001],
    [3, 2001],
  ]);
  schedule(
    chain.state,
    new Map([
      [core(2), "concluded"],
      [core(0), "timedOut"],
    ]),
  );
  assert.deepEqual(assigned(chain), [
    [0, 1000],
    [1, 1001],
    [2, 2002],
    [3, 2001],
  ]);
});

test("only scheduled cores can be occupied, in ascending order", () => {
  const chain = scenario().beginBlock();
  assert.throws(() => occupied(chain.state, [core(1), core(0)]), /not ascending/);
  assert.throws(() => occupied(chain.state, [core(0), core(0)]), /not ascending/);
  assert.throws(() => occupied(chain.state, [core(2)]), /was not scheduled/);
});

test("who is next on an occupied core depends on what becomes of its candidate", () => {
  const chain = scenario({ cores: 1 });
  claim(chain, 2000);
  chain.beginBlock();
  occupied(chain.state, [core(0), core(2)]);
  const parachain = { paraId: 1000, collator: undefined };
  assert.deepEqual(nextUpOnAvailable(chain.state, core(0)), parachain);
  assert.deepEqual(nextUpOnTimeOut(chain.state, core(0)), parachain);
  assert.equal(nextUpOnAvailable(chain.state, core(2)), undefined);
  assert.deepEqual(nextUpOnTimeOut(chain.state, core(2)), claimOf(2000));
  claim(chain, 2001);
  assert.deepEqual(nextUpOnAvailable(chain.state, core(2)), claimOf(2001));
  assert.deepEqual(nextUpOnTimeOut(chain.state, core(2)), claimOf(2001));
});

test("the claim queue shows who may use each core, now and next", () => {
  const chain = scenario();
  claim(chain, 2000, 2001, 2002);
  chain.beginBlock();
  const view = () => [...claimQueue(chain.state).values()];
  assert.deepEqual(view(), [[1000, 1000, 1000], [1001, 1001, 1001], [2000, 2002], [2001]]);
  occupied(chain.state, [core(2)]);
  assert.deepEqual(view(), [[1000, 1000, 1000], [1001, 1001, 1001], [2002], [2001]]);
});

test("parachain and parathread cores time out after their own periods", () => {
  const chain = scenario({
    configuration: { threadAvailabilityPeriod: 2, minimumValidationUpgradeDelay: 5 },
  });
  claim(chain, 2000);
  chain.beginBlock();
  occupied(chain.state, [core(0), core(2)]);
  const timedOut = (index: number, now: number) => {
    const predicate = availabilityTimeoutPredicate(chain.state);
    return predicate?.(core(index), chain.now - now);
  };
  assert.equal(timedOut(0, 3), false);
  assert.equal(timedOut(0, 4), true);
  assert.equal(timedOut(2, 1), false);
  assert.equal(timedOut(2, 2), true);
  assert.equal(timedOut(1, 0), true);
});

test("a session change frees all cores, returns their claims and deals them out anew", () => {
  const chain = scenario();
  claim(chain, 2000, 2001, 2002);
  chain.beginBlock();
  chain.announceSession(8).mustEnter({});
  occupied(chain.state, [core(0), core(2)]);
  chain.endBlock();
  assert.equal(corePara(chain.state, core(0)), undefined);
  // 2002 waited, 2001 was scheduled in vain, 2000 occupied its core.
  assert.deepEqual(queueLayout(chain), [
    [2002, 0, 0],
    [2001, 1, 1],
    [2000, 0, 0],
  ]);
  assert.equal(storage.parathreadQueue.get(chain.state).nextCoreOffset, 1);
  assert.equal(storage.sessionStartBlock.get(chain.state), 2);
  assert.deepEqual(
    validatorGroups(chain.state).map((group) => group.length),
    [2, 2, 2, 2],
  );
});

test("a session change prunes claims of paras that have left or used up their tries", () => {
  const chain = scenario();
  claim(chain, 2000, 2001);
  assert.equal(scheduleParaCleanup(chain.state, asParaId(2001)).ok, true);
  const { queue, nextCoreOffset } = storage.parathreadQueue.get(chain.state);
  const worn = { entry: { claim: claimOf(2002), retries: 9 }, coreOffset: 0 };
  storage.parathreadQueue.set(chain.state, { queue: [...queue, worn], nextCoreOffset });
  storage.parathreadClaimIndex.set(chain.state, [2000, 2001, 2002].map(asParaId));
  chain.changeSession();
  // 2000 was scheduled once, and returned, in the block before.
  assert.deepEqual(queueLayout(chain), [[2000, 1, 0]]);
  assert.deepEqual(storage.parathreadClaimIndex.get(chain.state), [2000]);
});

test("without shared cores in the new session every claim is dropped", () => {
  const chain = scenario();
  claim(chain, 2000, 2001);
  chain.beginBlock();
  chain.setConfiguration({ parathreadCores: 0 });
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.deepEqual(queueLayout(chain), []);
  assert.deepEqual(storage.parathreadClaimIndex.get(chain.state), []);
  assert.equal(coreCount(chain.state), 2);
  assert.deepEqual(claim(chain, 2000), [false]);
});

test("a new parachain gets its core, and shifts those behind it, with the session", () => {
  const chain = new Scenario({ validators: 6, paras: [1000, 1002] }).beginBlock();
  const args = {
    genesisHead: new Uint8Array([1]),
    validationCode: codeOf(1000),
    parachain: true,
  };
  assert.equal(chain.register(1001, args).ok, true);
  chain.announceSession().mustEnter({});
  chain.endBlock().beginBlock();
  assert.deepEqual(assigned(chain), [
    [0, 1000],
    [1, 1001],
    [2, 1002],
  ]);
});
