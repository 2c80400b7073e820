/**
 * The scheduler on random walks: whatever happens, no claim is lost or doubled, no core is given to two,
 * and claims are served in turn.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, ChaChaStream, type CoreIndex, ZERO_HASH } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { beginBlock } from "../../pallets/system/block.ts";
import { parachains } from "../paras/paras.ts";
import { storage as sharedStorage } from "../shared/shared.ts";
import { Scenario } from "../testing/scenario.ts";
import {
  addParathreadClaim,
  type FreedReason,
  finalize,
  initialize,
  occupied,
  onNewSession,
  schedule,
  scheduled,
  storage,
} from "./scheduler.ts";

const THREADS = [2000, 2001, 2002, 2003, 2004, 2005];

/** Paras that have a claim somewhere, one entry per claim. */
function claims(state: State): number[] {
  const queued = storage.parathreadQueue.get(state).queue.map(({ entry }) => entry.claim.paraId);
  const onCores = storage.availabilityCores
    .get(state)
    .flatMap((core) => (core?.type === "parathread" ? [core.value.claim.paraId] : []));
  const assigned = scheduled(state).flatMap(({ kind, paraId }) =>
    kind.type === "parathread" ? [paraId] : [],
  );
  return [...queued, ...onCores, ...assigned].sort((a, b) => a - b);
}

function checkInvariants(state: State): void {
  const all = claims(state);
  assert.deepEqual(all, [...new Set(all)], "a para has two claims");
  assert.deepEqual(all, storage.parathreadClaimIndex.get(state), "the index is the set of claims");
  const cores = storage.availabilityCores.get(state);
  const assignments = scheduled(state);
  assert.deepEqual(
    assignments.map(({ core }) => core),
    [...new Set(assignments.map(({ core }) => core))].sort((a, b) => a - b),
    "scheduled cores are ascending, each once",
  );
  for (const { core } of assignments) assert.equal(cores[core], undefined, "a core is given twice");
  const { queue, nextCoreOffset } = storage.parathreadQueue.get(state);
  const threads = cores.length - parachains(state).length;
  for (const { coreOffset } of queue) assert.ok(coreOffset < threads, "a claim waits for no core");
  assert.ok(nextCoreOffset < Math.max(1, threads));
}

function walk(seed: number): void {
  const chance = new ChaChaStream(new Uint8Array(32).fill(seed));
  const flip = () => chance.below(2) === 0;
  const chain = new Scenario({
    validators: 1 + chance.below(9),
    paras: [1000, 1001],
    parathreads: THREADS,
    configuration: { parathreadCores: 1 + chance.below(3), parathreadRetries: chance.below(3) },
  });
  const { state } = chain;
  for (let block = 1; block <= 60; block++) {
    beginBlock(state, block, ZERO_HASH, []);
    initialize(state);
    checkInvariants(state);
    const full: CoreIndex[] = [];
    storage.availabilityCores.get(state).forEach((core, index) => {
      if (core !== undefined) full.push(index as CoreIndex);
    });
    const freed = new Map(
      full
        .filter(flip)
        .map((core): [CoreIndex, FreedReason] => [core, flip() ? "concluded" : "timedOut"]),
    );
    schedule(state, freed);
    checkInvariants(state);
    occupied(
      state,
      scheduled(state)
        .map(({ core }) => core)
        .filter(flip),
    );
    for (const para of THREADS)
      if (chance.below(3) === 0)
        addParathreadClaim(state, { paraId: asParaId(para), collator: undefined });
    checkInvariants(state);
    finalize(state);
    checkInvariants(state);
    if (chance.below(10) === 0) {
      const configuration = { ...chain.configuration, parathreadCores: chance.below(4) };
      chain.setActiveConfiguration(configuration);
      onNewSession(state, {
        session: sharedStorage.currentSessionIndex.get(state),
        validators: sharedStorage.activeValidatorKeys.get(state),
        authorities: [],
        queued: [],
        previousConfiguration: chain.configuration,
        configuration,
        randomSeed: new Uint8Array(32),
        startBlock: block + 1,
      });
      checkInvariants(state);
    }
  }
}

test("no claim is lost or doubled and no core given twice, on forty random walks", () => {
  for (let seed = 0; seed < 40; seed++) walk(seed);
});

test("claims that wait are served in the order in which they came", () => {
  const chain = new Scenario({
    validators: 4,
    parathreads: THREADS,
    configuration: { parathreadCores: 2 },
  });
  const { state } = chain;
  for (const para of THREADS)
    assert.equal(addParathreadClaim(state, { paraId: asParaId(para), collator: undefined }), true);
  const served: number[] = [];
  for (let block = 1; served.length < THREADS.length; block++) {
    beginBlock(state, block, ZERO_HASH, []);
    const full = storage.availabilityCores
      .get(state)
      .flatMap((core, index) => (core === undefined ? [] : [index as CoreIndex]));
    schedule(state, new Map(full.map((core) => [core, "concluded"])));
    served.push(...scheduled(state).map(({ paraId }) => paraId));
    occupied(
      state,
      scheduled(state).map(({ core }) => core),
    );
    finalize(state);
  }
  assert.deepEqual(served, THREADS);
});
