/**
 * The auction of claims on parathread cores, which the guide leaves open. Whoever wants a parathread's next
 * block bids for it and names the collator; what is bid stays reserved. Whenever the claim queue has room,
 * the highest bid wins: its amount goes to the treasury and its claim to the queue.
 *
 * A standing bid can be withdrawn and is released when it is outbid. What has won is not returned when the
 * collator fails; it is returned when the claim is lost for want of a para or a core.
 *
 * The auction is held at the end of a block: collators then see the claim in the state that they build the
 * next block on. Its place in time is the same as at the beginning of that block.
 *
 * Reference: coretime.md 3.1.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import { AccountId, Balance, CollatorId, ParaId } from "@parahost/primitives";
import { struct, u128 } from "@parahost/scale";
import {
  call,
  constant,
  type DispatchError,
  done,
  ensureSigned,
  pallet,
  palletErrors,
  palletEvents,
  type State,
  storageMap,
  storageValue,
  weightOf,
} from "../../framework/index.ts";
import { reserve, unreserve } from "../../pallets/balances/reserve.ts";
import { EXISTENTIAL_DEPOSIT } from "../../pallets/balances/storage.ts";
import { transfer } from "../../pallets/balances/transfer.ts";
import { TREASURY_ACCOUNT } from "../../pallets/transaction-payment.ts";
import { isLiveParathread } from "../paras/paras.ts";
import type { ParathreadClaim } from "../scheduler/parathread-queue.ts";
import { addParathreadClaim, claimQueueUse, hasClaim, mayClaim } from "../scheduler/scheduler.ts";
import { isSuspended } from "../suspension/storage.ts";
import { type Bid, Bids, place, takeBest } from "./bids.ts";

// Storage

/** What was paid for a claim that is not done yet. */
const WonClaim = struct({ bidder: AccountId, amount: Balance });

export const storage = {
  standingBids: storageValue(
    "ClaimAuction.StandingBids",
    "Bids for parathread claims that have not won, at most one per para.",
    Bids,
    [],
  ),
  wonClaims: storageMap(
    "ClaimAuction.WonClaims",
    "What was paid, and by whom, for a claim that is not done yet.",
    "twox64Concat",
    ParaId,
    WonClaim,
  ),
};

const ofBid = struct({ para: ParaId, bidder: AccountId, amount: Balance });

export const events = palletEvents("ClaimAuction", {
  bidPlaced: [0, ofBid],
  /** Outbid, withdrawn, void, or its para is no parathread any more. */
  bidReleased: [1, ofBid],
  claimWon: [2, ofBid],
  claimRefunded: [3, ofBid],
  /** The treasury could not pay. */
  claimNotRefunded: [4, ofBid],
});

export const errors = palletErrors(240, [
  "notAParathread",
  /** Below the minimum, or not above the bid that it would displace. */
  "bidTooLow",
  "noBid",
  "notBidder",
  /** A split dispute keeps the para from its cores. */
  "paraSuspended",
]);

/** So much that even an empty treasury can keep it. */
export const MINIMUM_BID: Balance = EXISTENTIAL_DEPOSIT;

// Routines

const say = (
  state: State,
  type: "bidPlaced" | "bidReleased" | "claimWon" | "claimRefunded" | "claimNotRefunded",
  { para, bidder, amount }: Pick<Bid, "para" | "bidder" | "amount">,
): void => events.deposit(state, { type, value: { para, bidder, amount } });

/** Bids for the next block of a parathread. */
export function bid(state: State, offered: Bid): Result<void, DispatchError> {
  if (!isLiveParathread(state, offered.para)) return err(errors.notAParathread);
  if (isSuspended(state, offered.para)) return err(errors.paraSuspended);
  if (offered.amount < MINIMUM_BID) return err(errors.bidTooLow);
  const placed = place(storage.standingBids.get(state), offered);
  if (placed === undefined) return err(errors.bidTooLow);
  if (placed.displaced !== undefined) release(state, placed.displaced);
  const reserved = reserve(state, offered.bidder, offered.amount);
  if (!reserved.ok) return reserved;
  storage.standingBids.set(state, placed.bids);
  say(state, "bidPlaced", offered);
  return ok(undefined);
}

