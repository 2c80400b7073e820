import assert from "node:assert/strict";
import { test } from "node:test";
import { sr25519Sign } from "@parahost/crypto";
import {
  type AccountId,
  asHash,
  asParaId,
  asSessionIndex,
  asValidatorIndex,
  type FishermenTestimony,
  type SeenReport,
  testimonyPayload,
} from "@parahost/primitives";
import { validateTransaction } from "../../executive.ts";
import { eventsOf, type State, signedBy } from "../../framework/index.ts";
import { developmentAccount } from "../../genesis/development.ts";
import { balanceOf } from "../../pallets/balances/account.ts";
import { EXISTENTIAL_DEPOSIT, UNIT } from "../../pallets/balances/storage.ts";
import { backedCandidate, bitfieldsFor } from "../../testing/candidates.ts";
import { TestChain } from "../../testing/chain.ts";
import { encodeBare } from "../../transaction/extrinsic.ts";
import { candidatesPendingAvailability } from "../inclusion/inclusion.ts";
import { sessionAccounts, storage as sessionInfoStorage } from "../session-info.ts";
import { REWARD_POT } from "../slashing/rewards.ts";
import { all, disputeSet, someCandidate, type Vote, votersOf } from "../testing/votes.ts";
import { fishermen } from "./fishermen.ts";
import { errors, storage } from "./storage.ts";
import { awaitedTestimonies, hasTestified } from "./testimonies.ts";

const SESSION = asSessionIndex(0);
const STAKE = 100_000n * UNIT;
/** A candidate of another chain, which was abandoned. */
const A = someCandidate(0xa);
const [ALICE, BOB] = ["//Alice", "//Bob"].map(developmentAccount) as [AccountId, AccountId];
const ZERO = asHash(`0x${"00".repeat(32)}`);
/** What voters and fishermen divide when one backer has lost everything. */
const REWARD = STAKE / 10n - EXISTENTIAL_DEPOSIT;

const AGAINST: readonly Vote[] = [[0, "seconded"], ...all(1, 7, "invalid")];
const FOR: readonly Vote[] = [[0, "seconded"], ...all(1, 6, "valid"), [6, "invalid"]];

/** Seven validators, of whom two may be faulty; disputes take votes for three blocks more. Number 3 builds all blocks. */
class Chain extends TestChain {
  constructor() {
    super({
      validators: 7,
      epochSlots: 50,
      configuration: { disputePostConclusionAcceptancePeriod: 3 },
    });
    this.add();
  }

  addBy(block: Parameters<TestChain["add"]>[0] = {}): void {
    const { activeValidatorIndices = [] } =
      sessionInfoStorage.sessions.get(this.state, SESSION) ?? {};
    this.add({ author: activeValidatorIndices[3] ?? 0, ...block });
  }

  vote(votes: readonly Vote[]): void {
    this.addBy({ parachains: { disputes: [disputeSet(votersOf(this), A, votes)] } });
  }

  free(who: AccountId): bigint {
    return balanceOf(this.state, who).free;
  }
}

const testimonyOf = (
  validator: number,
  reports: readonly SeenReport[],
  changes: Partial<FishermenTestimony> = {},
): FishermenTestimony => ({
  sessionIndex: SESSION,
  candidateHash: A,
  validatorIndex: asValidatorIndex(validator),
  reports,
  ...changes,
});

function extrinsicOf(chain: Chain, testimony: FishermenTestimony, signer?: number): Uint8Array {
  const { sessionIndex, validatorIndex } = testimony;
  const pair = votersOf(chain).pairIn(sessionIndex, signer ?? validatorIndex);
  const signature = sr25519Sign(pair, testimonyPayload(testimony));
  return encodeBare({
    type: "fishermen",
    value: { type: "testify", value: { testimony, signature } },
  });
}

/** What the call says to a testimony; it changes nothing. */
function refusal(chain: Chain, testimony: FishermenTestimony, signer?: number) {
  const { sessionIndex, validatorIndex } = testimony;
  const pair = votersOf(chain).pairIn(sessionIndex, signer ?? Math.min(validatorIndex, 6));
  const signature = sr25519Sign(pair, testimonyPayload(testimony));
  const { state } = chain;
  state.begin();
  const told = fishermen.calls.testify.dispatch(state, { type: "none" }, { testimony, signature });
  state.rollback();
  return told.ok ? undefined : told.error;
}

const byAlice: SeenReport = { who: ALICE, stake: 300n * UNIT };
const byBob: SeenReport = { who: BOB, stake: 100n * UNIT };

interface SeenReward {
  readonly who: AccountId;
  readonly amount: bigint;
}

const rewards = (state: State) =>
  eventsOf(state).flatMap(({ event }) =>
    event.type === "fishermen" && event.value.type === "rewarded"
      ? [event.value.value as SeenReward]
      : [],
  );

