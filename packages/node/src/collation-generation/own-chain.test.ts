import assert from "node:assert/strict";
import test from "node:test";
import { asCandidateHash, paraHeadHash } from "@parahost/primitives";
import { sampleHash } from "../sample-candidate.ts";
import { type OwnCandidate, OwnChain } from "./own-chain.ts";

const head = (byte: number): Uint8Array => new Uint8Array([byte]);
const own = (salt: number, from: number, to: number, relayParentNumber = 7): OwnCandidate => ({
  hash: asCandidateHash(sampleHash(salt)),
  relayParent: sampleHash(relayParentNumber),
  relayParentNumber,
  parentHeadHash: paraHeadHash(head(from)),
  headData: head(to),
});
const anywhere = (): boolean => true;

function chainOf(...candidates: readonly OwnCandidate[]): OwnChain {
  const chain = new OwnChain();
  for (const candidate of candidates) {
    chain.add(candidate);
    chain.markSeconded(candidate.hash);
  }
  return chain;
}
const saltsFrom = (
  chain: OwnChain,
  byte: number,
  isAllowed = anywhere as (hash: string) => boolean,
) => chain.from(head(byte), isAllowed).map(({ hash }) => Number(hash));

test("the next block builds on what was seconded, not on what merely exists", () => {
  const chain = chainOf(own(1, 0, 1, 6));
  chain.add(own(2, 1, 2));
  assert.deepEqual(saltsFrom(chain, 0), [1]);
  chain.markSeconded(own(2, 1, 2).hash);
  assert.deepEqual(saltsFrom(chain, 0), [1, 2]);
  assert.deepEqual(saltsFrom(chain, 1), [2], "the relay chain has the first");
  assert.deepEqual(saltsFrom(chain, 9), []);
});

test("of two blocks on one head it is the one that the relay chain would take", () => {
  const chain = chainOf(own(5, 0, 1), own(3, 0, 2), own(4, 2, 3));
  assert.deepEqual(saltsFrom(chain, 0), [3, 4]);
});

test("a relay parent that is out of view, or older than the one before, breaks the chain", () => {
  const chain = chainOf(own(1, 0, 1, 6), own(2, 1, 2, 5), own(3, 1, 3, 7));
  assert.deepEqual(saltsFrom(chain, 0), [1, 3]);
  assert.deepEqual(
    saltsFrom(chain, 0, (hash) => hash !== sampleHash(6)),
    [],
  );
  chain.forgetRelayParents([sampleHash(7)]);
  chain.markSeconded(own(3, 1, 3).hash);
  assert.deepEqual(saltsFrom(chain, 0), [1]);
});

test("a chain does not come back to a head", () => {
  assert.deepEqual(saltsFrom(chainOf(own(1, 0, 1), own(2, 1, 0)), 0), [1]);
});
