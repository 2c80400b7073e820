import assert from "node:assert/strict";
import { test } from "node:test";
import { asCoreIndex, asParaId, asValidatorIndex, type CoreIndex } from "@parahost/primitives";
import { bitsAt, countOnes } from "@parahost/scale";
import { paraHead } from "../paras/paras.ts";
import { pairOf, Scenario } from "../testing/scenario.ts";
import { type CoreBit, isAvailable, votedCores } from "./bitfields.ts";
import { candidatesPendingAvailability, processBitfields } from "./inclusion.ts";
import { storage } from "./storage.ts";

/** 5 validators (supermajority 4); candidates of 1000 and 1001 wait on cores 0 and 1; core 2 is free. */
const chainWithTwoPending = () =>
  new Scenario({ validators: 5, paras: [1000, 1001, 1002] }).playBacking(1000, 1001).beginBlock();

const refusal = (chain: Scenario, parts: Parameters<Scenario["enter"]>[0]) => {
  const result = chain.enter(parts);
  return result.ok ? undefined : result.error;
};

const votesFor = (chain: Scenario, para: number): number | undefined => {
  const pending = candidatesPendingAvailability(chain.state, asParaId(para))[0];
  return pending && countOnes(pending.availabilityVotes);
};

test("the voted cores of a bitfield are its set bits", () => {
  const cores: CoreBit[] = Array.from({ length: 20 }, () => "occupied");
  assert.deepEqual(votedCores(bitsAt(20, [0, 7, 8, 19]), cores), [0, 7, 8, 19]);
  assert.deepEqual(votedCores(bitsAt(20, []), cores), []);
});

test("bits of disputed cores count for nothing, a bit of a free core spoils the bitfield", () => {
  const cores: CoreBit[] = ["occupied", "disputed", "free", "occupied"];
  assert.deepEqual(votedCores(bitsAt(4, [0, 1, 3]), cores), [0, 3]);
  assert.equal(votedCores(bitsAt(4, [0, 2]), cores), undefined);
});

test("availability needs a supermajority, whatever the number of validators", () => {
  const needed = [1, 2, 3, 3, 4, 5, 5, 6, 7, 7];
  for (const [i, votes] of needed.entries()) {
    const validators = i + 1;
    const first = (count: number) =>
      bitsAt(
        validators,
        Array.from({ length: count }, (_, v) => v),
      );
    assert.equal(isAvailable(first(votes)), true, `${votes} of ${validators}`);
    assert.equal(isAvailable(first(votes - 1)), false, `${votes - 1} of ${validators}`);
  }
});

test("a candidate is included by the vote that makes the supermajority", () => {
  const chain = chainWithTwoPending();
  const head = candidatesPendingAvailability(chain.state, asParaId(1000))[0]?.commitments.headData;
  chain.mustEnter({ bitfields: chain.bitfields(0, 3, [0]) });
  assert.equal(votesFor(chain, 1000), 3);
  assert.deepEqual(chain.events, []);
  chain.endBlock().beginBlock();
  chain.mustEnter({ bitfields: [chain.bitfield(3, [0])] });
  assert.deepEqual(chain.events, ["paraInclusion.candidateIncluded"]);
  assert.deepEqual(paraHead(chain.state, asParaId(1000)), head);
  assert.equal(votesFor(chain, 1000), undefined);
  assert.equal(votesFor(chain, 1001), 0);
});

test("a vote that is repeated in a later block counts once", () => {
  const chain = chainWithTwoPending();
  for (let block = 0; block < 3; block++) {
    chain.mustEnter({ bitfields: chain.bitfields(0, 2, [0, 1]) });
    assert.equal(votesFor(chain, 1000), 2);
    chain.endBlock().beginBlock();
  }
});

test("a bitfield of the wrong length refuses the block", () => {
  const chain = chainWithTwoPending();
  for (const length of [0, 2, 4])
    assert.equal(
      refusal(chain, { bitfields: [chain.bitfield(0, [], { length })] }),
      "wrongBitfieldSize",
    );
});

test("bitfields that are unordered or repeated refuse the block", () => {
  const chain = chainWithTwoPending();
  const [first, second] = chain.bitfields(0, 2, [0]);
  assert.ok(first && second);
  assert.equal(refusal(chain, { bitfields: [second, first] }), "bitfieldDuplicateOrUnordered");
  assert.equal(refusal(chain, { bitfields: [first, first] }), "bitfieldDuplicateOrUnordered");
});

test("a bitfield of nobody refuses the block", () => {
  const chain = chainWithTwoPending();
  const bitfield = chain.bitfield(5, [0], { signer: pairOf("stranger") });
  assert.equal(refusal(chain, { bitfields: [bitfield] }), "validatorIndexOutOfBounds");
});

test("a bitfield with a wrong signature refuses the block", () => {
  const chain = chainWithTwoPending();
  const other = chain.headers[0];
  assert.ok(other);
  for (const changes of [
    { signer: chain.pair(1) },
    { session: 1 },
    { parentHash: other.stateRoot },
  ])
    assert.equal(
      refusal(chain, { bitfields: [chain.bitfield(0, [0], changes)] }),
      "invalidBitfieldSignature",
    );
  const bitfield = chain.bitfield(0, [0]);
  const changed = { ...bitfield, payload: bitsAt(3, [1]) };
  assert.equal(refusal(chain, { bitfields: [changed] }), "invalidBitfieldSignature");
});

test("a bitfield for a free core is disregarded as a whole, the others count", () => {
  const chain = chainWithTwoPending();
  chain.mustEnter({ bitfields: [chain.bitfield(0, [0, 1, 2]), chain.bitfield(1, [0])] });
  assert.equal(votesFor(chain, 1000), 1);
  assert.equal(votesFor(chain, 1001), 0);
  assert.equal(storage.availabilityBitfields.get(chain.state, asValidatorIndex(0)), undefined);
  assert.equal(storage.availabilityBitfields.get(chain.state, asValidatorIndex(1))?.submittedAt, 2);
});

test("a bitfield for a core that a dispute freed counts for the other cores", () => {
  const chain = chainWithTwoPending();
  const disputed = new Set<CoreIndex>([asCoreIndex(0)]);
  storage.pendingAvailability.remove(chain.state, asParaId(1000));
  processBitfields(chain.state, [chain.bitfield(0, [0, 1])], disputed);
  assert.equal(votesFor(chain, 1001), 1);
});

test("cores become free in ascending order, and their paras get new heads", () => {
  const chain = chainWithTwoPending();
  const freed = processBitfields(chain.state, chain.bitfields(0, 5, [0, 1]));
  assert.deepEqual(
    freed.map(({ core }) => core),
    [0, 1],
  );
  assert.equal(chain.events.length, 2);
});

test("bitfields are forgotten with their session", () => {
  const chain = chainWithTwoPending();
  chain.mustEnter({ bitfields: chain.bitfields(0, 2, [0]) });
  chain.announceSession();
  assert.equal(storage.availabilityBitfields.entries(chain.state).length, 2);
  chain.endBlock();
  assert.equal(storage.availabilityBitfields.entries(chain.state).length, 0);
  assert.equal(storage.pendingAvailability.entries(chain.state).length, 0);
});
