/** The treasury's account, and paying into it. */
import { asciiBytes, bytesToHex } from "@parahost/base";
import { AccountId, asAccountId, Balance, BlockNumber } from "@parahost/primitives";
import { struct, u32, u64Number } from "@parahost/scale";
import { palletEvents, type State } from "../../framework/index.ts";
import { deposit } from "../balances/transfer.ts";
import { VersionedLocatableAsset, VersionedLocation } from "./asset.ts";

/** The pallet's id, as in Polkadot. */
export const TREASURY_ID = "py/trsry";

/** Keeps the treasury's money; derived from the pallet's id as in Polkadot. */
export const TREASURY_ACCOUNT = asAccountId(
  bytesToHex(asciiBytes(`modl${TREASURY_ID}`.padEnd(32, "\0"))),
);

export const events = palletEvents("Treasury", {
  /** A spend period is over, with this much to spend. */
  spending: [0, struct({ budgetRemaining: Balance })],
  awarded: [1, struct({ proposalIndex: u32, award: Balance, account: AccountId })],
  /** What was left at the end of the period. */
  rollover: [3, struct({ rolloverBalance: Balance })],
  deposit: [4, struct({ value: Balance })],
  spendApproved: [5, struct({ proposalIndex: u32, amount: Balance, beneficiary: AccountId })],
  assetSpendApproved: [
    7,
    struct({
      index: u32,
      assetKind: VersionedLocatableAsset,
      amount: Balance,
      beneficiary: VersionedLocation,
      validFrom: BlockNumber,
      expireAt: BlockNumber,
    }),
  ],
  assetSpendVoided: [8, struct({ index: u32 })],
  paid: [9, struct({ index: u32, paymentId: u64Number })],
  /** It was paid, or its time is over. */
  spendProcessed: [11, struct({ index: u32 })],
});

/**
 * Gives the treasury an amount that is out of circulation. Less than the existential deposit cannot
 * open its account, and stays out.
 */
export function depositToTreasury(state: State, value: Balance): void {
  if (value === 0n || !deposit(state, TREASURY_ACCOUNT, value).ok) return;
  events.deposit(state, { type: "deposit", value: { value } });
}