/** Takes the standing bid for a para back. */
export function withdrawBid(
  state: State,
  bidder: AccountId,
  para: ParaId,
): Result<void, DispatchError> {
  const { best, rest } = takeBest(storage.standingBids.get(state), (other) => other.para === para);
  if (best === undefined) return err(errors.noBid);
  if (best.bidder !== bidder) return err(errors.notBidder);
  storage.standingBids.set(state, rest);
  release(state, best);
  return ok(undefined);
}

function release(state: State, released: Bid): void {
  unreserve(state, released.bidder, released.amount);
  say(state, "bidReleased", released);
}

/** Fills the room in the claim queue with the highest bids for paras that have no claim. */
export function holdAuction(state: State): void {
  let bids = storage.standingBids.get(state);
  if (bids.length === 0) return;
  const before = bids;
  let { size, capacity } = claimQueueUse(state);
  while (size < capacity) {
    const { best, rest } = takeBest(bids, ({ para }) => !hasClaim(state, para));
    if (best === undefined) break;
    bids = rest;
    if (win(state, best)) size += 1;
  }
  if (bids !== before) storage.standingBids.set(state, bids);
}

/** Collects the amount and adds the claim. A bid that cannot be paid or used any more is void. */
function win(state: State, won: Bid): boolean {
  const { para, collator, bidder, amount } = won;
  unreserve(state, bidder, amount);
  const isPaid =
    mayClaim(state, para) && transfer(state, bidder, TREASURY_ACCOUNT, amount, "expendable").ok;
  if (!isPaid) {
    say(state, "bidReleased", won);
    return false;
  }
  const isAdded = addParathreadClaim(state, { paraId: para, collator });
  assert(isAdded, `a parathread without a claim can have one: ${para}`);
  storage.wonClaims.set(state, para, { bidder, amount });
  say(state, "claimWon", won);
  return true;
}

// Session change

/**
 * Releases the bids for paras that no longer live on claims or are suspended, and returns what was paid for claims that were
 * `lost` with the session, though their collators had not failed.
 */
export function onNewSession(state: State, lost: readonly ParathreadClaim[]): void {
  const bids = storage.standingBids.get(state);
  const kept = bids.filter(({ para }) => mayClaim(state, para));
  if (kept.length < bids.length) {
    for (const gone of bids) if (!kept.includes(gone)) release(state, gone);
    storage.standingBids.set(state, kept);
  }
  // An order names no collator and was not won here.
  for (const { paraId, collator } of lost) if (collator !== undefined) refund(state, paraId);
  for (const para of storage.wonClaims.keys(state))
    if (!hasClaim(state, para)) storage.wonClaims.remove(state, para);
}

function refund(state: State, para: ParaId): void {
  const won = storage.wonClaims.take(state, para);
  if (won === undefined) return;
  const paid = transfer(state, TREASURY_ACCOUNT, won.bidder, won.amount, "expendable");
  say(state, paid.ok ? "claimRefunded" : "claimNotRefunded", { para, ...won });
}

// Entry points

export const claimAuction = pallet({
  name: "ClaimAuction",
  index: 240,
  storage,
  events,
  errors,
  constants: { MinimumBid: constant("Lowest bid for a claim.", u128, () => MINIMUM_BID) },
  calls: {
    bid: call({
      index: 0,
      docs: "Bids for a parathread's next block, which `collator` will make.",
      args: { para: ParaId, collator: CollatorId, amount: Balance },
      weight: weightOf({ reads: 5, writes: 4 }),
      dispatch: (state, origin, { para, collator, amount }) => {
        const bidder = ensureSigned(origin);
        if (!bidder.ok) return bidder;
        const placed = bid(state, { para, collator, amount, bidder: bidder.value });
        return placed.ok ? done : placed;
      },
    }),
    withdrawBid: call({
      index: 1,
      docs: "Takes back the sender's standing bid for a parathread's block.",
      args: { para: ParaId },
      weight: weightOf({ reads: 2, writes: 2 }),
      dispatch: (state, origin, { para }) => {
        const bidder = ensureSigned(origin);
        if (!bidder.ok) return bidder;
        const withdrawn = withdrawBid(state, bidder.value, para);
        return withdrawn.ok ? done : withdrawn;
      },
    }),
  },
});
