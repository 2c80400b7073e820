/**
 * On-demand orders: a parathread buys its next block at the spot price. The order is a claim that names no
 * collator: it waits in the scheduler's queue, anybody may deliver its block, and it has the tries of any
 * claim. The price is not returned.
 *
 * The price is burned here and noted as revenue, for the chain that sells coretime to mint when it asks.
 *
 * Reference: coretime.md 3.2, 3.3; runtime 4.4 (on-demand price).
 */
import { assert, err, ok, type Result } from "@parahost/base";
import {
  AccountId,
  Balance,
  type BlockNumber,
  ParaId,
  type SchedulerParams,
} from "@parahost/primitives";
import { u32, u128 } from "@parahost/scale";
import {
  arithmeticError,
  call,
  constant,
  type DispatchError,
  type DispatchResult,
  done,
  ensureRoot,
  ensureSigned,
  type Origin,
  pallet,
  type State,
  weightOf,
} from "../../framework/index.ts";
import { BALANCE_MAX } from "../../pallets/balances/storage.ts";
import { burn } from "../../pallets/balances/transfer.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import { isLiveParathread } from "../paras/paras.ts";
import { addParathreadClaim, claimQueueUse, hasClaim } from "../scheduler/scheduler.ts";
import { isSuspended } from "../suspension/storage.ts";
import { HISTORICAL_REVENUE_BLOCKS, takeRevenue, withSale } from "./revenue.ts";
import { nextTraffic, ONE, SpotPriceModel, spotPrice } from "./spot-price.ts";
import { errors, events, storage } from "./storage.ts";

// Price

/** How full the queue is; the bound is the tighter of the configured one and that of the claim queue. */
function queueUse(state: State, { onDemandQueueMaxSize }: SchedulerParams) {
  const { size, capacity } = claimQueueUse(state);
  const bound = Math.min(capacity, onDemandQueueMaxSize);
  return { size: Math.min(size, bound), capacity: bound };
}

/** Lets the traffic follow the queue; without a queue it stands still. Returns it. */
function updateTraffic(state: State): bigint {
  const params = configuration(state).schedulerParams;
  const before = storage.traffic.get(state);
  const use = queueUse(state, params);
  if (use.capacity === 0) return before;
  const traffic = nextTraffic(
    before,
    use,
    {
      targetUtilization: params.onDemandTargetQueueUtilization,
      variability: params.onDemandFeeVariability,
    },
    storage.spotPriceModel.get(state).type,
  );
  if (traffic === before) return traffic;
  storage.traffic.set(state, traffic);
  events.deposit(state, {
    type: "spotPriceSet",
    value: { spotPrice: spotPrice(traffic, params.onDemandBaseFee) },
  });
  return traffic;
}

/** What an order would cost now, before it moves the price itself. */
export const currentSpotPrice = (state: State): Balance =>
  spotPrice(storage.traffic.get(state), configuration(state).schedulerParams.onDemandBaseFee);

/** Idle blocks count too: the price falls while nobody orders. */
export function initialize(state: State): void {
  updateTraffic(state);
}

// Orders

/** How an order is paid. */
export type Payment =
  | { readonly type: "balance"; readonly preservation: "expendable" | "preserve" }
  | { readonly type: "credits" };

/** Buys the next free block for a parathread, if that costs at most `maxAmount`. Returns the price. */
export function placeOrder(
  state: State,
  who: AccountId,
  maxAmount: Balance,
  para: ParaId,
  payment: Payment,
): Result<Balance, DispatchError> {
  if (claimQueueUse(state).capacity === 0) return err(errors.noSharedCore);
  const params = configuration(state).schedulerParams;
  const price = spotPrice(updateTraffic(state), params.onDemandBaseFee);
  if (price > maxAmount) return err(errors.spotPriceHigherThanMaxAmount);
  const { size, capacity } = queueUse(state, params);
  if (size >= capacity) return err(errors.queueFull);
  if (!isLiveParathread(state, para)) return err(errors.notAParathread);
  if (isSuspended(state, para)) return err(errors.paraSuspended);
  if (hasClaim(state, para)) return err(errors.alreadyOrdered);
  const paid = pay(state, who, price, payment);
  if (!paid.ok) return paid;
  const isAdded = addParathreadClaim(state, { paraId: para, collator: undefined });
  assert(isAdded, `a parathread without a claim can have one: ${para}`);
  events.deposit(state, {
    type: "onDemandOrderPlaced",
    value: { paraId: para, spotPrice: price, orderedBy: who },
  });
  return ok(price);
}

