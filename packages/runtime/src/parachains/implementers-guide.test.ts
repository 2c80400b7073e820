/**
 * The routines of the runtime modules, rule by rule as the implementers' guide lists them. A test's name begins
 * with the guide's name of the routine. Where the reference settles something otherwise, the test says so.
 *
 * Guide: "Architecture: Runtime", from "The Initializer Module" to "The InclusionInherent Module".
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asCollatorId,
  asCoreIndex,
  asGroupIndex,
  asParaId,
  type CoreIndex,
  type HostConfiguration,
  type ParaId,
  validationCodeHash,
} from "@parahost/primitives";
import { ROOT } from "../framework/index.ts";
import {
  configuration,
  storage as configurationStorage,
  updateConfiguration,
} from "./configuration/configuration.ts";
import { collectPending, enactCandidate, processBitfields } from "./inclusion/inclusion.ts";
import { candidatesPendingAvailability, storage as inclusionStorage } from "./inclusion/storage.ts";
import { applySessionChange, storage as initializerStorage } from "./initializer.ts";
import {
  currentCode,
  lifecycle,
  noteNewHead,
  parachains,
  paraHead,
  paras,
  scheduleCodeUpgrade,
  scheduleParaCleanup,
  scheduleParaInitialize,
  validationCodeAt,
} from "./paras/paras.ts";
import { storage as parasStorage } from "./paras/storage.ts";
import { storage as inherentStorage } from "./paras-inherent/storage.ts";
import {
  addParathreadClaim,
  availabilityCores,
  availabilityTimeoutPredicate,
  coreCount,
  corePara,
  groupAssignedToCore,
  groupValidators,
  occupied,
  schedule,
  scheduled,
  storage as schedulerStorage,
  validatorGroups,
} from "./scheduler/scheduler.ts";
import { authority, codeOf, genesisHeadOf, Scenario } from "./testing/scenario.ts";

const CHAIN = asParaId(1000);
const THREAD = asParaId(2000);
const NEW = asParaId(3000);
const core = asCoreIndex;
const claimOf = (para: ParaId) => ({
  paraId: para,
  collator: asCollatorId(`0x${"c0".repeat(32)}`),
});

const schedulerParams = (
  changes: Partial<HostConfiguration["schedulerParams"]>,
): Partial<HostConfiguration> => ({
  schedulerParams: {
    ...new Scenario({ validators: 1 }).configuration.schedulerParams,
    ...changes,
  },
});

/** Two parachains on cores 0 and 1, three parathreads, two cores for them, eight validators. */
const scenario = (changes: Partial<HostConfiguration> = {}) =>
  new Scenario({
    validators: 8,
    paras: [1000, 1001],
    parathreads: [2000, 2001, 2002],
    configuration: { parathreadCores: 2, parathreadRetries: 1, ...changes },
  });

const queued = ({ state }: Scenario) =>
  schedulerStorage.parathreadQueue
    .get(state)
    .queue.map(({ entry, coreOffset }) => [entry.claim.paraId, entry.retries, coreOffset]);
const indexed = ({ state }: Scenario) => schedulerStorage.parathreadClaimIndex.get(state);
const assigned = ({ state }: Scenario) =>
  scheduled(state).map((assignment) => [assignment.core, assignment.paraId]);

// Initializer

test("Initializer: initialization sets HasInitialized, finalization clears it", () => {
  const chain = scenario();
  const isSet = () => initializerStorage.hasInitialized.has(chain.state);
  assert.equal(isSet(), false);
  chain.beginBlock();
  assert.equal(isSet(), true);
  chain.mustEnter({});
  chain.endBlock();
  assert.equal(isSet(), false);
});

test("Initializer: a session change while HasInitialized is true is an unrecoverable error", () => {
  const chain = scenario().beginBlock();
  const members = [authority("a"), authority("b")];
  const change = { sessionIndex: 1 as never, validators: members, queued: members };
  assert.throws(() => applySessionChange(chain.state, change, 2), /session changes between blocks/);
});

