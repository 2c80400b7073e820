/**
 * Random votes, good and bad, of a few disputes over many blocks: what an author makes of them is always
 * imported, and the chain's votes are those of a plain model.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asSessionIndex,
  byzantine,
  type CandidateHash,
  ChaChaStream,
  type DisputeStatementSet,
} from "@parahost/primitives";
import { onesOf } from "@parahost/scale";
import { pairOf, Scenario } from "../testing/scenario.ts";
import { disputeSet, SAYS, someCandidate, type Vote } from "../testing/votes.ts";
import { storage } from "./storage.ts";

const VALIDATORS = 7;
const SESSION = asSessionIndex(0);
const CANDIDATES = [1, 2, 3].map(someCandidate);
const KINDS = Object.keys(SAYS) as (keyof typeof SAYS)[];

/** Who is on which side of a dispute, as far as a plain reader of the votes can tell. */
interface Sides {
  readonly votesFor: Set<number>;
  readonly votesAgainst: Set<number>;
  readonly backers: Set<number>;
}

const sidesOf = (dispute: Sides | undefined): Sides => ({
  votesFor: new Set(dispute?.votesFor),
  votesAgainst: new Set(dispute?.votesAgainst),
  backers: new Set(dispute?.backers),
});

function count({ votesFor, votesAgainst, backers }: Sides, [validator, says]: Vote): void {
  if (says === "invalid") votesAgainst.add(validator);
  else if (says === "seconded" || says === "backed") {
    votesFor.add(validator);
    backers.add(validator);
  } else votesFor.add(validator);
}

function randomVotes(chance: ChaChaStream): Vote[] {
  const length = chance.below(6);
  return Array.from({ length }, () => [
    chance.below(VALIDATORS),
    KINDS[chance.below(KINDS.length)] as keyof typeof SAYS,
  ]);
}

function play(seed: number): number {
  const chance = new ChaChaStream(new Uint8Array(32).fill(seed));
  const chain = new Scenario({
    validators: VALIDATORS,
    configuration: { disputePostConclusionAcceptancePeriod: 1_000 },
  });
  const model = new Map<CandidateHash, Sides>();
  for (let block = 0; block < 25; block++) {
    chain.beginBlock();
    const given: DisputeStatementSet[] = [];
    const offered = new Map<CandidateHash, Vote[]>();
    for (const candidate of CANDIDATES) {
      const votes = randomVotes(chance);
      const good = disputeSet(chain, candidate, votes);
      const forged = disputeSet(chain, candidate, randomVotes(chance), {
        signer: pairOf("stranger"),
      });
      given.push({ ...good, statements: [...forged.statements, ...good.statements] });
      offered.set(candidate, votes);
    }
    const { disputes } = chain.create({ disputes: given.toReversed() });
    assert.equal(chain.enter({ disputes }).ok, true);
    chain.endBlock();
    for (const [candidate, votes] of offered) {
      const before = model.get(candidate);
      const after = sidesOf(before);
      for (const vote of votes) count(after, vote);
      const { votesFor, votesAgainst, backers } = after;
      const participants = new Set([...votesFor, ...votesAgainst]).size;
      const isBegun =
        before !== undefined ||
        (participants > byzantine(VALIDATORS) &&
          Math.min(votesFor.size, votesAgainst.size, backers.size) > 0);
      if (isBegun) model.set(candidate, after);
    }
    for (const candidate of CANDIDATES) {
      const dispute = storage.disputes.get(chain.state, SESSION, candidate);
      const expected = model.get(candidate);
      assert.equal(dispute === undefined, expected === undefined);
      if (dispute === undefined || expected === undefined) continue;
      const sorted = (members: Set<number>) => [...members].sort((a, b) => a - b);
      assert.deepEqual(onesOf(dispute.validatorsFor), sorted(expected.votesFor));
      assert.deepEqual(onesOf(dispute.validatorsAgainst), sorted(expected.votesAgainst));
      const backers = storage.backersOnDisputes.get(chain.state, SESSION, candidate);
      assert.ok([...(backers ?? [])].every((backer) => expected.backers.has(backer)));
    }
  }
  return model.size;
}

test("what an author takes of any votes is imported, and is what a plain model counts", () => {
  let begun = 0;
  for (let seed = 1; seed <= 4; seed++) begun += play(seed);
  assert.ok(begun > 6, `${begun} disputes began`);
});
