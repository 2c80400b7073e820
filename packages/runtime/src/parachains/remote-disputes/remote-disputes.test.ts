import assert from "node:assert/strict";
import { test } from "node:test";
import { type Sr25519Pair, sr25519Sign } from "@parahost/crypto";
import {
  asHash,
  asParaId,
  asSessionIndex,
  asValidatorIndex,
  type CandidateReceipt,
  candidateHash,
  type DisputeVote,
  disputePayload,
  explicitDisputePayload,
  type HostConfiguration,
  type RemoteDispute,
  remoteAvailabilityPayload,
  statementPayload,
  toPlainReceipt,
} from "@parahost/primitives";
import { countOnes, onesOf } from "@parahost/scale";
import { NONE, ROOT, signedBy } from "../../framework/index.ts";
import { balanceOf } from "../../pallets/balances/account.ts";
import { EXISTENTIAL_DEPOSIT, UNIT } from "../../pallets/balances/storage.ts";
import { disputeOf, isFrozen } from "../disputes/storage.ts";
import { storage as fishermenStorage } from "../fishermen/storage.ts";
import { candidatesPendingAvailability } from "../inclusion/inclusion.ts";
import { corePara } from "../scheduler/scheduler.ts";
import { accountOf, codeOf, errorName, pairOf, Scenario } from "../testing/scenario.ts";
import { all, disputeSet, SAYS, type Vote } from "../testing/votes.ts";
import {
  remoteDisputeCode,
  remoteDisputes,
  remoteDisputesPallet,
  sessionKeysHash,
} from "./remote-disputes.ts";
import { OPEN_MAX, storage } from "./storage.ts";

const SESSION = asSessionIndex(0);

/** Seven validators: two may be faulty, five decide. Para 3000 is registered elsewhere only. */
const scenario = (configuration: Partial<HostConfiguration> = {}) =>
  new Scenario({ validators: 7, paras: [1000], configuration }).beginBlock();

/** A candidate of a para that this fork does not have; `version` tells one from another. */
const foreign = (chain: Scenario, version = 0): CandidateReceipt =>
  toPlainReceipt(chain.candidate(3000, { parentHead: new Uint8Array([version]) }));

interface EntryChanges extends Partial<RemoteDispute> {
  readonly signer?: Sr25519Pair;
  readonly against?: readonly number[];
}

/** An entry backed by validator 0, approved by 1 and disputed by 2, with its code. */
function entry(
  chain: Scenario,
  receipt: CandidateReceipt,
  changes: EntryChanges = {},
): RemoteDispute {
  const { signer, against = [2], ...rest } = changes;
  const hash = candidateHash(receipt);
  const sign = (validator: number, message: Uint8Array) =>
    sr25519Sign(signer ?? chain.pairIn(SESSION, validator), message);
  const context = { sessionIndex: SESSION, parentHash: receipt.descriptor.relayParent };
  const approval = disputePayload(SAYS.approved, hash, SESSION) as Uint8Array;
  return {
    receipt,
    session: SESSION,
    backing: [
      {
        validatorIndex: asValidatorIndex(0),
        attestation: {
          type: "implicit",
          value: sign(0, statementPayload({ type: "seconded", value: hash }, context)),
        },
      },
    ],
    code: codeOf(3000),
    secondaryChecks: [
      {
        validatorIndex: asValidatorIndex(1),
        kind: { type: "approvalChecking" },
        signature: sign(1, approval),
      },
    ],
    invalidVotes: against.map((validator) => ({
      validatorIndex: asValidatorIndex(validator),
      kind: { type: "explicit" },
      signature: sign(validator, explicitDisputePayload(false, hash, SESSION)),
    })),
    sessionKeysHash: sessionKeysHash(chain.state, SESSION) ?? asHash(""),
    ...rest,
  };
}

const { remoteConcluded, remoteDispute, remoteAvailability } = remoteDisputesPallet.calls;

type Outcome = ReturnType<typeof remoteDispute.dispatch>;

/** Runs a call as a transaction does. Why it is refused, if it is. */
function run(chain: Scenario, call: () => Outcome): string | undefined {
  chain.state.begin();
  const outcome = call();
  if (outcome.ok) chain.state.commit();
  else chain.state.rollback();
  return outcome.ok ? undefined : errorName(outcome.error);
}