test("Initializer: a session change reaches Configuration first, then Paras, Scheduler and Inclusion", () => {
  const chain = scenario().playBacking(1000);
  chain.setConfiguration({ parathreadCores: 3 });
  expectDone(scheduleParaCleanup(chain.state, asParaId(1001)));
  chain.changeSession();
  assert.equal(chain.configuration.parathreadCores, 3);
  assert.deepEqual(parachains(chain.state), [CHAIN]);
  assert.equal(coreCount(chain.state), 4, "of the new configuration and the new paras");
  assert.deepEqual(candidatesPendingAvailability(chain.state, CHAIN), []);
});

function expectDone(result: { readonly ok: boolean }): void {
  assert.ok(result.ok);
}

// Configuration

test("configuration: the present one, whatever is pending", () => {
  const chain = scenario();
  const before = configuration(chain.state);
  chain.setConfiguration({ neededApprovals: before.neededApprovals + 1 });
  assert.deepEqual(configuration(chain.state), before);
});

test("update_configuration: changes what is pending, or the present one if nothing is", () => {
  const chain = scenario();
  const update = (change: Partial<HostConfiguration>) =>
    expectDone(updateConfiguration(chain.state, (base) => ({ ...base, ...change })));
  update({ neededApprovals: 7 });
  update({ noShowSlots: 9 });
  const pending = configurationStorage.pendingConfigs.get(chain.state);
  assert.equal(pending.length, 1);
  assert.equal(pending[0]?.configuration.neededApprovals, 7);
  assert.equal(pending[0]?.configuration.noShowSlots, 9);
});

test("Configuration: a session change takes the pending one and leaves none", () => {
  const chain = scenario();
  chain.setConfiguration({ neededApprovals: 7 });
  chain.changeSession();
  assert.equal(chain.configuration.neededApprovals, 7);
  assert.deepEqual(configurationStorage.pendingConfigs.get(chain.state), []);
});

// Paras

const genesis = { genesisHead: genesisHeadOf(3000), validationCode: codeOf(3000), parachain: true };
const trust = (chain: Scenario, validationCode: Uint8Array) =>
  expectDone(paras.calls.addTrustedValidationCode.dispatch(chain.state, ROOT, { validationCode }));

test("schedule_para_initialize: the para is there with the next session, not before", () => {
  const chain = scenario();
  trust(chain, genesis.validationCode);
  expectDone(scheduleParaInitialize(chain.state, NEW, genesis));
  assert.equal(paraHead(chain.state, NEW), undefined);
  assert.deepEqual(parachains(chain.state), [1000, 1001]);
  chain.changeSession();
  assert.deepEqual(paraHead(chain.state, NEW), genesis.genesisHead);
  assert.deepEqual(currentCode(chain.state, NEW), genesis.validationCode);
  assert.deepEqual(parachains(chain.state), [1000, 1001, 3000]);
});

test("schedule_para_initialize: a parathread is none of the parachains", () => {
  const chain = scenario();
  trust(chain, genesis.validationCode);
  expectDone(scheduleParaInitialize(chain.state, NEW, { ...genesis, parachain: false }));
  chain.changeSession();
  assert.equal(lifecycle(chain.state, NEW), "parathread");
  assert.deepEqual(parachains(chain.state), [1000, 1001]);
});

test("schedule_para_initialize: refused for a para that there is, and out of the configuration's bounds", () => {
  const chain = scenario();
  const { maxHeadDataSize, maxCodeSize } = chain.configuration;
  const isTaken = (para: ParaId, changes: Partial<typeof genesis>) =>
    scheduleParaInitialize(chain.state, para, { ...genesis, ...changes }).ok;
  assert.equal(isTaken(CHAIN, {}), false);
  assert.equal(isTaken(NEW, { validationCode: new Uint8Array() }), false);
  assert.equal(isTaken(NEW, { validationCode: new Uint8Array(maxCodeSize + 1) }), false);
  assert.equal(isTaken(NEW, { genesisHead: new Uint8Array(maxHeadDataSize + 1) }), false);
  assert.equal(lifecycle(chain.state, NEW), undefined);
});