function pay(
  state: State,
  who: AccountId,
  price: Balance,
  payment: Payment,
): Result<void, DispatchError> {
  if (payment.type === "credits") {
    const credits = storage.credits.get(state, who);
    if (credits < price) return err(errors.insufficientCredits);
    const rest = credits - price;
    if (rest === 0n) storage.credits.remove(state, who);
    else storage.credits.set(state, who, rest);
    return ok(undefined);
  }
  const burned = burn(state, who, price, payment.preservation);
  if (!burned.ok) return burned;
  storage.revenue.update(state, (revenue) => withSale(revenue, blockNumber(state), price));
  return ok(undefined);
}

/** Credits bought on the chain that sells coretime; paid for there, hence no revenue when they are used. */
export function creditAccount(
  state: State,
  who: AccountId,
  amount: Balance,
): Result<void, DispatchError> {
  const credits = storage.credits.get(state, who) + amount;
  if (credits > BALANCE_MAX) return err(arithmeticError("overflow"));
  storage.credits.set(state, who, credits);
  events.deposit(state, { type: "accountCredited", value: { who, amount } });
  return ok(undefined);
}

/** Takes the revenue of all blocks up to `until` over to who may mint it. */
export function claimRevenueUntil(state: State, until: BlockNumber): Balance {
  const { taken, rest } = takeRevenue(storage.revenue.get(state), until);
  if (taken > 0n) storage.revenue.set(state, rest);
  return taken;
}

// Entry points

const ORDER_ARGS = { maxAmount: Balance, paraId: ParaId };
const ORDER_WEIGHT = weightOf({ reads: 8, writes: 6 });

function signedOrder(
  state: State,
  origin: Origin,
  { maxAmount, paraId }: { readonly maxAmount: Balance; readonly paraId: ParaId },
  payment: Payment,
): DispatchResult {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  const placed = placeOrder(state, who.value, maxAmount, paraId, payment);
  return placed.ok ? done : placed;
}

export const onDemand = pallet({
  name: "OnDemand",
  index: 64,
  storage,
  events,
  errors,
  constants: {
    MaxHistoricalRevenue: constant(
      "Blocks whose revenue is kept apart; what is older is one sum.",
      u32,
      () => HISTORICAL_REVENUE_BLOCKS,
    ),
    TrafficDefaultValue: constant("Traffic at the beginning.", u128, () => ONE),
  },
  /** Indices are Polkadot's; those from 60 on are for what its pallet does not have. */
  calls: {
    placeOrderAllowDeath: call({
      index: 0,
      docs: "Orders a block for a parathread; the sender's account may end by paying.",
      args: ORDER_ARGS,
      weight: ORDER_WEIGHT,
      dispatch: (state, origin, order) =>
        signedOrder(state, origin, order, { type: "balance", preservation: "expendable" }),
    }),
    placeOrderKeepAlive: call({
      index: 1,
      docs: "Orders a block for a parathread; the sender's account stays alive.",
      args: ORDER_ARGS,
      weight: ORDER_WEIGHT,
      dispatch: (state, origin, order) =>
        signedOrder(state, origin, order, { type: "balance", preservation: "preserve" }),
    }),
    placeOrderWithCredits: call({
      index: 2,
      docs: "Orders a block for a parathread, paid with credits.",
      args: ORDER_ARGS,
      weight: ORDER_WEIGHT,
      dispatch: (state, origin, order) => signedOrder(state, origin, order, { type: "credits" }),
    }),
    creditAccount: call({
      index: 60,
      docs: "Gives an account credits for orders. Root only.",
      args: { who: AccountId, amount: Balance },
      weight: weightOf({ reads: 1, writes: 1 }),
      dispatch: (state, origin, { who, amount }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        const credited = creditAccount(state, who, amount);
        return credited.ok ? done : credited;
      },
    }),
    setSpotPriceModel: call({
      index: 61,
      docs: "Chooses the formula of the spot price. Root only.",
      args: { model: SpotPriceModel },
      weight: weightOf({ writes: 1 }),
      dispatch: (state, origin, { model }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        storage.spotPriceModel.set(state, model);
        return done;
      },
    }),
  },
});
