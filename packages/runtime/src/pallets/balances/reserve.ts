/**
 * Deposits: balance set aside that its owner cannot spend. Other modules reserve what they ask as a
 * security, give it back, or take it away.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { accountExists } from "../system/accounts.ts";
import { balanceOf, changeIssuance, mutate, reducibleBalance } from "./account.ts";
import { totalOnHold } from "./hold.ts";
import { EXISTENTIAL_DEPOSIT, errors, events, smaller } from "./storage.ts";

/** What is reserved without a reason of its own: holds are not touched here. */
const plainReserve = (state: State, who: AccountId): Balance =>
  balanceOf(state, who).reserved - totalOnHold(state, who);

/** Sets `amount` aside. The existential deposit stays free: the account must outlive the reserve. */
export function reserve(
  state: State,
  who: AccountId,
  amount: Balance,
): Result<void, DispatchError> {
  if (amount === 0n) return ok(undefined);
  const { free, reserved } = balanceOf(state, who);
  if (amount > free) return err(errors.insufficientBalance);
  if (amount > reducibleBalance(state, who, "preserve")) return err(errors.liquidityRestrictions);
  assert(free - amount >= EXISTENTIAL_DEPOSIT, "the existential deposit is not reducible");
  const moved = mutate(state, who, { free: free - amount, reserved: reserved + amount });
  if (!moved.ok) return moved;
  events.deposit(state, { type: "reserved", value: { who, amount } });
  return ok(undefined);
}

/** Frees up to `amount`; returns how much was not reserved. */
export function unreserve(state: State, who: AccountId, amount: Balance): Balance {
  const { free, reserved } = balanceOf(state, who);
  const actual = smaller(amount, plainReserve(state, who));
  if (actual === 0n) return amount;
  const moved = mutate(state, who, { free: free + actual, reserved: reserved - actual });
  assert(moved.ok, "freeing a reserve takes no provider away");
  events.deposit(state, { type: "unreserved", value: { who, amount: actual } });
  return amount - actual;
}

/** Destroys up to `amount` of what is reserved; returns how much was destroyed. */
export function slashReserved(state: State, who: AccountId, amount: Balance): Balance {
  const { reserved } = balanceOf(state, who);
  const actual = smaller(amount, plainReserve(state, who));
  if (actual === 0n) return 0n;
  const taken = mutate(state, who, { reserved: reserved - actual });
  assert(taken.ok, "slashing a reserve takes no provider away");
  changeIssuance(state, -actual);
  events.deposit(state, { type: "slashed", value: { who, amount: actual } });
  return actual;
}

/**
 * Moves up to `amount` of what `from` has reserved to the free or reserved balance of `to`, which must
 * exist; returns how much was not reserved.
 */
export function repatriateReserved(
  state: State,
  from: AccountId,
  to: AccountId,
  amount: Balance,
  status: "free" | "reserved",
): Result<Balance, DispatchError> {
  if (!accountExists(state, to)) return err(errors.deadAccount);
  if (from === to && status === "free") return ok(unreserve(state, from, amount));
  const source = balanceOf(state, from);
  const actual = smaller(amount, plainReserve(state, from));
  if (actual === 0n || from === to) return ok(amount - actual);
  const taken = mutate(state, from, { reserved: source.reserved - actual });
  if (!taken.ok) return taken;
  const target = balanceOf(state, to);
  const given = mutate(state, to, { [status]: target[status] + actual });
  if (!given.ok) return given;
  const destinationStatus = { type: status } as const;
  const moved = { from, to, amount: actual, destinationStatus };
  events.deposit(state, { type: "reserveRepatriated", value: moved });
  return ok(amount - actual);
}