test("schedule_para_cleanup: with the next session head and code are gone, and the code is past code", () => {
  const chain = scenario();
  expectDone(scheduleParaCleanup(chain.state, CHAIN));
  assert.deepEqual(paraHead(chain.state, CHAIN), genesisHeadOf(1000));
  chain.changeSession();
  const { now, state } = chain;
  assert.equal(paraHead(state, CHAIN), undefined);
  assert.equal(currentCode(state, CHAIN), undefined);
  assert.deepEqual(parachains(state), [1001]);
  assert.deepEqual(parasStorage.pastCodeMeta.get(state, CHAIN).upgradeTimes, [
    { expectedAt: now, activatedAt: now },
  ]);
  assert.deepEqual(parasStorage.pastCodePruning.get(state), [{ para: CHAIN, at: now }]);
  assert.deepEqual(validationCodeAt(state, CHAIN, now), codeOf(1000));
});

test("schedule_para_cleanup: refused while the para is on its way to something else; of nobody it is done", () => {
  const chain = scenario();
  expectDone(scheduleParaCleanup(chain.state, CHAIN));
  assert.equal(scheduleParaCleanup(chain.state, CHAIN).ok, false);
  expectDone(scheduleParaCleanup(chain.state, NEW));
});

const upgradeDelays = {
  validationUpgradeDelay: 10,
  minimumValidationUpgradeDelay: 6,
  validationUpgradeCooldown: 20,
  codeRetentionPeriod: 12,
};
const newCode = codeOf(1000, 1);

/** In block 4; an upgrade that was included in block 3 is expected at 13. */
function withUpgrade(): Scenario {
  const chain = scenario(upgradeDelays).playTo(3);
  trust(chain, newCode);
  scheduleCodeUpgrade(chain.state, CHAIN, newCode, 3, { type: "setGoAheadSignal" });
  return chain.beginBlock();
}

test("schedule_code_upgrade: applied by a block of the para in the context of expected_at or later", () => {
  const chain = withUpgrade();
  assert.equal(parasStorage.futureCodeUpgrades.get(chain.state, CHAIN), 13);
  noteNewHead(chain.state, CHAIN, genesisHeadOf(1), 12);
  assert.deepEqual(currentCode(chain.state, CHAIN), codeOf(1000));
  noteNewHead(chain.state, CHAIN, genesisHeadOf(2), 13);
  assert.deepEqual(currentCode(chain.state, CHAIN), newCode);
  assert.equal(parasStorage.futureCodeUpgrades.get(chain.state, CHAIN), undefined);
});

test("schedule_code_upgrade: does nothing while one is under way", () => {
  const chain = withUpgrade();
  scheduleCodeUpgrade(chain.state, CHAIN, codeOf(1000, 2), 4, { type: "setGoAheadSignal" });
  assert.equal(parasStorage.futureCodeHash.get(chain.state, CHAIN), validationCodeHash(newCode));
  assert.equal(parasStorage.futureCodeUpgrades.get(chain.state, CHAIN), 13);
});

test("note_new_head: the para has the head, and a pending upgrade is applied by the block number given", () => {
  const chain = withUpgrade();
  noteNewHead(chain.state, asParaId(1001), genesisHeadOf(8), 99);
  assert.deepEqual(paraHead(chain.state, asParaId(1001)), genesisHeadOf(8));
  assert.deepEqual(currentCode(chain.state, asParaId(1001)), codeOf(1001), "it has none pending");
  noteNewHead(chain.state, CHAIN, genesisHeadOf(9), 20);
  assert.deepEqual(paraHead(chain.state, CHAIN), genesisHeadOf(9));
  const { upgradeTimes } = parasStorage.pastCodeMeta.get(chain.state, CHAIN);
  assert.deepEqual(upgradeTimes, [{ expectedAt: 13, activatedAt: 4 }]);
});

