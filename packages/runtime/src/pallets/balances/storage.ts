/** What Balances keeps beside the accounts, which System keeps for it, and its events and errors. */
import { AccountId, Balance } from "@parahost/primitives";
import { fixedBytes, generic, struct, type ValueOf, variant, vec } from "@parahost/scale";
import {
  palletErrors,
  palletEvents,
  type State,
  storageMap,
  storageValue,
} from "../../framework/index.ts";
import { RuntimeFreezeReason, RuntimeHoldReason } from "./reasons.ts";

/** Planck of one unit of the chain's currency. */
export const UNIT = 10_000_000_000n;

/** The largest amount that there can be, of one account or of all. */
export const BALANCE_MAX: Balance = (1n << 128n) - 1n;

/** The lesser of two amounts. */
export const smaller = (a: Balance, b: Balance): Balance => (a < b ? a : b);

/** An account with less, and nothing reserved, is forgotten. */
export const EXISTENTIAL_DEPOSIT: Balance = UNIT;

/** What a lock keeps from being paid: fees, anything but fees, or both. */
const LockReasons = variant({ fee: 0, misc: 1, all: 2 }, ["pallet_balances", "types", "Reasons"]);

const BalanceLock = struct({ id: fixedBytes(8), amount: Balance, reasons: LockReasons }, [
  "pallet_balances",
  "types",
  "BalanceLock",
]);
export type BalanceLock = ValueOf<typeof BalanceLock>;

const IDENTIFIED = ["frame_support", "traits", "tokens", "misc", "IdAmount"];

const HeldAmount = generic(
  { Id: RuntimeHoldReason, Balance },
  struct({ id: RuntimeHoldReason, amount: Balance }, IDENTIFIED),
);
const FrozenAmount = generic(
  { Id: RuntimeFreezeReason, Balance },
  struct({ id: RuntimeFreezeReason, amount: Balance }, IDENTIFIED),
);

/** Locks, and freezes, that one account can have. Holds are as many as there are reasons. */
export const LOCKS_MAX = 50;

export const storage = {
  totalIssuance: storageValue(
    "Balances.TotalIssuance",
    "The sum of all accounts' free and reserved balances: exactly, after every call.",
    Balance,
    0n,
  ),
  inactiveIssuance: storageValue(
    "Balances.InactiveIssuance",
    "The part of the issuance that takes no part in votes.",
    Balance,
    0n,
  ),
  locks: storageMap(
    "Balances.Locks",
    "The older way to keep a balance from being spent; overlapping, as freezes are.",
    "blake2_128Concat",
    AccountId,
    vec(BalanceLock),
    [],
  ),
  holds: storageMap(
    "Balances.Holds",
    "Parts of the reserved balance with their reasons.",
    "blake2_128Concat",
    AccountId,
    vec(HeldAmount),
    [],
  ),
  freezes: storageMap(
    "Balances.Freezes",
    "What must stay in the account, by reason; the largest counts.",
    "blake2_128Concat",
    AccountId,
    vec(FrozenAmount),
    [],
  ),
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
const ofHold = struct({ reason: RuntimeHoldReason, who: AccountId, amount: Balance });

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
  /** An account's reserves are counted as a consumer from now on. */
  upgraded: [14, struct({ who: AccountId })],
  issued: [15, struct({ amount: Balance })],
  rescinded: [16, struct({ amount: Balance })],
  locked: [17, ofAccount],
  unlocked: [18, ofAccount],
  frozen: [19, ofAccount],
  thawed: [20, ofAccount],
  totalIssuanceForced: [21, struct({ old: Balance, new: Balance })],
  held: [22, ofHold],
  burnedHeld: [23, ofHold],
  released: [26, ofHold],
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
