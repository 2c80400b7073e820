/** The market of on-demand orders: its price, its credits and what it has sold. */
import { AccountId, Balance, ParaId } from "@parahost/primitives";
import { struct, u128 } from "@parahost/scale";
import { palletErrors, palletEvents, storageMap, storageValue } from "../../framework/index.ts";
import { Revenue } from "./revenue.ts";
import { ONE, SpotPriceModel } from "./spot-price.ts";

export const storage = {
  traffic: storageValue(
    "OnDemand.Traffic",
    "What the base fee is multiplied by; fixed point, 18 decimals.",
    u128,
    ONE,
  ),
  spotPriceModel: storageValue<SpotPriceModel>(
    "OnDemand.SpotPriceModel",
    "Which formula moves the traffic.",
    SpotPriceModel,
    { type: "sdk" },
  ),
  credits: storageMap(
    "OnDemand.Credits",
    "Credits for orders: bought elsewhere, neither transferable nor refundable.",
    "blake2_128Concat",
    AccountId,
    Balance,
    0n,
  ),
  revenue: storageValue(
    "OnDemand.Revenue",
    "What orders have paid in recent blocks, the newest first.",
    Revenue,
    [],
  ),
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
  /** The chain has no core that orders could be served on. */
  "noSharedCore",
  /** A split dispute keeps the para from its cores. */
  "paraSuspended",
]);
