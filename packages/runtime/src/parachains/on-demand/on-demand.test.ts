import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId } from "@parahost/primitives";
import { type AnyCall, NONE, type Origin, ROOT, signedBy } from "../../framework/index.ts";
import { balanceOf } from "../../pallets/balances/account.ts";
import { EXISTENTIAL_DEPOSIT, totalIssuance, UNIT } from "../../pallets/balances/storage.ts";
import {
  lifecycle,
  scheduleParachainDowngrade,
  scheduleParathreadUpgrade,
} from "../paras/paras.ts";
import {
  addParathreadClaim,
  claimQueue,
  scheduled,
  storage as schedulerStorage,
} from "../scheduler/scheduler.ts";
import { accountOf, errorName, Scenario } from "../testing/scenario.ts";
import { claimRevenueUntil, currentSpotPrice, onDemand } from "./on-demand.ts";
import { storage } from "./storage.ts";

const { calls } = onDemand;
const alice = signedBy(accountOf("alice"));
const RICH = 1_000n * UNIT;
const BASE_FEE = 10_000_000n;
const THREADS = [2000, 2001, 2002, 2003, 2004];

/** Begins a block and gives it its inherent: what follows are its transactions. */
function begin(chain: Scenario): Scenario {
  chain.beginBlock().mustEnter({});
  return chain;
}

/** One shared core with a lookahead of 3, five parathreads; block 1 takes transactions. */
function scenario(parathreadCores = 1, paras: readonly number[] = []): Scenario {
  const chain = new Scenario({
    validators: 3,
    paras,
    parathreads: THREADS,
    configuration: { parathreadCores, parathreadRetries: 1 },
  });
  chain.endow("alice", RICH);
  return begin(chain);
}

/** Runs a call as the dispatcher does; the name of the refusal, `undefined` for success. */
function refusal(chain: Scenario, declaration: AnyCall, origin: Origin, args: object) {
  chain.state.begin();
  const outcome = declaration.dispatch(chain.state, origin, args as never);
  if (outcome.ok) chain.state.commit();
  else chain.state.rollback();
  return outcome.ok ? undefined : errorName(outcome.error);
}

const order = (chain: Scenario, para: number, maxAmount = RICH, declaration?: AnyCall) =>
  refusal(chain, declaration ?? calls.placeOrderKeepAlive, alice, {
    maxAmount,
    paraId: asParaId(para),
  });

const freeOf = (chain: Scenario): bigint => balanceOf(chain.state, accountOf("alice")).free;

test("an order is a claim without a collator, seen at once and served in the next block", () => {
  const chain = scenario();
  assert.equal(order(chain, 2000), undefined);
  const [queued] = schedulerStorage.parathreadQueue.get(chain.state).queue;
  assert.deepEqual(queued?.entry, {
    claim: { paraId: 2000, collator: undefined },
    retries: 0,
  });
  chain.endBlock().beginBlock();
  assert.deepEqual([...claimQueue(chain.state)], [[0, [2000]]]);
  assert.deepEqual(
    scheduled(chain.state).map(({ paraId }) => paraId),
    [2000],
  );
});

test("a parathread buys blocks one by one", () => {
  const chain = scenario();
  for (let bought = 0; bought < 3; bought++) {
    assert.equal(order(chain, 2000), undefined);
    assert.equal(order(chain, 2000), "alreadyOrdered");
    begin(chain.endBlock().playBacking(2000).playAvailability(0));
  }
  assert.deepEqual(schedulerStorage.parathreadClaimIndex.get(chain.state), []);
});

test("the price is the base fee while nobody orders, and is burned", () => {
  const chain = scenario();
  const issuance = totalIssuance(chain.state);
  assert.equal(currentSpotPrice(chain.state), BASE_FEE);
  order(chain, 2000);
  assert.equal(freeOf(chain), RICH - BASE_FEE);
  assert.equal(totalIssuance(chain.state), issuance - BASE_FEE);
  assert.equal(claimRevenueUntil(chain.state, 1), BASE_FEE);
  assert.equal(claimRevenueUntil(chain.state, 1), 0n);
});

test("orders raise the price of the next ones, idle blocks lower it", () => {
  const chain = scenario();
  const paid: bigint[] = [];
  for (const para of [2000, 2001, 2002]) {
    const before = freeOf(chain);
    assert.equal(order(chain, para), undefined);
    paid.push(before - freeOf(chain));
  }
  const [first, second, third] = paid as [bigint, bigint, bigint];
  assert.equal(first, BASE_FEE);
  assert.ok(second > first && third > second);
  assert.ok(currentSpotPrice(chain.state) >= third);
  assert.ok(chain.events.includes("onDemand.spotPriceSet"));
  chain.endBlock().playTo(20);
  assert.equal(currentSpotPrice(chain.state), BASE_FEE);
});

test("the documented formula can be chosen, by root", () => {
  const chain = scenario();
  const model = { type: "documented" } as const;
  assert.equal(refusal(chain, calls.setSpotPriceModel, alice, { model }), "badOrigin");
  assert.equal(refusal(chain, calls.setSpotPriceModel, ROOT, { model }), undefined);
  for (const para of [2000, 2001]) order(chain, para);
  const traffic = Number(storage.traffic.get(chain.state)) / 1e18;
  assert.ok(traffic > 1 && traffic < 1.03, `${traffic}`);
});

