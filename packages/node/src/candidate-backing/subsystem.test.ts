import assert from "node:assert/strict";
import test from "node:test";
import { err, ok, silentLogger } from "@parahost/base";
import { DirectVerifier } from "@parahost/crypto";
import {
  asHash,
  asParaId,
  asValidationCodeHash,
  type BackedCandidate,
  type CandidateHash,
  type CompactStatement,
  type CoreState,
  type Hash,
  type ParaId,
  type PersistedValidationData,
  statementPayload,
} from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import { MemoryStore } from "@parahost/storage";
import {
  answerRuntime,
  type ChainFacts,
  KEYS,
  keystoreOf,
  LEAF,
  parentHeadOf,
  type SampleCandidate,
  SESSION,
  sampleCandidate,
  signed,
  signedInvalid,
  VALIDATION_DATA,
} from "../backing-groups/test-chain.ts";
import type { ValidationVerdict } from "../candidate-validation/messages.ts";
import { FakeOverseer } from "../overseer/fake-overseer.ts";
import type { ProspectiveParachainsMessage } from "../prospective-parachains/messages.ts";
import type { SignedFullStatementWithPvd } from "./messages.ts";
import type { StatementRecordColumn } from "./statement-record.ts";
import { type CandidateBackingSends, run } from "./subsystem.ts";

const LEAF_QUERIES = [
  "asyncBackingParams",
  "sessionIndexForChild",
  "validators",
  "validatorGroups",
  "availabilityCores",
  "disabledValidators",
  "minimumBackingVotes",
  "nodeFeatures",
  "sessionExecutorParams",
] as const;
const OTHER = asHash(`0x${"2e".repeat(32)}`);
const PARA = asParaId(1000);
const pov = { blockData: new Uint8Array([1, 2, 3]) };
const code = new Uint8Array([0, 97, 115, 109]);
const candidate = sampleCandidate(0, { pov });

type Overseer = FakeOverseer<"candidate-backing", CandidateBackingSends>;
type Disk = MemoryStore<StatementRecordColumn>;
const newDisk = (): Disk => new MemoryStore<StatementRecordColumn>(["ownStatements"]);

/** Validator 0 of group 0 (0, 1, 2), which backs para 1000 with two votes. */
async function world({
  disk = newDisk(),
  local = 0,
  invalidStatements = false,
  ...facts
}: WorldFacts = {}) {
  const overseer: Overseer = new FakeOverseer();
  const prospects: Prospects = {
    data: VALIDATION_DATA,
    isMember: () => true,
    introduced: [],
    backed: [],
  };
  overseer.replace("prospective-parachains", (message) => answerProspects(prospects, message));
  const running = run(overseer.context, {
    logger: silentLogger,
    keystore: keystoreOf(local),
    store: disk,
    invalidStatements,
  });
  overseer.activate(LEAF, 7);
  await answerRuntime(overseer, LEAF_QUERIES, facts);
  return { overseer, running, disk, prospects };
}
/** What prospective parachains says, and what it is told. */
interface Prospects {
  data: PersistedValidationData | undefined;
  isMember: (candidate: CandidateHash) => boolean;
  readonly introduced: CandidateHash[];
  readonly backed: CandidateHash[];
}
function answerProspects(prospects: Prospects, message: ProspectiveParachainsMessage): void {
  switch (message.type) {
    case "introduceSecondedCandidate":
      prospects.introduced.push(message.candidateHash);
      message.reply(prospects.isMember(message.candidateHash));
      break;
    case "candidateBacked":
      assert.ok(prospects.introduced.includes(message.candidateHash), "introduced before");
      prospects.backed.push(message.candidateHash);
      break;
    case "getHypotheticalMembership":
      message.reply(prospects.isMember(message.candidate.candidateHash) ? [LEAF] : []);
      break;
    case "getProspectiveValidationData":
      message.reply(prospects.data);
      break;
    case "getBackableCandidates":
      assert.fail("backing does not ask for chains");
  }
}
interface WorldFacts extends ChainFacts {
  readonly invalidStatements?: boolean;
  readonly disk?: Disk;
  readonly local?: number;
}

