/**
 * What must hold for a transaction to be included, in Polkadot's order of extensions. Each check says why
 * it refuses; the same ones judge a transaction for the pool and for a block.
 */
import { err, ok, type Result } from "@parahost/base";
import { blake2b256, blake2b256Hex, ecdsaRecover } from "@parahost/crypto";
import { AccountId, type Era, eraBirth, eraDeath, Nonce, ZERO_HASH } from "@parahost/primitives";
import { encode, struct } from "@parahost/scale";
import {
  type DispatchInfo,
  invalid,
  lookup,
  type State,
  type TransactionValidityError,
  unknownTransaction,
  type ValidTransaction,
  verifySignature,
} from "../framework/index.ts";
import { accountInfo } from "../pallets/system/accounts.ts";
import { blockHash, blockNumber } from "../pallets/system/block.ts";
import { runtimeVersion } from "../pallets/system/code.ts";
import { BLOCK_LENGTH_MAX_BYTES, BLOCK_WEIGHT_MAX } from "../pallets/system/limits.ts";
import { computeFee, OPERATIONAL_FEE_MULTIPLIER } from "../pallets/transaction-payment.ts";
import { type SignedExtrinsic, signingPayload } from "./extrinsic.ts";

/** Nobody has this account's key, as far as anybody knows. */
const ZERO_ACCOUNT: string = ZERO_HASH;

const U64_MAX = (1n << 64n) - 1n;

/** The signer, once the signature is found to be its own for this chain, runtime and birth block. */
export function checkSigner(
  state: State,
  extrinsic: SignedExtrinsic,
): Result<AccountId, TransactionValidityError> {
  const { era, metadataHash } = extrinsic.extra;
  const signer = lookup(extrinsic.address);
  if (!signer.ok) return err(unknownTransaction("cannotLookup"));
  if (signer.value === ZERO_ACCOUNT) return err(invalid("badSigner"));
  if (metadataHash.type === "enabled") return err(unknownTransaction("cannotLookup"));
  const genesisHash = blockHash(state, 0);
  const birthHash = blockHash(state, eraBirth(era, blockNumber(state)));
  if (genesisHash === undefined || birthHash === undefined)
    return err(invalid("ancientBirthBlock"));
  const { specVersion, transactionVersion } = runtimeVersion(state);
  const payload = signingPayload(extrinsic.encodedCall, extrinsic.encodedExtra, {
    specVersion,
    transactionVersion,
    genesisHash,
    birthHash,
    metadataHash: undefined,
  });
  return isSignedBy(state, signer.value, payload, extrinsic.signature)
    ? signer
    : err(invalid("badProof"));
}

function isSignedBy(
  state: State,
  account: AccountId,
  message: Uint8Array,
  signature: SignedExtrinsic["signature"],
): boolean {
  if (signature.type !== "ecdsa")
    return verifySignature(state, {
      scheme: signature.type,
      publicKey: account,
      message,
      signature: signature.value,
    });
  // The account is the hash of the key that the signature gives away.
  const publicKey = ecdsaRecover(blake2b256(message), signature.value);
  return publicKey.ok && blake2b256Hex(publicKey.value) === account;
}

/** Whether the account has a provider, and its nonce stands where the transaction says, or before. */
export function checkNonce(
  state: State,
  who: AccountId,
  nonce: Nonce,
): Result<"next" | "later", TransactionValidityError> {
  const info = accountInfo(state, who);
  if (info.providers === 0 && info.sufficients === 0) return err(invalid("payment"));
  if (nonce < info.nonce) return err(invalid("stale"));
  return ok(nonce === info.nonce ? "next" : "later");
}

// For the pool

const NonceTag = struct({ account: AccountId, nonce: Nonce });

/** Identifies "the transaction of this account with this nonce". */
export const nonceTag = (account: AccountId, nonce: Nonce): Uint8Array =>
  encode(NonceTag, { account, nonce });

/** What the pool may assume of a signed transaction that passed the checks. */
export function signedValidity(
  state: State,
  who: AccountId,
  extrinsic: SignedExtrinsic,
  info: DispatchInfo,
  length: number,
): ValidTransaction {
  const { era, nonce, tip } = extrinsic.extra;
  const isNext = nonce === accountInfo(state, who).nonce;
  return {
    priority: priority(state, info, length, tip),
    requires: isNext ? [] : [nonceTag(who, nonce - 1)],
    provides: [nonceTag(who, nonce)],
    longevity: longevity(era, blockNumber(state)),
    propagate: true,
  };
}

function longevity(era: Era, current: number): bigint {
  const death = eraDeath(era, current);
  return death === undefined ? U64_MAX : BigInt(death - current);
}

/** The tip of as many such transactions as a block can hold: what filling a block with them would bring. */
function priority(state: State, info: DispatchInfo, length: number, tip: bigint): bigint {
  const byWeight = Math.floor(BLOCK_WEIGHT_MAX / Math.max(info.weight.refTime, 1));
  const byLength = Math.floor(BLOCK_LENGTH_MAX_BYTES / Math.max(length, 1));
  const perBlock = BigInt(Math.max(Math.min(byWeight, byLength), 1));
  const virtualTip =
    info.class === "operational"
      ? computeFee(state, info, length, 0n) * BigInt(OPERATIONAL_FEE_MULTIPLIER)
      : 0n;
  const wanted = (tip + 1n + virtualTip) * perBlock;
  return wanted > U64_MAX ? U64_MAX : wanted;
}
