import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asParaId,
  asSessionIndex,
  candidateHash,
  commitmentsHash,
  validationCodeHash as hashOfCode,
  persistedValidationDataHash,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { ROOT } from "../../framework/index.ts";
import { noteNewHead, paraHead, paras, scheduleCodeUpgrade } from "../paras/paras.ts";
import { addParathreadClaim } from "../scheduler/scheduler.ts";
import { codeOf, genesisHeadOf, Scenario } from "../testing/scenario.ts";
import {
  assumedValidationData,
  availabilityCores,
  backingConstraints,
  candidateEvents,
  candidatePendingAvailability,
  checkValidationOutputs,
  claimQueue,
  disabledValidators,
  minimumBackingVotes,
  onChainVotes,
  paraBackingState,
  paraIds,
  persistedValidationData,
  schedulingLookahead,
  sessionIndexForChild,
  sessionInfo,
  validationCode,
  validationCodeBombLimit,
  validationCodeHash,
  validatorGroups,
  validators,
} from "./index.ts";

const para = asParaId(1000);
const INCLUDED = { type: "included" } as const;
const TIMED_OUT = { type: "timedOut" } as const;
const FREE = { type: "free" } as const;

const scenario = () => new Scenario({ validators: 6, paras: [1000, 1001] });

/** After block 3, which backed a candidate of para 1000. */
const chainWithPending = () => scenario().playTo(2).playBacking(1000);

test("groups and their rotation are those of the child", () => {
  const chain = scenario().playTo(7);
  const { groups, rotation } = validatorGroups(chain.state);
  assert.deepEqual(groups, [
    [0, 1, 2],
    [3, 4, 5],
  ]);
  assert.deepEqual(rotation, { sessionStartBlock: 1, groupRotationFrequency: 20, now: 8 });
  assert.equal(validators(chain.state).length, 6);
});

test("a core is scheduled for its para, or shows the candidate that occupies it", () => {
  const chain = chainWithPending();
  const [first, second] = availabilityCores(chain.state);
  assert.deepEqual(second, {
    type: "scheduled",
    value: { paraId: 1001, collator: undefined },
  });
  const pending = candidatePendingAvailability(chain.state, para);
  assert.ok(pending && first?.type === "occupied");
  const { candidateDescriptor, ...core } = first.value;
  assert.deepEqual(candidateDescriptor, pending.descriptor);
  assert.deepEqual(core, {
    nextUpOnAvailable: { paraId: 1000, collator: undefined },
    nextUpOnTimeOut: { paraId: 1000, collator: undefined },
    occupiedSince: 3,
    // Backed within the window after block 1, whose last block is 4: the next window opens at 21.
    timeOutAt: 21,
    availability: bitsAt(6, []),
    groupResponsible: 0,
    candidateHash: candidateHash(pending),
  });
});

test("asking about cores leaves the state as it is", () => {
  const chain = chainWithPending();
  const root = chain.state.root(1);
  availabilityCores(chain.state);
  claimQueue(chain.state);
  persistedValidationData(chain.state, para, INCLUDED);
  assert.equal(chain.state.root(1), root);
});

test("a shared core is free without a claim, and scheduled for one with its collator", () => {
  const chain = new Scenario({
    validators: 6,
    parathreads: [2000, 2001],
    configuration: { parathreadCores: 1 },
  }).playTo(1);
  assert.deepEqual(availabilityCores(chain.state), [{ type: "free" }]);
  const claim = { paraId: asParaId(2000), collator: undefined };
  addParathreadClaim(chain.state, claim);
  assert.deepEqual(availabilityCores(chain.state), [{ type: "scheduled", value: claim }]);
  addParathreadClaim(chain.state, { paraId: asParaId(2001), collator: undefined });
  assert.deepEqual([...claimQueue(chain.state)], [[0, [2000, 2001]]]);
});

test("validation data are of this block, under each assumption about the pending candidate", () => {
  const chain = chainWithPending();
  const pending = candidatePendingAvailability(chain.state, para);
  const root = chain.state.root(1);
  const common = {
    relayParentNumber: 3,
    relayParentStorageRoot: root,
    maxPovSize: chain.configuration.maxPovSize,
  };
  assert.deepEqual(persistedValidationData(chain.state, para, TIMED_OUT), {
    parentHead: genesisHeadOf(1000),
    ...common,
  });
  assert.deepEqual(persistedValidationData(chain.state, para, INCLUDED), {
    parentHead: pending?.commitments.headData,
    ...common,
  });
  assert.equal(persistedValidationData(chain.state, para, FREE), undefined);
  assert.deepEqual(
    persistedValidationData(chain.state, asParaId(1001), FREE)?.parentHead,
    genesisHeadOf(1001),
  );
  assert.equal(persistedValidationData(chain.state, asParaId(9), FREE), undefined);
});

test("validation data are found by their hash, whichever assumption they rest on", () => {
  const chain = chainWithPending();
  for (const assumption of [TIMED_OUT, INCLUDED]) {
    const data = persistedValidationData(chain.state, para, assumption);
    assert.ok(data);
    const found = assumedValidationData(chain.state, para, persistedValidationDataHash(data));
    assert.deepEqual(found, { data, codeHash: hashOfCode(codeOf(1000)) });
  }
  const other = persistedValidationData(chain.state, asParaId(1001), FREE);
  assert.ok(other);
  assert.equal(
    assumedValidationData(chain.state, para, persistedValidationDataHash(other)),
    undefined,
  );
});

