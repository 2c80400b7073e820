import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asParaId,
  asSessionIndex,
  type CandidateHash,
  candidateHash,
  type DisputeStatementSet,
  headerHash,
  parachainLogs,
} from "@parahost/primitives";
import { bitsAt, onesOf } from "@parahost/scale";
import { eventsOf, NONE, ROOT } from "../../framework/index.ts";
import { blockNumber, digest } from "../../pallets/system/block.ts";
import { candidatesPendingAvailability } from "../inclusion/inclusion.ts";
import {
  DisputeBudget,
  disputeCost,
  INHERENT_BUDGET,
  inherentCost,
} from "../paras-inherent/budget.ts";
import { storage as inherentStorage } from "../paras-inherent/storage.ts";
import { genesisHeadOf, pairOf, Scenario } from "../testing/scenario.ts";
import { all, disputeSet, SAYS, SOME_PARENT, someCandidate, type Vote } from "../testing/votes.ts";
import { disputes, isAccepted, parasDisputes } from "./disputes.ts";
import { disputeOf, includedIn, isFrozen, isRefused, storage } from "./storage.ts";

/** Seven validators: two may be faulty, so three confirm, and five decide. */
const scenario = (configuration = {}) =>
  new Scenario({ validators: 7, paras: [1000, 1001], configuration });

const SESSION = asSessionIndex(0);
const A = someCandidate(0xa);
const B = someCandidate(0xb);

const CONFIRMED: readonly Vote[] = [
  [0, "seconded"],
  [1, "invalid"],
  [2, "invalid"],
];

function refusal(chain: Scenario, ...sets: readonly DisputeStatementSet[]): string | undefined {
  const entered = chain.enter({ disputes: sets });
  return entered.ok ? undefined : entered.error;
}

/** Plays a block with these votes. */
const play = (chain: Scenario, ...sets: readonly DisputeStatementSet[]) => {
  chain.beginBlock();
  chain.mustEnter({ disputes: sets });
  return chain.endBlock();
};

const votesOf = (chain: Scenario, candidate: CandidateHash) => {
  const dispute = disputeOf(chain.state, SESSION, candidate);
  assert.ok(dispute);
  return [onesOf(dispute.validatorsFor), onesOf(dispute.validatorsAgainst)];
};

// Beginning

test("a confirmed dispute begins, and nodes see the votes in the block", () => {
  const chain = scenario();
  const set = disputeSet(chain, A, CONFIRMED);
  play(chain, set);
  assert.deepEqual(votesOf(chain, A), [[0], [1, 2]]);
  assert.equal(disputeOf(chain.state, SESSION, A)?.start, 1);
  assert.deepEqual([...(storage.backersOnDisputes.get(chain.state, SESSION, A) ?? [])], [0]);
  assert.deepEqual(inherentStorage.onChainVotes.get(chain.state)?.disputes, [set]);
  assert.deepEqual(chain.events, ["parasDisputes.disputeInitiated"]);
  assert.deepEqual(
    disputes(chain.state).map(({ session, candidateHash: hash }) => [session, hash]),
    [[0, A]],
  );
});

test("a dispute does not begin without both sides, confirmation and a backer", () => {
  const chain = scenario().beginBlock();
  const refused = (votes: readonly Vote[]) => refusal(chain, disputeSet(chain, A, votes));
  assert.equal(refused(all(0, 4, "invalid")), "singleSidedDispute");
  assert.equal(refused(all(0, 4, "backed")), "singleSidedDispute");
  assert.equal(
    refused([
      [0, "backed"],
      [1, "invalid"],
    ]),
    "unconfirmedDispute",
  );
  assert.equal(
    refused([
      [0, "backed"],
      [0, "invalid"],
      [1, "invalid"],
    ]),
    "unconfirmedDispute",
  );
  assert.equal(
    refused([
      [0, "approved"],
      [1, "invalid"],
      [2, "invalid"],
    ]),
    "missingBackingVotes",
  );
  assert.equal(refused(CONFIRMED), undefined);
});