/** Opens the entry; the pool's judgement is the block's. */
function open(chain: Scenario, dispute: RemoteDispute): string | undefined {
  const isValid = remoteDispute.validateUnsigned?.(chain.state, { dispute }).ok;
  const refused = run(chain, () => remoteDispute.dispatch(chain.state, NONE, { dispute }));
  assert.equal(isValid, refused === undefined);
  return refused;
}

function available(
  chain: Scenario,
  receipt: CandidateReceipt,
  validator: number,
  signer = chain.pairIn(SESSION, Math.min(validator, 6)),
): string | undefined {
  const hash = candidateHash(receipt);
  const vote = {
    session: SESSION,
    candidateHash: hash,
    validatorIndex: asValidatorIndex(validator),
    signature: sr25519Sign(signer, remoteAvailabilityPayload(hash, SESSION)),
  };
  const isValid = remoteAvailability.validateUnsigned?.(chain.state, vote).ok;
  const refused = run(chain, () => remoteAvailability.dispatch(chain.state, NONE, vote));
  assert.equal(isValid, refused === undefined);
  return refused;
}

/** Plays the blocks up to `number`, which begins. */
function beginAt(chain: Scenario, number: number): void {
  chain.mustEnter({});
  chain.endBlock().playTo(number - 1);
  chain.beginBlock();
}

// Concluded disputes

function concluded(
  chain: Scenario,
  receipt: CandidateReceipt,
  votes: readonly Vote[],
): string | undefined {
  const statements = disputeSet(chain, candidateHash(receipt), votes).statements;
  return carry(chain, receipt, statements);
}

function carry(
  chain: Scenario,
  receipt: CandidateReceipt,
  votes: readonly DisputeVote[],
): string | undefined {
  const args = { receipt, session: SESSION, votes };
  const isValid = remoteConcluded.validateUnsigned?.(chain.state, args).ok;
  const refused = run(chain, () => remoteConcluded.dispatch(chain.state, NONE, args));
  assert.equal(isValid, refused === undefined);
  return refused;
}

const AGAINST: readonly Vote[] = [[0, "seconded"], ...all(1, 6, "invalid")];

test("a dispute that all its votes decide is settled in one transaction", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  assert.equal(concluded(chain, receipt, AGAINST), undefined);
  const dispute = disputeOf(chain.state, SESSION, candidateHash(receipt));
  assert.equal(dispute?.concludedAt, 1);
  assert.deepEqual(chain.events, [
    "parasDisputes.disputeInitiated",
    "parasDisputes.disputeConcluded",
    "offences.offence",
    "parasSlashing.penalized",
  ]);
  assert.equal(isFrozen(chain.state), false);
  assert.equal(concluded(chain, receipt, AGAINST), "alreadyDisputed");
});

test("votes that decide nothing, or are not good, are carried nowhere", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  assert.equal(concluded(chain, receipt, AGAINST.slice(0, 5)), "notConcluded");
  assert.equal(
    concluded(chain, receipt, [[0, "approved"], ...all(1, 6, "invalid")]),
    "missingBackingVotes",
  );
  assert.equal(concluded(chain, receipt, all(0, 6, "invalid")), "singleSidedDispute");
  assert.equal(
    concluded(chain, foreign(chain, 1), [...AGAINST, [1, "invalid"]]),
    "duplicateStatement",
  );
  const other = disputeSet(chain, candidateHash(foreign(chain, 1)), AGAINST).statements;
  assert.equal(carry(chain, receipt, other), "invalidSignature");
  const late = remoteConcluded.dispatch(chain.state, NONE, {
    receipt,
    session: asSessionIndex(1),
    votes: [],
  });
  assert.equal(late.ok ? undefined : errorName(late.error), "ancientDisputeStatement");
  assert.equal(
    remoteConcluded.dispatch(chain.state, ROOT, { receipt, session: SESSION, votes: [] }).ok,
    false,
  );
});