test("validation_code_at: past code up to expected_at, then the current one", () => {
  const chain = withUpgrade();
  noteNewHead(chain.state, CHAIN, genesisHeadOf(9), 13);
  assert.deepEqual(validationCodeAt(chain.state, CHAIN, 13), codeOf(1000));
  assert.deepEqual(validationCodeAt(chain.state, CHAIN, 14), newCode);
});

test("validation_code_at: future code if an intermediate block is assumed in its context, before `at`", () => {
  const chain = withUpgrade();
  assert.deepEqual(validationCodeAt(chain.state, CHAIN, 20), codeOf(1000));
  assert.deepEqual(validationCodeAt(chain.state, CHAIN, 20, 12), codeOf(1000));
  assert.deepEqual(validationCodeAt(chain.state, CHAIN, 20, 13), newCode);
  assert.equal(validationCodeAt(chain.state, CHAIN, 20, 20), undefined);
  assert.equal(validationCodeAt(chain.state, CHAIN, 20, 21), undefined);
});

test("validation_code_at: nothing for code that was pruned, nor for a para that never was", () => {
  const chain = withUpgrade();
  noteNewHead(chain.state, CHAIN, genesisHeadOf(9), 13);
  chain.mustEnter({});
  chain.endBlock().playTo(16);
  assert.deepEqual(validationCodeAt(chain.state, CHAIN, 13), codeOf(1000));
  chain.playTo(17);
  assert.equal(validationCodeAt(chain.state, CHAIN, 13), undefined);
  assert.deepEqual(validationCodeAt(chain.state, CHAIN, 14), newCode);
  assert.equal(validationCodeAt(chain.state, NEW, 5), undefined);
});

test("Paras: initialization prunes what was replaced before the retention period, and no more", () => {
  const chain = withUpgrade();
  noteNewHead(chain.state, CHAIN, genesisHeadOf(9), 13);
  const old = validationCodeHash(codeOf(1000));
  chain.mustEnter({});
  chain.endBlock().playTo(16);
  assert.ok(parasStorage.codeByHash.has(chain.state, old));
  chain.beginBlock();
  assert.equal(parasStorage.codeByHash.has(chain.state, old), false);
  assert.deepEqual(parasStorage.pastCodePruning.get(chain.state), []);
  assert.equal(parasStorage.pastCodeMeta.get(chain.state, CHAIN).lastPruned, 13);
});

// Scheduler

test("add_parathread_claim: fails while a claim on the parathread is indexed", () => {
  const chain = scenario();
  assert.equal(addParathreadClaim(chain.state, claimOf(THREAD)), true);
  assert.equal(addParathreadClaim(chain.state, claimOf(THREAD)), false);
  chain.beginBlock();
  assert.deepEqual(queued(chain), [], "it is on a scheduled core");
  assert.equal(addParathreadClaim(chain.state, claimOf(THREAD)), false);
});

test("add_parathread_claim: fails when lookahead × parathread_cores claims wait", () => {
  const chain = scenario({ parathreadCores: 1, ...schedulerParams({ lookahead: 2 }) });
  const added = [2000, 2001, 2002].map((para) =>
    addParathreadClaim(chain.state, claimOf(asParaId(para))),
  );
  assert.deepEqual(added, [true, true, false]);
  assert.deepEqual(indexed(chain), [2000, 2001]);
});

test("add_parathread_claim: fails for what is no parathread", () => {
  const chain = scenario();
  assert.equal(addParathreadClaim(chain.state, claimOf(CHAIN)), false);
  assert.equal(addParathreadClaim(chain.state, claimOf(NEW)), false);
});

test("add_parathread_claim: takes next_core, which goes round the parathread cores", () => {
  const chain = scenario();
  for (const para of [2000, 2001, 2002]) addParathreadClaim(chain.state, claimOf(asParaId(para)));
  assert.deepEqual(queued(chain), [
    [2000, 0, 0],
    [2001, 0, 1],
    [2002, 0, 0],
  ]);
  assert.equal(schedulerStorage.parathreadQueue.get(chain.state).nextCoreOffset, 1);
});

