import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, asSessionIndex, headerHash, parachainLogs } from "@parahost/primitives";
import { backedCandidate, bitfieldsFor } from "../../testing/candidates.ts";
import { TestChain } from "../../testing/chain.ts";
import { candidatesPendingAvailability } from "../inclusion/inclusion.ts";
import { all, disputeSet, votersOf } from "../testing/votes.ts";

test("the header of a block that freezes the chain tells nodes to go back before the bad block", () => {
  const para = asParaId(2000);
  const chain = new TestChain({
    validators: 7,
    epochSlots: 50,
    paras: [{ id: para, head: new Uint8Array(4), code: new Uint8Array(64), kind: "parachain" }],
  });
  chain.addMany(2);
  const parent = chain.add({ parachains: { backedCandidates: [backedCandidate(chain, para)] } });
  const [bad] = candidatesPendingAvailability(chain.state, para);
  assert.ok(bad);
  const including = chain.add({ parachains: { bitfields: bitfieldsFor(chain, [0]) } });
  assert.deepEqual(parachainLogs(including.digest), []);
  const votes = disputeSet(votersOf(chain), bad.hash, [[0, "seconded"], ...all(1, 4, "invalid")]);
  const frozen = chain.add({ parachains: { disputes: [votes] } });
  assert.deepEqual(parachainLogs(frozen.digest), [
    { type: "revert", value: including.number },
    {
      type: "paraDispute",
      value: {
        candidate: bad.hash,
        session: asSessionIndex(0),
        includedIn: including.number,
        lastValid: headerHash(parent),
      },
    },
  ]);
  const later = chain.add({ parachains: { backedCandidates: [backedCandidate(chain, para)] } });
  assert.deepEqual(parachainLogs(later.digest), []);
  assert.deepEqual(candidatesPendingAvailability(chain.state, para), []);
});
