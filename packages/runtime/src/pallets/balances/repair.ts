/**
 * What root and passers-by put right: accounts that a state brought along from before reserves were counted as
 * consumers, and an issuance that is not the sum of all balances. This runtime makes neither.
 */
import { err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import { type ValueOf, variant } from "@parahost/scale";
import type { DispatchError, State } from "../../framework/index.ts";
import {
  accountExists,
  accountInfo,
  countingConsumers,
  countsConsumers,
  incrementConsumers,
  setAccountData,
} from "../system/accounts.ts";
import { BALANCE_MAX, errors, events, smaller, storage } from "./storage.ts";

/** Counts the consumer of an account's reserve, if nobody has. Whether there was something to do. */
export function upgradeAccount(state: State, who: AccountId): boolean {
  const { data, providers } = accountInfo(state, who);
  if (!accountExists(state, who) || providers === 0 || countsConsumers(data)) return false;
  // Locks have always been counted.
  if (data.reserved > 0n && data.frozen === 0n && !incrementConsumers(state, who).ok) return false;
  setAccountData(state, who, countingConsumers(data));
  events.deposit(state, { type: "upgraded", value: { who } });
  return true;
}

export const AdjustmentDirection = variant({ increase: 0, decrease: 1 }, [
  "pallet_balances",
  "types",
  "AdjustmentDirection",
]);

/** Changes the total issuance and nobody's balance. */
export function adjustTotalIssuance(
  state: State,
  { type }: ValueOf<typeof AdjustmentDirection>,
  delta: Balance,
): Result<void, DispatchError> {
  if (delta === 0n) return err(errors.deltaZero);
  const before = storage.totalIssuance.get(state);
  const after =
    type === "increase"
      ? before + smaller(delta, BALANCE_MAX - before)
      : before - smaller(delta, before);
  if (storage.inactiveIssuance.get(state) > after) return err(errors.issuanceDeactivated);
  storage.totalIssuance.set(state, after);
  events.deposit(state, { type: "totalIssuanceForced", value: { old: before, new: after } });
  return ok(undefined);
}
