/**
 * Bonding: a stash puts a part of its balance on hold as stake, adds to it, and takes it back after the
 * bonding duration, in which it can still be slashed.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { balanceOnHold, hold, holdableBalance, release } from "../balances/hold.ts";
import { STAKING_HOLD } from "../balances/reasons.ts";
import { EXISTENTIAL_DEPOSIT, smaller } from "../balances/storage.ts";
import { rebonded, unbonded, withdrawn } from "./ledger.ts";
import { dropRoles } from "./roles.ts";
import { ledgerOf, ownLedger } from "./stake.ts";
import {
  errors,
  events,
  type RewardDestination,
  type StakingLedger,
  storage,
  UNLOCKING_CHUNKS_MAX,
} from "./storage.ts";

type Outcome = Result<void, DispatchError>;

const larger = (a: Balance, b: Balance): Balance => (a > b ? a : b);

// Ledgers

/** Keeps the ledger, and holds exactly as much as it says. */
export function putLedger(state: State, ledger: StakingLedger): Outcome {
  const { stash, total } = ledger;
  const held = balanceOnHold(state, STAKING_HOLD, stash);
  if (total > held) {
    const more = hold(state, STAKING_HOLD, stash, total - held);
    if (!more.ok) return more;
  } else release(state, STAKING_HOLD, stash, held - total);
  storage.ledger.set(state, stash, ledger);
  return ok(undefined);
}

/** Less cannot be bonded, since nothing could be done with it. */
export const minimumBond = (state: State): Balance =>
  larger(
    smaller(storage.minValidatorBond.get(state), storage.minNominatorBond.get(state)),
    EXISTENTIAL_DEPOSIT,
  );

/** What must stay active for the role that the stash has. */
function minimumActive(state: State, stash: AccountId): Balance {
  if (storage.validators.has(state, stash)) return storage.minValidatorBond.get(state);
  if (storage.nominators.has(state, stash)) return storage.minNominatorBond.get(state);
  return 0n;
}

// Routines

/** Makes `stash` a stash with up to `value` of what it has. */
export function bond(
  state: State,
  stash: AccountId,
  value: Balance,
  payee: RewardDestination,
): Outcome {
  if (storage.bonded.has(state, stash)) return err(errors.alreadyBonded);
  const amount = smaller(value, holdableBalance(state, stash));
  if (amount < minimumBond(state)) return err(errors.insufficientBond);
  storage.bonded.set(state, stash, stash);
  storage.payee.set(state, stash, payee);
  const ledger = { stash, total: amount, active: amount, unlocking: [], legacyClaimedRewards: [] };
  const put = putLedger(state, ledger);
  if (!put.ok) return put;
  events.deposit(state, { type: "bonded", value: { stash, amount } });
  return ok(undefined);
}

/** Adds up to `value` to the active stake. */
export function bondExtra(state: State, stash: AccountId, value: Balance): Outcome {
  const ledger = ledgerOf(state, stash);
  if (ledger === undefined) return err(errors.notStash);
  const amount = smaller(value, holdableBalance(state, stash));
  const next = { ...ledger, total: ledger.total + amount, active: ledger.active + amount };
  if (next.active < minimumBond(state)) return err(errors.insufficientBond);
  const put = putLedger(state, next);
  if (!put.ok) return put;
  events.deposit(state, { type: "bonded", value: { stash, amount } });
  return ok(undefined);
}

/**
 * Begins to take up to `value` of the active stake out. What would be left of too little goes with it. Room
 * for the chunk is made by withdrawing what is free.
 */
