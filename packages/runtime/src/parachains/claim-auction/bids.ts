/**
 * The standing bids for claims: at most one per para, the highest first. Plain data; the list is bounded, and
 * a full one gives up its lowest bid for a higher one.
 *
 * Reference: coretime.md 3.1 (claim auction).
 */
import { AccountId, Balance, CollatorId, ParaId } from "@parahost/primitives";
import { struct, type ValueOf, vec } from "@parahost/scale";

export const Bid = struct({
  para: ParaId,
  /** Who will have to make the block. */
  collator: CollatorId,
  /** Reserved by the bidder. */
  amount: Balance,
  bidder: AccountId,
});
export type Bid = ValueOf<typeof Bid>;

/** Highest first; of equal ones that of the lower para id. */
export const Bids = vec(Bid);
export type Bids = ValueOf<typeof Bids>;

/** More than can win before most of them are outbid. */
export const STANDING_BIDS_MAX = 256;

const isBefore = (a: Bid, b: Bid): boolean =>
  a.amount > b.amount || (a.amount === b.amount && a.para < b.para);

/** The list with the bid, and the bid that it displaces: that of its para, or the lowest of a full list. */
export interface Placed {
  readonly bids: Bids;
  readonly displaced: Bid | undefined;
}

/** Places a bid; `undefined` when it is not higher than what it would have to displace. */
export function place(bids: Bids, bid: Bid): Placed | undefined {
  const standing = bids.find(({ para }) => para === bid.para);
  const lowest = bids.length >= STANDING_BIDS_MAX ? bids.at(-1) : undefined;
  const displaced = standing ?? lowest;
  if (displaced !== undefined && bid.amount <= displaced.amount) return undefined;
  const others = bids.filter((other) => other !== displaced);
  const position = others.findIndex((other) => isBefore(bid, other));
  return {
    bids: others.toSpliced(position === -1 ? others.length : position, 0, bid),
    displaced,
  };
}

/** The best bid that `isEligible` admits, and the others. */
export function takeBest(
  bids: Bids,
  isEligible: (bid: Bid) => boolean,
): { readonly best: Bid | undefined; readonly rest: Bids } {
  const best = bids.find(isEligible);
  return { best, rest: best === undefined ? bids : bids.filter((bid) => bid !== best) };
}
