import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asCoreIndex,
  asGroupIndex,
  asParaId,
  type CandidateHash,
  candidateHash,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { currentCodeHash, mostRecentContext, paraHead } from "../paras/paras.ts";
import { storage as parasStorage } from "../paras/storage.ts";
import { storage as schedulerStorage } from "../scheduler/scheduler.ts";
import { codeOf, Scenario } from "../testing/scenario.ts";
import {
  type CandidatePendingAvailability,
  candidateOnCore,
  candidatesPendingAvailability,
  collectPending,
  forceEnact,
  freeDisputed,
  processBitfields,
} from "./inclusion.ts";
import { storage } from "./storage.ts";

const para = asParaId(2000);

/**
 * A para with a chain of two candidates, the first on core 1, the second on core 0, as paras with
 * several cores have; made by hand, since the scheduler gives a parathread one core.
 */
function chainOfTwo() {
  const chain = new Scenario({
    validators: 4,
    parathreads: [2000],
    configuration: { parathreadCores: 2 },
  }).beginBlock();
  const entry = { claim: { paraId: para, collator: undefined }, retries: 0 };
  const occupied = { type: "parathread", value: entry } as const;
  schedulerStorage.availabilityCores.set(chain.state, [occupied, occupied]);
  const pendingOf = (core: number, parentHead?: Uint8Array): CandidatePendingAvailability => {
    const receipt = chain.candidate(2000, parentHead === undefined ? {} : { parentHead });
    return {
      core: asCoreIndex(core),
      hash: candidateHash(receipt),
      ...receipt,
      availabilityVotes: bitsAt(4, []),
      backers: bitsAt(4, []),
      relayParentNumber: core,
      backedInNumber: 5 + core,
      backingGroup: asGroupIndex(0),
    };
  };
  const first = pendingOf(1);
  const second = pendingOf(0, first.commitments.headData);
  storage.pendingAvailability.set(chain.state, para, [first, second]);
  return { chain, first, second };
}

const cores = (freed: readonly { readonly core: number }[]) => freed.map(({ core }) => core);

test("a candidate waits for its predecessor, then both are included, the head being the last", () => {
  const { chain, first, second } = chainOfTwo();
  assert.deepEqual(processBitfields(chain.state, chain.bitfields(0, 3, [0])), []);
  assert.deepEqual(paraHead(chain.state, para)?.length, 4);
  assert.equal(candidatesPendingAvailability(chain.state, para).length, 2);
  const freed = processBitfields(chain.state, chain.bitfields(0, 3, [1]));
  assert.deepEqual(freed, [
    { core: 0, candidate: second.hash },
    { core: 1, candidate: first.hash },
  ]);
  assert.deepEqual(paraHead(chain.state, para), second.commitments.headData);
  assert.equal(storage.pendingAvailability.has(chain.state, para), false);
});

test("the first of a chain can be included alone", () => {
  const { chain, first, second } = chainOfTwo();
  assert.deepEqual(cores(processBitfields(chain.state, chain.bitfields(0, 3, [1]))), [1]);
  assert.deepEqual(paraHead(chain.state, para), first.commitments.headData);
  assert.deepEqual(
    candidatesPendingAvailability(chain.state, para).map(({ hash }) => hash),
    [second.hash],
  );
});

test("with a candidate that times out go those that build on it", () => {
  const { chain } = chainOfTwo();
  assert.deepEqual(cores(collectPending(chain.state, (core) => core === 1)), [0, 1]);
  assert.deepEqual(chain.events, [
    "paraInclusion.candidateTimedOut",
    "paraInclusion.candidateTimedOut",
  ]);
  assert.equal(storage.pendingAvailability.has(chain.state, para), false);
});

test("a candidate that times out leaves what it builds on", () => {
  const { chain, first } = chainOfTwo();
  assert.deepEqual(cores(collectPending(chain.state, (core) => core === 0)), [0]);
  assert.deepEqual(
    candidatesPendingAvailability(chain.state, para).map(({ hash }) => hash),
    [first.hash],
  );
});

test("the timeout predicate is asked by core and by the block that backed the candidate", () => {
  const { chain } = chainOfTwo();
  const asked: (readonly [number, number])[] = [];
  collectPending(chain.state, (core, since) => {
    asked.push([core, since]);
    return false;
  });
  assert.deepEqual(asked, [
    [1, 6],
    [0, 5],
  ]);
});

test("disputed candidates go without a word, and those that build on them", () => {
  const { chain, first, second } = chainOfTwo();
  const none = new Set<CandidateHash>();
  assert.deepEqual(freeDisputed(chain.state, none), []);
  assert.deepEqual(cores(freeDisputed(chain.state, new Set([second.hash]))), [0]);
  assert.deepEqual(cores(freeDisputed(chain.state, new Set([first.hash]))), [1]);
  assert.deepEqual(chain.events, []);
});

test("forced enactment includes all that is pending, in order", () => {
  const { chain, second } = chainOfTwo();
  forceEnact(chain.state, para);
  assert.deepEqual(paraHead(chain.state, para), second.commitments.headData);
  assert.equal(mostRecentContext(chain.state, para), 0);
  assert.equal(storage.pendingAvailability.has(chain.state, para), false);
});

test("a candidate is found by its core", () => {
  const { chain, first, second } = chainOfTwo();
  assert.equal(candidateOnCore(chain.state, asCoreIndex(1))?.hash, first.hash);
  assert.equal(candidateOnCore(chain.state, asCoreIndex(0))?.hash, second.hash);
  assert.equal(candidateOnCore(chain.state, asCoreIndex(2)), undefined);
});

test("inclusion sets head and context, and begins an announced upgrade", () => {
  const chain = new Scenario({ validators: 4, paras: [1000] }).playTo(2).beginBlock();
  const id = asParaId(1000);
  const newValidationCode = codeOf(1000, 1);
  const candidate = chain.candidate(1000, { commitments: { newValidationCode } });
  chain.mustEnter({ candidates: [chain.backed(candidate)] });
  chain.endBlock().playAvailability(0);
  assert.deepEqual(paraHead(chain.state, id), candidate.commitments.headData);
  assert.equal(mostRecentContext(chain.state, id), 2);
  assert.deepEqual(parasStorage.upgradeRestrictionSignal.get(chain.state, id), { type: "present" });
  assert.equal(parasStorage.pvfActiveVoteList.get(chain.state).length, 1);
  assert.notEqual(
    parasStorage.futureCodeHash.get(chain.state, id),
    currentCodeHash(chain.state, id),
  );
});