test("every kind of vote is checked by its own payload and the session's key", () => {
  const kinds: readonly Vote[] = [
    [0, "seconded"],
    [1, "backed"],
    [2, "valid"],
    [3, "approved"],
    [4, { type: "valid", value: { type: "approvalCheckingMultipleCandidates", value: [B, A] } }],
    [5, "invalid"],
  ];
  const chain = scenario().beginBlock();
  for (const [position] of kinds.entries()) {
    const forged = disputeSet(chain, A, kinds, {});
    const statements = forged.statements.map((vote, i) =>
      i === position
        ? (disputeSet(chain, A, [kinds[i] as Vote], { signer: pairOf("stranger") })
            .statements[0] as typeof vote)
        : vote,
    );
    assert.equal(refusal(chain, { ...forged, statements }), "invalidSignature");
  }
  assert.equal(refusal(chain, disputeSet(chain, A, kinds)), undefined);
});

test("an approval of other candidates is no vote, and a statement means its relay parent", () => {
  const chain = scenario().beginBlock();
  const others: Vote = [
    3,
    { type: "valid", value: { type: "approvalCheckingMultipleCandidates", value: [B] } },
  ];
  assert.equal(refusal(chain, disputeSet(chain, A, [...CONFIRMED, others])), "invalidSignature");
  const set = disputeSet(chain, A, CONFIRMED);
  const elsewhere = { ...SAYS.seconded.value, value: headerHash(chain.parent) };
  const statements = set.statements.map((vote, i) =>
    i === 0 ? { ...vote, statement: { type: "valid", value: elsewhere } as const } : vote,
  );
  assert.notEqual(headerHash(chain.parent), SOME_PARENT);
  assert.equal(refusal(chain, { ...set, statements }), "invalidSignature");
});

test("unknown validators and repeated votes refuse the block", () => {
  const chain = scenario().beginBlock();
  const set = disputeSet(chain, A, CONFIRMED);
  const stranger = disputeSet(chain, A, [[0, "invalid"]], { signer: pairOf("stranger") });
  const outside = { ...(stranger.statements[0] as (typeof set.statements)[0]), validatorIndex: 7 };
  const withVote = (vote: unknown) =>
    ({
      ...set,
      statements: [...set.statements, vote],
    }) as DisputeStatementSet;
  assert.equal(refusal(chain, withVote(outside)), "validatorIndexOutOfBounds");
  assert.equal(refusal(chain, withVote(set.statements[1])), "duplicateStatement");
  const twice = disputeSet(chain, A, [...CONFIRMED, [0, "approved"]]);
  assert.equal(refusal(chain, twice), "maliciousBacker");
  assert.equal(refusal(chain, set), undefined);
});

test("a set without votes is refused, also for a dispute that goes on", () => {
  const chain = scenario();
  const empty = disputeSet(chain, A, []);
  chain.beginBlock();
  assert.equal(refusal(chain, empty), "duplicateStatement");
  chain.mustEnter({ disputes: [disputeSet(chain, A, CONFIRMED)] });
  chain.endBlock().beginBlock();
  assert.equal(refusal(chain, empty), "duplicateStatement");
});

test("sets stand in their order, each dispute once", () => {
  const chain = scenario().beginBlock();
  const [a, b] = [A, B].map((hash) => disputeSet(chain, hash, CONFIRMED)) as [
    DisputeStatementSet,
    DisputeStatementSet,
  ];
  assert.equal(refusal(chain, b, a), "duplicateDisputeStatementSets");
  assert.equal(refusal(chain, a, a), "duplicateDisputeStatementSets");
  assert.equal(refusal(chain, a, b), undefined);
});

// Going on

test("a known dispute takes single votes, and both sides of one voter", () => {
  const chain = scenario();
  play(chain, disputeSet(chain, A, CONFIRMED));
  play(chain, disputeSet(chain, A, [[0, "invalid"]]));
  play(chain, disputeSet(chain, A, [[5, "approved"]]));
  assert.deepEqual(votesOf(chain, A), [
    [0, 5],
    [0, 1, 2],
  ]);
  assert.equal(disputeOf(chain.state, SESSION, A)?.start, 1);
  assert.deepEqual(chain.events, []);
  chain.beginBlock();
  assert.equal(refusal(chain, disputeSet(chain, A, [[1, "invalid"]])), "duplicateStatement");
});

