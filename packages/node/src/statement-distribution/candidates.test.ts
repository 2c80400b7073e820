import assert from "node:assert/strict";
import test from "node:test";
import { peerId } from "@parahost/network";
import { asGroupIndex, asParaId } from "@parahost/primitives";
import { LEAF, parentHeadOf, sampleCandidate } from "../backing-groups/test-chain.ts";
import { Candidates } from "./candidates.ts";

const [alice, bob, carol] = [peerId("alice"), peerId("bob"), peerId("carol")];
const sample = sampleCandidate(0);
const group = asGroupIndex(0);
const truth = { group, paraId: asParaId(1000), parentHeadDataHash: parentHeadOf(sample) };
const confirm = (candidates: Candidates) =>
  candidates.confirm(sample.hash, group, sample.receipt, sample.persistedValidationData);

test("peers' claims are kept apart until the candidate is there, and then liars are named", () => {
  const candidates = new Candidates();
  assert.ok(candidates.claim(sample.hash, alice, truth));
  assert.ok(candidates.claim(sample.hash, bob, { ...truth, parentHeadDataHash: LEAF }));
  assert.ok(candidates.claim(sample.hash, carol, { group: asGroupIndex(1) }));
  const { candidate, liars } = confirm(candidates);
  assert.deepEqual(liars, [bob, carol]);
  assert.equal(candidate.parentHeadDataHash, truth.parentHeadDataHash);
  assert.deepEqual(candidates.confirmed(), [candidate]);
});

test("a peer may add to its claim but not change it", () => {
  const candidates = new Candidates();
  assert.ok(candidates.claim(sample.hash, alice, { group }));
  assert.ok(candidates.claim(sample.hash, alice, truth));
  assert.ok(!candidates.claim(sample.hash, alice, { ...truth, paraId: asParaId(1001) }));
  assert.ok(candidates.claim(sample.hash, alice, { group }), "saying less is no change");
});

test("a claim about a candidate that we have is true or not", () => {
  const candidates = new Candidates();
  confirm(candidates);
  assert.ok(candidates.claim(sample.hash, alice, truth));
  assert.ok(!candidates.claim(sample.hash, alice, { ...truth, group: asGroupIndex(1) }));
  assert.throws(() => confirm(candidates), /confirmed once/);
});

test("with a peer its claims are gone", () => {
  const candidates = new Candidates();
  candidates.claim(sample.hash, alice, { group: asGroupIndex(1) });
  candidates.forgetPeer(alice);
  assert.deepEqual(confirm(candidates).liars, []);
});
