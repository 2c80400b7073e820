/** Moving balance between accounts, and taking it from and giving it to one. */
import { err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import {
  arithmeticError,
  type DispatchError,
  type State,
  tokenError,
} from "../../framework/index.ts";
import { canDecrementProviders } from "../system/accounts.ts";
import {
  balanceOf,
  changeIssuance,
  freeBalance,
  mutate,
  type Preservation,
  reducibleBalance,
} from "./account.ts";
import { BALANCE_MAX, EXISTENTIAL_DEPOSIT, events, totalIssuance } from "./storage.ts";

/** Whether `amount` may leave the free balance of `who`. */
export function checkWithdraw(
  state: State,
  who: AccountId,
  amount: Balance,
  preservation: Preservation,
): Result<void, DispatchError> {
  if (amount === 0n) return ok(undefined);
  const { free, reserved, frozen } = balanceOf(state, who);
  if (amount > free) return err(tokenError("fundsUnavailable"));
  if (amount > reducibleBalance(state, who, "expendable")) {
    const needed = free - amount < EXISTENTIAL_DEPOSIT && !canDecrementProviders(state, who);
    return err(tokenError(needed ? "onlyProvider" : "frozen"));
  }
  if (free - amount + reserved < frozen) return err(tokenError("frozen"));
  if (amount > reducibleBalance(state, who, preservation)) return err(tokenError("notExpendable"));
  return ok(undefined);
}

/** Whether `amount` may be added to the free balance of `who`. */
export function checkDeposit(
  state: State,
  who: AccountId,
  amount: Balance,
): Result<void, DispatchError> {
  if (amount === 0n) return ok(undefined);
  const free = freeBalance(state, who) + amount;
  if (free > BALANCE_MAX) return err(arithmeticError("overflow"));
  if (free < EXISTENTIAL_DEPOSIT) return err(tokenError("belowMinimum"));
  return ok(undefined);
}

export function transfer(
  state: State,
  from: AccountId,
  to: AccountId,
  amount: Balance,
  preservation: Preservation,
): Result<void, DispatchError> {
  const withdraw = checkWithdraw(state, from, amount, preservation);
  if (!withdraw.ok) return withdraw;
  const deposit = checkDeposit(state, to, amount);
  if (!deposit.ok) return deposit;
  if (from !== to && amount > 0n) {
    const taken = mutate(state, from, { free: freeBalance(state, from) - amount });
    if (!taken.ok) return taken;
    const given = mutate(state, to, { free: freeBalance(state, to) + amount });
    if (!given.ok) return given;
  }
  events.deposit(state, { type: "transfer", value: { from, to, amount } });
  return ok(undefined);
}

/** Takes `amount` out of circulation, to be given to somebody or not. The account stays. */
export function withdraw(
  state: State,
  who: AccountId,
  amount: Balance,
): Result<void, DispatchError> {
  const checked = checkWithdraw(state, who, amount, "preserve");
  if (!checked.ok) return checked;
  const taken = mutate(state, who, { free: freeBalance(state, who) - amount });
  if (!taken.ok) return taken;
  changeIssuance(state, -amount);
  events.deposit(state, { type: "withdraw", value: { who, amount } });
  return ok(undefined);
}

/** Brings `amount` into circulation. An amount that the account cannot keep, or the issuance count, is refused. */
export function deposit(
  state: State,
  who: AccountId,
  amount: Balance,
): Result<void, DispatchError> {
  const checked = checkDeposit(state, who, amount);
  if (!checked.ok) return checked;
  if (totalIssuance(state) + amount > BALANCE_MAX) return err(arithmeticError("overflow"));
  changeIssuance(state, amount);
  const given = mutate(state, who, { free: freeBalance(state, who) + amount });
  if (!given.ok) return given;
  events.deposit(state, { type: "deposit", value: { who, amount } });
  return ok(undefined);
}

/** Destroys `amount` of what `who` has free. */
export function burn(
  state: State,
  who: AccountId,
  amount: Balance,
  preservation: Preservation,
): Result<void, DispatchError> {
  const checked = checkWithdraw(state, who, amount, preservation);
  if (!checked.ok) return checked;
  const taken = mutate(state, who, { free: freeBalance(state, who) - amount });
  if (!taken.ok) return taken;
  changeIssuance(state, -amount);
  events.deposit(state, { type: "burned", value: { who, amount } });
  return ok(undefined);
}

/** Makes `free` the free balance of `who`; nothing is kept of less than the existential deposit. */
export function setFreeBalance(
  state: State,
  who: AccountId,
  wanted: Balance,
): Result<void, DispatchError> {
  const free = wanted < EXISTENTIAL_DEPOSIT ? 0n : wanted;
  const before = freeBalance(state, who);
  if (totalIssuance(state) - before + free > BALANCE_MAX) return err(arithmeticError("overflow"));
  const set = mutate(state, who, { free });
  if (!set.ok) return set;
  changeIssuance(state, free - before);
  events.deposit(state, { type: "balanceSet", value: { who, free } });
  return ok(undefined);
}
