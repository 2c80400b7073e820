import assert from "node:assert/strict";
import { test } from "node:test";
import { err } from "@parahost/base";
import {
  type AccountId,
  asHash,
  asParaId,
  asSessionIndex,
  type CandidateHash,
  headerHash,
} from "@parahost/primitives";
import { NONE, signedBy } from "../../framework/index.ts";
import { developmentAccount } from "../../genesis/development.ts";
import { balanceOf } from "../../pallets/balances/account.ts";
import { EXISTENTIAL_DEPOSIT, UNIT } from "../../pallets/balances/storage.ts";
import { TREASURY_ACCOUNT } from "../../pallets/treasury/account.ts";
import { backedCandidate, bitfieldsFor } from "../../testing/candidates.ts";
import { TestChain } from "../../testing/chain.ts";
import { candidatesPendingAvailability } from "../inclusion/inclusion.ts";
import { accountOf, errorName, Scenario } from "../testing/scenario.ts";
import { all, disputeSet, someCandidate, type Vote, votersOf } from "../testing/votes.ts";
import { medianStake, minimumBond } from "./bonds.ts";
import { fishermen, fishermenStakes } from "./fishermen.ts";
import { errors, REPORTS_MAX, storage } from "./storage.ts";

const SESSION = asSessionIndex(0);
const STAKE = 5n * UNIT;
const BAD: readonly Vote[] = [[0, "seconded"], ...all(1, 6, "invalid")];
const GOOD: readonly Vote[] = [[0, "seconded"], ...all(1, 5, "valid"), [5, "invalid"]];

/** A chain in block 3 that has included a candidate in block 2; Alice and Bob have 100 units. */
function scenario(configuration = {}) {
  const chain = new Scenario({
    validators: 7,
    paras: [1000],
    configuration: { acceptancePeriod: 5, ...configuration },
  }).playBacking(1000);
  const [pending] = candidatesPendingAvailability(chain.state, asParaId(1000));
  assert.ok(pending);
  chain.playAvailability(0);
  chain.endow("alice", 100n * UNIT);
  chain.endow("bob", 100n * UNIT);
  chain.beginBlock();
  return { chain, candidate: pending.hash };
}

type Args = Parameters<typeof fishermen.calls.reportInvalid.dispatch>[2];

const argsOf = (
  chain: Scenario,
  candidateHash: CandidateHash,
  changes: Partial<Args> = {},
): Args => {
  const block = chain.headers[2];
  assert.ok(block);
  return {
    session: SESSION,
    candidateHash,
    relayBlock: headerHash(block),
    stake: STAKE,
    ...changes,
  };
};

/** Reports as a transaction would. Why it is refused, if it is. */
function report(
  chain: Scenario,
  who: string,
  args: Args,
  kind: "Invalid" | "Unavailable" = "Invalid",
) {
  chain.state.begin();
  const { dispatch } = fishermen.calls[`report${kind}`];
  const reported = dispatch(chain.state, signedBy(accountOf(who)), args);
  if (reported.ok) chain.state.commit();
  else chain.state.rollback();
  return reported.ok ? undefined : errorName(reported.error);
}

const reserved = (chain: Scenario, who: string): bigint =>
  balanceOf(chain.state, accountOf(who)).reserved;

test("a report takes a bond, and nodes see what is staked on each candidate", () => {
  const { chain, candidate } = scenario();
  assert.equal(report(chain, "alice", argsOf(chain, candidate)), undefined);
  assert.deepEqual(chain.events.slice(-1), ["fishermen.reported"]);
  assert.equal(
    report(chain, "bob", argsOf(chain, candidate, { stake: 2n * STAKE }), "Unavailable"),
    undefined,
  );
  assert.deepEqual(fishermenStakes(chain.state), [
    { session: SESSION, candidateHash: candidate, stake: 3n * STAKE, extraChecks: 15 },
  ]);
  assert.deepEqual([reserved(chain, "alice"), reserved(chain, "bob")], [STAKE, 2n * STAKE]);
});

test("a report concerns a candidate that this chain has included in that block, not long ago", () => {
  const { chain, candidate } = scenario();
  const refused = (changes: Partial<Args>) =>
    report(chain, "alice", argsOf(chain, candidate, changes));
  assert.equal(refused({ candidateHash: someCandidate(1) }), "notIncluded");
  assert.equal(refused({ session: asSessionIndex(1) }), "notIncluded");
  assert.equal(refused({ relayBlock: asHash(`0x${"00".repeat(32)}`) }), "otherRelayBlock");
  chain.mustEnter({});
  chain.endBlock().playTo(6).beginBlock();
  assert.equal(chain.now, 7);
  assert.equal(refused({}), "tooLate");
});

test("a report needs its bond, a signer, and is made once", () => {
  const { chain, candidate } = scenario();
  const args = argsOf(chain, candidate);
  assert.equal(fishermen.calls.reportInvalid.dispatch(chain.state, NONE, args).ok, false);
  assert.equal(report(chain, "alice", { ...args, stake: EXISTENTIAL_DEPOSIT - 1n }), "stakeTooLow");
  assert.equal(report(chain, "alice", { ...args, stake: 101n * UNIT }), "insufficientBalance");
  assert.equal(report(chain, "alice", args), undefined);
  assert.equal(report(chain, "alice", args, "Unavailable"), "alreadyReported");
  const many = Array.from({ length: REPORTS_MAX }, (_, i) => ({
    who: accountOf(`fisher ${i}`),
    stake: STAKE,
    kind: { type: "invalid" } as const,
  }));
  storage.reports.set(chain.state, SESSION, candidate, many);
  assert.equal(report(chain, "bob", args), "tooManyReports");
});

