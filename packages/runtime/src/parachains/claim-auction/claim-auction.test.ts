import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId } from "@parahost/primitives";
import { type AnyCall, NONE, type Origin, ROOT, signedBy } from "../../framework/index.ts";
import { balanceOf } from "../../pallets/balances/account.ts";
import { totalIssuance, UNIT } from "../../pallets/balances/storage.ts";
import { TREASURY_ACCOUNT } from "../../pallets/transaction-payment.ts";
import { lifecycle, scheduleParaCleanup, scheduleParathreadUpgrade } from "../paras/paras.ts";
import { claimQueue, scheduled, storage as schedulerStorage } from "../scheduler/scheduler.ts";
import { storage as suspensionStorage } from "../suspension/storage.ts";
import { accountOf, collatorOf, errorName, pairOf, Scenario } from "../testing/scenario.ts";
import { someCandidate } from "../testing/votes.ts";
import { claimAuction, storage } from "./claim-auction.ts";

const { calls } = claimAuction;
const RICH = 1_000n * UNIT;
const collator = collatorOf(pairOf("collator"));

/** One shared core with a lookahead of 3; block 1 has begun. */
function scenario(parathreads: readonly number[] = [2000, 2001, 2002, 2003, 2004]): Scenario {
  const chain = new Scenario({
    validators: 3,
    parathreads,
    configuration: { parathreadCores: 1, parathreadRetries: 1 },
  });
  for (const name of ["alice", "bob"]) chain.endow(name, RICH);
  return chain.beginBlock();
}

/** Runs a call as the dispatcher does; the name of the refusal, `undefined` for success. */
function refusal(chain: Scenario, declaration: AnyCall, origin: Origin, args: object) {
  chain.state.begin();
  const outcome = declaration.dispatch(chain.state, origin, args as never);
  if (outcome.ok) chain.state.commit();
  else chain.state.rollback();
  return outcome.ok ? undefined : errorName(outcome.error);
}

const bid = (chain: Scenario, name: string, para: number, units: number) =>
  refusal(chain, calls.bid, signedBy(accountOf(name)), {
    para: asParaId(para),
    collator,
    amount: BigInt(units) * UNIT,
  });

const withdraw = (chain: Scenario, name: string, para: number) =>
  refusal(chain, calls.withdrawBid, signedBy(accountOf(name)), { para: asParaId(para) });

function end(chain: Scenario): Scenario {
  chain.mustEnter({});
  return chain.endBlock();
}

const reservedOf = (chain: Scenario, name: string): number =>
  Number(balanceOf(chain.state, accountOf(name)).reserved / UNIT);
const freeOf = (chain: Scenario, name: string): number =>
  Number(balanceOf(chain.state, accountOf(name)).free / UNIT);
const suspend = ({ state, session }: Scenario, para: number): void =>
  suspensionStorage.suspended.update(state, (suspended) => [
    ...suspended,
    { paraId: asParaId(para), sessionIndex: session, candidateHash: someCandidate(1) },
  ]);
const treasury = (chain: Scenario): number =>
  Number(balanceOf(chain.state, TREASURY_ACCOUNT).free / UNIT);
const bidders = (chain: Scenario): readonly number[] =>
  storage.standingBids.get(chain.state).map(({ para }) => para);

test("a bid is reserved until the end of its block, when it wins", () => {
  const chain = scenario();
  const issuance = totalIssuance(chain.state);
  assert.equal(bid(chain, "alice", 2000, 5), undefined);
  assert.equal(reservedOf(chain, "alice"), 5);
  end(chain);
  assert.equal(reservedOf(chain, "alice"), 0);
  assert.equal(freeOf(chain, "alice"), 995);
  assert.equal(treasury(chain), 5);
  assert.equal(totalIssuance(chain.state), issuance);
  assert.deepEqual(bidders(chain), []);
});

test("a won claim names its collator, and is scheduled in the next block", () => {
  const chain = scenario();
  bid(chain, "alice", 2000, 5);
  end(chain);
  assert.deepEqual([...claimQueue(chain.state)], [[0, [2000]]]);
  chain.beginBlock();
  assert.deepEqual(
    scheduled(chain.state).map(({ kind }) => kind),
    [{ type: "parathread", value: { collator, retries: 0 } }],
  );
});

test("the highest bids fill the queue, of equal ones those of lower paras", () => {
  const chain = scenario();
  for (const [para, amount] of [
    [2000, 1],
    [2004, 7],
    [2003, 7],
    [2001, 9],
    [2002, 2],
  ] as const)
    assert.equal(bid(chain, "alice", para, amount), undefined);
  end(chain);
  assert.deepEqual([...claimQueue(chain.state)], [[0, [2001, 2003, 2004]]]);
  assert.deepEqual(bidders(chain), [2002, 2000]);
  assert.equal(reservedOf(chain, "alice"), 3);
});

test("a higher bid for the same para releases the standing one", () => {
  const chain = scenario();
  bid(chain, "alice", 2000, 5);
  assert.equal(bid(chain, "bob", 2000, 5), "bidTooLow");
  assert.equal(bid(chain, "bob", 2000, 6), undefined);
  assert.equal(reservedOf(chain, "alice"), 0);
  assert.equal(reservedOf(chain, "bob"), 6);
  end(chain);
  assert.equal(freeOf(chain, "alice"), 1_000);
});

