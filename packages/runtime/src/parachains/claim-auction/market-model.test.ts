/**
 * The market of claims on random walks: bids, withdrawals, orders, blocks that are made or not, sessions that
 * change paras and cores. No money is made or lost, what is bid is reserved, and who has paid has a claim.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, asParaId } from "@parahost/primitives";
import fc from "fast-check";
import { type AnyCall, type Origin, signedBy } from "../../framework/index.ts";
import { balanceOf, totalBalance } from "../../pallets/balances/account.ts";
import { totalIssuance, UNIT } from "../../pallets/balances/storage.ts";
import { TREASURY_ACCOUNT } from "../../pallets/transaction-payment.ts";
import { claimRevenueUntil, onDemand } from "../on-demand/on-demand.ts";
import {
  lifecycle,
  scheduleParaCleanup,
  scheduleParachainDowngrade,
  scheduleParathreadUpgrade,
} from "../paras/paras.ts";
import { scheduled, storage as schedulerStorage } from "../scheduler/scheduler.ts";
import { accountOf, collatorOf, pairOf, Scenario } from "../testing/scenario.ts";
import { claimAuction, storage } from "./claim-auction.ts";

const THREADS = [2000, 2001, 2002, 2003, 2004];
const NAMES = ["alice", "bob", "charlie"];
/** One for each core that there can be. */
const VALIDATORS = 7;
const COLLATOR = pairOf("collator");

const thread = fc.constantFrom(...THREADS);
const name = fc.constantFrom(...NAMES);

const act = fc.oneof(
  fc.record({ type: fc.constant("bid" as const), name, para: thread, units: fc.nat(9) }),
  fc.record({ type: fc.constant("withdraw" as const), name, para: thread }),
  fc.record({ type: fc.constant("order" as const), name, para: thread }),
);

const block = fc.record({
  acts: fc.array(act, { maxLength: 6 }),
  /** Whether claims on cores get their candidates, and candidates their chunks. */
  isBacked: fc.boolean(),
  isAvailable: fc.boolean(),
  session: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.record({
        cores: fc.nat(2),
        change: fc.constantFrom("none", "leaves", "upgrades", "downgrades"),
        para: thread,
      }),
    },
  ),
});

test("money is neither made nor lost, and what was paid for is there", () => {
  const met = { won: 0, ordered: 0, released: 0, refunded: 0, included: 0 };
  fc.assert(
    fc.property(fc.array(block, { minLength: 10, maxLength: 40, size: "max" }), (blocks) => {
      const chain = new Scenario({
        validators: VALIDATORS,
        parathreads: THREADS,
        configuration: { parathreadCores: 1, parathreadRetries: 1 },
      });
      const { state } = chain;
      const accounts: AccountId[] = NAMES.map((each) => chain.endow(each, 100n * UNIT));
      const issued = totalIssuance(state);
      const run = (declaration: AnyCall, origin: Origin, args: object): void => {
        state.begin();
        if (declaration.dispatch(state, origin, args as never).ok) state.commit();
        else state.rollback();
      };
      for (const { acts, isBacked, isAvailable, session } of blocks) {
        chain.beginBlock();
        if (session !== undefined) {
          const para = asParaId(session.para);
          if (session.change === "leaves") scheduleParaCleanup(state, para);
          if (session.change === "upgrades") scheduleParathreadUpgrade(state, para);
          if (session.change === "downgrades") scheduleParachainDowngrade(state, para);
          chain.setConfiguration({ parathreadCores: session.cores });
          chain.announceSession();
        }
        const occupied = [...schedulerStorage.availabilityCores.get(state).entries()].flatMap(
          ([core, on]) => (on === undefined ? [] : [core]),
        );
        chain.mustEnter({
          bitfields: isAvailable ? chain.bitfields(0, VALIDATORS, occupied) : [],
          candidates: isBacked
            ? scheduled(state).map(({ paraId, core }) =>
                chain.backed(chain.candidate(paraId, { collator: COLLATOR }), { core }),
              )
            : [],
        });
        for (const each of acts) {
          const origin = signedBy(accountOf(each.name));
          const para = asParaId(each.para);
          if (each.type === "bid")
            run(claimAuction.calls.bid, origin, {
              para,
              collator: collatorOf(COLLATOR),
              amount: BigInt(each.units) * UNIT,
            });
          else if (each.type === "withdraw") run(claimAuction.calls.withdrawBid, origin, { para });
          else run(onDemand.calls.placeOrderKeepAlive, origin, { maxAmount: UNIT, paraId: para });
        }
        chain.endBlock();
        const { events } = chain;
        const count = (event: string) => events.filter((each) => each === event).length;
        met.won += count("claimAuction.claimWon");
        met.ordered += count("onDemand.onDemandOrderPlaced");
        met.released += count("claimAuction.bidReleased");
        met.refunded += count("claimAuction.claimRefunded");
        met.included += count("paraInclusion.candidateIncluded");

        const everybody = [...accounts, TREASURY_ACCOUNT];
        const held = everybody.reduce((sum, who) => sum + totalBalance(state, who), 0n);
        assert.equal(held, totalIssuance(state), "issuance is what is held");
        const bids = storage.standingBids.get(state);
        for (const who of accounts)
          assert.equal(
            balanceOf(state, who).reserved,
            bids.reduce((sum, { bidder, amount }) => sum + (bidder === who ? amount : 0n), 0n),
            "what is bid is reserved",
          );
        const claims = schedulerStorage.parathreadClaimIndex.get(state);
        for (const para of claims) assert.equal(lifecycle(state, para) !== undefined, true);
        for (const { para } of bids) {
          const life = lifecycle(state, para);
          assert.ok(life !== undefined && life !== "parachain", `bids for ${para}, a ${life}`);
        }
      }
      const revenue = claimRevenueUntil(state, chain.now);
      assert.equal(totalIssuance(state) + revenue, issued, "what was burned is revenue");
    }),
    { numRuns: 40, seed: 6 },
  );
  for (const [what, times] of Object.entries(met)) assert.ok(times > 10, `${times} ${what}`);
});