test("a supermajority concludes, and votes are taken until the acceptance period is over", () => {
  const chain = scenario({ disputePostConclusionAcceptancePeriod: 3 });
  play(chain, disputeSet(chain, A, [[0, "seconded"], ...all(1, 5, "valid"), [5, "invalid"]]));
  assert.deepEqual(chain.events.slice(0, 2), [
    "parasDisputes.disputeInitiated",
    "parasDisputes.disputeConcluded",
  ]);
  assert.equal(disputeOf(chain.state, SESSION, A)?.concludedAt, 1);
  chain.playTo(3).beginBlock();
  assert.equal(chain.now, 4);
  assert.equal(refusal(chain, disputeSet(chain, A, [[5, "valid"]])), undefined);
  chain.endBlock().beginBlock();
  assert.equal(refusal(chain, disputeSet(chain, A, [[6, "valid"]])), "ancientDisputeStatement");
});

test("votes of past sessions count by the keys of their session, as long as it is remembered", () => {
  const chain = scenario({ disputePeriod: asSessionIndex(2) });
  const old = disputeSet(chain, A, CONFIRMED);
  const older = disputeSet(chain, B, CONFIRMED);
  chain.changeSession(5).changeSession(7);
  assert.equal(chain.session, 2);
  chain.beginBlock();
  assert.equal(refusal(chain, { ...old, session: asSessionIndex(1) }), "invalidSignature");
  assert.equal(refusal(chain, old), undefined);
  chain.endBlock().changeSession().beginBlock();
  assert.equal(refusal(chain, older), "ancientDisputeStatement");
  assert.equal(refusal(chain, { ...older, session: asSessionIndex(9) }), "ancientDisputeStatement");
});

test("disputes, backers and inclusions are forgotten after the dispute period", () => {
  const chain = scenario({ disputePeriod: asSessionIndex(1) }).playBacking(1000);
  const pending = candidatesPendingAvailability(chain.state, asParaId(1000))[0];
  assert.ok(pending);
  chain.playAvailability(0);
  play(chain, disputeSet(chain, A, CONFIRMED));
  chain.changeSession();
  assert.ok(disputeOf(chain.state, SESSION, A));
  assert.equal(includedIn(chain.state, SESSION, pending.hash), 2);
  chain.changeSession();
  assert.equal(storage.lastPrunedSession.get(chain.state), 0);
  for (const map of [storage.disputes, storage.backersOnDisputes, storage.included])
    assert.deepEqual(map.entries(chain.state), []);
});

// Against what this chain has done

/** A chain that has included a candidate in block 2; its hash. */
function included(chain: Scenario): CandidateHash {
  chain.playBacking(1000);
  const [pending] = candidatesPendingAvailability(chain.state, asParaId(1000));
  assert.ok(pending);
  chain.playAvailability(0);
  return pending.hash;
}

const LOCAL_VOTES: readonly Vote[] = [[0, "seconded"], ...all(1, 3, "invalid")];

test("a dispute about what was included here is local", () => {
  const chain = scenario();
  const hash = included(chain);
  chain.beginBlock();
  chain.mustEnter({ disputes: [disputeSet(chain, hash, LOCAL_VOTES)] });
  assert.deepEqual(
    eventsOf(chain.state).map(({ event }) => event.value.value),
    [{ candidateHash: hash, location: { type: "local" } }],
  );
  assert.equal(isFrozen(chain.state), false);
});

test("one vote more against it than can be faulty freezes the chain and names the last good block", () => {
  const chain = scenario();
  const hash = included(chain);
  play(chain, disputeSet(chain, hash, LOCAL_VOTES));
  chain.beginBlock();
  const root = chain.headers[1];
  assert.ok(root);
  chain.mustEnter({ disputes: [disputeSet(chain, hash, [[4, "invalid"]])] });
  assert.equal(storage.frozen.get(chain.state), 1);
  assert.deepEqual(parachainLogs(digest(chain.state)), [
    { type: "revert", value: 2 },
    {
      type: "paraDispute",
      value: { candidate: hash, session: 0, includedIn: 2, lastValid: headerHash(root) },
    },
  ]);
  assert.deepEqual(chain.events, ["parasDisputes.revert"]);
});