test("a bid that cannot be paid displaces nothing", () => {
  const chain = scenario();
  bid(chain, "alice", 2000, 5);
  assert.equal(bid(chain, "bob", 2000, 2_000), "insufficientBalance");
  assert.equal(reservedOf(chain, "alice"), 5);
  assert.equal(storage.standingBids.get(chain.state)[0]?.bidder, accountOf("alice"));
});

test("a standing bid can be withdrawn by its bidder, a won one cannot", () => {
  const chain = scenario();
  bid(chain, "alice", 2000, 5);
  assert.equal(withdraw(chain, "bob", 2000), "notBidder");
  assert.equal(withdraw(chain, "alice", 2001), "noBid");
  assert.equal(withdraw(chain, "alice", 2000), undefined);
  assert.equal(reservedOf(chain, "alice"), 0);
  bid(chain, "alice", 2000, 5);
  end(chain).beginBlock();
  assert.equal(withdraw(chain, "alice", 2000), "noBid");
});

test("bids are for parathreads, of at least one unit, and by somebody", () => {
  const chain = new Scenario({ validators: 3, paras: [1000], parathreads: [2000] });
  chain.endow("alice", RICH);
  chain.beginBlock();
  assert.equal(bid(chain, "alice", 1000, 5), "notAParathread");
  assert.equal(bid(chain, "alice", 9, 5), "notAParathread");
  assert.equal(bid(chain, "alice", 2000, 0), "bidTooLow");
  const args = { para: asParaId(2000), collator, amount: UNIT };
  for (const origin of [NONE, ROOT]) {
    assert.equal(refusal(chain, calls.bid, origin, args), "badOrigin");
    assert.equal(refusal(chain, calls.withdrawBid, origin, args), "badOrigin");
  }
});

test("a para that has a claim wins no second one before the first is done", () => {
  const chain = scenario();
  bid(chain, "alice", 2000, 5);
  end(chain).beginBlock();
  bid(chain, "alice", 2000, 4);
  end(chain);
  assert.deepEqual(bidders(chain), [2000]);
  chain.playBacking(2000);
  assert.deepEqual(bidders(chain), [2000]);
  chain.playAvailability(0);
  assert.deepEqual(bidders(chain), []);
  assert.equal(treasury(chain), 9);
});

test("what has won is not returned when the collator fails", () => {
  const chain = scenario();
  bid(chain, "alice", 2000, 5);
  end(chain).playTo(5);
  assert.deepEqual(schedulerStorage.parathreadClaimIndex.get(chain.state), []);
  chain.changeSession();
  assert.equal(freeOf(chain, "alice"), 995);
  assert.deepEqual(storage.wonClaims.keys(chain.state), []);
});

test("what has won is returned when the para goes before it was served", () => {
  const chain = scenario();
  bid(chain, "alice", 2000, 5);
  end(chain).beginBlock();
  assert.ok(scheduleParaCleanup(chain.state, asParaId(2000)).ok);
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.equal(lifecycle(chain.state, asParaId(2000)), undefined);
  assert.equal(freeOf(chain, "alice"), 1_000);
  assert.equal(treasury(chain), 0);
  assert.ok(chain.events.includes("claimAuction.claimRefunded"));
  assert.deepEqual(storage.wonClaims.keys(chain.state), []);
});

test("what has won is returned when there are no shared cores any more", () => {
  const chain = scenario();
  bid(chain, "alice", 2000, 5);
  end(chain);
  chain.setConfiguration({ parathreadCores: 0 });
  chain.changeSession();
  assert.equal(freeOf(chain, "alice"), 1_000);
});

test("standing bids for paras that leave or become parachains are released", () => {
  const chain = scenario();
  chain.setConfiguration({ parathreadCores: 0 });
  end(chain).changeSession().beginBlock();
  for (const para of [2000, 2001, 2002]) bid(chain, "alice", para, 5);
  assert.ok(scheduleParaCleanup(chain.state, asParaId(2000)).ok);
  assert.ok(scheduleParathreadUpgrade(chain.state, asParaId(2001)).ok);
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.deepEqual(bidders(chain), [2002]);
  assert.equal(reservedOf(chain, "alice"), 5);
});

test("a suspended para gets no bids; those that stand win nothing and are released, and what it won is returned", () => {
  const chain = scenario([2000, 2001]);
  for (const para of [2000, 2001]) bid(chain, "alice", para, 5);
  suspend(chain, 2000);
  assert.equal(bid(chain, "bob", 2000, 6), "paraSuspended");
  end(chain);
  assert.deepEqual(chain.events.filter((event) => event.startsWith("claimAuction")).slice(-2), [
    "claimAuction.bidReleased",
    "claimAuction.claimWon",
  ]);
  suspend(chain, 2001);
  chain.changeSession();
  assert.deepEqual([freeOf(chain, "alice"), treasury(chain)], [1_000, 0]);
});

test("a treasury that cannot pay a refund says so", () => {
  const chain = scenario();
  bid(chain, "alice", 2000, 5);
  end(chain).beginBlock();
  const { state } = chain;
  const account = balanceOf(state, TREASURY_ACCOUNT).free;
  assert.equal(account, 5n * UNIT);
  assert.ok(scheduleParaCleanup(state, asParaId(2000)).ok);
  chain.empty(TREASURY_ACCOUNT);
  chain.announceSession().mustEnter({});
  chain.endBlock();
  assert.ok(chain.events.includes("claimAuction.claimNotRefunded"));
  assert.equal(freeOf(chain, "alice"), 995);
});
