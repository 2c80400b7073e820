/** Who a call comes from. */
import { err, ok, type Result } from "@parahost/base";
import type { AccountId, MultiAddress } from "@parahost/primitives";
import { badOrigin, type DispatchError, type DispatchResult, done } from "./dispatch.ts";

export type Origin =
  /** The chain itself: governance or sudo. */
  | { readonly type: "root" }
  | { readonly type: "signed"; readonly account: AccountId }
  /** Nobody: an inherent of the block's author, or an unsigned transaction that proves itself. */
  | { readonly type: "none" };

export const ROOT: Origin = { type: "root" };
export const NONE: Origin = { type: "none" };
export const signedBy = (account: AccountId): Origin => ({ type: "signed", account });

export function ensureRoot(origin: Origin): Result<void, DispatchError> {
  return origin.type === "root" ? ok(undefined) : err(badOrigin);
}

export function ensureSigned(origin: Origin): Result<AccountId, DispatchError> {
  return origin.type === "signed" ? ok(origin.account) : err(badOrigin);
}

export function ensureNone(origin: Origin): Result<void, DispatchError> {
  return origin.type === "none" ? ok(undefined) : err(badOrigin);
}

/** A call that is a routine for root. */
export function asRoot(origin: Origin, routine: () => Result<void, DispatchError>): DispatchResult {
  const root = ensureRoot(origin);
  if (!root.ok) return root;
  const outcome = routine();
  return outcome.ok ? done : outcome;
}

/** The account that an address means: only addresses that carry an account id mean one here. */
export function lookup(address: MultiAddress): Result<AccountId, DispatchError> {
  return address.type === "id" ? ok(address.value) : err({ type: "cannotLookup" });
}
