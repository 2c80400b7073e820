/** Calls of the pallets that every chain has. */

import { balance, transfer } from "./accounts";
import { Bytes } from "./bytes";
import { NO_SUCH_CALL } from "./chain";
import { eventOf } from "./events";
import { blake2b256 } from "./host";
import { Origin } from "./origin";
import { done, Outcome } from "./outcome";
import { Reader, Writer } from "./scale";
import { U128 } from "./u128";

const SYSTEM: u8 = 0;
const REMARK: u8 = 0;
const REMARK_WITH_EVENT: u8 = 7;
const REMARKED: u8 = 5;

const BALANCES: u8 = 10;
const TRANSFER_ALLOW_DEATH: u8 = 0;
const TRANSFER_KEEP_ALIVE: u8 = 3;
const TRANSFER_ALL: u8 = 4;

const REMARK_WEIGHT: u64 = 50_000_000;
const TRANSFER_WEIGHT: u64 = 200_000_000;

/** The existential deposit stays behind when all is sent but the account is to live on. */
export function baseWeight(pallet: u8, call: u8): u64 {
  if (pallet == SYSTEM && (call == REMARK || call == REMARK_WITH_EVENT)) return REMARK_WEIGHT;
  const isTransfer =
    call == TRANSFER_ALLOW_DEATH || call == TRANSFER_KEEP_ALIVE || call == TRANSFER_ALL;
  return pallet == BALANCES && isTransfer ? TRANSFER_WEIGHT : NO_SUCH_CALL;
}

/** Reads such a call, and carries it out if `isRun`. */
export function baseCall(
  pallet: u8,
  call: u8,
  args: Reader,
  origin: Origin,
  existentialDeposit: U128,
  isRun: bool,
): Outcome {
  if (pallet == SYSTEM) {
    const remark = args.blob();
    args.end();
    if (isRun && call == REMARK_WITH_EVENT) {
      const event = new Writer(64);
      event.bytes(origin.signer);
      event.bytes(blake2b256(remark));
      eventOf(SYSTEM, REMARKED, event.view());
    }
    return done;
  }
  const dest = readAddress(args);
  if (call == TRANSFER_ALL) {
    const keepAlive = args.bool();
    args.end();
    if (!isRun) return done;
    const all = balance(origin.signer);
    const kept = keepAlive ? existentialDeposit : U128.of(0);
    const amount = all.isLessThan(kept) ? U128.of(0) : all.minus(kept);
    return transfer(origin.signer, dest, amount, keepAlive);
  }
  const amount = args.compactU128();
  args.end();
  if (!isRun) return done;
  return transfer(origin.signer, dest, amount, call == TRANSFER_KEEP_ALIVE);
}

/** An account as calls name it; chains of the kit know account ids only. */
export function readAddress(args: Reader): Bytes {
  assert(args.u8() == 0, "an address that is no account id");
  return args.bytes(32);
}