function second(overseer: Overseer, sample: SampleCandidate = candidate, relayParent = LEAF): void {
  overseer.message({
    type: "second",
    relayParent,
    candidateReceipt: sample.plainReceipt,
    persistedValidationData: sample.persistedValidationData,
    pov,
  });
}

function statement(
  validator: number,
  type: CompactStatement["type"],
  sample: SampleCandidate = candidate,
): SignedFullStatementWithPvd {
  const { signature, validatorIndex } = signed(validator, type, sample);
  const { hash: value, persistedValidationData, receipt } = sample;
  const payload =
    type === "seconded" ? { type, value: receipt, persistedValidationData } : { type, value };
  return { payload, validatorIndex, signature };
}

function hear(
  overseer: Overseer,
  validator: number,
  type: CompactStatement["type"],
  sample: SampleCandidate = candidate,
): void {
  overseer.message({
    type: "statement",
    relayParent: LEAF,
    statement: statement(validator, type, sample),
  });
}

// Answers of the others

async function answerCode(overseer: Overseer): Promise<void> {
  (await overseer.expect("runtime-api", "validationCodeByHash")).reply(ok(code));
}

async function expectValidation(overseer: Overseer, sample: SampleCandidate = candidate) {
  await answerCode(overseer);
  const asked = await overseer.expect("candidate-validation", "validateFromExhaustive");
  assert.deepEqual(asked.candidateReceipt, sample.plainReceipt);
  assert.deepEqual(asked.persistedValidationData, sample.persistedValidationData);
  assert.deepEqual([asked.validationCode, asked.pov], [code, pov]);
  assert.deepEqual(asked.purpose, { type: "backing", relayParent: LEAF });
  return asked;
}

const validVerdict = ({
  receipt,
  persistedValidationData,
}: SampleCandidate): ValidationVerdict => ({
  type: "valid",
  commitments: receipt.commitments,
  persistedValidationData,
});

async function expectStored(overseer: Overseer, sample: SampleCandidate = candidate) {
  const checked = await overseer.expect("runtime-api", "checkValidationOutputs");
  assert.deepEqual(checked.args, [PARA, sample.receipt.commitments]);
  checked.reply(ok(true));
  const stored = await overseer.expect("availability-store", "storeAvailableData");
  assert.equal(stored.candidateHash, sample.hash);
  assert.equal(stored.validatorCount, KEYS.length);
  assert.deepEqual(stored.availableData, {
    pov,
    validationData: sample.persistedValidationData,
  });
  assert.equal(stored.expectedErasureRoot, sample.receipt.descriptor.erasureRoot);
  return stored;
}

/** The candidate passes all checks. */
async function answerValid(overseer: Overseer, sample: SampleCandidate = candidate): Promise<void> {
  (await expectValidation(overseer, sample)).reply(ok(validVerdict(sample)));
  (await expectStored(overseer, sample)).reply(ok(undefined));
}

async function expectShared(
  overseer: Overseer,
  type: CompactStatement["type"],
  sample: SampleCandidate = candidate,
): Promise<void> {
  const shared = await overseer.expect("statement-distribution", "share");
  assert.equal(shared.relayParent, LEAF);
  assert.deepEqual(shared.statement, statement(0, type, sample));
  const isSigned = new DirectVerifier().verify({
    scheme: "sr25519",
    publicKey: KEYS[0] ?? "0x",
    message: statementPayload(
      { type, value: sample.hash },
      { sessionIndex: SESSION, parentHash: LEAF },
    ),
    signature: shared.statement.signature,
  });
  assert.ok(isSigned);
}

async function expectSeconded(overseer: Overseer, sample: SampleCandidate = candidate) {
  await expectShared(overseer, "seconded", sample);
  const told = await overseer.expect("collator-protocol", "seconded");
  assert.deepEqual(told.statement.payload, { type: "seconded", value: sample.receipt });
}

async function expectBackable(overseer: Overseer, sample: SampleCandidate = candidate) {
  const backed = await overseer.expect("statement-distribution", "backed");
  assert.equal(backed.candidateHash, sample.hash);
}

