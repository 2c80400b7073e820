import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asCoreIndex,
  asParaId,
  type BackedCandidate,
  candidateHash,
  type ParachainsInherentData,
} from "@parahost/primitives";
import { countOnes } from "@parahost/scale";
import { NONE, ROOT } from "../../framework/index.ts";
import { candidatesPendingAvailability } from "../inclusion/inclusion.ts";
import { mostRecentContext, paraHead } from "../paras/paras.ts";
import { corePara, scheduled, storage as schedulerStorage } from "../scheduler/scheduler.ts";
import { disabledAuthorities } from "../shared/disabled.ts";
import { allowedRelayParents } from "../shared/shared.ts";
import { codeOf, genesisHeadOf, pairOf, Scenario } from "../testing/scenario.ts";
import { INHERENT_BUDGET } from "./budget.ts";
import { finalize, paraInherent } from "./paras-inherent.ts";
import { storage } from "./storage.ts";

const scenario = () => new Scenario({ validators: 9, paras: [1000, 1001, 1002] });
const refusal = (chain: Scenario, parts: Parameters<Scenario["enter"]>[0]) => {
  const result = chain.enter(parts);
  return result.ok ? undefined : result.error;
};

/** Candidates and their votes that an author may come by; all good. */
const candidatesOf = (chain: Scenario, ...paras: readonly number[]) =>
  paras.map((para) => chain.backed(chain.candidate(para)));

// Importing

test("a block carries its parachain inherent once", () => {
  const chain = scenario().beginBlock();
  assert.equal(refusal(chain, {}), undefined);
  assert.equal(refusal(chain, {}), "tooManyInclusionInherents");
  chain.endBlock();
  assert.equal(storage.included.has(chain.state), false);
});

test("a block without its parachain inherent is not finalized", () => {
  const chain = scenario().beginBlock();
  assert.throws(() => finalize(chain.state), /without its parachain inherent/);
});

test("the inherent comes from nobody", () => {
  const chain = scenario().beginBlock();
  const data = chain.inherentData({});
  const { dispatch } = paraInherent.calls.enter;
  assert.deepEqual(dispatch(chain.state, ROOT, { data }), {
    ok: false,
    error: { type: "badOrigin" },
  });
  assert.equal(dispatch(chain.state, NONE, { data }).ok, true);
});

test("the parent header must be the parent's", () => {
  const chain = scenario().playTo(2).beginBlock();
  const parentHeader = chain.headers[1];
  assert.ok(parentHeader);
  assert.equal(refusal(chain, { parentHeader }), "invalidParentHeader");
  const changed = { ...chain.parent, number: 7 };
  assert.equal(refusal(chain, { parentHeader: changed }), "invalidParentHeader");
});

test("the parent becomes a relay parent, with the claim queue of the block", () => {
  const chain = scenario().playTo(2).beginBlock();
  chain.mustEnter({});
  const { buffer, latestNumber } = allowedRelayParents(chain.state);
  assert.equal(latestNumber, 2);
  assert.equal(buffer.length, 1);
  assert.equal(buffer[0]?.stateRoot, chain.parent.stateRoot);
  assert.deepEqual(
    [...(buffer[0]?.claimQueue.get(asParaId(1001)) ?? [])],
    [
      [0, [1]],
      [1, [1]],
      [2, [1]],
    ],
  );
});

test("more bytes or signatures than the budget refuse the block", () => {
  const chain = scenario().beginBlock();
  const newValidationCode = new Uint8Array(INHERENT_BUDGET.bytes);
  const candidate = chain.backed(chain.candidate(1000, { commitments: { newValidationCode } }));
  assert.equal(refusal(chain, { candidates: [candidate] }), "inherentOverweight");
  const bitfield = chain.bitfield(0, []);
  const bitfields = Array.from({ length: INHERENT_BUDGET.signatures + 1 }, () => bitfield);
  assert.equal(refusal(chain, { bitfields }), "inherentOverweight");
});