test("there is nothing to report on a candidate whose dispute has concluded", () => {
  const { chain, candidate } = scenario();
  chain.mustEnter({ disputes: [disputeSet(chain, candidate, GOOD)] });
  assert.equal(report(chain, "alice", argsOf(chain, candidate)), "alreadyConcluded");
});

test("a candidate found valid costs its fishermen their bonds", () => {
  const { chain, candidate } = scenario();
  assert.equal(report(chain, "alice", argsOf(chain, candidate)), undefined);
  chain.mustEnter({});
  chain.endBlock().beginBlock();
  const treasury = balanceOf(chain.state, TREASURY_ACCOUNT).free;
  chain.mustEnter({ disputes: [disputeSet(chain, candidate, GOOD)] });
  assert.ok(chain.events.includes("fishermen.bondLost"));
  assert.equal(reserved(chain, "alice"), 0n);
  assert.equal(balanceOf(chain.state, accountOf("alice")).free, 100n * UNIT - STAKE);
  assert.equal(balanceOf(chain.state, TREASURY_ACCOUNT).free - treasury, STAKE);
  assert.deepEqual(fishermenStakes(chain.state), []);
});

test("a candidate found invalid gives them back", () => {
  const { chain, candidate } = scenario();
  assert.equal(report(chain, "alice", argsOf(chain, candidate)), undefined);
  chain.mustEnter({ disputes: [disputeSet(chain, candidate, BAD)] });
  assert.ok(chain.events.includes("fishermen.bondReturned"));
  assert.equal(balanceOf(chain.state, accountOf("alice")).free, 100n * UNIT);
});

test("who says that the data is gone stakes on the same verdicts", () => {
  const right = scenario();
  const wrong = scenario();
  const ignored = scenario();
  for (const { chain, candidate } of [right, wrong, ignored])
    assert.equal(report(chain, "alice", argsOf(chain, candidate), "Unavailable"), undefined);
  const settled = (
    { chain, candidate }: typeof right,
    votes: readonly Vote[] | undefined,
  ): bigint => {
    chain.mustEnter(votes === undefined ? {} : { disputes: [disputeSet(chain, candidate, votes)] });
    if (votes === undefined) chain.endBlock().playTo(7);
    assert.equal(reserved(chain, "alice"), 0n);
    return balanceOf(chain.state, accountOf("alice")).free;
  };
  assert.equal(settled(right, BAD), 100n * UNIT);
  assert.equal(settled(wrong, GOOD), 100n * UNIT - STAKE);
  assert.equal(settled(ignored, undefined), 100n * UNIT - STAKE);
});

test("when nobody disputes the candidate in its acceptance period, the bond is lost", () => {
  const { chain, candidate } = scenario();
  assert.equal(report(chain, "alice", argsOf(chain, candidate)), undefined);
  chain.mustEnter({});
  chain.endBlock().playTo(6);
  assert.equal(reserved(chain, "alice"), STAKE);
  chain.playTo(7);
  assert.equal(reserved(chain, "alice"), 0n);
  assert.deepEqual(chain.events.slice(-1), ["fishermen.bondLost"]);
});

test("an open dispute keeps the bond, until it is clear that an honest validator agrees", () => {
  const { chain, candidate } = scenario();
  assert.equal(report(chain, "alice", argsOf(chain, candidate)), undefined);
  const open = disputeSet(chain, candidate, [
    [0, "seconded"],
    [1, "invalid"],
    [2, "invalid"],
  ]);
  chain.mustEnter({ disputes: [open] });
  chain.endBlock().playTo(8);
  assert.equal(reserved(chain, "alice"), STAKE);
  chain.beginBlock();
  chain.mustEnter({ disputes: [disputeSet(chain, candidate, [[3, "invalid"]])] });
  chain.endBlock().playTo(12);
  assert.equal(reserved(chain, "alice"), 0n);
  assert.equal(balanceOf(chain.state, accountOf("alice")).free, 100n * UNIT);
});

test("the least bond is a thousandth of the median stake", () => {
  const { state } = new TestChain({ validators: 7 });
  assert.equal(medianStake(state), 100_000n * UNIT);
  assert.equal(minimumBond(state), 100n * UNIT);
  const listed = new TestChain({ validators: 7, staking: false });
  assert.equal(minimumBond(listed.state), EXISTENTIAL_DEPOSIT);
});

test("fishermen who are right get half of the reward, the voters the other half", () => {
  const para = asParaId(2000);
  const chain = new TestChain({
    validators: 7,
    epochSlots: 50,
    paras: [{ id: para, head: new Uint8Array(4), code: new Uint8Array(64), kind: "parachain" }],
  });
  chain.addMany(2);
  chain.add({ parachains: { backedCandidates: [backedCandidate(chain, para)] } });
  const [pending] = candidatesPendingAvailability(chain.state, para);
  assert.ok(pending);
  const including = chain.add({ parachains: { bitfields: bitfieldsFor(chain, [0]) } });
  chain.add();
  const alice: AccountId = developmentAccount("//Alice");
  const before = balanceOf(chain.state, alice).free;
  const args = {
    session: SESSION,
    candidateHash: pending.hash,
    relayBlock: headerHash(including),
    stake: 100n * UNIT,
  };
  const { dispatch } = fishermen.calls.reportInvalid;
  assert.deepEqual(
    dispatch(chain.state, signedBy(alice), { ...args, stake: 99n * UNIT }),
    err(errors.stakeTooLow),
  );
  assert.equal(dispatch(chain.state, signedBy(alice), args).ok, true);
  chain.add({ parachains: { disputes: [disputeSet(votersOf(chain), pending.hash, BAD)] } });
  const reward = (100_000n * UNIT) / 10n - EXISTENTIAL_DEPOSIT;
  assert.equal(balanceOf(chain.state, alice).free - before, reward / 2n);
});
