/** The market of on-demand orders: its price, its credits and what it has sold. */
import { AccountId, Balance, ParaId } from "@parahost/primitives";
import { struct, u128 } from "@parahost/scale";
import { palletErrors, palletEvents, storageMap, storageValue } from "../../framework/index.ts";
import { Revenue } from "./revenue.ts";
import { ONE, SpotPriceModel } from "./spot-price.ts";

export const storage = {
  /** Fixed point, 18 decimals. */
  traffic: storageValue("OnDemand.Traffic", u128, ONE),
  /** Which formula moves it. */
  spotPriceModel: storageValue<SpotPriceModel>("OnDemand.SpotPriceModel", SpotPriceModel, {
    type: "sdk",
  }),
  /** Bought elsewhere; neither transferable nor refundable. */
  credits: storageMap("OnDemand.Credits", "blake2_128Concat", AccountId, Balance, 0n),
  revenue: storageValue("OnDemand.Revenue", Revenue, []),
};

export const events = palletEvents("OnDemand", {
  onDemandOrderPlaced: [0, struct({ paraId: ParaId, spotPrice: Balance, orderedBy: AccountId })],
  spotPriceSet: [1, struct({ spotPrice: Balance })],
  accountCredited: [2, struct({ who: AccountId, amount: Balance })],
});

/** Polkadot's, then ours. */
export const errors = palletErrors(64, [
  "queueFull",
  "spotPriceHigherThanMaxAmount",
  "insufficientCredits",
  /** The para does not live on claims. */
  "notAParathread",
  /** A claim of the para waits already. */
  "alreadyOrdered",
]);
