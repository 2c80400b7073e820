/**
 * Accounts and the reasons why they exist. An account lives while something provides for it (a balance of
 * at least the existential deposit is one provider); while something consumes it (a reserve, registered
 * session keys) its last provider cannot leave. When the last provider leaves, the account is forgotten,
 * nonce and all.
 */
import { assert, err, ok, type Result } from "@parahost/base";
import { AccountId, Balance, Nonce } from "@parahost/primitives";
import { struct, u32, u128, type ValueOf } from "@parahost/scale";
import { type DispatchError, type State, storageMap } from "../../framework/index.ts";
import { events } from "./events.ts";

/** Set in the flags of every account: its reserves and locks are counted as consumers. */
const NEW_LOGIC = 1n << 127n;

/** What Balances keeps of an account. */
export const AccountData = struct(
  {
    free: Balance,
    /** Set aside for a purpose; cannot be spent, can be slashed. */
    reserved: Balance,
    /** The part of the total that may not be spent; overlaps with `reserved`. */
    frozen: Balance,
    flags: u128,
  },
  ["pallet_balances", "types", "AccountData"],
);
export type AccountData = ValueOf<typeof AccountData>;

export const AccountInfo = struct(
  { nonce: Nonce, consumers: u32, providers: u32, sufficients: u32, data: AccountData },
  ["frame_system", "AccountInfo"],
);
export type AccountInfo = ValueOf<typeof AccountInfo>;

const NO_ACCOUNT: AccountInfo = {
  nonce: 0,
  consumers: 0,
  providers: 0,
  sufficients: 0,
  data: { free: 0n, reserved: 0n, frozen: 0n, flags: NEW_LOGIC },
};

/** As in Polkadot: nobody can make an account immortal by consuming it without end. */
export const CONSUMERS_MAX = 16;

export const storage = {
  account: storageMap(
    "System.Account",
    "Nonce, reference counts and balance of every account.",
    "blake2_128Concat",
    AccountId,
    AccountInfo,
    NO_ACCOUNT,
  ),
};

export const accountInfo = (state: State, who: AccountId): AccountInfo =>
  storage.account.get(state, who);

export const accountExists = (state: State, who: AccountId): boolean =>
  storage.account.has(state, who);

/** Whether what the account has reserved and locked is counted as its consumers. */
export const countsConsumers = ({ flags }: AccountData): boolean => (flags & NEW_LOGIC) !== 0n;

/** The same balance, marked as one whose consumers are counted. */
export const countingConsumers = (data: AccountData): AccountData => ({
  ...data,
  flags: data.flags | NEW_LOGIC,
});

/** Replaces what Balances keeps of an account; its providers are the caller's affair. */
export function setAccountData(state: State, who: AccountId, data: AccountData): void {
  storage.account.update(state, who, (info) => ({ ...info, data }));
}

export function incrementNonce(state: State, who: AccountId): void {
  storage.account.update(state, who, (info) => ({ ...info, nonce: info.nonce + 1 }));
}

// Providers

export function incrementProviders(state: State, who: AccountId): void {
  const info = accountInfo(state, who);
  storage.account.set(state, who, { ...info, providers: info.providers + 1 });
  if (info.providers === 0 && info.sufficients === 0)
    events.deposit(state, { type: "newAccount", value: { account: who } });
}

/** Whether one provider may leave. */
export function canDecrementProviders(state: State, who: AccountId): boolean {
  const { consumers, providers } = accountInfo(state, who);
  return consumers === 0 || providers > 1;
}

/** Takes one provider away; with the last the account goes. */
export function decrementProviders(state: State, who: AccountId): Result<void, DispatchError> {
  const info = accountInfo(state, who);
  assert(info.providers > 0, `${who} has no provider to lose`);
  if (info.providers > 1) {
    storage.account.set(state, who, { ...info, providers: info.providers - 1 });
    return ok(undefined);
  }
  if (info.consumers > 0) return err({ type: "consumerRemaining" });
  if (info.sufficients > 0) {
    storage.account.set(state, who, { ...info, providers: 0 });
    return ok(undefined);
  }
  storage.account.remove(state, who);
  events.deposit(state, { type: "killedAccount", value: { account: who } });
  return ok(undefined);
}

// Consumers

/** Whether one more consumer would be admitted. */
export function canIncrementConsumers(state: State, who: AccountId): boolean {
  const { consumers, providers } = accountInfo(state, who);
  return providers > 0 && consumers < CONSUMERS_MAX;
}

export function incrementConsumers(state: State, who: AccountId): Result<void, DispatchError> {
  const info = accountInfo(state, who);
  if (info.providers === 0) return err({ type: "noProviders" });
  if (info.consumers >= CONSUMERS_MAX) return err({ type: "tooManyConsumers" });
  storage.account.set(state, who, { ...info, consumers: info.consumers + 1 });
  return ok(undefined);
}

export function decrementConsumers(state: State, who: AccountId): void {
  const info = accountInfo(state, who);
  assert(info.consumers > 0, `${who} has no consumer to lose`);
  storage.account.set(state, who, { ...info, consumers: info.consumers - 1 });
}
