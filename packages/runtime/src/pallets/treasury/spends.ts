/**
 * Spends that somebody collects: root approves them for a time, in which anybody may have them paid. A payment is
 * made at once, on this chain, so whoever asks for its state afterwards finds it done.
 */
import { err, ok, type Result } from "@parahost/base";
import { Balance, BlockNumber } from "@parahost/primitives";
import { struct, u32, u64Number, type ValueOf, variant } from "@parahost/scale";
import { type DispatchError, type State, storageMap, storageValue } from "../../framework/index.ts";
import { transfer } from "../balances/transfer.ts";
import { BLOCK_NUMBER_MAX, blockNumber } from "../system/block.ts";
import { events, TREASURY_ACCOUNT } from "./account.ts";
import { beneficiaryOf, isNative, VersionedLocatableAsset, VersionedLocation } from "./asset.ts";
import { errors } from "./errors.ts";

/** Blocks for which a spend can be collected: thirty days of six-second blocks, as on Polkadot. */
export const PAYOUT_PERIOD = 432_000;

const PaymentState = variant({ pending: 0, attempted: [1, struct({ id: u64Number })], failed: 2 }, [
  "pallet_treasury",
  "PaymentState",
]);

const SpendStatus = struct(
  {
    assetKind: VersionedLocatableAsset,
    amount: Balance,
    beneficiary: VersionedLocation,
    validFrom: BlockNumber,
    expireAt: BlockNumber,
    status: PaymentState,
  },
  ["pallet_treasury", "SpendStatus"],
);
type SpendStatus = ValueOf<typeof SpendStatus>;

export const storage = {
  spendCount: storageValue(
    "Treasury.SpendCount",
    "Spends that were ever approved for collection: the index of the next one.",
    u32,
    0,
  ),
  spends: storageMap(
    "Treasury.Spends",
    "Spends that are approved, or paid and not yet checked.",
    "twox64Concat",
    u32,
    SpendStatus,
  ),
};

type Outcome = Result<void, DispatchError>;
type Order = Pick<SpendStatus, "assetKind" | "amount" | "beneficiary">;

/** Approves a spend from block `validFrom` on, or at once. */
export function approveSpend(
  state: State,
  { assetKind, amount, beneficiary }: Order,
  from: BlockNumber | undefined,
): Outcome {
  if (!isNative(assetKind)) return err(errors.failedToConvertBalance);
  const account = beneficiaryOf(beneficiary);
  if (!account.ok) return account;
  const now = blockNumber(state);
  const validFrom = from ?? now;
  const expireAt = validFrom + PAYOUT_PERIOD;
  if (expireAt <= now) return err(errors.spendExpired);
  if (expireAt > BLOCK_NUMBER_MAX) return err({ type: "arithmetic", value: { type: "overflow" } });
  const index = storage.spendCount.get(state);
  storage.spendCount.set(state, index + 1);
  const approved = { assetKind, amount, beneficiary, validFrom, expireAt };
  storage.spends.set(state, index, { ...approved, status: { type: "pending" } });
  events.deposit(state, { type: "assetSpendApproved", value: { index, ...approved } });
  return ok(undefined);
}

/** Pays a spend. Its payment bears the spend's own index, since it is paid once. */
export function payOut(state: State, index: number): Outcome {
  const spend = storage.spends.get(state, index);
  if (spend === undefined) return err(errors.invalidIndex);
  const now = blockNumber(state);
  if (now < spend.validFrom) return err(errors.earlyPayout);
  if (now >= spend.expireAt) return err(errors.spendExpired);
  if (spend.status.type === "attempted") return err(errors.alreadyAttempted);
  const to = beneficiaryOf(spend.beneficiary);
  if (!to.ok) return to;
  if (!transfer(state, TREASURY_ACCOUNT, to.value, spend.amount, "preserve").ok)
    return err(errors.payoutError);
  const status = { type: "attempted", value: { id: index } } as const;
  storage.spends.set(state, index, { ...spend, status });
  events.deposit(state, { type: "paid", value: { index, paymentId: index } });
  return ok(undefined);
}

/** Forgets a spend that is paid, or that nobody collected in time. */
export function checkSpend(state: State, index: number): Outcome {
  const spend = storage.spends.get(state, index);
  if (spend === undefined) return err(errors.invalidIndex);
  const isOver = blockNumber(state) > spend.expireAt;
  if (spend.status.type !== "attempted" && !isOver) return err(errors.notAttempted);
  storage.spends.remove(state, index);
  events.deposit(state, { type: "spendProcessed", value: { index } });
  return ok(undefined);
}

/** Takes a spend back that is not paid. */
export function voidSpend(state: State, index: number): Outcome {
  const spend = storage.spends.get(state, index);
  if (spend === undefined) return err(errors.invalidIndex);
  if (spend.status.type === "attempted") return err(errors.alreadyAttempted);
  storage.spends.remove(state, index);
  events.deposit(state, { type: "assetSpendVoided", value: { index } });
  return ok(undefined);
}