/** A statement as evidence. */
const said = (validator: number, type: CompactStatement["type"], sample = candidate) => {
  const { payload, signature } = signed(validator, type, sample);
  return { statement: payload, signature };
};

async function expectPovFetch(overseer: Overseer, from: number, sample = candidate) {
  const fetch = await overseer.expect("availability-distribution", "fetchPov");
  assert.deepEqual(
    [fetch.relayParent, fetch.fromValidator, fetch.paraId, fetch.candidateHash, fetch.povHash],
    [LEAF, from, PARA, sample.hash, sample.receipt.descriptor.povHash],
  );
  return fetch;
}

function backable(
  overseer: Overseer,
  ...samples: readonly SampleCandidate[]
): Promise<ReadonlyMap<ParaId, readonly BackedCandidate[]>> {
  const asked = new Map<ParaId, { candidateHash: SampleCandidate["hash"]; relayParent: Hash }[]>();
  for (const { hash, receipt } of samples) {
    const para = receipt.descriptor.paraId;
    const wanted = asked.get(para) ?? [];
    asked.set(para, [...wanted, { candidateHash: hash, relayParent: LEAF }]);
  }
  return overseer.ask({ type: "getBackableCandidates", candidates: asked });
}

// Seconding

test("a good collation is validated, stored, signed, shared and told to its collator", async () => {
  const { overseer, running } = await world();
  second(overseer);
  await answerValid(overseer);
  await expectSeconded(overseer);
  await overseer.conclude(running);
});

test("a candidate is backable with the second vote, once, and a block takes it as it is", async () => {
  const { overseer, running } = await world();
  second(overseer);
  await answerValid(overseer);
  await expectSeconded(overseer);
  assert.equal((await backable(overseer, candidate)).size, 0, "one vote is no quorum");
  hear(overseer, 2, "valid");
  await expectBackable(overseer);
  hear(overseer, 1, "valid");
  const [backed] = (await backable(overseer, candidate)).get(PARA) ?? [];
  assert.ok(backed !== undefined);
  assert.deepEqual(backed.candidate, candidate.receipt);
  assert.deepEqual(backed.validityVotes, [
    { type: "implicit", value: signed(0, "seconded", candidate).signature },
    { type: "explicit", value: signed(1, "valid", candidate).signature },
    { type: "explicit", value: signed(2, "valid", candidate).signature },
  ]);
  assert.deepEqual(onesOf(backed.validatorIndices), [0, 1, 2]);
  await overseer.conclude(running);
});

test("an invalid collation is not seconded, and its collator is named", async () => {
  const { overseer, running } = await world();
  second(overseer);
  (await expectValidation(overseer)).reply(
    ok({ type: "invalid", reason: { code: "executionError", message: "trap" } }),
  );
  const told = await overseer.expect("collator-protocol", "invalid");
  assert.deepEqual([told.relayParent, told.candidateReceipt], [LEAF, candidate.plainReceipt]);
  second(overseer);
  await overseer.conclude(running);
});

test("other commitments, outputs that the chain refuses and a wrong erasure root are invalid", async () => {
  const cases: ((overseer: Overseer) => Promise<void>)[] = [
    async (overseer) => {
      const other = sampleCandidate(0, { pov, salt: 1 });
      (await expectValidation(overseer)).reply(ok(validVerdict(other)));
    },
    async (overseer) => {
      (await expectValidation(overseer)).reply(ok(validVerdict(candidate)));
      (await overseer.expect("runtime-api", "checkValidationOutputs")).reply(ok(false));
    },
    async (overseer) => {
      (await expectValidation(overseer)).reply(ok(validVerdict(candidate)));
      const stored = await expectStored(overseer);
      stored.reply(err({ code: "invalidErasureRoot", expected: LEAF, computed: OTHER }));
    },
  ];
  for (const makeInvalid of cases) {
    const { overseer, running } = await world();
    second(overseer);
    await makeInvalid(overseer);
    await overseer.expect("collator-protocol", "invalid");
    await overseer.conclude(running);
  }
});

