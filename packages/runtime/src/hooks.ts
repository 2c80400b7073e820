/**
 * What happens in a block before its first extrinsic and after its last: the only place that knows the
 * order of pallets. The parachain modules have an order of their own, which `initializer.ts` knows.
 *
 * Reference: runtime-and-primitives.md 4.0, consensus-and-sync.md 3.8.
 */
import { ok, type Result } from "@parahost/base";
import type { State } from "./framework/index.ts";
import * as authorship from "./pallets/authorship.ts";
import { shouldEpochChange } from "./pallets/babe/epochs.ts";
import * as babe from "./pallets/babe/pallet.ts";
import * as grandpa from "./pallets/grandpa.ts";
import { rotateSession } from "./pallets/session/rotation.ts";
import * as staking from "./pallets/staking/eras.ts";
import { blockNumber } from "./pallets/system/block.ts";
import * as timestamp from "./pallets/timestamp.ts";
import * as transactionPayment from "./pallets/transaction-payment.ts";
import * as treasury from "./pallets/treasury/pallet.ts";
import * as initializer from "./parachains/initializer.ts";

/** Reads the claim, changes the session if its slot says so, notes the author, prepares the paras. */
export function onInitialize(state: State): Result<void, babe.ClaimError> {
  const read = babe.onInitialize(state);
  if (!read.ok) return read;
  if (shouldEpochChange(state)) rotateSession(state);
  const checked = babe.checkClaim(state);
  if (!checked.ok) return checked;
  authorship.onInitialize(state);
  treasury.onInitialize(state);
  initializer.onInitialize(state, blockNumber(state));
  return ok(undefined);
}

export function onFinalize(state: State): void {
  babe.onFinalize(state);
  timestamp.onFinalize(state);
  transactionPayment.onFinalize(state);
  authorship.onFinalize(state);
  staking.onFinalize(state);
  grandpa.onFinalize(state);
  initializer.onFinalize(state);
}
