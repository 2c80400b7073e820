import assert from "node:assert/strict";
import { test } from "node:test";
import { asCandidateHash, asSessionIndex, asValidatorIndex } from "@parahost/primitives";
import { sampleHash } from "../sample-candidate.ts";
import { PROOF_SESSIONS, PROOFS_MAX, type Proof, Proofs } from "./proofs.ts";

const vote = {
  statement: { type: "seconded", value: asCandidateHash(sampleHash(1)) },
  signature: new Uint8Array(64),
} as const;
const proof = (relayParent: number, session = 1): Proof => ({
  kind: "doubleVote",
  session: asSessionIndex(session),
  relayParent: sampleHash(relayParent),
  validatorIndex: asValidatorIndex(3),
  votes: [vote, vote],
});

test("one proof for each validator, relay parent and kind, until the chain has it", () => {
  const proofs = new Proofs();
  for (const given of [proof(1), proof(1), proof(2)]) proofs.add(given);
  assert.deepEqual(proofs.unreported(), [proof(1), proof(2)]);
  proofs.noteReported(proof(1));
  assert.deepEqual(proofs.unreported(), [proof(2)]);
  proofs.add(proof(1));
  assert.deepEqual(proofs.unreported(), [proof(2)]);
  assert.ok(proofs.has("doubleVote", sampleHash(1), asValidatorIndex(3)));
  assert.ok(!proofs.has("selfContradiction", sampleHash(1), asValidatorIndex(3)));
});

test("when there are too many the oldest goes", () => {
  const proofs = new Proofs();
  for (let i = 0; i <= PROOFS_MAX; i++) proofs.add(proof(i));
  assert.equal(proofs.unreported().length, PROOFS_MAX);
  assert.ok(!proofs.has("doubleVote", sampleHash(0), asValidatorIndex(3)));
});

test("proofs of sessions that the chain forgets are dropped", () => {
  const proofs = new Proofs();
  for (const given of [proof(1, 4), proof(2, 5)]) proofs.add(given);
  proofs.prune(asSessionIndex(4 + PROOF_SESSIONS));
  assert.deepEqual(proofs.unreported(), [proof(2, 5)]);
});