test("schedule: a freed parachain core is assigned to its parachain", () => {
  const chain = scenario().beginBlock();
  occupied(chain.state, [core(0), core(1)]);
  assert.deepEqual(assigned(chain), []);
  schedule(chain.state, new Map([[core(1), "concluded"]]));
  assert.deepEqual(assigned(chain), [[1, 1001]]);
});

/** Claims of 2000, 2001 and 2002 are made; 2000 and 2001 occupy cores 2 and 3. */
function withThreads(): Scenario {
  const chain = scenario();
  for (const para of [2000, 2001, 2002]) addParathreadClaim(chain.state, claimOf(asParaId(para)));
  chain.beginBlock();
  occupied(chain.state, [core(2), core(3)]);
  return chain;
}

test("schedule: a freed parathread core leaves the claim index and takes the next entry of its queue", () => {
  const chain = withThreads();
  schedule(chain.state, new Map([[core(2), "concluded"]]));
  assert.deepEqual(indexed(chain), [2001, 2002]);
  assert.deepEqual(assigned(chain).at(-1), [2, 2002]);
  schedule(chain.state, new Map([[core(3), "concluded"]]));
  assert.deepEqual(indexed(chain), [2002]);
  assert.equal(assigned(chain).length, 3, "nobody waits for core 3");
});

test("schedule: a claim whose data did not become available waits again, its tries uncounted (reference)", () => {
  const chain = withThreads();
  schedule(chain.state, new Map([[core(3), "timedOut"]]));
  assert.deepEqual(indexed(chain), [2000, 2001, 2002]);
  assert.deepEqual(assigned(chain).at(-1), [3, 2001]);
  assert.deepEqual(queued(chain), [[2002, 0, 0]]);
});

test("schedule: group i is assigned to core (i + k) % n after k rotations", () => {
  const chain = scenario(schedulerParams({ groupRotationFrequency: 3 }));
  const n = coreCount(chain.state);
  const start = schedulerStorage.sessionStartBlock.get(chain.state);
  for (let k = 0; k < 9; k++)
    for (let i = 0; i < n; i++)
      assert.equal(groupAssignedToCore(chain.state, core((i + k) % n), start + 3 * k), i);
  chain.playTo(start + 3).beginBlock();
  assert.deepEqual(
    scheduled(chain.state).map(({ core: index, groupIdx }) => [index, groupIdx]),
    [
      [0, n - 1],
      [1, 0],
    ],
  );
});

test("scheduled: the assignments of this block, ascending by core, and none after it", () => {
  const chain = scenario();
  addParathreadClaim(chain.state, claimOf(THREAD));
  chain.beginBlock();
  assert.deepEqual(assigned(chain), [
    [0, 1000],
    [1, 1001],
    [2, 2000],
  ]);
  chain.mustEnter({});
  assert.deepEqual(assigned(chain.endBlock()), []);
});

test("occupied: the cores leave Scheduled and are occupied", () => {
  const chain = scenario().beginBlock();
  occupied(chain.state, [core(1)]);
  assert.deepEqual(assigned(chain), [[0, 1000]]);
  assert.deepEqual(availabilityCores(chain.state)[1], { type: "parachain" });
  assert.equal(availabilityCores(chain.state)[0], undefined);
});

test("occupied: fails for a core that is not scheduled, and for cores that are not ascending", () => {
  const chain = scenario().beginBlock();
  assert.throws(() => occupied(chain.state, [core(2)]), /core 2 was not scheduled/);
  assert.throws(() => occupied(chain.state, [core(1), core(0)]), /not ascending/);
  assert.throws(() => occupied(chain.state, [core(0), core(0)]), /not ascending/);
});

test("core_para: the para on an occupied core; of a scheduled one it is another question (reference)", () => {
  const chain = withThreads();
  occupied(chain.state, [core(0)]);
  const paraOn = (index: number) => corePara(chain.state, core(index));
  assert.deepEqual([0, 1, 2, 3, 4].map(paraOn), [1000, undefined, 2000, 2001, undefined]);
});

