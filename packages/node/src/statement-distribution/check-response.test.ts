import assert from "node:assert/strict";
import test from "node:test";
import type { AttestedCandidateResponse } from "@parahost/network";
import {
  asCoreIndex,
  asGroupIndex,
  asHash,
  asParaId,
  asValidatorIndex,
  candidateHash,
} from "@parahost/primitives";
import {
  GROUPS,
  LEAF,
  parentHeadOf,
  sampleCandidate,
  signed,
} from "../backing-groups/test-chain.ts";
import type { Claim } from "./candidates.ts";
import { checkResponse, type ExpectedResponse } from "./check-response.ts";
import { filterOf } from "./statement-filter.ts";

const candidate = sampleCandidate(0);
const other = sampleCandidate(0, { salt: 1 });
const group = asGroupIndex(0);
const expected: ExpectedResponse = {
  candidateHash: candidate.hash,
  relayParent: LEAF,
  core: {
    core: asCoreIndex(0),
    group,
    members: GROUPS.groups[0] ?? [],
    paras: [asParaId(1000)],
  },
  claim: { group, paraId: asParaId(1000), parentHeadDataHash: parentHeadOf(candidate) },
  mask: filterOf(3),
  have: filterOf(3),
  threshold: 2,
};
const response: AttestedCandidateResponse = {
  candidateReceipt: candidate.receipt,
  persistedValidationData: candidate.persistedValidationData,
  statements: [signed(0, "seconded", candidate), signed(1, "valid", candidate)],
};
const code = (
  changed: Partial<AttestedCandidateResponse>,
  expecting: Partial<ExpectedResponse> = {},
) => {
  const result = checkResponse({ ...expected, ...expecting }, { ...response, ...changed });
  return result.ok ? undefined : result.error.code;
};
const claiming = (claim: Partial<Claim>) => ({ claim: { ...expected.claim, ...claim } });

test("the candidate that was asked for, with a quorum, is taken", () => {
  assert.equal(code({}), undefined);
  assert.equal(code({}, { claim: { group } }), undefined, "a statement claims no para");
});

test("another candidate is refused", () => {
  assert.equal(code({ candidateReceipt: other.receipt }), "candidateHashMismatch");
});

test("a candidate of another relay parent, para, core or head is refused", () => {
  assert.equal(code({}, { relayParent: asHash(`0x${"22".repeat(32)}`) }), "relayParentMismatch");
  assert.equal(code({}, claiming({ paraId: asParaId(1001) })), "paraMismatch");
  const elsewhere = { ...expected.core, paras: [asParaId(1001)] };
  assert.equal(code({}, { core: elsewhere, claim: { group } }), "paraMismatch");
  assert.equal(code({}, { core: { ...expected.core, core: asCoreIndex(1) } }), "coreMismatch");
  assert.equal(code({}, claiming({ parentHeadDataHash: LEAF })), "parentHeadMismatch");
});

test("validation data that the candidate does not commit to is refused", () => {
  const data = { ...candidate.persistedValidationData, maxPovSize: 1 };
  assert.equal(code({ persistedValidationData: data }), "validationDataMismatch");
});

test("statements by others, about others, twice or not asked for are refused", () => {
  const [first, second] = response.statements;
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(code({ statements: [first, signed(3, "valid", candidate)] }), "badStatement");
  const nobody = { ...second, validatorIndex: asValidatorIndex(2 ** 32 - 1) };
  assert.equal(code({ statements: [first, nobody] }), "badStatement");
  assert.equal(code({ statements: [first, signed(1, "valid", other)] }), "badStatement");
  assert.equal(code({ statements: [first, first] }), "badStatement");
  assert.equal(code({ statements: [first, signed(0, "valid", candidate)] }), "badStatement");
  assert.equal(code({}, { mask: filterOf(3, [], [1]) }), "badStatement");
});

test("without a quorum only our own group's candidates are taken", () => {
  const statements = response.statements.slice(0, 1);
  assert.equal(code({ statements }), "notEnoughStatements");
  assert.equal(code({ statements }, { threshold: undefined }), undefined);
  const have = filterOf(3, [], [1]);
  assert.equal(
    code({ statements }, { have, mask: have }),
    undefined,
    "with what we have it is one",
  );
});

test("a receipt hashes to what statements are about", () => {
  assert.equal(candidateHash(candidate.receipt), candidate.hash);
});
