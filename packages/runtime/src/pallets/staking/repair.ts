/**
 * Repairs. A stash's ledger and what is held for it agree here after every call; only root's word on single storage
 * items, or a state that was brought along, can part them. Questions about controllers and locks, which this chain
 * never had, are answered as on a chain that has left them behind.
 */
import { err, ok, type Result } from "@parahost/base";
import type { AccountId, Balance } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import { balanceOnHold, holdableBalance, release } from "../balances/hold.ts";
import { STAKING_HOLD } from "../balances/reasons.ts";
import { smaller } from "../balances/storage.ts";
import { putLedger } from "./bonding.ts";
import { ledgerOf } from "./stake.ts";
import { errors, storage, type UnlockChunk } from "./storage.ts";

type Outcome = Result<void, DispatchError>;

/** Controllers that one batch may name. */
export const CONTROLLERS_MAX = 5900;

export const setController = (state: State, stash: AccountId): Outcome =>
  err(ledgerOf(state, stash) === undefined ? errors.notStash : errors.alreadyPaired);

export const migrateCurrency = (state: State, stash: AccountId): Outcome =>
  err(ledgerOf(state, stash) === undefined ? errors.notStash : errors.alreadyMigrated);

/** What root knows of a stash; the rest is what the chain says. */
export interface Restored {
  /** The stash itself, if anything. */
  readonly controller: AccountId | undefined;
  readonly total: Balance | undefined;
  readonly unlocking: readonly UnlockChunk[] | undefined;
}

/**
 * Makes ledger and hold of a stash agree again. A lost ledger has what is held, unless root says how much; where both
 * are there and differ, root has to say. What is held for nobody is freed.
 */
export function restoreLedger(
  state: State,
  stash: AccountId,
  { controller, total, unlocking = [] }: Restored,
): Outcome {
  if (controller !== undefined && controller !== stash) return err(errors.controllerDeprecated);
  const held = balanceOnHold(state, STAKING_HOLD, stash);
  const ledger = ledgerOf(state, stash);
  if (ledger === undefined && !storage.bonded.has(state, stash)) {
    if (held === 0n) return err(errors.cannotRestoreLedger);
    release(state, STAKING_HOLD, stash, held);
    return ok(undefined);
  }
  const wanted = total ?? (ledger === undefined ? held : undefined);
  if (wanted === undefined || wanted === 0n || ledger?.total === held)
    return err(errors.cannotRestoreLedger);
  const most = held + holdableBalance(state, stash);
  const restored = smaller(wanted, most);
  const leaving = unlocking.reduce((sum, { value }) => sum + value, 0n);
  if (leaving > restored) return err(errors.badState);
  storage.bonded.set(state, stash, stash);
  return putLedger(state, {
    stash,
    total: restored,
    active: restored - leaving,
    unlocking,
    legacyClaimedRewards: [],
  });
}