test("a candidate that waits for its data here leaves its core when a dispute comes in concluded", () => {
  const chain = new Scenario({ validators: 7, paras: [1000] }).playBacking(1000).beginBlock();
  const [pending] = candidatesPendingAvailability(chain.state, asParaId(1000));
  assert.ok(pending);
  chain.mustEnter({});
  const receipt = toPlainReceipt(pending);
  assert.equal(concluded(chain, receipt, AGAINST), undefined);
  assert.deepEqual(candidatesPendingAvailability(chain.state, asParaId(1000)), []);
  assert.equal(corePara(chain.state, pending.core), undefined);
  chain.endBlock().beginBlock();
  chain.mustEnter({ candidates: [chain.backed(chain.candidate(1000), { core: 0 })] });
});

// Opening

test("an entry opens a vote on the availability of its data, and keeps its code", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  assert.equal(open(chain, entry(chain, receipt)), undefined);
  const [opened] = remoteDisputes(chain.state);
  assert.deepEqual(opened?.timeSlot, {
    sessionIndex: SESSION,
    candidateHash: candidateHash(receipt),
  });
  assert.deepEqual(opened?.dispute.escalators, [2]);
  assert.deepEqual(
    onesOf(opened?.dispute.validatorsFor ?? { length: 0, bytes: new Uint8Array() }),
    [0, 1],
  );
  assert.deepEqual(chain.events, ["remoteDisputes.opened"]);
  const codeHash = receipt.descriptor.validationCodeHash;
  assert.deepEqual(remoteDisputeCode(chain.state, SESSION, codeHash), codeOf(3000));
  assert.equal(disputeOf(chain.state, SESSION, candidateHash(receipt)), undefined);
  assert.equal(open(chain, entry(chain, receipt)), "alreadyOpen");
});

test("code that the fork has may be left out, other code must be the candidate's own and not too large", () => {
  const chain = scenario({ maxCodeSize: 100 });
  const [own, other] = [toPlainReceipt(chain.candidate(1000)), foreign(chain)];
  assert.equal(open(chain, { ...entry(chain, own), code: undefined }), undefined);
  assert.equal(open(chain, { ...entry(chain, other), code: undefined }), "codeMissing");
  assert.equal(open(chain, { ...entry(chain, other), code: codeOf(1000) }), "otherCode");
  assert.equal(open(chain, { ...entry(chain, other), code: new Uint8Array(101) }), "codeTooLarge");
  assert.equal(open(chain, entry(chain, other)), undefined);
  assert.equal(open(chain, { ...entry(chain, foreign(chain, 1)), code: undefined }), undefined);
});

test("an entry is about a session that this fork has the same validators in", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  const changed = (changes: EntryChanges) => open(chain, entry(chain, receipt, changes));
  assert.equal(changed({ sessionKeysHash: asHash(`0x${"00".repeat(32)}`) }), "otherValidators");
  assert.equal(changed({ session: asSessionIndex(1) }), "unknownSession");
});

test("every vote of an entry is checked, and a backer must be among them", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  const good = entry(chain, receipt);
  const forged = entry(chain, receipt, { signer: pairOf("stranger") });
  for (const part of ["backing", "secondaryChecks", "invalidVotes"] as const)
    assert.equal(open(chain, { ...good, [part]: forged[part] }), "invalidSignature");
  assert.equal(open(chain, { ...good, backing: [] }), "missingBackingVotes");
  assert.equal(
    open(chain, { ...good, invalidVotes: [...good.invalidVotes, ...good.invalidVotes] }),
    "duplicateStatement",
  );
  assert.equal(open(chain, good), undefined);
});

test("somebody has to answer for an entry: a voter against it, or a fisherman", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  const dispute = entry(chain, receipt, { against: [] });
  const alice = chain.endow("alice", 10n * UNIT);
  assert.equal(open(chain, dispute), "nobodyEscalates");
  const { dispatch } = remoteDispute;
  assert.equal(
    run(chain, () => dispatch(chain.state, ROOT, { dispute })),
    "badOrigin",
  );
  const poor = signedBy(accountOf("bob"));
  assert.equal(
    run(chain, () => dispatch(chain.state, poor, { dispute })),
    "insufficientBalance",
  );
  assert.equal(
    run(chain, () => dispatch(chain.state, signedBy(alice), { dispute })),
    undefined,
  );
  assert.equal(balanceOf(chain.state, alice).reserved, EXISTENTIAL_DEPOSIT);
  const other = entry(chain, foreign(chain, 1));
  assert.equal(
    run(chain, () => dispatch(chain.state, signedBy(alice), { dispute: other })),
    undefined,
  );
  assert.equal(balanceOf(chain.state, alice).reserved, EXISTENTIAL_DEPOSIT);
});