test("data or code that the chain does not have for the para are invalid", async () => {
  const net = await world();
  net.prospects.data = { ...VALIDATION_DATA, maxPovSize: 1 };
  second(net.overseer);
  await net.overseer.expect("collator-protocol", "invalid");
  await net.overseer.conclude(net.running);

  const other = await world();
  second(other.overseer);
  (await other.overseer.expect("runtime-api", "validationCodeByHash")).reply(ok(undefined));
  for (let assumption = 0; assumption < 3; assumption++)
    (await other.overseer.expect("runtime-api", "validationCodeHash")).reply(
      ok(assumption === 0 ? undefined : asValidationCodeHash(OTHER)),
    );
  await other.overseer.expect("collator-protocol", "invalid");
  await other.overseer.conclude(other.running);
});

test("what is our own fault, or the chain's silence, ends without a vote or a word", async () => {
  const unavailable = err({ code: "unavailable", relayParent: LEAF } as const);
  const cases: ((overseer: Overseer) => Promise<void>)[] = [
    async (overseer) => {
      (await overseer.expect("runtime-api", "validationCodeByHash")).reply(unavailable);
      const asked = await overseer.expect("runtime-api", "validationCodeHash");
      asked.reply(ok(candidate.receipt.descriptor.validationCodeHash));
    },
    async (overseer) => {
      const failure = { code: "validationFailed", message: "out of memory" } as const;
      (await expectValidation(overseer)).reply(err(failure));
    },
    async (overseer) => (await expectValidation(overseer)).reply.cancel(),
    async (overseer) => {
      (await expectValidation(overseer)).reply(ok(validVerdict(candidate)));
      (await overseer.expect("runtime-api", "checkValidationOutputs")).reply(unavailable);
    },
    async (overseer) => {
      (await expectValidation(overseer)).reply(ok(validVerdict(candidate)));
      (await expectStored(overseer)).reply.cancel();
    },
  ];
  for (const fail of cases) {
    const { overseer, running } = await world();
    second(overseer);
    await fail(overseer);
    await overseer.conclude(running);
  }
});

test("only one candidate is seconded at a relay parent, even when two are good at once", async () => {
  const { overseer, running } = await world();
  const other = sampleCandidate(0, { pov, salt: 1 });
  second(overseer);
  const first = await expectValidation(overseer);
  second(overseer, other);
  const later = await expectValidation(overseer, other);
  first.reply(ok(validVerdict(candidate)));
  (await expectStored(overseer)).reply(ok(undefined));
  await expectSeconded(overseer);
  later.reply(ok(validVerdict(other)));
  (await expectStored(overseer, other)).reply(ok(undefined));
  await overseer.expectSilence();
  second(overseer, sampleCandidate(0, { pov, salt: 2 }));
  await overseer.conclude(running);
});

test("another group's para, another relay parent and a disabled validator's turn are not seconded", async () => {
  const { overseer, running } = await world();
  second(overseer, sampleCandidate(1, { pov }));
  second(overseer, sampleCandidate(0, { pov, relayParent: OTHER }), OTHER);
  await overseer.conclude(running);
  const disabled = await world({ disabled: [0] });
  second(disabled.overseer);
  await disabled.overseer.conclude(disabled.running);
});

test("with its leaf the work on a candidate is gone", async () => {
  const { overseer, running } = await world();
  second(overseer);
  const validation = await expectValidation(overseer);
  overseer.deactivate(LEAF);
  await overseer.settle();
  validation.reply(ok(validVerdict(candidate)));
  (await expectStored(overseer)).reply(ok(undefined));
  await overseer.conclude(running);
});

// Attesting

test("what a member of our group seconded is fetched from it, validated, and voted for", async () => {
  const { overseer, running } = await world();
  hear(overseer, 1, "seconded");
  (await expectPovFetch(overseer, 1)).reply(ok(pov));
  await answerValid(overseer);
  await expectShared(overseer, "valid");
  await expectBackable(overseer);
  second(overseer);
  await overseer.conclude(running);
});