test("code is that which the next candidate will run", () => {
  const chain = new Scenario({
    validators: 6,
    paras: [1000],
    configuration: { validationUpgradeDelay: 2, minimumValidationUpgradeDelay: 5 },
  });
  chain.beginBlock();
  const newCode = codeOf(1000, 1);
  paras.calls.addTrustedValidationCode.dispatch(chain.state, ROOT, { validationCode: newCode });
  scheduleCodeUpgrade(chain.state, para, newCode, 1, { type: "setGoAheadSignal" });
  chain.mustEnter({});
  chain.endBlock().playTo(6).playBacking(1000);
  // The candidate on block 6 switches when it is included: the upgrade was expected at 6.
  assert.deepEqual(validationCode(chain.state, para, TIMED_OUT), codeOf(1000));
  assert.deepEqual(validationCode(chain.state, para, INCLUDED), newCode);
  assert.equal(validationCodeHash(chain.state, para, INCLUDED), hashOfCode(newCode));
  assert.equal(validationCode(chain.state, para, FREE), undefined);
  assert.equal(validationCodeBombLimit(chain.state), 10 * chain.configuration.maxCodeSize);
});

test("outputs are checked as inclusion would check them", () => {
  const chain = scenario().playTo(2);
  const { commitments } = chain.beginBlock().candidate(1000);
  chain.mustEnter({});
  chain.endBlock();
  const good = { ...commitments, hrmpWatermark: 3 };
  const check = (changes: object) =>
    checkValidationOutputs(chain.state, para, { ...good, ...changes });
  assert.equal(check({}), true);
  assert.equal(check({ hrmpWatermark: 2 }), false);
  assert.equal(check({ headData: new Uint8Array(chain.configuration.maxHeadDataSize + 1) }), false);
  assert.equal(check({ newValidationCode: new Uint8Array(8) }), false);
  assert.equal(check({ processedDownwardMessages: 1 }), false);
});

test("new code cannot follow new code that is not included yet", () => {
  const chain = scenario().beginBlock();
  const newValidationCode = codeOf(1000, 1);
  const candidate = chain.candidate(1000, { commitments: { newValidationCode } });
  chain.mustEnter({ candidates: [chain.backed(candidate)] });
  chain.endBlock();
  const again = { ...candidate.commitments, hrmpWatermark: 1 };
  assert.equal(checkValidationOutputs(chain.state, para, again), false);
});

test("what happened to candidates in the block is told in order", () => {
  const chain = chainWithPending().beginBlock();
  const included = candidatePendingAvailability(chain.state, para);
  const next = chain.candidate(1000);
  chain.mustEnter({
    bitfields: chain.bitfields(0, 6, [0]),
    candidates: [chain.backed(next, { core: 0 })],
  });
  chain.endBlock();
  assert.ok(included);
  assert.deepEqual(
    candidateEvents(chain.state).map(({ type, value }) => [type, candidateHash(value.receipt)]),
    [
      ["included", candidateHash(included)],
      ["backed", candidateHash(next)],
    ],
  );
  const [event] = candidateEvents(chain.state);
  assert.equal(event?.value.receipt.commitmentsHash, commitmentsHash(included.commitments));
  assert.deepEqual(event?.value.headData, included.commitments.headData);
  assert.equal(onChainVotes(chain.state)?.backingValidatorsPerCandidate.length, 1);
});

test("constraints of the next candidates, and what waits before them", () => {
  const chain = new Scenario({
    validators: 6,
    paras: [1000],
    configuration: { asyncBackingParams: { maxCandidateDepth: 3, allowedAncestryLen: 2 } },
  })
    .playTo(4)
    .playBacking(1000);
  const constraints = backingConstraints(chain.state, para);
  assert.equal(constraints?.minRelayParentNumber, 3);
  assert.deepEqual(constraints?.requiredParent, paraHead(chain.state, para));
  assert.equal(constraints?.validationCodeHash, hashOfCode(codeOf(1000)));
  assert.equal(constraints?.upgradeRestriction, undefined);
  const waiting = paraBackingState(chain.state, para)?.pendingAvailability;
  assert.equal(waiting?.length, 1);
  assert.equal(waiting?.[0]?.relayParentNumber, 4);
  assert.equal(backingConstraints(chain.state, asParaId(9)), undefined);
  assert.equal(paraBackingState(chain.state, asParaId(9)), undefined);
});

test("after the last block of a session the answers are of the next", () => {
  const chain = scenario().playTo(2).changeSession(4);
  assert.equal(sessionIndexForChild(chain.state), 1);
  assert.equal(validators(chain.state).length, 4);
  assert.deepEqual(validatorGroups(chain.state).rotation, {
    sessionStartBlock: 4,
    groupRotationFrequency: 20,
    now: 4,
  });
  assert.equal(sessionInfo(chain.state, asSessionIndex(1))?.validators.length, 4);
});

test("parameters and paras", () => {
  const chain = new Scenario({ validators: 3, paras: [1001, 1000], parathreads: [500] });
  assert.deepEqual(paraIds(chain.state), [500, 1000, 1001]);
  assert.equal(minimumBackingVotes(chain.state), 1);
  assert.equal(schedulingLookahead(chain.state), 3);
  assert.deepEqual(disabledValidators(chain.state), []);
  chain.beginBlock();
  noteNewHead(chain.state, para, genesisHeadOf(1), 1);
  assert.equal(paraIds(chain.state).length, 3);
});
