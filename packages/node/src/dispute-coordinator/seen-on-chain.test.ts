import assert from "node:assert/strict";
import { test } from "node:test";
import { asCandidateHash } from "@parahost/primitives";
import { sampleHash } from "../sample-candidate.ts";
import { KEEP_PAST_FINALITY_BLOCKS, SeenOnChain } from "./seen-on-chain.ts";

const block = (number: number, fork = 0) => ({ number, hash: sampleHash(number * 10 + fork) });
const a = asCandidateHash(sampleHash(0xa));
const b = asCandidateHash(sampleHash(0xb));

test("a candidate is on chain once it is backed, included only once it is included", () => {
  const seen = new SeenOnChain();
  seen.note(block(1), { backed: [a] });
  assert.ok(seen.isOnChain(a) && !seen.isIncluded(a) && !seen.isOnChain(b));
  seen.note(block(2), { included: [a] });
  assert.ok(seen.isIncluded(a));
});

test("inclusions of all forks are known, lowest first", () => {
  const seen = new SeenOnChain();
  for (const where of [block(3), block(2, 1), block(2, 0)]) seen.note(where, { included: [a] });
  seen.note(block(3), { included: [a] });
  assert.deepEqual(seen.inclusionsOf(a), [block(2, 0), block(2, 1), block(3)]);
  assert.deepEqual(seen.inclusionsOf(b), []);
});

test("candidates are kept until some blocks past finality", () => {
  const seen = new SeenOnChain();
  seen.note(block(1), { backed: [b], included: [a] });
  seen.note(block(2), { included: [a] });
  seen.finalize(1 + KEEP_PAST_FINALITY_BLOCKS);
  assert.ok(seen.hasBlock(block(1).hash) && seen.isOnChain(b));
  seen.finalize(2 + KEEP_PAST_FINALITY_BLOCKS);
  assert.ok(!seen.hasBlock(block(1).hash) && !seen.isOnChain(b));
  assert.deepEqual(seen.inclusionsOf(a), [block(2)]);
  seen.finalize(3 + KEEP_PAST_FINALITY_BLOCKS);
  assert.ok(!seen.isOnChain(a));
});

test("a dispute is on chain while a block that brought votes of it is kept", () => {
  const seen = new SeenOnChain();
  seen.note(block(1), { backed: [a], disputed: [b] });
  assert.deepEqual([seen.isDisputedOnChain(a), seen.isDisputedOnChain(b)], [false, true]);
  seen.finalize(2 + KEEP_PAST_FINALITY_BLOCKS);
  assert.ok(!seen.isDisputedOnChain(b));
});
