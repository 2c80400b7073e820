import assert from "node:assert/strict";
import { test } from "node:test";
import { asCandidateHash, type GuideCompactStatement } from "@parahost/primitives";
import { sampleHash } from "../sample-candidate.ts";
import { isOffence } from "./evidence.ts";

const a = asCandidateHash(sampleHash(1));
const b = asCandidateHash(sampleHash(2));
const said = (type: GuideCompactStatement["type"], value = a) => ({
  statement: { type, value },
  signature: new Uint8Array(64),
});

test("seconding two candidates is a double vote, saying one thing twice is not", () => {
  assert.ok(isOffence("doubleVote", [said("seconded"), said("seconded", b)]));
  assert.ok(!isOffence("doubleVote", [said("seconded"), said("seconded")]));
  assert.ok(!isOffence("doubleVote", [said("seconded"), said("valid", b)]));
});

test("two different words about one candidate contradict each other", () => {
  assert.ok(isOffence("selfContradiction", [said("seconded"), said("valid")]));
  assert.ok(isOffence("selfContradiction", [said("valid"), said("invalid")]));
  assert.ok(!isOffence("selfContradiction", [said("valid"), said("valid")]));
  assert.ok(!isOffence("selfContradiction", [said("seconded"), said("valid", b)]));
});
