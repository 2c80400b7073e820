/** Candidates on the road from backing to inclusion, through whole blocks built and imported. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, type ParaId } from "@parahost/primitives";
import { AUTHORSHIP_POINTS, BACKING_POINTS, INCLUSION_POINTS } from "./pallets/staking/points.ts";
import { storage as staking } from "./pallets/staking/storage.ts";
import { paraHead } from "./parachains/paras/paras.ts";
import { candidateEvents, candidatePendingAvailability } from "./runtime-api.ts";
import { backedCandidate, bitfieldsFor, nextCandidate } from "./testing/candidates.ts";
import { TestChain } from "./testing/chain.ts";
import { accountOfUri, signedBy, transferTo } from "./testing/transactions.ts";

const paras: readonly ParaId[] = [asParaId(2000), asParaId(2001)];

/** Four validators in two groups, two parachains, the first session well begun. */
function chainWithParas(): TestChain {
  const chain = new TestChain({
    epochSlots: 100,
    paras: paras.map((id) => ({
      id,
      head: new Uint8Array([id & 255]),
      code: new Uint8Array(32).fill(id & 255),
      kind: "parachain",
    })),
  });
  chain.addMany(2);
  return chain;
}

const eventKinds = (chain: TestChain): string[] =>
  candidateEvents(chain.state).map(({ type }) => type);

test("a candidate is backed in one block and included in the next", () => {
  const chain = chainWithParas();
  const [first] = paras as [ParaId];
  const candidate = nextCandidate(chain, first);
  chain.add({ parachains: { backedCandidates: [backedCandidate(chain, first)] } });
  assert.deepEqual(eventKinds(chain), ["backed"]);
  assert.deepEqual(candidatePendingAvailability(chain.state, first), candidate);
  chain.add({ parachains: { bitfields: bitfieldsFor(chain, [0]) } });
  assert.deepEqual(eventKinds(chain), ["included"]);
  assert.deepEqual(paraHead(chain.state, first), candidate.commitments.headData);
});

test("a block that includes candidates earns their backers and all who had chunks points", () => {
  const chain = chainWithParas();
  const backed = paras.map((para) => backedCandidate(chain, para));
  const pointsOfBlock = (addBlock: () => void): number => {
    const total = () => staking.erasRewardPoints.get(chain.state, 0).total;
    const before = total();
    addBlock();
    return total() - before - AUTHORSHIP_POINTS;
  };
  const whenBacked = () => chain.add({ parachains: { backedCandidates: backed } });
  const whenIncluded = () => chain.add({ parachains: { bitfields: bitfieldsFor(chain, [0, 1]) } });
  assert.equal(pointsOfBlock(whenBacked), 0);
  const votes = paras.length * 4;
  const backers = backed.reduce((sum, { validityVotes }) => sum + validityVotes.length, 0);
  const expected = backers * BACKING_POINTS + votes * INCLUSION_POINTS;
  assert.equal(pointsOfBlock(whenIncluded), expected);
});

test("one block includes candidates and backs their successors", () => {
  const chain = chainWithParas();
  const backed = () => paras.map((para) => backedCandidate(chain, para));
  chain.add({ parachains: { backedCandidates: backed() } });
  for (let i = 0; i < 3; i++) {
    chain.add({
      parachains: { bitfields: bitfieldsFor(chain, [0, 1]), backedCandidates: backed() },
      extrinsics: [signedBy(chain, "//Alice", transferTo(accountOfUri("//Bob"), 1n))],
    });
    assert.deepEqual(eventKinds(chain), ["included", "included", "backed", "backed"]);
  }
});

test("a candidate that nobody has chunks of times out", () => {
  const chain = chainWithParas();
  const [first] = paras as [ParaId];
  chain.add({ parachains: { backedCandidates: [backedCandidate(chain, first)] } });
  const kinds: string[] = [];
  for (let i = 0; i < 25 && !kinds.includes("timedOut"); i++) {
    chain.add();
    kinds.push(...eventKinds(chain));
  }
  assert.deepEqual(kinds, ["timedOut"]);
  assert.equal(candidatePendingAvailability(chain.state, first), undefined);
});

test("a session that changes drops what is pending, and goes on with the next", () => {
  const chain = new TestChain({
    epochSlots: 6,
    paras: [
      {
        id: asParaId(2000),
        head: new Uint8Array([1]),
        code: new Uint8Array(32),
        kind: "parachain",
      },
    ],
  });
  const para = asParaId(2000);
  chain.addMany(6);
  chain.add({ parachains: { backedCandidates: [backedCandidate(chain, para)] } });
  assert.equal(candidatePendingAvailability(chain.state, para), undefined);
  chain.add({ parachains: { backedCandidates: [backedCandidate(chain, para)] } });
  chain.add({ parachains: { bitfields: bitfieldsFor(chain, [0]) } });
  assert.deepEqual(eventKinds(chain), ["included"]);
});