export function unbond(state: State, stash: AccountId, value: Balance): Outcome {
  const found = ownLedger(state, stash);
  if (!found.ok) return found;
  if (found.value.unlocking.length >= UNLOCKING_CHUNKS_MAX) {
    const made = withdrawUnbonded(state, stash);
    if (!made.ok) return made;
  }
  const ledger = ledgerOf(state, stash);
  if (ledger === undefined) return err(errors.notController);
  const wanted = smaller(value, ledger.active);
  if (wanted === 0n) return ok(undefined);
  const amount = ledger.active - wanted < EXISTENTIAL_DEPOSIT ? ledger.active : wanted;
  if (ledger.active - amount < minimumActive(state, stash)) return err(errors.insufficientBond);
  const era = (storage.currentEra.get(state) ?? 0) + storage.bondingDuration.get(state);
  const next = unbonded(ledger, amount, era);
  if (next.unlocking.length > UNLOCKING_CHUNKS_MAX) return err(errors.noMoreChunks);
  storage.ledger.set(state, stash, next);
  events.deposit(state, { type: "unbonded", value: { stash, amount } });
  return ok(undefined);
}

/** Frees what has been unbonded for long enough. A stash with nothing left is one no more. */
export function withdrawUnbonded(state: State, stash: AccountId): Outcome {
  const found = ownLedger(state, stash);
  if (!found.ok) return found;
  const ledger = found.value;
  const next = withdrawn(ledger, storage.currentEra.get(state) ?? 0);
  const amount = ledger.total - next.total;
  if (next.unlocking.length === 0 && next.active < EXISTENTIAL_DEPOSIT) forgetStash(state, stash);
  else {
    const put = putLedger(state, next);
    assert(put.ok, "withdrawing holds nothing");
  }
  if (amount > 0n) events.deposit(state, { type: "withdrawn", value: { stash, amount } });
  return ok(undefined);
}

/** Makes up to `value` of what is unlocking active again. */
export function rebond(state: State, stash: AccountId, value: Balance): Outcome {
  const found = ownLedger(state, stash);
  if (!found.ok) return found;
  const ledger = found.value;
  if (ledger.unlocking.length === 0) return err(errors.noUnlockChunk);
  const next = rebonded(ledger, value);
  if (next.active < minimumBond(state)) return err(errors.insufficientBond);
  storage.ledger.set(state, stash, next);
  const amount = next.active - ledger.active;
  events.deposit(state, { type: "bonded", value: { stash, amount } });
  return ok(undefined);
}

export function setPayee(state: State, stash: AccountId, payee: RewardDestination): Outcome {
  const found = ownLedger(state, stash);
  if (!found.ok) return found;
  storage.payee.set(state, stash, payee);
  return ok(undefined);
}

/** Has rewards that were to go to a controller paid to the stash, which is what its controller is. */
export function updatePayee(state: State, stash: AccountId): Outcome {
  const found = ownLedger(state, stash);
  if (!found.ok) return found;
  if (storage.payee.get(state, stash)?.type !== "controller") return err(errors.notController);
  storage.payee.set(state, stash, { type: "account", value: stash });
  return ok(undefined);
}

/** Frees all of a stash at once, whatever is on its way out: root's word. */
export function forceUnstake(state: State, stash: AccountId): Outcome {
  if (ledgerOf(state, stash) === undefined) return err(errors.notStash);
  forgetStash(state, stash);
  return ok(undefined);
}

/** Removes a stash that slashes have left with less than can be bonded; anybody may. */
export function reapStash(state: State, stash: AccountId): Outcome {
  const ledger = ledgerOf(state, stash);
  if (ledger === undefined) return err(errors.notStash);
  if (ledger.total >= minimumBond(state)) return err(errors.fundedTarget);
  forgetStash(state, stash);
  return ok(undefined);
}

/** Adds a reward to the active stake: the amount is free in the account already. */
export function stakeReward(state: State, stash: AccountId, amount: Balance): void {
  const ledger = ledgerOf(state, stash);
  if (ledger === undefined) return;
  putLedger(state, {
    ...ledger,
    total: ledger.total + amount,
    active: ledger.active + amount,
  });
}

function forgetStash(state: State, stash: AccountId): void {
  release(state, STAKING_HOLD, stash, balanceOnHold(state, STAKING_HOLD, stash));
  dropRoles(state, stash);
  storage.bonded.remove(state, stash);
  storage.ledger.remove(state, stash);
  storage.payee.remove(state, stash);
}