test("who more validators name than can be faulty gets half of the reward, by stake, the voters the rest", () => {
  const chain = new Chain();
  const voter = sessionAccounts(chain.state, SESSION)?.[6] ?? assert.fail();
  const before = [ALICE, BOB, voter].map((who) => chain.free(who));
  const won = () => [ALICE, BOB, voter].map((who, i) => chain.free(who) - (before[i] ?? 0n));
  chain.vote(AGAINST);
  assert.deepEqual(awaitedTestimonies(chain.state), [{ sessionIndex: SESSION, candidateHash: A }]);
  assert.deepEqual(won(), [0n, 0n, REWARD / 12n]);
  const extrinsics = [4, 5, 6].map((validator) =>
    extrinsicOf(chain, testimonyOf(validator, [byAlice, byBob])),
  );
  chain.addBy({ extrinsics });
  assert.deepEqual(won(), [0n, 0n, REWARD / 12n]);
  assert.ok(hasTestified(chain.state, { sessionIndex: SESSION, candidateHash: A }, 6 as never));
  for (let i = 0; i < 3; i++) chain.addBy();
  const half = REWARD / 2n;
  assert.deepEqual(won().slice(0, 2), [(half * 3n) / 4n, half / 4n]);
  assert.deepEqual(
    rewards(chain.state).map(({ who, amount }) => [who, amount]),
    [
      [ALICE, (half * 3n) / 4n],
      [BOB, half / 4n],
    ],
  );
  assert.ok(chain.free(REWARD_POT) < EXISTENTIAL_DEPOSIT + 12n);
  assert.deepEqual(awaitedTestimonies(chain.state), []);
  assert.deepEqual(storage.testimonies.entries(chain.state), []);
  assert.equal(storage.heldTotal.get(chain.state), 0n);
});

test("what no honest validator can be known to have seen earns nothing, and the voters get all", () => {
  const chain = new Chain();
  const voter = sessionAccounts(chain.state, SESSION)?.[6] ?? assert.fail();
  const before = [ALICE, voter].map((who) => chain.free(who));
  chain.vote(AGAINST);
  // Two may lie, and a third who saw another stake is no witness of theirs.
  const extrinsics = [
    extrinsicOf(chain, testimonyOf(1, [byAlice])),
    extrinsicOf(chain, testimonyOf(2, [byAlice])),
    extrinsicOf(chain, testimonyOf(4, [{ ...byAlice, stake: 1n }])),
  ];
  chain.addBy({ extrinsics });
  for (let i = 0; i < 3; i++) chain.addBy();
  assert.deepEqual(rewards(chain.state), []);
  assert.equal(chain.free(ALICE) - (before[0] ?? 0n), 0n);
  assert.equal(chain.free(voter) - (before[1] ?? 0n), (REWARD / 12n) * 2n);
});

test("a testimony is a validator's of the session, signed, of somebody, and there is one of each", () => {
  const chain = new Chain();
  const good = testimonyOf(5, [byAlice]);
  assert.deepEqual(refusal(chain, good), errors.notAwaited);
  chain.vote(AGAINST);
  assert.equal(refusal(chain, good), undefined);
  assert.deepEqual(refusal(chain, good, 4), errors.invalidSignature);
  assert.deepEqual(refusal(chain, testimonyOf(7, [byAlice])), errors.validatorIndexOutOfBounds);
  assert.deepEqual(refusal(chain, testimonyOf(5, [])), errors.namesNobody);
  assert.deepEqual(
    refusal(chain, testimonyOf(5, [byAlice, { ...byAlice, stake: 1n }])),
    errors.namedTwice,
  );
  assert.deepEqual(
    refusal(chain, testimonyOf(5, [byAlice], { candidateHash: someCandidate(1) })),
    errors.notAwaited,
  );
  const { dispatch } = fishermen.calls.testify;
  const signed = { testimony: good, signature: new Uint8Array(64) };
  assert.equal(dispatch(chain.state, signedBy(ALICE), signed).ok, false);
  const extrinsic = extrinsicOf(chain, good);
  const validity = validateTransaction(chain.state, extrinsic, ZERO);
  // The window closes in block 6, and this is for block 3.
  assert.ok(validity.ok && validity.value.longevity === 3n);
  chain.addBy({ extrinsics: [extrinsic] });
  assert.deepEqual(refusal(chain, good), errors.alreadyTestified);
  assert.equal(validateTransaction(chain.state, extrinsic, ZERO).ok, false);
  for (let i = 0; i < 2; i++) chain.addBy();
  assert.equal(refusal(chain, testimonyOf(4, [byAlice])), undefined);
  chain.addBy();
  assert.deepEqual(refusal(chain, testimonyOf(4, [byAlice])), errors.notAwaited);
});

test("nobody is asked about a valid candidate, or about one that this chain included", () => {
  const chain = new Chain();
  chain.vote(FOR);
  assert.deepEqual(awaitedTestimonies(chain.state), []);
  const para = asParaId(2000);
  const including = new TestChain({
    validators: 7,
    epochSlots: 50,
    paras: [{ id: para, head: new Uint8Array(4), code: new Uint8Array(64), kind: "parachain" }],
  });
  including.addMany(2);
  including.add({ parachains: { backedCandidates: [backedCandidate(including, para)] } });
  const [pending] = candidatesPendingAvailability(including.state, para);
  assert.ok(pending);
  including.add({ parachains: { bitfields: bitfieldsFor(including, [0]) } });
  including.add({
    parachains: { disputes: [disputeSet(votersOf(including), pending.hash, AGAINST)] },
  });
  assert.deepEqual(awaitedTestimonies(including.state), []);
});