test("group_validators: the members of a group, nothing for an index that is none of this session", () => {
  const chain = scenario();
  assert.deepEqual(groupValidators(chain.state, asGroupIndex(3)), [6, 7]);
  assert.equal(groupValidators(chain.state, asGroupIndex(4)), undefined);
});

test("availability_timeout_predicate: there is one in the first t − 1 blocks of a rotation alone", () => {
  const chain = scenario({
    threadAvailabilityPeriod: 2,
    ...schedulerParams({ groupRotationFrequency: 6, parasAvailabilityPeriod: 3 }),
  });
  const present: boolean[] = [];
  for (let block = 1; block <= 12; block++) {
    chain.beginBlock();
    present.push(availabilityTimeoutPredicate(chain.state) !== undefined);
    chain.mustEnter({});
    chain.endBlock();
  }
  const rotationOf6 = [true, true, true, false, false, false];
  assert.deepEqual(present, [...rotationOf6, ...rotationOf6]);
});

test("availability_timeout_predicate: each kind of core has its own period", () => {
  const chain = withThreads();
  chain.setActiveConfiguration({
    ...chain.configuration,
    threadAvailabilityPeriod: 2,
    ...schedulerParams({ groupRotationFrequency: 0, parasAvailabilityPeriod: 5 }),
  } as HostConfiguration);
  occupied(chain.state, [core(0)]);
  const timesOut = availabilityTimeoutPredicate(chain.state);
  assert.ok(timesOut !== undefined);
  const after = (index: number, blocks: number) => timesOut(core(index), chain.now - blocks);
  assert.deepEqual([after(0, 4), after(0, 5)], [false, true]);
  assert.deepEqual([after(2, 1), after(2, 2)], [false, true]);
  assert.equal(after(1, 0), true, "nothing may wait on a core that is not occupied");
});

test("Scheduler: a session change frees all cores and returns claims, their tries uncounted", () => {
  const chain = withThreads();
  inherentStorage.included.set(chain.state, undefined);
  chain.announceSession();
  chain.endBlock();
  assert.deepEqual(
    availabilityCores(chain.state).filter((occupant) => occupant !== undefined),
    [],
  );
  assert.deepEqual(indexed(chain), [2000, 2001, 2002]);
  assert.deepEqual(
    queued(chain).map(([para, retries]) => [para, retries]),
    [
      [2002, 0],
      [2000, 0],
      [2001, 0],
    ],
  );
});

test("Scheduler: a session change makes the first V mod N groups one larger, and notes its first block", () => {
  const chain = scenario();
  chain.changeSession(7);
  assert.deepEqual(
    validatorGroups(chain.state).map((group) => group.length),
    [2, 2, 2, 1],
  );
  // The reference applies it at the end of the block that announces it.
  assert.equal(schedulerStorage.sessionStartBlock.get(chain.state), chain.now + 1);
});

test("Scheduler: a session change prunes claims past their tries, and deals the others out anew", () => {
  const chain = scenario({ parathreadRetries: 2 });
  for (const para of [2000, 2001, 2002]) addParathreadClaim(chain.state, claimOf(asParaId(para)));
  // 2000 and 2001 have their cores for two blocks, and nobody makes a candidate.
  chain.playTo(2);
  const tries = new Map(queued(chain).map(([para, retries]) => [para, retries]));
  assert.ok([...tries.values()].some((retries) => (retries ?? 0) > 0));
  chain.setConfiguration({ parathreadRetries: 0, parathreadCores: 1 });
  chain.changeSession();
  const kept = queued(chain);
  assert.ok(kept.every(([, retries, offset]) => retries === 0 && offset === 0));
  assert.deepEqual(
    indexed(chain),
    kept.map(([para]) => para),
  );
  assert.equal(schedulerStorage.parathreadQueue.get(chain.state).nextCoreOffset, 0);
});

