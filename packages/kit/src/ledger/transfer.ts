/** One transfer: made and signed, checked, carried out on a state. */

import { err, ok, type Result } from "@parahost/base";
import { type Sr25519Pair, sr25519Sign, sr25519Verify } from "@parahost/crypto";
import { type AccountId, asAccountId, type Hash } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { StateEntries } from "@parahost/trie";
import type { TransactionProblem, TransactionRefusal } from "../state-machine.ts";
import {
  accountKey,
  LedgerAccount,
  LedgerTransfer,
  NO_ACCOUNT,
  transferPayload,
  type UnsignedTransfer,
} from "./types.ts";

const U128_MAX = (1n << 128n) - 1n;
/** A nonce that cannot be counted on from; accounts end there. */
const NONCE_MAX = 0xffff_ffff;

/** A signed transfer, encoded as a transaction. */
export function signTransfer(
  pair: Sr25519Pair,
  domain: Hash,
  transfer: { readonly to: AccountId; readonly amount: bigint; readonly nonce: number },
): Uint8Array {
  const unsigned: UnsignedTransfer = { ...transfer, from: asAccountId(pair.publicKey) };
  const signature = sr25519Sign(pair, transferPayload(domain, unsigned));
  return encode(LedgerTransfer, { ...unsigned, signature });
}

/** What can be said of a transfer without a state. */
export function checkTransfer(
  domain: Hash,
  transfer: LedgerTransfer,
): Result<void, TransactionRefusal> {
  if (transfer.amount === 0n) return err({ code: "zeroAmount" });
  const payload = transferPayload(domain, transfer);
  return sr25519Verify(transfer.from, payload, transfer.signature)
    ? ok(undefined)
    : err({ code: "badSignature" });
}

/** Moves the amount, if nonce and balance allow; leaves the state as it was if not. */
export function applyTransfer(
  state: StateEntries,
  { from, nonce, to, amount }: LedgerTransfer,
): Result<void, TransactionProblem> {
  const sender = state.read(accountKey(from), LedgerAccount) ?? NO_ACCOUNT;
  if (nonce < sender.nonce || nonce === NONCE_MAX)
    return err({ code: "staleNonce", nonce, expected: sender.nonce });
  if (nonce > sender.nonce) return err({ code: "futureNonce", nonce, expected: sender.nonce });
  if (amount > sender.balance)
    return err({ code: "insufficientBalance", balance: sender.balance, amount });
  const debited: LedgerAccount = { nonce: nonce + 1, balance: sender.balance - amount };
  const receiver =
    to === from ? debited : (state.read(accountKey(to), LedgerAccount) ?? NO_ACCOUNT);
  if (receiver.balance + amount > U128_MAX) return err({ code: "balanceOverflow" });
  state.write(accountKey(from), debited, LedgerAccount);
  const credited: LedgerAccount = { ...receiver, balance: receiver.balance + amount };
  state.write(accountKey(to), credited, LedgerAccount);
  return ok(undefined);
}
