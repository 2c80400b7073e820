/** Reading what a stash has bonded. */
import { err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { errors, type StakingLedger, storage } from "./storage.ts";

export const ledgerOf = (state: State, stash: AccountId): StakingLedger | undefined =>
  storage.ledger.get(state, stash);

/** The caller's ledger, or the refusal of somebody who has bonded nothing. */
export function ownLedger(state: State, stash: AccountId): Result<StakingLedger, DispatchError> {
  const ledger = ledgerOf(state, stash);
  return ledger === undefined ? err(errors.notController) : ok(ledger);
}

/** What is bonded and counts: nothing for others than stashes. */
export const activeStake = (state: State, stash: AccountId): Balance =>
  ledgerOf(state, stash)?.active ?? 0n;
