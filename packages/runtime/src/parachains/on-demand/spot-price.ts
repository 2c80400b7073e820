/**
 * The spot price of an on-demand order: a base fee times the traffic, a number that follows how full the
 * queue is. Traffic is a fixed-point number of 18 decimals, never below one.
 *
 * There are two formulas: the one that Polkadot documents, and the one that it runs, whose linear term lost
 * its factor and which forgets the leading one below the target. Prices on Polkadot are those of the second.
 *
 * Reference: coretime.md 3.3; runtime 4.4 (on-demand price).
 */
import { assert } from "@parahost/base";
import type { Balance, Perbill } from "@parahost/primitives";
import { type ValueOf, variant } from "@parahost/scale";

export const SpotPriceModel = variant(
  {
    /** As Polkadot's code computes it. */
    sdk: 0,
    /** As Polkadot's documents say. */
    documented: 1,
  },
  ["parahost_runtime", "on_demand", "SpotPriceModel"],
);
export type SpotPriceModel = ValueOf<typeof SpotPriceModel>;

/** One, as a fixed-point number of 18 decimals. */
export const ONE = 1_000_000_000_000_000_000n;
const FIXED_MAX = (1n << 128n) - 1n;
const PERBILL_ONE = 1_000_000_000n;

const saturated = (value: bigint): bigint => (value > FIXED_MAX ? FIXED_MAX : value);
const times = (a: bigint, b: bigint): bigint => saturated((a * b) / ONE);
const fixedOf = (perbill: Perbill): bigint => (BigInt(perbill) * ONE) / PERBILL_ONE;

export interface QueueUse {
  /** Orders that wait; not above the capacity. */
  readonly size: number;
  /** Orders that may wait; at least one. */
  readonly capacity: number;
}

export interface PriceParameters {
  readonly targetUtilization: Perbill;
  readonly variability: Perbill;
}

/**
 * The traffic after `traffic`, with distance `d` between the queue's utilization `u` and its target `t`, and
 * variability `v`:
 *
 *   documented   traffic · (1 + v(u − t) + v²d²/2)
 *   sdk, u ≥ t   traffic · (1 + d + v²d²/2)
 *   sdk, u < t   traffic · (d − v²d²/2)
 */
export function nextTraffic(
  traffic: bigint,
  { size, capacity }: QueueUse,
  { targetUtilization, variability }: PriceParameters,
  model: SpotPriceModel["type"],
): bigint {
  assert(capacity > 0 && size <= capacity, `${size} orders in a queue for ${capacity}`);
  const utilization = (BigInt(size) * ONE) / BigInt(capacity);
  const target = fixedOf(targetUtilization);
  const isAbove = utilization >= target;
  const distance = isAbove ? utilization - target : target - utilization;
  const scaled = times(distance, fixedOf(variability));
  const square = times(scaled, scaled) / 2n;
  const factor =
    model === "documented"
      ? ONE + (isAbove ? scaled : -scaled) + square
      : isAbove
        ? ONE + distance + square
        : distance - square;
  const next = factor <= 0n ? 0n : times(traffic, factor);
  return next < ONE ? ONE : next;
}

/** What an order costs at this traffic. */
export const spotPrice = (traffic: bigint, baseFee: Balance): Balance => times(traffic, baseFee);