test("Scheduler: finalization returns scheduled claims to the queue, and counts the try", () => {
  const chain = scenario();
  addParathreadClaim(chain.state, claimOf(THREAD));
  chain.playTo(1);
  assert.deepEqual(
    queued(chain).map(([para, retries]) => [para, retries]),
    [[2000, 1]],
  );
  chain.playTo(2);
  assert.deepEqual(queued(chain), [], "parathread_retries are used up");
  assert.deepEqual(indexed(chain), []);
});

// Inclusion

/** Candidates of 1000 and 1001 wait on cores 0 and 1; in the block after their backing. */
const withPending = () => scenario().playBacking(1000, 1001).beginBlock();
const refusal = (chain: Scenario, parts: Parameters<Scenario["enter"]>[0]) => {
  const entered = chain.enter(parts);
  return entered.ok ? undefined : entered.error;
};

test("process_bitfields: number of bits, order and signatures are checked, or the block is invalid", () => {
  const chain = withPending();
  const [a, b] = chain.bitfields(0, 2, [0]);
  assert.ok(a !== undefined && b !== undefined);
  const refused = (...bitfields: readonly (typeof a)[]) => refusal(chain, { bitfields });
  assert.equal(refused(chain.bitfield(0, [0], { length: 5 })), "wrongBitfieldSize");
  assert.equal(refused(a, a), "bitfieldDuplicateOrUnordered");
  assert.equal(refused(b, a), "bitfieldDuplicateOrUnordered");
  assert.equal(
    refused(chain.bitfield(0, [0], { signer: chain.pair(1) })),
    "invalidBitfieldSignature",
  );
  assert.equal(refused({ ...a, validatorIndex: 8 as never }), "validatorIndexOutOfBounds");
  assert.equal(refused(a, b), undefined);
});

test("process_bitfields: a bitfield with a bit for a free core is disregarded", () => {
  const chain = withPending();
  chain.mustEnter({ bitfields: [chain.bitfield(0, [0, 2]), chain.bitfield(1, [0])] });
  const votes = candidatesPendingAvailability(chain.state, CHAIN)[0]?.availabilityVotes;
  assert.deepEqual([...(votes?.bytes ?? [])], [0b10]);
});

test("process_bitfields: with more than two thirds of the votes a candidate is enacted and its core freed", () => {
  const chain = withPending();
  assert.deepEqual(processBitfields(chain.state, chain.bitfields(0, 5, [0, 1])), []);
  const freed = processBitfields(chain.state, [chain.bitfield(4, [0, 1]), chain.bitfield(5, [0])]);
  assert.deepEqual(
    freed.map(({ core: index }) => index),
    [0],
    "six of eight have voted for it",
  );
  assert.notDeepEqual(paraHead(chain.state, CHAIN), genesisHeadOf(1000));
  assert.deepEqual(paraHead(chain.state, asParaId(1001)), genesisHeadOf(1001));
});

test("process_candidates: each for a scheduled core, ascending, by its group, or the block is invalid", () => {
  const chain = scenario().beginBlock();
  const [a, b] = [1000, 1001].map((para) => chain.backed(chain.candidate(para)));
  assert.ok(a !== undefined && b !== undefined);
  const refused = (...candidates: readonly (typeof a)[]) => refusal(chain, { candidates });
  assert.equal(refused(b, a), "scheduledOutOfOrder");
  assert.equal(
    refused(chain.backed(chain.candidate(2000, { parentHead: genesisHeadOf(1) }), { core: 2 })),
    "unscheduledCandidate",
  );
  assert.equal(
    refused(chain.backed(chain.candidate(1000), { signer: chain.pair(7) })),
    "invalidBacking",
  );
  assert.equal(
    refused(chain.backed(chain.candidate(1000), { voters: [0] })),
    "insufficientBacking",
  );
  assert.equal(refused(a, b), undefined);
});

test("process_candidates: new code is refused within the upgrade frequency of the one before", () => {
  const chain = withUpgrade();
  const upgrade = chain.candidate(1000, { commitments: { newValidationCode: codeOf(1000, 2) } });
  assert.equal(refusal(chain, { candidates: [chain.backed(upgrade)] }), "prematureCodeUpgrade");
});

