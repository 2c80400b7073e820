/**
 * Holds: balance set aside under a reason. What is held is part of the reserved balance; each reason keeps
 * its own account of it. The existential deposit always stays free.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import { type DispatchError, type State, tokenError } from "../../framework/index.ts";
import { balanceOf, changeIssuance, mutate } from "./account.ts";
import type { RuntimeHoldReason } from "./reasons.ts";
import { EXISTENTIAL_DEPOSIT, events, storage } from "./storage.ts";

const equalReasons = (a: RuntimeHoldReason, b: RuntimeHoldReason): boolean =>
  a.type === b.type && a.value.type === b.value.type;

export const balanceOnHold = (state: State, reason: RuntimeHoldReason, who: AccountId): Balance =>
  storage.holds.get(state, who).find(({ id }) => equalReasons(id, reason))?.amount ?? 0n;

/** Of all reasons together. */
export const totalOnHold = (state: State, who: AccountId): Balance =>
  storage.holds.get(state, who).reduce((sum, { amount }) => sum + amount, 0n);

/** How much more can be held: frozen balance can, the existential deposit cannot. */
export function holdableBalance(state: State, who: AccountId): Balance {
  const { free } = balanceOf(state, who);
  return free > EXISTENTIAL_DEPOSIT ? free - EXISTENTIAL_DEPOSIT : 0n;
}

function setHold(state: State, reason: RuntimeHoldReason, who: AccountId, amount: Balance): void {
  const others = storage.holds.get(state, who).filter(({ id }) => !equalReasons(id, reason));
  const holds = amount === 0n ? others : [...others, { id: reason, amount }];
  if (holds.length === 0) storage.holds.remove(state, who);
  else storage.holds.set(state, who, holds);
}

/** Sets `amount` aside for `reason`, beside what it holds already. */
export function hold(
  state: State,
  reason: RuntimeHoldReason,
  who: AccountId,
  amount: Balance,
): Result<void, DispatchError> {
  if (amount === 0n) return ok(undefined);
  if (amount > holdableBalance(state, who)) return err(tokenError("fundsUnavailable"));
  const { free, reserved } = balanceOf(state, who);
  const moved = mutate(state, who, { free: free - amount, reserved: reserved + amount });
  if (!moved.ok) return err(tokenError("cannotCreateHold"));
  setHold(state, reason, who, balanceOnHold(state, reason, who) + amount);
  events.deposit(state, { type: "held", value: { reason, who, amount } });
  return ok(undefined);
}

/** Frees up to `amount` of what `reason` holds; returns how much was freed. */
export function release(
  state: State,
  reason: RuntimeHoldReason,
  who: AccountId,
  amount: Balance,
): Balance {
  const actual = takeFromHold(state, reason, who, amount);
  if (actual === 0n) return 0n;
  const { free, reserved } = balanceOf(state, who);
  const moved = mutate(state, who, { free: free + actual, reserved: reserved - actual });
  assert(moved.ok, "freeing a hold takes no provider away");
  events.deposit(state, { type: "released", value: { reason, who, amount: actual } });
  return actual;
}

/** Takes up to `amount` of what `reason` holds out of circulation; returns how much. */
export function slashHeld(
  state: State,
  reason: RuntimeHoldReason,
  who: AccountId,
  amount: Balance,
): Balance {
  const actual = takeFromHold(state, reason, who, amount);
  if (actual === 0n) return 0n;
  const { reserved } = balanceOf(state, who);
  const taken = mutate(state, who, { reserved: reserved - actual });
  assert(taken.ok, "slashing a hold takes no provider away");
  changeIssuance(state, -actual);
  events.deposit(state, { type: "burnedHeld", value: { reason, who, amount: actual } });
  events.deposit(state, { type: "slashed", value: { who, amount: actual } });
  return actual;
}

/** Lowers the account of `reason` by up to `amount`, without touching the balance. */
function takeFromHold(
  state: State,
  reason: RuntimeHoldReason,
  who: AccountId,
  amount: Balance,
): Balance {
  const held = balanceOnHold(state, reason, who);
  const actual = amount < held ? amount : held;
  if (actual > 0n) setHold(state, reason, who, held - actual);
  return actual;
}