test("another group's candidate is tallied and nothing more", async () => {
  const { overseer, running } = await world();
  const theirs = sampleCandidate(1, { pov });
  hear(overseer, 3, "seconded", theirs);
  await overseer.expectSilence();
  hear(overseer, 4, "valid", theirs);
  await expectBackable(overseer, theirs);
  const answer = await backable(overseer, candidate, theirs);
  assert.deepEqual([...answer.keys()], [theirs.receipt.descriptor.paraId]);
  await overseer.conclude(running);
});

test("when the seconder does not give the PoV the next who attests is asked, and then once more", async () => {
  const { overseer, running } = await world();
  hear(overseer, 1, "seconded");
  const first = await expectPovFetch(overseer, 1);
  hear(overseer, 2, "valid");
  await expectBackable(overseer);
  first.reply(err({ code: "unavailable" }));
  (await expectPovFetch(overseer, 2)).reply(err({ code: "noSuchPov" }));
  (await expectPovFetch(overseer, 1)).reply(ok(pov));
  await answerValid(overseer);
  await expectShared(overseer, "valid");
  await overseer.conclude(running);
});

test("when nobody gives the PoV there is no vote, until somebody else attests", async () => {
  const { overseer, running } = await world();
  hear(overseer, 1, "seconded");
  (await expectPovFetch(overseer, 1)).reply(err({ code: "wrongPov" }));
  await overseer.expectSilence();
  hear(overseer, 2, "valid");
  await expectBackable(overseer);
  (await expectPovFetch(overseer, 1)).reply.cancel();
  (await expectPovFetch(overseer, 2)).reply(ok(pov));
  await answerValid(overseer);
  await expectShared(overseer, "valid");
  await overseer.conclude(running);
});

test("an invalid candidate gets no vote of ours, and is in question should a block back it", async () => {
  const { overseer, running } = await world();
  hear(overseer, 1, "seconded");
  (await expectPovFetch(overseer, 1)).reply(ok(pov));
  (await expectValidation(overseer)).reply(ok({ type: "invalid", reason: { code: "timeout" } }));
  const question = await overseer.expect("dispute-coordinator", "candidateInQuestion");
  assert.deepEqual([question.foundInvalid, question.statements], [false, []]);
  hear(overseer, 2, "valid");
  await expectBackable(overseer);
  await overseer.conclude(running);
});

test("with the switch on, an invalid candidate is called that, on disk first, and so arbitrated", async () => {
  const { overseer, running, disk } = await world({ invalidStatements: true });
  hear(overseer, 1, "seconded");
  (await expectPovFetch(overseer, 1)).reply(ok(pov));
  (await expectValidation(overseer)).reply(ok({ type: "invalid", reason: { code: "timeout" } }));
  const { statement } = await overseer.expect("statement-distribution", "shareInvalid");
  assert.deepEqual(statement, signedInvalid(0, candidate));
  const [record] = [...disk.range("ownStatements", new Uint8Array(0))];
  assert.deepEqual(record?.value, new Uint8Array([3]));
  const accusation = await overseer.expect(
    "misbehavior-arbitration",
    "candidateValidityDisagreement",
  );
  assert.deepEqual(
    accusation.statements.map((vote) => [vote.validatorIndex, vote.statement.type]),
    [
      [1, "seconded"],
      [0, "invalid"],
    ],
  );
  await overseer.conclude(running);
});

test("who calls a candidate invalid that it has seconded contradicts itself", async () => {
  const { overseer, running } = await world({ invalidStatements: true });
  hear(overseer, 1, "seconded");
  (await expectPovFetch(overseer, 1)).reply(err({ code: "wrongPov" }));
  const statement = signedInvalid(1, candidate);
  overseer.message({ type: "invalidStatement", relayParent: LEAF, statement });
  const proof = await overseer.expect("misbehavior-arbitration", "selfContradiction");
  assert.deepEqual(
    proof.votes.map((vote) => vote.statement.type),
    ["seconded", "invalid"],
  );
  await overseer.expect("misbehavior-arbitration", "candidateValidityDisagreement");
  await overseer.conclude(running);
});