test("an order above the maximal amount is refused, and costs nothing", () => {
  const chain = scenario();
  assert.equal(order(chain, 2000, BASE_FEE - 1n), "spotPriceHigherThanMaxAmount");
  assert.equal(freeOf(chain), RICH);
  assert.equal(order(chain, 2000, BASE_FEE), undefined);
});

test("the queue is as long as the lookahead of all shared cores, and no longer", () => {
  const chain = scenario();
  for (const para of [2000, 2001, 2002]) assert.equal(order(chain, para), undefined);
  assert.equal(order(chain, 2003), "queueFull");
  begin(chain.endBlock());
  assert.equal(order(chain, 2003), undefined);
});

test("the configured bound may be the tighter one", () => {
  const chain = scenario();
  const { schedulerParams } = chain.configuration;
  chain.setActiveConfiguration({
    ...chain.configuration,
    schedulerParams: { ...schedulerParams, onDemandQueueMaxSize: 1 },
  });
  assert.equal(order(chain, 2000), undefined);
  assert.equal(order(chain, 2001), "queueFull");
});

test("without shared cores nothing can be ordered, and that is what is said", () => {
  const chain = scenario(0);
  assert.equal(order(chain, 2000), "noSharedCore");
  assert.equal(freeOf(chain), RICH);
});

test("orders are for parathreads alone", () => {
  const chain = scenario(1, [1000]);
  assert.equal(order(chain, 1000), "notAParathread");
  assert.equal(order(chain, 9), "notAParathread");
});

test("a para whose claim waits already cannot be ordered again", () => {
  const chain = scenario();
  addParathreadClaim(chain.state, { paraId: asParaId(2000), collator: undefined });
  assert.equal(order(chain, 2000), "alreadyOrdered");
});

test("an order that no collator uses is tried as often as any claim, then lost with its price", () => {
  const chain = scenario();
  order(chain, 2000);
  chain.endBlock().playTo(2);
  assert.equal(schedulerStorage.parathreadQueue.get(chain.state).queue[0]?.entry.retries, 1);
  chain.playTo(3);
  assert.deepEqual(schedulerStorage.parathreadClaimIndex.get(chain.state), []);
  assert.equal(freeOf(chain), RICH - BASE_FEE);
});

test("an order may end the account that pays, if it says so", () => {
  const chain = scenario();
  chain.endow("alice", EXISTENTIAL_DEPOSIT + BASE_FEE / 2n);
  assert.equal(order(chain, 2000), "token");
  assert.equal(order(chain, 2000, RICH, calls.placeOrderAllowDeath), undefined);
  assert.equal(freeOf(chain), 0n);
});

test("credits pay for orders, and are no balance", () => {
  const chain = scenario();
  const { placeOrderWithCredits, creditAccount } = calls;
  assert.equal(order(chain, 2000, RICH, placeOrderWithCredits), "insufficientCredits");
  const args = { who: accountOf("alice"), amount: BASE_FEE };
  assert.equal(refusal(chain, creditAccount, alice, args), "badOrigin");
  assert.equal(refusal(chain, creditAccount, ROOT, args), undefined);
  assert.equal(order(chain, 2000, RICH, placeOrderWithCredits), undefined);
  assert.equal(storage.credits.has(chain.state, accountOf("alice")), false);
  assert.equal(freeOf(chain), RICH);
  assert.equal(claimRevenueUntil(chain.state, 1), 0n);
  assert.equal(order(chain, 2001, RICH, placeOrderWithCredits), "insufficientCredits");
});

test("credits that nobody could count are refused", () => {
  const chain = scenario();
  const args = { who: accountOf("alice"), amount: (1n << 128n) - 1n };
  assert.equal(refusal(chain, calls.creditAccount, ROOT, args), undefined);
  assert.equal(refusal(chain, calls.creditAccount, ROOT, { ...args, amount: 1n }), "arithmetic");
  assert.equal(storage.credits.get(chain.state, accountOf("alice")), args.amount);
});

test("an order is placed by somebody", () => {
  const chain = scenario();
  const args = { maxAmount: RICH, paraId: asParaId(2000) };
  for (const origin of [NONE, ROOT])
    assert.equal(refusal(chain, calls.placeOrderKeepAlive, origin, args), "badOrigin");
});

test("a parathread that orders becomes a parachain and goes back to ordering", () => {
  const chain = scenario(1, [1000]);
  const para = asParaId(2000);
  order(chain, 2000);
  begin(chain.endBlock().playBacking(2000).playAvailability(1));
  assert.ok(scheduleParathreadUpgrade(chain.state, para).ok);
  begin(chain.announceSession().endBlock());
  assert.equal(lifecycle(chain.state, para), "parachain");
  assert.equal(order(chain, 2000), "notAParathread");
  chain.endBlock().playBacking(2000).playAvailability(1).playBacking(2000).playAvailability(1);
  begin(chain);
  assert.ok(scheduleParachainDowngrade(chain.state, para).ok);
  begin(chain.announceSession().endBlock());
  assert.equal(order(chain, 2000), undefined);
  chain.endBlock().playBacking(2000).playAvailability(1);
  assert.ok(chain.events.includes("paraInclusion.candidateIncluded"));
});