test("one validator has three entries open, all together thirty", () => {
  const chain = scenario();
  for (let i = 0; i < 3; i++) assert.equal(open(chain, entry(chain, foreign(chain, i))), undefined);
  assert.equal(open(chain, entry(chain, foreign(chain, 3))), "tooManyOfValidator");
  assert.equal(open(chain, entry(chain, foreign(chain, 3), { against: [3] })), undefined);
  const [slot] = storage.openList.get(chain.state);
  assert.ok(slot);
  storage.openList.update(chain.state, (list) => [...list, ...Array(OPEN_MAX - 4).fill(slot)]);
  assert.equal(open(chain, entry(chain, foreign(chain, 4), { against: [4] })), "tooManyOpen");
});

test("what is disputed here already takes its votes in the inherent", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  chain.mustEnter({
    disputes: [
      disputeSet(chain, candidateHash(receipt), [[0, "seconded"], ...all(1, 3, "invalid")]),
    ],
  });
  assert.equal(open(chain, entry(chain, receipt)), "alreadyDisputed");
});

// Availability

test("a supermajority that holds its chunks begins the dispute, with the votes that came with it", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  assert.equal(open(chain, entry(chain, receipt)), undefined);
  for (let i = 0; i < 4; i++) assert.equal(available(chain, receipt, i), undefined);
  assert.equal(disputeOf(chain.state, SESSION, candidateHash(receipt)), undefined);
  assert.equal(
    countOnes(
      remoteDisputes(chain.state)[0]?.dispute.availabilityVotes ?? {
        length: 0,
        bytes: new Uint8Array(),
      },
    ),
    4,
  );
  assert.equal(available(chain, receipt, 4), undefined);
  const dispute = disputeOf(chain.state, SESSION, candidateHash(receipt));
  assert.ok(dispute);
  assert.deepEqual(
    [onesOf(dispute.validatorsFor), onesOf(dispute.validatorsAgainst)],
    [[0, 1], [2]],
  );
  assert.deepEqual(remoteDisputes(chain.state), []);
  assert.deepEqual(chain.events.slice(-2), [
    "remoteDisputes.available",
    "parasDisputes.disputeInitiated",
  ]);
  assert.equal(available(chain, receipt, 5), "notOpen");
});

test("a remote dispute goes on by single votes, and concludes like any other", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  const hash = candidateHash(receipt);
  assert.equal(open(chain, entry(chain, receipt)), undefined);
  for (let i = 0; i < 5; i++) assert.equal(available(chain, receipt, i), undefined);
  chain.mustEnter({ disputes: [disputeSet(chain, hash, [[3, "invalid"]])] });
  chain.endBlock().beginBlock();
  chain.mustEnter({ disputes: [disputeSet(chain, hash, all(4, 7, "invalid"))] });
  assert.equal(disputeOf(chain.state, SESSION, hash)?.concludedAt, 2);
  assert.equal(chain.events.filter((name) => name === "parasSlashing.penalized").length, 2);
  assert.equal(isFrozen(chain.state), false);
});

test("a word on availability is a validator's own, given once, for a dispute that is open", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  assert.equal(available(chain, receipt, 0), "notOpen");
  assert.equal(open(chain, entry(chain, receipt)), undefined);
  assert.equal(available(chain, receipt, 0, pairOf("stranger")), "invalidSignature");
  assert.equal(available(chain, receipt, 7), "validatorIndexOutOfBounds");
  assert.equal(available(chain, receipt, 0), undefined);
  assert.equal(available(chain, receipt, 0), "alreadyVoted");
});

test("data that nobody has seen in a hundred blocks costs those who escalated", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  assert.equal(open(chain, entry(chain, receipt, { against: [2, 3] })), undefined);
  beginAt(chain, 101);
  assert.equal(remoteDisputes(chain.state).length, 1);
  beginAt(chain, 102);
  assert.deepEqual(remoteDisputes(chain.state), []);
  assert.deepEqual(chain.events, [
    "offences.offence",
    "parasSlashing.penalized",
    "offences.offence",
    "parasSlashing.penalized",
    "remoteDisputes.timedOut",
  ]);
});

