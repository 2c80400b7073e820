import assert from "node:assert/strict";
import { test } from "node:test";
import { sr25519Sign, verifySignature } from "@parahost/crypto";
import {
  asHash,
  asParaId,
  type BackedCandidate,
  type HostConfiguration,
  headerHash,
  joinUpwardMessages,
  nodeFeatures,
  validationCodeHash,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { scheduleCodeUpgrade } from "../paras/paras.ts";
import {
  addParathreadClaim,
  scheduled,
  storage as schedulerStorage,
} from "../scheduler/scheduler.ts";
import { disabledAuthorities } from "../shared/disabled.ts";
import { noteRelayParent } from "../shared/shared.ts";
import {
  type CandidateChanges,
  codeOf,
  collatorOf,
  pairOf,
  Scenario,
} from "../testing/scenario.ts";
import { CandidateChecker } from "./candidate-checks.ts";
import { candidatesPendingAvailability } from "./inclusion.ts";

/** Three parachains on cores 0 to 2, groups of three; block 1 has begun. */
const scenario = (configuration: Partial<HostConfiguration> = {}) =>
  new Scenario({ validators: 9, paras: [1000, 1001, 1002], configuration }).beginBlock();

const refusal = (chain: Scenario, ...candidates: readonly BackedCandidate[]) => {
  const result = chain.enter({ candidates });
  return result.ok ? undefined : result.error;
};

/** The refusal of a candidate of para 1000 that is valid but for the changes. */
const refusalOf = (changes: CandidateChanges, chain = scenario()) =>
  refusal(chain, chain.backed(chain.candidate(1000, changes)));

const wrongHash = asHash(`0x${"ee".repeat(32)}`);

test("a good candidate occupies its core without any vote for its availability", () => {
  const chain = scenario();
  const candidate = chain.candidate(1001);
  assert.equal(refusal(chain, chain.backed(candidate, { voters: [0, 2] })), undefined);
  const [pending] = candidatesPendingAvailability(chain.state, asParaId(1001));
  assert.ok(pending);
  assert.equal(pending.core, 1);
  assert.equal(pending.relayParentNumber, 0);
  assert.equal(pending.backedInNumber, 1);
  assert.equal(pending.backingGroup, 1);
  assert.deepEqual(pending.availabilityVotes, bitsAt(9, []));
  assert.deepEqual(pending.backers, bitsAt(9, [3, 5]));
  assert.deepEqual(chain.events, ["paraInclusion.candidateBacked"]);
});

// Core and order

test("candidates out of the order of cores, or two for one core, refuse the block", () => {
  const chain = scenario();
  const [a, b] = [1000, 1001].map((para) => chain.backed(chain.candidate(para)));
  assert.ok(a && b);
  assert.equal(refusal(chain, b, a), "scheduledOutOfOrder");
  assert.equal(refusal(chain, a, a), "scheduledOutOfOrder");
  assert.equal(refusal(chain, a, b), undefined);
});

test("a candidate for another para's core, or for no core, is unscheduled", () => {
  const chain = scenario();
  const candidate = chain.candidate(1000);
  assert.equal(refusal(chain, chain.backed(candidate, { core: 1 })), "unscheduledCandidate");
  assert.equal(refusal(chain, chain.backed(candidate, { core: 7 })), "unscheduledCandidate");
});

test("a candidate for an occupied core is unscheduled", () => {
  const chain = scenario();
  const first = chain.candidate(1000);
  chain.mustEnter({ candidates: [chain.backed(first)] });
  chain.endBlock().beginBlock();
  const second = chain.candidate(1000);
  assert.equal(refusal(chain, chain.backed(second, { core: 0 })), "unscheduledCandidate");
});

test("a candidate of an unknown para is unscheduled", () => {
  const chain = scenario();
  const { descriptor, commitments } = chain.candidate(1000);
  const stranger = { descriptor: { ...descriptor, paraId: asParaId(9999) }, commitments };
  assert.equal(refusal(chain, chain.backed(stranger, { core: 0 })), "unscheduledCandidate");
});

test("without core indices the vote bits are exactly the group's, and the para's only core counts", () => {
  const chain = scenario({ nodeFeatures: nodeFeatures("assignmentsV2") });
  const backed = chain.backed(chain.candidate(1001));
  assert.equal(backed.validatorIndices.length, 3);
  const { bytes } = backed.validatorIndices;
  const longer = {
    ...backed,
    validatorIndices: { length: 11, bytes: new Uint8Array([...bytes, 0]) },
  };
  assert.equal(refusal(chain, longer), "invalidBacking");
  assert.equal(refusal(chain, backed), undefined);
});

// Relay parent

test("by the guide's rule the relay parent is the parent, and no other block", () => {
  const chain = new Scenario({ validators: 9, paras: [1000] }).playTo(3).beginBlock();
  const older = chain.headers[2];
  assert.ok(older);
  assert.equal(refusalOf({ relayParent: older }, chain), "disallowedRelayParent");
  assert.equal(
    refusalOf({ descriptor: { relayParent: wrongHash } }, chain),
    "disallowedRelayParent",
  );
});

test("with an ancestry of two, grandparents and their parents are relay parents too", () => {
  const asyncBackingParams = { maxCandidateDepth: 3, allowedAncestryLen: 2 };
  for (const [number, expected] of [
    [4, undefined],
    [3, undefined],
    [2, undefined],
    [1, "disallowedRelayParent"],
  ] as const) {
    const chain = new Scenario({
      validators: 9,
      paras: [1000],
      configuration: { asyncBackingParams },
    })
      .playTo(4)
      .beginBlock();
    const relayParent = chain.headers[number];
    assert.ok(relayParent);
    assert.equal(refusalOf({ relayParent }, chain), expected, `relay parent ${number}`);
  }
});

test("a para may not go back behind the relay parent of its last candidate", () => {
  const chain = new Scenario({
    validators: 9,
    paras: [1000],
    configuration: { asyncBackingParams: { maxCandidateDepth: 3, allowedAncestryLen: 3 } },
  })
    .playTo(3)
    .playBacking(1000)
    .playAvailability(0)
    .beginBlock();
  // The candidate was on block 3; blocks 2 to 5 are within the ancestry.
  const [before, same] = [chain.headers[2], chain.headers[3]];
  assert.ok(before && same);
  assert.equal(refusalOf({ relayParent: before }, chain), "disallowedRelayParent");
  assert.equal(refusalOf({ relayParent: same }, chain), undefined);
});

test("relay parents of the last session are not allowed", () => {
  const chain = new Scenario({
    validators: 9,
    paras: [1000],
    configuration: { asyncBackingParams: { maxCandidateDepth: 3, allowedAncestryLen: 3 } },
  });
  chain.playTo(1).changeSession().beginBlock();
  const old = chain.headers[1];
  const last = chain.headers[2];
  assert.ok(old && last);
  assert.equal(refusalOf({ relayParent: old }, chain), "disallowedRelayParent");
  // The state after the block that announced the session is of the new session already.
  assert.equal(refusalOf({ relayParent: last }, chain), undefined);
});

// Inputs

test("the validation data must be those of the relay parent and the para's head", () => {
  assert.equal(
    refusalOf({ descriptor: { persistedValidationDataHash: wrongHash } }),
    "validationDataHashMismatch",
  );
  assert.equal(
    refusalOf({ parentHead: new TextEncoder().encode("another head") }),
    "validationDataHashMismatch",
  );
});

test("the validation code must be the para's current code", () => {
  const descriptor = { validationCodeHash: validationCodeHash(codeOf(1000, 1)) };
  assert.equal(refusalOf({ descriptor }), "invalidValidationCodeHash");
});

test("the head in the descriptor must be that of the commitments", () => {
  assert.equal(refusalOf({ descriptor: { paraHead: wrongHash } }), "paraHeadMismatch");
});

// Outputs

test("a head at the limit is taken, a longer one is not", () => {
  const configuration = { maxHeadDataSize: 40 };
  const commitments = (length: number) => ({ commitments: { headData: new Uint8Array(length) } });
  assert.equal(refusalOf(commitments(41), scenario(configuration)), "headDataTooLarge");
  assert.equal(refusalOf(commitments(40), scenario(configuration)), undefined);
});

test("new code must have a size that code can have", () => {
  const configuration = { maxCodeSize: 100 };
  const commitments = (length: number) => ({
    commitments: { newValidationCode: new Uint8Array(length) },
  });
  assert.equal(refusalOf(commitments(101), scenario(configuration)), "newCodeTooLarge");
  assert.equal(refusalOf(commitments(8), scenario(configuration)), "newCodeTooSmall");
  assert.equal(refusalOf(commitments(100), scenario(configuration)), undefined);
  assert.equal(refusalOf(commitments(9), scenario(configuration)), undefined);
});

test("new code is premature while an upgrade is under way or cooling down", () => {
  const chain = scenario();
  scheduleCodeUpgrade(chain.state, asParaId(1000), codeOf(1000, 1), 1, {
    type: "setGoAheadSignal",
  });
  const newValidationCode = codeOf(1000, 2);
  assert.equal(refusalOf({ commitments: { newValidationCode } }, chain), "prematureCodeUpgrade");
});

// Messages

test("a candidate that takes or sends messages is refused where there are none", () => {
  const message = new Uint8Array([1]);
  assert.equal(
    refusalOf({ commitments: { processedDownwardMessages: 1 } }),
    "incorrectDownwardMessageHandling",
  );
  assert.equal(refusalOf({ commitments: { upwardMessages: [message] } }), "invalidUpwardMessages");
  for (const hrmpWatermark of [1, 2])
    assert.equal(refusalOf({ commitments: { hrmpWatermark } }), "hrmpWatermarkMishandling");
  assert.equal(
    refusalOf({
      commitments: { horizontalMessages: [{ recipient: asParaId(1001), data: message }] },
    }),
    "invalidOutboundHrmp",
  );
});

// Versions, cores, signals

const selectCore = (coreSelector: number, claimQueueOffset: number) => ({
  upwardMessages: joinUpwardMessages({
    messages: [],
    signals: [{ type: "selectCore", value: { coreSelector, claimQueueOffset } }],
  }),
});

test("a version 2 descriptor names its core and session", () => {
  assert.equal(refusalOf({ version2: {} }), undefined);
  assert.equal(refusalOf({ version2: { core: 1 } }), "coreIndexMismatch");
  assert.equal(refusalOf({ version2: { session: 1 } }), "sessionIndexMismatch");
});

test("version 2 is refused where the chain has not switched it on", () => {
  const features = nodeFeatures("assignmentsV2", "elasticScaling");
  assert.equal(
    refusalOf({ version2: {} }, scenario({ nodeFeatures: features })),
    "unsupportedDescriptor",
  );
});

test("a selected core is looked up in the claim queue of the relay parent", () => {
  // The para has one core, so every selector means it; at no depth beyond the lookahead has it any.
  assert.equal(refusalOf({ version2: {}, commitments: selectCore(5, 2) }), undefined);
  assert.equal(refusalOf({ version2: {}, commitments: selectCore(0, 3) }), "coreIndexMismatch");
});

test("signals that are malformed, repeated, or sent with version 1 are refused", () => {
  const [separator, signal] = selectCore(0, 0).upwardMessages;
  assert.ok(separator && signal);
  const attempt = (upwardMessages: readonly Uint8Array[]) =>
    refusalOf({ version2: {}, commitments: { upwardMessages } });
  assert.equal(attempt([separator, signal]), undefined);
  assert.equal(attempt([separator, signal, signal]), "invalidUmpSignals");
  assert.equal(attempt([separator, new Uint8Array([9])]), "invalidUmpSignals");
  assert.equal(refusalOf({ commitments: selectCore(0, 0) }), "invalidUmpSignals");
});

// Collators

function chainWithClaim(collator = pairOf("claimant")) {
  const chain = new Scenario({
    validators: 9,
    paras: [1000],
    parathreads: [2000],
    configuration: { parathreadCores: 1 },
  });
  addParathreadClaim(chain.state, { paraId: asParaId(2000), collator: collatorOf(collator) });
  return chain.beginBlock();
}

const refusalOfClaim = (changes: CandidateChanges) => {
  const chain = chainWithClaim();
  return refusal(chain, chain.backed(chain.candidate(2000, changes)));
};

test("a claim admits the candidate of its collator alone", () => {
  assert.equal(refusalOfClaim({ collator: pairOf("claimant") }), undefined);
  assert.equal(refusalOfClaim({ collator: pairOf("somebody") }), "wrongCollator");
  assert.equal(refusalOfClaim({ version2: {} }), "wrongCollator");
});

test("and only if the collator has signed it", () => {
  const collator = pairOf("claimant");
  const signature = sr25519Sign(collator, new Uint8Array(132));
  assert.equal(refusalOfClaim({ collator, descriptor: { signature } }), "notCollatorSigned");
});

test("an order without a collator admits any", () => {
  const chain = new Scenario({
    validators: 9,
    parathreads: [2000],
    configuration: { parathreadCores: 1 },
  });
  addParathreadClaim(chain.state, { paraId: asParaId(2000), collator: undefined });
  chain.beginBlock();
  assert.equal(refusal(chain, chain.backed(chain.candidate(2000))), undefined);
});

// Backing

test("backing needs the majority of the group", () => {
  const chain = scenario();
  const candidate = chain.candidate(1000);
  assert.equal(refusal(chain, chain.backed(candidate, { voters: [] })), "insufficientBacking");
  assert.equal(refusal(chain, chain.backed(candidate, { voters: [1] })), "insufficientBacking");
  assert.equal(refusal(chain, chain.backed(candidate, { voters: [0, 1] })), undefined);
});

test("and at least the configured votes, as far as the group has members", () => {
  const strict = { minimumBackingVotes: 3 };
  const attempt = (validators: number, voters: readonly number[]) => {
    const chain = new Scenario({ validators, paras: [1000], configuration: strict }).beginBlock();
    return refusal(chain, chain.backed(chain.candidate(1000), { voters }));
  };
  assert.equal(attempt(4, [0, 1]), "insufficientBacking");
  assert.equal(attempt(4, [0, 1, 2]), undefined);
  assert.equal(attempt(2, [0]), "insufficientBacking");
  assert.equal(attempt(2, [0, 1]), undefined);
});

test("votes of another group refuse the candidate", () => {
  const chain = scenario();
  const candidate = chain.candidate(1000);
  const others = chain.backed(chain.candidate(1001)).validityVotes;
  assert.equal(
    refusal(chain, { ...chain.backed(candidate), validityVotes: others }),
    "invalidBacking",
  );
  const signer = chain.pair(3);
  assert.equal(refusal(chain, chain.backed(candidate, { signer })), "invalidBacking");
});

test("a vote must be signed as the statement that it says it is", () => {
  const chain = scenario();
  const candidate = chain.candidate(1000);
  const good = chain.backed(candidate);
  const swapped = good.validityVotes.map(({ type, value }) => ({
    type: type === "implicit" ? ("explicit" as const) : ("implicit" as const),
    value,
  }));
  assert.equal(refusal(chain, { ...good, validityVotes: swapped }), "invalidBacking");
  const seconds = chain.backed(candidate, { kind: "implicit" });
  assert.equal(refusal(chain, seconds), undefined);
});

test("votes and voters must match in number, and the bits in length", () => {
  const chain = scenario();
  const good = chain.backed(chain.candidate(1000));
  const fewer = { ...good, validityVotes: good.validityVotes.slice(1) };
  assert.equal(refusal(chain, fewer), "invalidBacking");
  const more = { ...good, validityVotes: [...good.validityVotes, ...good.validityVotes] };
  assert.equal(refusal(chain, more), "invalidBacking");
  for (const length of [0, 7, 10, 12]) {
    const validatorIndices = bitsAt(length, []);
    const backed = { ...good, validityVotes: [], validatorIndices };
    assert.equal(refusal(chain, backed), "invalidBacking", `${length} bits`);
  }
});

test("votes in another order than the group's refuse the candidate", () => {
  const chain = scenario();
  const good = chain.backed(chain.candidate(1000));
  const reversed = { ...good, validityVotes: good.validityVotes.toReversed() };
  assert.equal(refusal(chain, reversed), "invalidBacking");
});

test("a vote of a disabled validator refuses the block", () => {
  const chain = scenario();
  disabledAuthorities.set(chain.state, [[chain.authorityOf(1), 1_000_000_000]]);
  const candidate = chain.candidate(1000);
  assert.equal(refusal(chain, chain.backed(candidate)), "backedByDisabled");
  assert.equal(refusal(chain, chain.backed(candidate, { voters: [0, 2] })), undefined);
});

test("a candidate is judged by the group that had the core at its relay parent's child", () => {
  const { schedulerParams } = scenario().configuration;
  const chain = new Scenario({
    validators: 9,
    paras: [1000, 1001, 1002],
    configuration: {
      asyncBackingParams: { maxCandidateDepth: 3, allowedAncestryLen: 2 },
      schedulerParams: { ...schedulerParams, groupRotationFrequency: 2 },
    },
  })
    .playTo(2)
    .beginBlock();
  // Block 3 is the first after a rotation: group 2 has core 0. A candidate on block 1 is group 0's.
  const onParent = chain.candidate(1000);
  const onOlder = chain.candidate(1000, { relayParent: chain.headers[1] } as CandidateChanges);
  assert.deepEqual(chain.groupOf(0, onParent), [6, 7, 8]);
  assert.deepEqual(chain.groupOf(0, onOlder), [0, 1, 2]);
  assert.equal(refusal(chain, chain.backed(onOlder)), undefined);
});

test("a core whose group is empty backs nothing", () => {
  const chain = new Scenario({ validators: 1, paras: [1000, 1001] }).beginBlock();
  const backed = chain.backed(chain.candidate(1001));
  assert.equal(refusal(chain, backed), "invalidGroupIndex");
});

test("one bad candidate refuses the block with all the good ones, and leaves no trace", () => {
  const chain = scenario();
  const good = chain.backed(chain.candidate(1000));
  const bad = chain.backed(chain.candidate(1001), { voters: [0] });
  assert.equal(refusal(chain, good, bad), "insufficientBacking");
  assert.deepEqual(candidatesPendingAvailability(chain.state, asParaId(1000)), []);
  assert.deepEqual(chain.events, []);
});

// What no consistent state leads to is still refused, rather than believed.

test("a scheduled core with a candidate still on it, or without a group, takes no candidate", () => {
  const chain = scenario();
  const backed = chain.backed(chain.candidate(1000));
  const assignments = scheduled(chain.state);
  admitRelayParent(chain);
  const check = () => {
    const result = new CandidateChecker(chain.state, assignments, verifySignature).check(backed);
    return result.ok ? undefined : result.error;
  };
  assert.equal(check(), undefined);
  schedulerStorage.sessionStartBlock.set(chain.state, 2);
  assert.equal(check(), "invalidAssignment");
  schedulerStorage.sessionStartBlock.set(chain.state, 1);
  chain.mustEnter({ candidates: [backed] });
  assert.equal(check(), "candidateScheduledBeforeParaFree");
});

function admitRelayParent(chain: Scenario): void {
  const { stateRoot } = chain.parent;
  const relayParent = headerHash(chain.parent);
  noteRelayParent(chain.state, { relayParent, stateRoot, claimQueue: new Map() }, chain.now - 1, 0);
}
