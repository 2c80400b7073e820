/**
 * What a transaction costs:
 *
 *   fee = base + length × 0.0001 unit + multiplier × weight fee + tip
 *
 * The weight fee is proportional to the declared weight, scaled so that a call weighing as much as an
 * extrinsic's base weight costs the base fee, 0.001 unit. The multiplier m follows how full blocks are, as
 * in Polkadot: with d = (normal weight used / normal limit) − 1/4 and v = 0.000075, each block makes it
 * m × (1 + v·d + v²·d²/2), at least 1/10. Four fifths of a fee go to the treasury, the rest and the tip
 * to the block's author; what an account cannot keep is burned.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import { AccountId, Balance } from "@parahost/primitives";
import { struct, u8, u128 } from "@parahost/scale";
import {
  constant,
  type DispatchInfo,
  invalid,
  type PostDispatchInfo,
  pallet,
  palletEvents,
  type State,
  storageValue,
  type TransactionValidityError,
  type Weight,
} from "../framework/index.ts";
import { blockAuthor } from "./authorship.ts";
import { UNIT } from "./balances/storage.ts";
import { deposit, withdraw } from "./balances/transfer.ts";
import { accountExists } from "./system/accounts.ts";
import { consumedWeight, EXTRINSIC_BASE_WEIGHT, weightLimit } from "./system/limits.ts";
import { depositToTreasury } from "./treasury/account.ts";

const BASE_FEE: Balance = UNIT / 1_000n;
const LENGTH_FEE: Balance = UNIT / 10_000n;

/** Fixed-point numbers of 18 decimals. */
const ONE = 1_000_000_000_000_000_000n;
const MULTIPLIER_MIN = ONE / 10n;
/** As large as its encoding can be. */
const MULTIPLIER_MAX = (1n << 128n) - 1n;
const FULLNESS_TARGET = ONE / 4n;
/** Numerator and denominator of v. */
const VARIABILITY = [75n, 1_000_000n] as const;

export const storage = {
  nextFeeMultiplier: storageValue(
    "TransactionPayment.NextFeeMultiplier",
    "What the weight fees of the next block are multiplied by; fixed point, 18 decimals.",
    u128,
    ONE,
  ),
};

const events = palletEvents("TransactionPayment", {
  transactionFeePaid: [0, struct({ who: AccountId, actualFee: Balance, tip: Balance })],
});

/** Where the larger part of a fee goes. */
export { TREASURY_ACCOUNT } from "./treasury/account.ts";

// Amounts

/** Parts of a fee, without the tip. */
export interface InclusionFee {
  readonly baseFee: Balance;
  readonly lengthFee: Balance;
  /** After the multiplier. */
  readonly adjustedWeightFee: Balance;
}

/** What weight costs before the multiplier. */
export const weightToFee = (weight: Weight): Balance =>
  (BigInt(weight.refTime) * BASE_FEE) / BigInt(EXTRINSIC_BASE_WEIGHT.refTime);

export const lengthToFee = (length: number): Balance => BigInt(length) * LENGTH_FEE;

/** What an extrinsic of `length` bytes costs; `undefined` when it pays no fee. */
export function inclusionFee(
  state: State,
  info: DispatchInfo,
  length: number,
): InclusionFee | undefined {
  if (!info.paysFee) return undefined;
  const multiplier = storage.nextFeeMultiplier.get(state);
  return {
    baseFee: weightToFee(EXTRINSIC_BASE_WEIGHT),
    lengthFee: lengthToFee(length),
    adjustedWeightFee: (weightToFee(info.weight) * multiplier) / ONE,
  };
}

export function computeFee(
  state: State,
  info: DispatchInfo,
  length: number,
  tip: Balance,
): Balance {
  const fee = inclusionFee(state, info, length);
  return fee === undefined ? tip : fee.baseFee + fee.lengthFee + fee.adjustedWeightFee + tip;
}

// Payment

/** Takes the most that the transaction can cost, before it runs. Returns the amount. */
export function withdrawFee(
  state: State,
  who: AccountId,
  info: DispatchInfo,
  length: number,
  tip: Balance,
): Result<Balance, TransactionValidityError> {
  const fee = computeFee(state, info, length, tip);
  if (fee === 0n) return ok(0n);
  return withdraw(state, who, fee).ok ? ok(fee) : err(invalid("payment"));
}

/**
 * Gives back what the transaction did not cost in the end, and pays the rest out. `fee` in the event is
 * exactly what `who` has lost.
 */
export function settleFee(
  state: State,
  who: AccountId,
  withdrawn: Balance,
  info: DispatchInfo,
  post: PostDispatchInfo,
  length: number,
  tip: Balance,
): void {
  const actual: DispatchInfo = {
    ...info,
    weight: post.actualWeight ?? info.weight,
    paysFee: info.paysFee && (post.paysFee ?? true),
  };
  const due = computeFee(state, actual, length, tip);
  assert(due <= withdrawn, `a fee of ${due} was announced as ${withdrawn}`);
  const refund = withdrawn - due;
  // An account that emptied itself may be gone; then the refund stays with the fee.
  const refunded = refund > 0n && accountExists(state, who) && deposit(state, who, refund).ok;
  const actualFee = refunded ? due : withdrawn;
  payOut(state, actualFee - tip, tip);
  events.deposit(state, { type: "transactionFeePaid", value: { who, actualFee, tip } });
}

function payOut(state: State, fee: Balance, tip: Balance): void {
  const treasury = (fee * 4n) / 5n;
  const author = blockAuthor(state);
  depositToTreasury(state, treasury);
  const toAuthor = fee - treasury + tip;
  // The amount is out of circulation already: what the author cannot keep stays so.
  if (author !== undefined && toAuthor > 0n) deposit(state, author, toAuthor);
}

// Multiplier

/** The multiplier after a block whose normal extrinsics filled `used` of `limit`. */
export function nextMultiplier(multiplier: bigint, used: number, limit: number): bigint {
  const fullness = (BigInt(Math.min(used, limit)) * ONE) / BigInt(limit);
  const distance = fullness - FULLNESS_TARGET;
  const [numerator, denominator] = VARIABILITY;
  const first = (numerator * distance) / denominator;
  const second = (first * first) / (2n * ONE);
  const next = (multiplier * (ONE + first + second)) / ONE;
  if (next > MULTIPLIER_MAX) return MULTIPLIER_MAX;
  return next < MULTIPLIER_MIN ? MULTIPLIER_MIN : next;
}

export function onFinalize(state: State): void {
  const used = consumedWeight(state).normal.refTime;
  storage.nextFeeMultiplier.update(state, (multiplier) =>
    nextMultiplier(multiplier, used, weightLimit("normal")),
  );
}

/** Operational transactions count in the pool as if they had a tip of this many times their fee. */
export const OPERATIONAL_FEE_MULTIPLIER = 5;

export const transactionPayment = pallet({
  name: "TransactionPayment",
  index: 32,
  storage,
  events,
  constants: {
    OperationalFeeMultiplier: constant(
      "Operational transactions count in the pool as if they had a tip of this many times their fee.",
      u8,
      () => OPERATIONAL_FEE_MULTIPLIER,
    ),
  },
});
