/** How likely an authority wins a slot. Reference: consensus 3.5. */
import { assert } from "@parahost/base";
import type { BabeEpoch, BabeEpochConfiguration } from "@parahost/primitives";

const DENOMINATOR_BITS = 52;
const EXPONENT_BIAS = 1023;

/** `floor(2^128 * value)` for a number in [0, 1], from the exact bits of the double. */
export function scaleTo128Bits(value: number): bigint {
  assert(value >= 0 && value <= 1, `${value} is not a probability`);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> BigInt(DENOMINATOR_BITS)) & 0x7ff;
  const fraction = bits & ((1n << BigInt(DENOMINATOR_BITS)) - 1n);
  // Without the implicit bit, as subnormals are, the value is far below 2^-128.
  if (exponent === 0) return 0n;
  const mantissa = fraction | (1n << BigInt(DENOMINATOR_BITS));
  const shift = 128 + exponent - EXPONENT_BIAS - DENOMINATOR_BITS;
  return shift >= 0 ? mantissa << BigInt(shift) : mantissa >> BigInt(-shift);
}

/**
 * Scores below this win the slot: `2^128 * (1 - (1 - c)^(weight / totalWeight))`, in IEEE doubles until
 * the last step, since that is how every implementation computes it.
 */
export function primaryThreshold(
  { numerator, denominator }: BabeEpochConfiguration["c"],
  weight: number,
  totalWeight: number,
): bigint {
  const c = numerator / denominator;
  if (!(c >= 0 && c <= 1) || totalWeight === 0) return 0n;
  return scaleTo128Bits(1 - (1 - c) ** (weight / totalWeight));
}

/** The threshold of one authority of an epoch. */
export function authorityThreshold(
  { authorities, config }: BabeEpoch,
  authorityIndex: number,
): bigint {
  const authority = authorities[authorityIndex];
  assert(authority !== undefined, `authority ${authorityIndex} of ${authorities.length}`);
  let totalWeight = 0;
  for (const { weight } of authorities) totalWeight += weight;
  return primaryThreshold(config.c, authority.weight, totalWeight);
}
