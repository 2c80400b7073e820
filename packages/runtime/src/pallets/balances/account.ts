/**
 * One account's balance and its existence. `free` of at least the existential deposit provides for the
 * account; something reserved or frozen consumes it. Every change of a balance goes through `mutate`,
 * which keeps both counts and forgets what is left of an account too small to keep.
 */
import { assert, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import {
  type AccountData,
  accountExists,
  accountInfo,
  canDecrementProviders,
  decrementConsumers,
  decrementProviders,
  incrementConsumers,
  incrementProviders,
  setAccountData,
} from "../system/accounts.ts";
import { EXISTENTIAL_DEPOSIT, events, storage } from "./storage.ts";

/** What may become of an account from which an amount is taken. */
export type Preservation =
  /** It may be forgotten, if nothing else needs it. */
  | "expendable"
  /** Its provider stays: the existential deposit remains in it. */
  | "preserve";

export const balanceOf = (state: State, who: AccountId): AccountData =>
  accountInfo(state, who).data;

export const freeBalance = (state: State, who: AccountId): Balance => balanceOf(state, who).free;

export function totalBalance(state: State, who: AccountId): Balance {
  const { free, reserved } = balanceOf(state, who);
  return free + reserved;
}

/** How much can be taken from the free balance. */
export function reducibleBalance(
  state: State,
  who: AccountId,
  preservation: Preservation,
): Balance {
  const { free, reserved, frozen } = balanceOf(state, who);
  // What is frozen concerns the total, so reserves count towards it.
  let untouchable = frozen > reserved ? frozen - reserved : 0n;
  const keepsProvider =
    preservation === "preserve" || (free > 0n && !canDecrementProviders(state, who));
  if (keepsProvider && untouchable < EXISTENTIAL_DEPOSIT) untouchable = EXISTENTIAL_DEPOSIT;
  return free > untouchable ? free - untouchable : 0n;
}

/** Changes the total issuance, always together with as much of somebody's balance. */
export function changeIssuance(state: State, by: Balance): void {
  storage.totalIssuance.update(state, (issuance) => {
    assert(issuance + by >= 0n, `issuance ${issuance} cannot change by ${by}`);
    return issuance + by;
  });
}

/**
 * Replaces balances of an account. The total issuance is the caller's affair, but for
 * dust. Fails only when the account would lose its provider while something consumes it, or gain a
 * consumer that it cannot have; the caller's transaction then drops what was written.
 */
export function mutate(
  state: State,
  who: AccountId,
  change: { readonly free?: Balance; readonly reserved?: Balance; readonly frozen?: Balance },
): Result<void, DispatchError> {
  const before = balanceOf(state, who);
  const after: AccountData = { ...before, ...change };
  assert(after.free >= 0n && after.reserved >= 0n, `balances of ${who} are negative`);
  const provided = before.free >= EXISTENTIAL_DEPOSIT;
  const provides = after.free >= EXISTENTIAL_DEPOSIT;
  const consumed = before.reserved > 0n || before.frozen > 0n;
  const consumes = after.reserved > 0n || after.frozen > 0n;

  if (!provided && provides) incrementProviders(state, who);
  if (consumed && !consumes) decrementConsumers(state, who);
  if (!consumed && consumes) {
    const incremented = incrementConsumers(state, who);
    if (!incremented.ok) return incremented;
  }
  const dust = provides || consumes ? 0n : after.free;
  // What does not exist by now gets no record: its balance is dust.
  if (accountExists(state, who)) setAccountData(state, who, { ...after, free: after.free - dust });
  if (provided && !provides) {
    const decremented = decrementProviders(state, who);
    if (!decremented.ok) return decremented;
  }

  if (!provided && provides && before.free === 0n && before.reserved === 0n)
    events.deposit(state, { type: "endowed", value: { account: who, freeBalance: after.free } });
  if (dust > 0n) {
    changeIssuance(state, -dust);
    events.deposit(state, { type: "dustLost", value: { account: who, amount: dust } });
  }
  return ok(undefined);
}