test("a core that becomes free takes its next candidate in the same block", () => {
  const chain = scenario().playBacking(1000).beginBlock();
  const pending = candidatesPendingAvailability(chain.state, asParaId(1000))[0];
  assert.ok(pending);
  const next = chain.candidate(1000);
  const bitfields = chain.bitfields(0, 7, [0]);
  assert.equal(
    refusal(chain, { candidates: [chain.backed(next, { core: 0 })] }),
    "unscheduledCandidate",
  );
  assert.equal(
    refusal(chain, { bitfields, candidates: [chain.backed(next, { core: 0 })] }),
    undefined,
  );
  assert.deepEqual(paraHead(chain.state, asParaId(1000)), pending.commitments.headData);
  assert.deepEqual(
    candidatesPendingAvailability(chain.state, asParaId(1000)).map(({ hash }) => hash),
    [candidateHash(next)],
  );
  assert.deepEqual(chain.events, [
    "paraInclusion.candidateIncluded",
    "paraInclusion.candidateBacked",
  ]);
});

test("a core whose candidate times out takes another candidate in the same block", () => {
  const chain = scenario();
  const { parasAvailabilityPeriod, groupRotationFrequency } = chain.configuration.schedulerParams;
  assert.deepEqual([parasAvailabilityPeriod, groupRotationFrequency], [4, 20]);
  // Backed in block 15, too late for the window after block 1: the next opens at block 21.
  chain.playTo(14).playBacking(1000).playTo(20);
  assert.equal(corePara(chain.state, asCoreIndex(0)), 1000);
  chain.beginBlock();
  const another = chain.candidate(1000, {
    parentHead: genesisHeadOf(1000),
  });
  chain.mustEnter({ candidates: [chain.backed(another, { core: 0 })] });
  assert.deepEqual(chain.events, [
    "paraInclusion.candidateTimedOut",
    "paraInclusion.candidateBacked",
  ]);
});

test("a candidate is not timed out before its period is over", () => {
  const chain = scenario().playTo(17).playBacking(1000).playTo(20);
  chain.beginBlock();
  chain.mustEnter({});
  assert.deepEqual(chain.events, []);
  chain.endBlock().beginBlock();
  chain.mustEnter({});
  assert.deepEqual(chain.events, ["paraInclusion.candidateTimedOut"]);
});

test("what a block backs is noted with its voters, for those who may dispute it", () => {
  const chain = scenario().beginBlock();
  const candidate = chain.candidate(1001);
  const backed = chain.backed(candidate, { voters: [0, 2] });
  chain.mustEnter({ candidates: [backed] });
  const votes = storage.onChainVotes.get(chain.state);
  assert.equal(votes?.session, 0);
  const [entry] = votes?.backingValidatorsPerCandidate ?? [];
  assert.equal(entry && candidateHash(entry.receipt), candidateHash(candidate));
  assert.deepEqual(
    entry?.votes,
    backed.validityVotes.map((attestation, i) => ({
      validatorIndex: i === 0 ? 3 : 5,
      attestation,
    })),
  );
  chain.endBlock().playTo(2);
  assert.deepEqual(storage.onChainVotes.get(chain.state)?.backingValidatorsPerCandidate, []);
});

test("candidates that are pending when the session ends are dropped with it", () => {
  const chain = scenario().playBacking(1000).changeSession().beginBlock();
  assert.deepEqual(candidatesPendingAvailability(chain.state, asParaId(1000)), []);
  assert.equal(mostRecentContext(chain.state, asParaId(1000)), 0);
  assert.equal(refusal(chain, { candidates: candidatesOf(chain, 1000) }), undefined);
});

test("in the block that announces a session the old one still rules", () => {
  const chain = scenario().playBacking(1000).beginBlock();
  const bitfields = chain.bitfields(0, 7, [0]);
  const candidates = candidatesOf(chain, 1001);
  chain.announceSession();
  assert.equal(refusal(chain, { bitfields, candidates }), undefined);
  chain.endBlock();
  assert.equal(chain.session, 1);
});

