/** The keys that accounts registered for future sessions; no two accounts may use one key. */
import { asciiBytes, err, type Hex, ok, type Result } from "@parahost/base";
import type { KeyTypeId } from "@parahost/crypto";
import type { AccountId } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { accountExists, decrementConsumers, incrementConsumers } from "../system/accounts.ts";
import { type SessionKeys, typedKeys } from "./keys.ts";
import { errors, storage } from "./storage.ts";

const ownerKey = (type: KeyTypeId, key: Hex): readonly [Uint8Array, Hex] => [asciiBytes(type), key];

/** The account that registered this key, if any. */
export const keyOwner = (state: State, type: KeyTypeId, key: Hex): AccountId | undefined =>
  storage.keyOwner.get(state, ownerKey(type, key));

/** Registers or replaces the account's keys. With keys registered the account cannot be forgotten. */
export function registerKeys(
  state: State,
  account: AccountId,
  keys: SessionKeys,
): Result<void, DispatchError> {
  if (!accountExists(state, account)) return err(errors.noAccount);
  for (const [type, key] of typedKeys(keys)) {
    const owner = keyOwner(state, type, key);
    if (owner !== undefined && owner !== account) return err(errors.duplicatedKey);
  }
  const before = storage.nextKeys.get(state, account);
  if (before === undefined) {
    const consumed = incrementConsumers(state, account);
    if (!consumed.ok) return err(errors.noAccount);
  }
  putKeys(state, account, keys);
  return ok(undefined);
}

/** Notes keys and their owner without questions: for genesis. */
export function putKeys(state: State, account: AccountId, keys: SessionKeys): void {
  const before = storage.nextKeys.get(state, account);
  if (before !== undefined) releaseKeys(state, before);
  for (const [type, key] of typedKeys(keys))
    storage.keyOwner.set(state, ownerKey(type, key), account);
  storage.nextKeys.set(state, account, keys);
}

/** Removes the account's keys; the sessions they are already queued for keep them. */
export function removeKeys(state: State, account: AccountId): Result<void, DispatchError> {
  const keys = storage.nextKeys.take(state, account);
  if (keys === undefined) return err(errors.noKeys);
  releaseKeys(state, keys);
  decrementConsumers(state, account);
  return ok(undefined);
}

function releaseKeys(state: State, keys: SessionKeys): void {
  for (const [type, key] of typedKeys(keys)) storage.keyOwner.remove(state, ownerKey(type, key));
}