test("a candidate whose erasure root is not its data's gets no vote", async () => {
  const { overseer, running } = await world();
  hear(overseer, 1, "seconded");
  (await expectPovFetch(overseer, 1)).reply(ok(pov));
  (await expectValidation(overseer)).reply(ok(validVerdict(candidate)));
  (await expectStored(overseer)).reply(
    err({ code: "invalidErasureRoot", expected: LEAF, computed: OTHER }),
  );
  await overseer.expect("dispute-coordinator", "candidateInQuestion");
  await overseer.conclude(running);
});

test("our own statement that comes back is counted and not contradicted", async () => {
  const { overseer, running } = await world();
  hear(overseer, 0, "seconded");
  hear(overseer, 1, "valid");
  await expectBackable(overseer);
  await overseer.conclude(running);
});

test("a validator that is none, disabled, or in another group only tallies", async () => {
  for (const facts of [{ disabled: [0] }, { local: 3 }, { local: 99 }]) {
    const { overseer, running } = await world(facts);
    hear(overseer, 1, "seconded");
    hear(overseer, 2, "valid");
    await expectBackable(overseer);
    await overseer.conclude(running);
  }
});

// Misbehaviour

test("seconding twice is reported with both signatures", async () => {
  const { overseer, running } = await world({ local: 3 });
  const other = sampleCandidate(0, { pov, salt: 1 });
  hear(overseer, 1, "seconded");
  hear(overseer, 1, "seconded", other);
  const offence = await overseer.expect("misbehavior-arbitration", "doubleVote");
  assert.deepEqual([offence.relayParent, offence.validatorIndex], [LEAF, 1]);
  assert.deepEqual(offence.votes, [said(1, "seconded"), said(1, "seconded", other)]);
  await overseer.conclude(running);
});

test("seconding and voting for one candidate is reported", async () => {
  const { overseer, running } = await world({ local: 3 });
  hear(overseer, 1, "seconded");
  hear(overseer, 1, "valid");
  const offence = await overseer.expect("misbehavior-arbitration", "selfContradiction");
  assert.deepEqual(offence.votes, [said(1, "seconded"), said(1, "valid")]);
  assert.equal((await backable(overseer, candidate)).size, 0, "one voter is one vote");
  await overseer.conclude(running);
});

test("a statement about another group's candidate is reported", async () => {
  const { overseer, running } = await world();
  hear(overseer, 3, "seconded");
  const offence = await overseer.expect("misbehavior-arbitration", "unauthorizedStatement");
  assert.deepEqual(offence.vote, said(3, "seconded"));
  await overseer.conclude(running);
});

test("two signatures on one statement are one statement", async () => {
  const { overseer, running } = await world({ local: 3 });
  hear(overseer, 1, "seconded");
  hear(overseer, 1, "seconded");
  const again = { ...statement(1, "seconded"), signature: signed(2, "valid", candidate).signature };
  overseer.message({ type: "statement", relayParent: LEAF, statement: again });
  await overseer.conclude(running);
});

test("a vote without a candidate, a para without a core and a disabled voter count for nothing", async () => {
  const { overseer, running } = await world({ disabled: [1] });
  hear(overseer, 2, "valid");
  hear(overseer, 1, "seconded");
  hear(overseer, 2, "seconded", sampleCandidate(7, { pov }));
  overseer.message({
    type: "statement",
    relayParent: OTHER,
    statement: statement(2, "seconded"),
  });
  assert.equal((await backable(overseer, candidate)).size, 0);
  await overseer.conclude(running);
});

// Restart

test("what the disk says we seconded may be seconded again, and nothing else", async () => {
  const disk = newDisk();
  const before = await world({ disk });
  second(before.overseer);
  await answerValid(before.overseer);
  await expectSeconded(before.overseer);
  await before.overseer.conclude(before.running);

  const { overseer, running } = await world({ disk });
  second(overseer, sampleCandidate(0, { pov, salt: 1 }));
  await overseer.expectSilence();
  second(overseer);
  await answerValid(overseer);
  await expectSeconded(overseer);
  await overseer.conclude(running);
});