test("a scheduled core that gets no candidate is free again in the next block", () => {
  const chain = scenario().playBacking(1001).beginBlock();
  assert.deepEqual(
    scheduled(chain.state).map(({ core }) => core),
    [0, 2],
  );
  assert.deepEqual(
    schedulerStorage.availabilityCores.get(chain.state).map((core) => core?.type),
    [undefined, "parachain", undefined],
  );
});

// Authoring

test("an author leaves out what an importer would refuse, and keeps the rest", () => {
  const chain = scenario().playBacking(1000).beginBlock();
  const good = chain.bitfields(0, 4, [0]);
  const wrongSize = chain.bitfield(4, [], { length: 2 });
  const forged = chain.bitfield(5, [0], { signer: pairOf("stranger") });
  const stranger = chain.bitfield(20, [0], { signer: pairOf("stranger") });
  const [a, b] = candidatesOf(chain, 1001, 1002) as [BackedCandidate, BackedCandidate];
  const unbacked = chain.backed(chain.candidate(1001), { voters: [0] });
  const created = chain.create({
    bitfields: [...good, ...good, wrongSize, forged, stranger],
    candidates: [unbacked, b, a],
  });
  assert.deepEqual(created.bitfields, good);
  assert.deepEqual(created.backedCandidates, [b]);
  assert.equal(refusal(chain, partsOf(created)), undefined);
});

const partsOf = ({ bitfields, backedCandidates, disputes }: ParachainsInherentData) => ({
  bitfields,
  candidates: backedCandidates,
  disputes,
});

test("making an inherent leaves the state as it is", () => {
  const chain = scenario().playBacking(1000).beginBlock();
  const root = chain.state.root(1);
  const parts = { bitfields: chain.bitfields(0, 9, [0]), candidates: candidatesOf(chain, 1001) };
  assert.equal(chain.create(parts).backedCandidates.length, 1);
  assert.equal(chain.state.root(1), root);
});

test("an author strips the votes of disabled validators, and drops what is no longer backed", () => {
  const chain = scenario().beginBlock();
  const [a, b] = candidatesOf(chain, 1000, 1001) as [BackedCandidate, BackedCandidate];
  // Members 0 of group 0, and 3 and 4 of group 1.
  disabledAuthorities.set(
    chain.state,
    [0, 3, 4].map((validator) => [chain.authorityOf(validator), 1_000_000_000] as const),
  );
  const created = chain.create({ candidates: [a, b] });
  assert.equal(created.backedCandidates.length, 1);
  const [stripped] = created.backedCandidates;
  assert.ok(stripped);
  assert.equal(candidateHash(stripped.candidate), candidateHash(a.candidate));
  assert.deepEqual(stripped.validityVotes, a.validityVotes.slice(1));
  assert.equal(stripped.validatorIndices.length, 11);
  assert.equal(countOnes(stripped.validatorIndices), 2);
  assert.equal(refusal(chain, partsOf(created)), undefined);
});

test("an inherent that is too large is cut down to the budget", () => {
  const chain = scenario().beginBlock();
  const large = (para: number) =>
    chain.backed(chain.candidate(para, { commitments: { newValidationCode: largeCode(para) } }));
  const created = chain.create({ candidates: [large(1000), large(1001), large(1002)] });
  assert.equal(created.backedCandidates.length, 1);
  assert.equal(refusal(chain, partsOf(created)), undefined);
});

const largeCode = (para: number): Uint8Array => {
  const code = new Uint8Array(3 * 1024 * 1024);
  code.set(codeOf(para, 1));
  return code;
};

test("everything bad makes an empty inherent, and still a block", () => {
  const chain = scenario().beginBlock();
  const created = chain.create({
    bitfields: [chain.bitfield(0, [], { length: 9 })],
    candidates: [chain.backed(chain.candidate(1000), { voters: [] })],
  });
  assert.deepEqual([created.bitfields, created.backedCandidates], [[], []]);
  assert.equal(refusal(chain, partsOf(created)), undefined);
});

test("a node that does not know the parent of the block it builds is broken", () => {
  const chain = scenario().playTo(1).beginBlock();
  const parentHeader = { ...chain.parent, number: 9 };
  assert.throws(() => chain.create({ parentHeader }), /knows the parent/);
});