test("a frozen chain takes disputes only, until root unfreezes it", () => {
  const chain = scenario();
  const hash = included(chain);
  play(chain, disputeSet(chain, hash, [[0, "seconded"], ...all(1, 4, "invalid")]));
  chain.beginBlock();
  const candidates = [chain.backed(chain.candidate(1001))];
  const bitfields = chain.bitfields(0, 7, []);
  assert.deepEqual(chain.create({ candidates, bitfields }).backedCandidates, []);
  assert.deepEqual(chain.create({ candidates, bitfields }).bitfields, []);
  const set = disputeSet(chain, A, CONFIRMED);
  chain.mustEnter({ candidates, bitfields, disputes: [set] });
  assert.deepEqual(candidatesPendingAvailability(chain.state, asParaId(1001)), []);
  assert.deepEqual(inherentStorage.onChainVotes.get(chain.state)?.disputes, [set]);
  const unfreeze = parasDisputes.calls.forceUnfreeze.dispatch;
  assert.equal(unfreeze(chain.state, NONE, {}).ok, false);
  assert.equal(unfreeze(chain.state, ROOT, {}).ok, true);
  chain.endBlock().beginBlock();
  chain.mustEnter({ candidates: [chain.backed(chain.candidate(1001))] });
  assert.equal(candidatesPendingAvailability(chain.state, asParaId(1001)).length, 1);
});

test("the revert goes back to the oldest bad block only", () => {
  const chain = scenario();
  const first = included(chain);
  chain.playBacking(1000);
  const [pending] = candidatesPendingAvailability(chain.state, asParaId(1000));
  assert.ok(pending);
  chain.playAvailability(0);
  const bad: readonly Vote[] = [[0, "seconded"], ...all(1, 4, "invalid")];
  play(chain, disputeSet(chain, pending.hash, bad));
  assert.equal(storage.frozen.get(chain.state), 3);
  play(chain, disputeSet(chain, first, bad));
  assert.equal(storage.frozen.get(chain.state), 1);
  play(chain, disputeSet(chain, pending.hash, [[5, "invalid"]]));
  assert.equal(storage.frozen.get(chain.state), 1);
  assert.deepEqual(chain.events, []);
});

test("a pending candidate that is found invalid leaves its core, and its votes count for nothing", () => {
  const chain = scenario().playBacking(1000, 1001).beginBlock();
  const [bad] = candidatesPendingAvailability(chain.state, asParaId(1000));
  const [good] = candidatesPendingAvailability(chain.state, asParaId(1001));
  assert.ok(bad !== undefined && good !== undefined);
  const disputes = [disputeSet(chain, bad.hash, [[0, "seconded"], ...all(1, 4, "invalid")])];
  const bitfields = chain.bitfields(0, 7, [0, 1]);
  const next = chain.backed(chain.candidate(1000, { parentHead: genesisHeadOf(1000) }), {
    core: 0,
  });
  chain.mustEnter({ disputes, bitfields, candidates: [next] });
  assert.equal(isFrozen(chain.state), false);
  assert.equal(includedIn(chain.state, SESSION, bad.hash), undefined);
  assert.equal(includedIn(chain.state, SESSION, good.hash), 2);
  assert.deepEqual(
    candidatesPendingAvailability(chain.state, asParaId(1000)).map(({ hash }) => hash),
    [candidateHash(next.candidate)],
  );
  assert.deepEqual(candidatesPendingAvailability(chain.state, asParaId(1001)), []);
});

test("what is found invalid elsewhere is neither backed nor included here", () => {
  const chain = scenario().beginBlock();
  const candidate = chain.candidate(1000);
  const hash = candidateHash(candidate);
  const disputes = [disputeSet(chain, hash, [[0, "seconded"], ...all(1, 4, "invalid")])];
  const candidates = [chain.backed(candidate)];
  const entered = chain.enter({ disputes, candidates });
  assert.equal(entered.ok ? undefined : entered.error, "candidateDisputed");
  assert.deepEqual(chain.create({ disputes, candidates }).backedCandidates, []);
  assert.equal(chain.enter({ disputes }).ok, true);
  assert.equal(isRefused(chain.state, SESSION, hash), true);
});