test("what the disk says we seconded gets no vote, and what we voted for is not seconded", async () => {
  const disk = newDisk();
  const before = await world({ disk });
  const other = sampleCandidate(0, { pov, salt: 1 });
  second(before.overseer);
  await answerValid(before.overseer);
  await expectSeconded(before.overseer);
  hear(before.overseer, 1, "seconded", other);
  (await expectPovFetch(before.overseer, 1, other)).reply(ok(pov));
  await answerValid(before.overseer, other);
  await expectShared(before.overseer, "valid", other);
  await expectBackable(before.overseer, other);
  await before.overseer.conclude(before.running);

  const { overseer, running } = await world({ disk });
  hear(overseer, 1, "seconded");
  (await expectPovFetch(overseer, 1)).reply(ok(pov));
  await answerValid(overseer);
  await overseer.expectSilence();
  second(overseer, other);
  await overseer.conclude(running);
});

test("finality drops records of what nobody signs on any more", async () => {
  const { overseer, running, disk } = await world();
  second(overseer);
  await answerValid(overseer);
  await expectSeconded(overseer);
  overseer.signal({ type: "blockFinalized", hash: LEAF, number: 7 });
  await overseer.settle();
  const kept = () => [
    ...disk.range("ownStatements", new Uint8Array(0), new Uint8Array(80).fill(255)),
  ];
  assert.equal(kept().length, 1);
  overseer.signal({ type: "blockFinalized", hash: OTHER, number: 8 });
  await overseer.settle();
  assert.equal(kept().length, 0);
  await overseer.conclude(running);
});

// Questions

test("we can second what builds on a head of the chain and is ours to second", async () => {
  const { overseer, prospects, running } = await world();
  const ask = (paraId: ParaId, parentHeadDataHash: Hash, relayParent = LEAF): Promise<boolean> =>
    overseer.ask({
      type: "canSecond",
      paraId,
      relayParent,
      candidateHash: candidate.hash,
      parentHeadDataHash,
    });
  assert.equal(await ask(PARA, parentHeadOf(candidate)), true);
  prospects.isMember = () => false;
  assert.equal(await ask(PARA, OTHER), false);
  prospects.isMember = () => true;

  assert.equal(await ask(asParaId(1001), parentHeadOf(candidate)), false);
  assert.equal(await ask(PARA, parentHeadOf(candidate), OTHER), false);
  second(overseer);
  await answerValid(overseer);
  await expectSeconded(overseer);
  assert.equal(await ask(PARA, parentHeadOf(candidate)), false);
  await overseer.conclude(running);
});

test("of several candidates of a para those up to the first without a quorum are given", async () => {
  const { overseer, running } = await world({ local: 3 });
  const [first, second_, third] = [1, 2, 3].map((salt) => sampleCandidate(0, { pov, salt }));
  assert.ok(first !== undefined && second_ !== undefined && third !== undefined);
  for (const [seconder, voter, sample] of [
    [0, 1, first],
    [1, 2, second_],
  ] as const) {
    hear(overseer, seconder, "seconded", sample);
    hear(overseer, voter, "valid", sample);
    await expectBackable(overseer, sample);
  }
  hear(overseer, 2, "seconded", third);
  const hashes = async (...samples: readonly SampleCandidate[]) =>
    ((await backable(overseer, ...samples)).get(PARA) ?? []).map(
      ({ candidate: receipt }) => receipt,
    );
  assert.deepEqual(await hashes(first, second_), [first.receipt, second_.receipt]);
  assert.deepEqual(await hashes(second_, third, first), [second_.receipt]);
  assert.deepEqual(await hashes(third), []);
  overseer.deactivate(LEAF);
  assert.deepEqual(await hashes(first), []);
  await overseer.conclude(running);
});

// Leaves