test("process_candidates: candidates wait without votes, and their cores are given back ascending", () => {
  const chain = scenario().playBacking(1000, 1001);
  for (const para of [1000, 1001]) {
    const [pending] = candidatesPendingAvailability(chain.state, asParaId(para));
    assert.ok(pending?.availabilityVotes.bytes.every((byte) => byte === 0));
    assert.equal(pending?.backedInNumber, chain.now);
  }
  assert.deepEqual(
    availabilityCores(chain.state).map((occupant) => occupant?.type),
    ["parachain", "parachain", undefined, undefined],
  );
});

test("enact_candidate: new code is scheduled with the configured delay, and the head is noted", () => {
  const chain = scenario(upgradeDelays).beginBlock();
  trust(chain, newCode);
  const upgrade = chain.candidate(1000, { commitments: { newValidationCode: newCode } });
  chain.mustEnter({ candidates: [chain.backed(upgrade)] });
  chain.endBlock().beginBlock();
  const [pending] = candidatesPendingAvailability(chain.state, CHAIN);
  assert.ok(pending !== undefined);
  enactCandidate(chain.state, pending);
  assert.deepEqual(paraHead(chain.state, CHAIN), upgrade.commitments.headData);
  assert.equal(parasStorage.mostRecentContext.get(chain.state, CHAIN), 0);
  // The reference counts from inclusion, which only postpones it.
  assert.equal(parasStorage.futureCodeUpgrades.get(chain.state, CHAIN), chain.now + 10);
});

test("collect_pending: what the predicate says is cleaned up, and the cores are returned", () => {
  const chain = withPending();
  const asked: (readonly [CoreIndex, number])[] = [];
  const freed = collectPending(chain.state, (index, since) => {
    asked.push([index, since]);
    return index === 1;
  });
  assert.deepEqual(
    freed.map(({ core: index }) => index),
    [1],
  );
  assert.deepEqual(asked, [
    [0, 1],
    [1, 1],
  ]);
  assert.equal(inclusionStorage.pendingAvailability.has(chain.state, CHAIN), true);
  assert.equal(inclusionStorage.pendingAvailability.has(chain.state, asParaId(1001)), false);
  assert.ok(chain.events.includes("paraInclusion.candidateTimedOut"));
});

// InclusionInherent

test("inclusion: freed cores are scheduled and occupied again in the same block", () => {
  const chain = withPending();
  const head = candidatesPendingAvailability(chain.state, CHAIN)[0]?.commitments.headData;
  assert.ok(head !== undefined);
  const bitfields = chain.bitfields(0, 6, [0]);
  const next = chain.candidate(1000, { parentHead: head });
  chain.mustEnter({ bitfields, candidates: [chain.backed(next, { core: 0 })] });
  assert.deepEqual(paraHead(chain.state, CHAIN), head);
  const [pending] = candidatesPendingAvailability(chain.state, CHAIN);
  assert.deepEqual(pending?.commitments.headData, next.commitments.headData);
});

test("inclusion: if any step fails the entry point fails, and nothing of it stays", () => {
  const chain = withPending();
  const root = chain.state.root(1);
  const bitfields = chain.bitfields(0, 6, [0]);
  const bad = chain.backed(chain.candidate(1001), { core: 1 });
  assert.equal(refusal(chain, { bitfields, candidates: [bad] }), "unscheduledCandidate");
  assert.equal(chain.state.root(1), root);
});

test("InclusionInherent: Included is set by the entry point, which comes once, and finalization takes it", () => {
  const chain = scenario().beginBlock();
  assert.throws(() => chain.endBlock(), /without its parachain inherent/);
  const other = scenario().beginBlock();
  other.mustEnter({});
  assert.ok(inherentStorage.included.has(other.state));
  assert.equal(refusal(other, {}), "tooManyInclusionInherents");
  other.endBlock();
  assert.equal(inherentStorage.included.has(other.state), false);
});