test("an entry that came to nothing is opened again only if somebody else answers for it", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  const first = entry(chain, receipt);
  assert.equal(open(chain, first), undefined);
  beginAt(chain, 102);
  assert.equal(open(chain, first), "nobodyEscalates");
  const alice = signedBy(chain.endow("alice", 10n * UNIT));
  chain.state.begin();
  assert.equal(remoteDispute.dispatch(chain.state, alice, { dispute: first }).ok, true);
  assert.equal(balanceOf(chain.state, accountOf("alice")).reserved, EXISTENTIAL_DEPOSIT);
  chain.state.rollback();
  assert.equal(open(chain, entry(chain, receipt, { against: [2, 3] })), undefined);
  beginAt(chain, 203);
  assert.equal(chain.events.filter((name) => name === "parasSlashing.penalized").length, 1);
});

test("a fisherman pays with the bond", () => {
  const chain = scenario();
  const alice = chain.endow("alice", 10n * UNIT);
  const dispute = entry(chain, foreign(chain), { against: [] });
  const opened = () => remoteDispute.dispatch(chain.state, signedBy(alice), { dispute });
  assert.equal(run(chain, opened), undefined);
  beginAt(chain, 102);
  assert.ok(chain.events.includes("fishermen.bondLost"));
  assert.equal(balanceOf(chain.state, alice).reserved, 0n);
  assert.equal(balanceOf(chain.state, alice).free, 10n * UNIT - EXISTENTIAL_DEPOSIT);
});

test("a fisherman who carried an invalid candidate here gets the bond back", () => {
  const chain = scenario();
  const alice = chain.endow("alice", 10n * UNIT);
  const receipt = foreign(chain);
  const dispute = entry(chain, receipt, { against: [] });
  assert.equal(
    run(chain, () => remoteDispute.dispatch(chain.state, signedBy(alice), { dispute })),
    undefined,
  );
  for (let i = 0; i < 5; i++) assert.equal(available(chain, receipt, i), undefined);
  assert.equal(balanceOf(chain.state, alice).reserved, EXISTENTIAL_DEPOSIT);
  chain.mustEnter({ disputes: [disputeSet(chain, candidateHash(receipt), all(2, 7, "invalid"))] });
  assert.equal(balanceOf(chain.state, alice).free, 10n * UNIT);
});

test("a dispute that is confirmed here in the meantime needs no vote on its data", () => {
  const chain = scenario();
  const receipt = foreign(chain);
  assert.equal(open(chain, entry(chain, receipt)), undefined);
  const hash = candidateHash(receipt);
  chain.mustEnter({
    disputes: [disputeSet(chain, hash, [[0, "seconded"], ...all(3, 5, "invalid")])],
  });
  chain.endBlock().beginBlock();
  assert.deepEqual(remoteDisputes(chain.state), []);
  assert.equal(chain.events.includes("parasSlashing.penalized"), false);
});

test("entries, code and bonds of a forgotten session are given up without a penalty", () => {
  const chain = scenario({ disputePeriod: asSessionIndex(1) });
  const alice = chain.endow("alice", 10n * UNIT);
  const [first, second] = [foreign(chain), foreign(chain, 1)];
  assert.equal(open(chain, entry(chain, first)), undefined);
  const dispute = entry(chain, second, { against: [] });
  assert.equal(
    run(chain, () => remoteDispute.dispatch(chain.state, signedBy(alice), { dispute })),
    undefined,
  );
  chain.mustEnter({});
  chain.endBlock().changeSession();
  assert.equal(remoteDisputes(chain.state).length, 2);
  chain.changeSession();
  assert.deepEqual(remoteDisputes(chain.state), []);
  assert.deepEqual(storage.open.entries(chain.state), []);
  assert.deepEqual(storage.code.entries(chain.state), []);
  assert.deepEqual(fishermenStorage.reports.entries(chain.state), []);
  assert.equal(balanceOf(chain.state, alice).free, 10n * UNIT);
  assert.equal(sessionKeysHash(chain.state, SESSION), undefined);
});
