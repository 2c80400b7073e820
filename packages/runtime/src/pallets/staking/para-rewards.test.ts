import assert from "node:assert/strict";
import { test } from "node:test";
import { asSessionIndex } from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { sessionAccounts } from "../../parachains/session-info.ts";
import { TestChain } from "../../testing/chain.ts";
import { rewardIncluded } from "./para-rewards.ts";
import { AUTHORSHIP_POINTS, BACKING_POINTS, INCLUSION_POINTS } from "./points.ts";
import { storage } from "./storage.ts";

const session = asSessionIndex(0);

const candidate = (count: number, backers: readonly number[], available: readonly number[]) => ({
  backers: bitsAt(count, backers),
  availabilityVotes: bitsAt(count, available),
});

/** Points of the validator at this place of the shuffled list, beside those for blocks. */
function pointsOf(chain: TestChain, index: number): number {
  const account = sessionAccounts(chain.state, session)?.[index];
  assert.ok(account !== undefined);
  const points = storage.erasRewardPoints.get(chain.state, 0).individual.get(account) ?? 0;
  return points % AUTHORSHIP_POINTS;
}

test("backers and those who found a candidate available earn points when it is included", () => {
  const chain = new TestChain();
  chain.add();
  rewardIncluded(chain.state, session, [candidate(4, [1, 3], [0, 1, 2])]);
  assert.deepEqual(
    [0, 1, 2, 3].map((index) => pointsOf(chain, index)),
    [1, 1, 1, 0],
  );
  const { total } = storage.erasRewardPoints.get(chain.state, 0);
  assert.equal(total, AUTHORSHIP_POINTS + 2 * BACKING_POINTS + 3 * INCLUSION_POINTS);
});

test("a session that is forgotten and validators that there were not earn nothing", () => {
  const chain = new TestChain();
  rewardIncluded(chain.state, asSessionIndex(9), [candidate(4, [0], [])]);
  rewardIncluded(chain.state, session, [candidate(9, [8], [7])]);
  assert.equal(storage.erasRewardPoints.get(chain.state, 0).total, 0);
});

test("without staking nobody earns points", () => {
  const chain = new TestChain({ staking: false });
  rewardIncluded(chain.state, session, [candidate(4, [1, 3], [0])]);
  assert.equal(storage.erasRewardPoints.has(chain.state, 0), false);
});