test("on a leaf that was active before, or without a runtime, nothing is backed", async () => {
  const { overseer, running } = await world();
  const activated = { hash: OTHER, number: 8, status: "stale" } as const;
  overseer.signal({ type: "activeLeaves", activated, deactivated: [] });
  second(overseer, sampleCandidate(0, { pov, relayParent: OTHER }), OTHER);
  const third = asHash(`0x${"3e".repeat(32)}`);
  overseer.activate(third, 9);
  await answerRuntime(overseer, ["asyncBackingParams"]);
  (await overseer.expect("runtime-api", "sessionIndexForChild")).reply.cancel();
  await answerRuntime(overseer, LEAF_QUERIES.slice(2, 6));
  second(overseer, sampleCandidate(0, { pov, relayParent: third }), third);
  await overseer.conclude(running);
});

/** A leaf that lets in the one before it, both ready for two candidates. */
async function worldOfTwo() {
  const asyncBackingParams = { maxCandidateDepth: 1, allowedAncestryLen: 1 };
  const net = await world();
  net.overseer.activate(OTHER, 8, [LEAF]);
  await answerRuntime(net.overseer, ["asyncBackingParams", "sessionIndexForChild"], {
    asyncBackingParams,
  });
  (await net.overseer.expect("chain-api", "ancestors")).reply(ok([LEAF]));
  await answerRuntime(net.overseer, ["sessionIndexForChild"]);
  await answerRuntime(net.overseer, LEAF_QUERIES.slice(1));
  return net;
}

test("work at a relay parent goes on under a leaf that lets it in", async () => {
  const { overseer, running, prospects } = await worldOfTwo();
  second(overseer);
  await answerValid(overseer);
  await expectSeconded(overseer);
  hear(overseer, 1, "valid");
  await expectBackable(overseer);
  assert.deepEqual(prospects.backed, [candidate.hash]);
  overseer.deactivate(OTHER);
  second(overseer, sampleCandidate(0, { pov, salt: 1 }));
  await overseer.conclude(running);
});

test("with a depth of one two candidates are seconded at a relay parent, and no third", async () => {
  const { overseer, running } = await worldOfTwo();
  const samples = [1, 2, 3].map((salt) => sampleCandidate(0, { pov, salt, relayParent: OTHER }));
  for (const sample of samples.slice(0, 2)) {
    second(overseer, sample, OTHER);
    (await overseer.expect("runtime-api", "validationCodeByHash")).reply(ok(code));
    const asked = await overseer.expect("candidate-validation", "validateFromExhaustive");
    asked.reply(ok(validVerdict(sample)));
    (await expectStored(overseer, sample)).reply(ok(undefined));
    const shared = await overseer.expect("statement-distribution", "share");
    assert.equal(shared.relayParent, OTHER);
    await overseer.expect("collator-protocol", "seconded");
  }
  for (const sample of samples.slice(2)) second(overseer, sample, OTHER);
  await overseer.conclude(running);
});

test("what can not become part of a chain is neither seconded nor voted for, but tallied", async () => {
  const { overseer, running, prospects } = await world();
  prospects.isMember = () => false;
  second(overseer);
  await answerValid(overseer);
  await overseer.expectSilence();
  hear(overseer, 1, "seconded");
  hear(overseer, 2, "valid");
  await expectBackable(overseer);
  await overseer.conclude(running);
});

test("finality keeps the records of relay parents that a leaf may still let in", async () => {
  const { overseer, running, disk } = await worldOfTwo();
  second(overseer);
  await answerValid(overseer);
  await expectSeconded(overseer);
  const kept = () => [
    ...disk.range("ownStatements", new Uint8Array(0), new Uint8Array(80).fill(255)),
  ];
  overseer.signal({ type: "blockFinalized", hash: OTHER, number: 8 });
  await overseer.settle();
  assert.equal(kept().length, 1);
  overseer.signal({ type: "blockFinalized", hash: OTHER, number: 9 });
  await overseer.settle();
  assert.equal(kept().length, 0);
  await overseer.conclude(running);
});

test("a core that is free has nothing to second", async () => {
  const cores: CoreState[] = [{ type: "free" }];
  const { overseer, running } = await world({ cores });
  second(overseer);
  hear(overseer, 1, "seconded");
  await overseer.conclude(running);
});
