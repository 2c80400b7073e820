/** What Balances keeps beside the accounts, which System keeps for it, and its events and errors. */
import { AccountId, Balance } from "@parahost/primitives";
import { struct, variant } from "@parahost/scale";
import { palletErrors, palletEvents, type State, storageValue } from "../../framework/index.ts";

/** Planck of one unit of the chain's currency. */
export const UNIT = 10_000_000_000n;

/** An account with less, and nothing reserved, is forgotten. */
export const EXISTENTIAL_DEPOSIT: Balance = UNIT;

export const storage = {
  /** The sum of all accounts' free and reserved balances: exactly, after every call. */
  totalIssuance: storageValue("Balances.TotalIssuance", Balance, 0n),
  inactiveIssuance: storageValue("Balances.InactiveIssuance", Balance, 0n),
};

/** Where repatriated reserves go. */
const BalanceStatus = variant({ free: 0, reserved: 1 }, [
  "frame_support",
  "traits",
  "tokens",
  "misc",
  "BalanceStatus",
]);

const ofAccount = struct({ who: AccountId, amount: Balance });

export const events = palletEvents("Balances", {
  /** An account came to exist with this balance. */
  endowed: [0, struct({ account: AccountId, freeBalance: Balance })],
  /** What was left of a forgotten account, and is gone from the issuance. */
  dustLost: [1, struct({ account: AccountId, amount: Balance })],
  transfer: [2, struct({ from: AccountId, to: AccountId, amount: Balance })],
  balanceSet: [3, struct({ who: AccountId, free: Balance })],
  reserved: [4, ofAccount],
  unreserved: [5, ofAccount],
  reserveRepatriated: [
    6,
    struct({
      from: AccountId,
      to: AccountId,
      amount: Balance,
      destinationStatus: BalanceStatus,
    }),
  ],
  deposit: [7, ofAccount],
  withdraw: [8, ofAccount],
  slashed: [9, ofAccount],
  minted: [10, ofAccount],
  burned: [11, ofAccount],
  issued: [15, struct({ amount: Balance })],
  rescinded: [16, struct({ amount: Balance })],
});

export const errors = palletErrors(5, [
  "vestingBalance",
  "liquidityRestrictions",
  "insufficientBalance",
  "existentialDeposit",
  "expendability",
  "existingVestingSchedule",
  "deadAccount",
  "tooManyReserves",
  "tooManyHolds",
  "tooManyFreezes",
  "issuanceDeactivated",
  "deltaZero",
]);

export const totalIssuance = (state: State): Balance => storage.totalIssuance.get(state);
