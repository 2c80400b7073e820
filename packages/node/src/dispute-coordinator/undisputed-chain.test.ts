import assert from "node:assert/strict";
import { test } from "node:test";
import { asCandidateHash } from "@parahost/primitives";
import { SESSION } from "../dispute-votes/testing.ts";
import { sampleHash } from "../sample-candidate.ts";
import { undisputedChain } from "./undisputed-chain.ts";

const base = { number: 10, hash: sampleHash(10) };
const good = asCandidateHash(sampleHash(0x900d));
const bad = asCandidateHash(sampleHash(0xbad));
const chain = (...candidates: readonly (readonly (typeof good)[])[]) =>
  candidates.map((included, i) => ({
    blockHash: sampleHash(11 + i),
    session: SESSION,
    candidates: included,
  }));
const isBad = (_: number, candidate: string): boolean => candidate === bad;

test("an undisputed chain may be voted for to its end", () => {
  assert.deepEqual(undisputedChain(base, chain([good], [], [good]), isBad), {
    number: 13,
    hash: sampleHash(13),
  });
  assert.deepEqual(undisputedChain(base, [], isBad), base);
});

test("the vote ends below the first block with a disputed candidate", () => {
  assert.deepEqual(undisputedChain(base, chain([good], [good, bad], [good]), isBad), {
    number: 11,
    hash: sampleHash(11),
  });
  assert.deepEqual(undisputedChain(base, chain([bad], [good]), isBad), base);
});