test("a candidate that is included in spite of a dispute against it freezes the chain at once", () => {
  const chain = scenario().playBacking(1000);
  const [pending] = candidatesPendingAvailability(chain.state, asParaId(1000));
  assert.ok(pending);
  // Set directly: the inherent would free the core of a candidate with so many votes against it.
  storage.disputes.set(chain.state, SESSION, pending.hash, {
    validatorsFor: bitsAt(7, [0]),
    validatorsAgainst: bitsAt(7, [1, 2, 3]),
    start: 1,
    concludedAt: undefined,
  });
  chain.playAvailability(0);
  assert.equal(storage.frozen.get(chain.state), 1);
});

// Authors

test("an author drops bad votes, keeps the good ones and puts the sets in order", () => {
  const chain = scenario();
  const hash = included(chain);
  chain.beginBlock();
  const good = disputeSet(chain, A, CONFIRMED);
  const forged = disputeSet(chain, A, [[3, "invalid"]], { signer: pairOf("stranger") });
  const mixed = {
    ...good,
    statements: [...forged.statements, ...good.statements, ...good.statements],
  };
  const local = disputeSet(chain, hash, LOCAL_VOTES);
  const unconfirmed = disputeSet(chain, B, [
    [0, "backed"],
    [1, "invalid"],
  ]);
  const ancient = { ...good, session: asSessionIndex(4) };
  const disputes = [mixed, unconfirmed, good, ancient, local];
  const created = chain.create({ disputes });
  assert.deepEqual(created.disputes, [local, good]);
  assert.equal(chain.enter({ disputes: created.disputes }).ok, true);
  assert.deepEqual(chain.create({ disputes }).disputes, []);
});

test("disputes go before all else, and what they leave no room for is left out", () => {
  const chain = scenario().beginBlock();
  const bitfields = chain.bitfields(0, 7, []);
  const set = disputeSet(chain, A, CONFIRMED);
  const rest = { bitfields, backedCandidates: [], disputes: [] };
  const newValidationCode = new Uint8Array(
    INHERENT_BUDGET.bytes - inherentCost(rest).bytes - disputeCost(set).bytes,
  );
  const candidates = [chain.backed(chain.candidate(1000, { commitments: { newValidationCode } }))];
  const entered = chain.enter({ disputes: [set], bitfields, candidates });
  assert.equal(entered.ok ? undefined : entered.error, "inherentOverweight");
  const { disputes, backedCandidates } = chain.create({ disputes: [set], bitfields, candidates });
  assert.deepEqual([disputes, backedCandidates], [[set], []]);
});

test("a set that does not fit any more is passed over", () => {
  const chain = scenario();
  const [small, large] = [
    disputeSet(chain, A, CONFIRMED),
    disputeSet(chain, B, [...CONFIRMED, [3, "invalid"]]),
  ];
  const room = new DisputeBudget({ bytes: 100_000, signatures: 6 });
  assert.deepEqual(
    [small, large, small, small].map((set) => room.admit(set)),
    [true, false, true, false],
  );
  assert.deepEqual(room.left, { bytes: 100_000 - 2 * disputeCost(small).bytes, signatures: 0 });
});

// Acceptance

test("a candidate is accepted once it is old enough and nobody disputes it", () => {
  const chain = scenario({ acceptancePeriod: 3 });
  const hash = included(chain);
  const accepted = () => isAccepted(chain.state, SESSION, hash, blockNumber(chain.state));
  assert.equal(isAccepted(chain.state, SESSION, A, 99), false);
  chain.playTo(4);
  assert.equal(accepted(), false);
  chain.playTo(5);
  assert.equal(accepted(), true);
  play(chain, disputeSet(chain, hash, LOCAL_VOTES));
  assert.equal(accepted(), false);
});
