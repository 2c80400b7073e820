/**
 * Freezes and locks: a part of the total balance that may not be spent. They overlap: of all that an
 * account has, the largest counts. What is reserved counts towards it.
 */
import { err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { balanceOf, mutate } from "./account.ts";
import type { RuntimeFreezeReason } from "./reasons.ts";
import { type BalanceLock, errors, events, LOCKS_MAX, storage } from "./storage.ts";

const larger = (a: Balance, b: Balance): Balance => (a > b ? a : b);

const equalIds = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);

/** Makes the account's frozen balance what its locks and freezes say. */
function updateFrozen(state: State, who: AccountId): Result<void, DispatchError> {
  const amounts = [...storage.locks.get(state, who), ...storage.freezes.get(state, who)];
  const frozen = amounts.reduce((most, { amount }) => larger(most, amount), 0n);
  const before = balanceOf(state, who).frozen;
  if (frozen === before) return ok(undefined);
  return mutate(state, who, { frozen });
}

// Locks

/** Puts a lock of this name on the account, or replaces it. A lock of nothing is none. */
export function setLock(
  state: State,
  who: AccountId,
  lock: BalanceLock,
): Result<void, DispatchError> {
  const locks = storage.locks.get(state, who);
  const others = locks.filter(({ id }) => !equalIds(id, lock.id));
  if (lock.amount > 0n && others.length >= LOCKS_MAX) return err(errors.tooManyFreezes);
  const before = balanceOf(state, who).frozen;
  const next = lock.amount === 0n ? others : [...others, lock];
  if (next.length === 0) storage.locks.remove(state, who);
  else storage.locks.set(state, who, next);
  const updated = updateFrozen(state, who);
  if (!updated.ok) return updated;
  const change = balanceOf(state, who).frozen - before;
  if (change > 0n) events.deposit(state, { type: "locked", value: { who, amount: change } });
  if (change < 0n) events.deposit(state, { type: "unlocked", value: { who, amount: -change } });
  return ok(undefined);
}

/** Takes the lock of this name away, if there is one. */
export const removeLock = (
  state: State,
  who: AccountId,
  id: Uint8Array,
): Result<void, DispatchError> => setLock(state, who, { id, amount: 0n, reasons: { type: "all" } });

// Freezes

export const balanceFrozen = (state: State, reason: RuntimeFreezeReason, who: AccountId): Balance =>
  storage.freezes.get(state, who).find(({ id }) => id.value.type === reason.value.type)?.amount ??
  0n;

/** Freezes `amount` for `reason` in place of what it froze before; nothing is none. */
export function setFreeze(
  state: State,
  reason: RuntimeFreezeReason,
  who: AccountId,
  amount: Balance,
): Result<void, DispatchError> {
  const freezes = storage.freezes.get(state, who);
  const others = freezes.filter(({ id }) => id.value.type !== reason.value.type);
  const before = balanceOf(state, who).frozen;
  const next = amount === 0n ? others : [...others, { id: reason, amount }];
  if (next.length === 0) storage.freezes.remove(state, who);
  else storage.freezes.set(state, who, next);
  const updated = updateFrozen(state, who);
  if (!updated.ok) return updated;
  const change = balanceOf(state, who).frozen - before;
  if (change > 0n) events.deposit(state, { type: "frozen", value: { who, amount: change } });
  if (change < 0n) events.deposit(state, { type: "thawed", value: { who, amount: -change } });
  return ok(undefined);
}

/** Freezes at least `amount` for `reason`. */
export const extendFreeze = (
  state: State,
  reason: RuntimeFreezeReason,
  who: AccountId,
  amount: Balance,
): Result<void, DispatchError> =>
  setFreeze(state, reason, who, larger(amount, balanceFrozen(state, reason, who)));

/** Thaws what `reason` froze. */
export const thaw = (
  state: State,
  reason: RuntimeFreezeReason,
  who: AccountId,
): Result<void, DispatchError> => setFreeze(state, reason, who, 0n);
