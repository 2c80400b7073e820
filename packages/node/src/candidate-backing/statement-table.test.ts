import assert from "node:assert/strict";
import test from "node:test";
import {
  asCoreIndex,
  asGroupIndex,
  asHash,
  asParaId,
  asSessionIndex,
  asValidationCodeHash,
  asValidatorIndex,
  backingThreshold,
  type CommittedCandidateReceipt,
  candidateHash,
  type PersistedValidationData,
  type ValidatorSignature,
} from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import { StatementTable } from "./statement-table.ts";

const hash = (byte: string) => asHash(`0x${byte.repeat(32)}`);
const receipt = (para: number, salt: number): CommittedCandidateReceipt => ({
  descriptor: {
    version: 2,
    paraId: asParaId(para),
    relayParent: hash("11"),
    coreIndex: asCoreIndex(para === 1000 ? 0 : 1),
    sessionIndex: asSessionIndex(1),
    persistedValidationDataHash: hash("22"),
    povHash: hash("33"),
    erasureRoot: hash("44"),
    paraHead: hash("55"),
    validationCodeHash: asValidationCodeHash(hash("66")),
  },
  commitments: {
    upwardMessages: [],
    horizontalMessages: [],
    newValidationCode: undefined,
    headData: new Uint8Array([salt]),
    processedDownwardMessages: 0,
    hrmpWatermark: 1,
  },
});
const persistedValidationData: PersistedValidationData = {
  parentHead: new Uint8Array(0),
  relayParentNumber: 1,
  relayParentStorageRoot: hash("77"),
  maxPovSize: 1,
};
const A = receipt(1000, 1);
const B = receipt(1000, 2);
const signature = (byte: number) => new Uint8Array(64).fill(byte) as ValidatorSignature;

const seconded = (validator: number, candidate: CommittedCandidateReceipt, sig = validator) => ({
  payload: { type: "seconded", value: candidate, persistedValidationData } as const,
  validatorIndex: asValidatorIndex(validator),
  signature: signature(sig),
});
const valid = (validator: number, candidate: CommittedCandidateReceipt, sig = validator) => ({
  payload: { type: "valid", value: candidateHash(candidate) } as const,
  validatorIndex: asValidatorIndex(validator),
  signature: signature(sig),
});

const members = (...indices: number[]) => indices.map(asValidatorIndex);
const table = () =>
  new StatementTable({
    cores: [
      {
        core: asCoreIndex(0),
        group: asGroupIndex(0),
        members: members(4, 2, 7),
        paras: [asParaId(1000)],
      },
      {
        core: asCoreIndex(1),
        group: asGroupIndex(1),
        members: members(1, 3),
        paras: [asParaId(2000)],
      },
    ],
    secondedMax: 1,
    threshold: (groupSize) => backingThreshold(groupSize, 2),
    carriesCoreIndex: true,
  });

test("a candidate is backable at the majority of its group, once", () => {
  const t = table();
  const first = t.import(seconded(2, A));
  assert.equal(first.ok && first.value.becameBackable, false);
  assert.equal(t.backed(candidateHash(A)), undefined);
  const second = t.import(valid(4, A));
  assert.equal(second.ok && second.value.becameBackable, true);
  const third = t.import(valid(7, A));
  assert.deepEqual(third.ok && [third.value.becameBackable, third.value.voteCount], [false, 3]);
});

test("votes go into a block by position in the group, with the core behind them", () => {
  const t = table();
  t.import(seconded(7, A));
  t.import(valid(4, A));
  const backed = t.backed(candidateHash(A));
  assert.deepEqual(backed?.validityVotes, [
    { type: "explicit", value: signature(4) },
    { type: "implicit", value: signature(7) },
  ]);
  assert.equal(backed?.validatorIndices.length, 3 + 8);
  assert.deepEqual(backed && onesOf(backed.validatorIndices), [0, 2]);
});

const refusals = [
  ["a member of another group is not heard", [seconded(1, A)], "unauthorizedStatement"],
  ["a stranger's vote is not counted", [seconded(2, A), valid(1, A)], "unauthorizedStatement"],
  ["valid before seconded is unknown", [valid(2, A)], "unknownCandidate"],
  ["a para without a core is not scheduled", [seconded(2, receipt(3000, 1))], "notScheduled"],
  [
    "a second seconded candidate is one too many",
    [seconded(2, A), seconded(2, B)],
    "multipleCandidates",
  ],
  [
    "seconded and valid of one validator contradict",
    [seconded(2, A), valid(2, A)],
    "validityDoubleVote",
  ],
  [
    "valid and seconded of one validator contradict",
    [seconded(4, A), valid(2, A), seconded(2, A)],
    "validityDoubleVote",
  ],
  [
    "two signatures on one statement are kept as proof",
    [seconded(2, A), seconded(2, A, 99)],
    "doubleSign",
  ],
] as const;
for (const [name, statements, code] of refusals)
  test(name, () => {
    const t = table();
    const results = statements.map((statement) => t.import(statement));
    const last = results.at(-1);
    assert.equal(last?.ok === false && last.error.code, code);
    assert.ok(results.slice(0, -1).every((result) => result.ok));
  });

test("the same statement again changes nothing", () => {
  const t = table();
  t.import(seconded(2, A));
  const again = t.import(seconded(2, A));
  assert.deepEqual(again.ok && [again.value.isNew, again.value.voteCount], [false, 1]);
});

test("a descriptor that names another core than its para's is not scheduled", () => {
  const wrong = { ...A, descriptor: { ...A.descriptor, coreIndex: asCoreIndex(1) } };
  const result = table().import(seconded(2, wrong as CommittedCandidateReceipt));
  assert.equal(!result.ok && result.error.code, "notScheduled");
});

test("several members may second different candidates, each is tallied alone", () => {
  const t = table();
  t.import(seconded(2, A));
  t.import(seconded(4, B));
  t.import(valid(7, B));
  assert.equal(t.backed(candidateHash(A)), undefined);
  assert.notEqual(t.backed(candidateHash(B)), undefined);
});
