import assert from "node:assert/strict";
import test from "node:test";
import { peerId } from "@parahost/network";
import { asCandidateHash, asCollatorId, asParaId, type PoV } from "@parahost/primitives";
import { LEAF, parentHeadOf, sampleCandidate } from "../backing-groups/test-chain.ts";
import { checkFetched } from "./fetched.ts";

const pov: PoV = { blockData: new Uint8Array([5, 6, 7]) };
const candidate = sampleCandidate(0, { pov });
const advertised = {
  peer: peerId("collator"),
  collator: asCollatorId(LEAF),
  paraId: asParaId(1000),
  relayParent: LEAF,
  candidateHash: candidate.hash,
  parentHeadDataHash: parentHeadOf(candidate),
};
const data = candidate.persistedValidationData;
type Args = Parameters<typeof checkFetched>;
const code = (...args: Partial<Args>) => {
  const [wanted = advertised, receipt = candidate.plainReceipt, got = pov, head, with_ = data] =
    args;
  const result = checkFetched(wanted, receipt, got, head, with_);
  return result.ok ? undefined : result.error.code;
};

test("what was advertised is taken, with or without the head it builds on", () => {
  assert.equal(code(), undefined);
  assert.equal(code(undefined, undefined, undefined, data.parentHead), undefined);
});

test("what was not advertised is refused", () => {
  const elsewhere = asCandidateHash(LEAF);
  assert.equal(code({ ...advertised, candidateHash: elsewhere }), "candidateHashMismatch");
  const other = sampleCandidate(0, { pov, salt: 1 });
  assert.equal(code(undefined, other.plainReceipt), "candidateHashMismatch");
  const leaf = parentHeadOf(candidate);
  assert.equal(code({ ...advertised, relayParent: leaf }), "relayParentMismatch");
  assert.equal(code({ ...advertised, paraId: asParaId(1001) }), "paraMismatch");
});

test("a PoV with a wrong hash is refused", () => {
  const wrong = { blockData: new Uint8Array([5, 6, 8]) };
  assert.equal(code(undefined, undefined, wrong), "povHashMismatch");
});

test("a head or validation data other than those committed to are refused", () => {
  const head = new Uint8Array([9]);
  assert.equal(code(undefined, undefined, undefined, head), "parentHeadDataMismatch");
  const otherData = { ...data, maxPovSize: 1 };
  assert.equal(
    code(undefined, undefined, undefined, undefined, otherData),
    "persistedValidationDataMismatch",
  );
});
