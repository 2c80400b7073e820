/**
 * Questions to the state of a block, by the names of Polkadot's runtime APIs. They run on the state after
 * the block and change nothing.
 *
 * Core, BlockBuilder and TaggedTransactionQueue are the functions of `executive.ts` and `inherents.ts`;
 * ParachainHost is in `parachains/runtime-api`.
 *
 * Reference: json-rpc-and-metadata.md 7, runtime-and-primitives.md 1.9.
 */
import { ok, type Result } from "@parahost/base";
import type { AccountId, Balance, Nonce, OpaqueExtrinsic } from "@parahost/primitives";
import type { DispatchClassName, State, Weight } from "./framework/index.ts";
import { epochStartSlot } from "./pallets/babe/epochs.ts";
import { epochIndex } from "./pallets/babe/storage.ts";
import { accountInfo } from "./pallets/system/accounts.ts";
import { computeFee, type InclusionFee, inclusionFee } from "./pallets/transaction-payment.ts";
import { infoOf } from "./runtime.ts";
import { decodeExtrinsic, type ExtrinsicDecodeError } from "./transaction/extrinsic.ts";
import { RUNTIME_VERSION, type RuntimeVersion } from "./version.ts";

export { eventsOf } from "./framework/index.ts";
export { authorities } from "./pallets/authority-discovery.ts";
export {
  currentEpoch as currentBabeEpoch,
  nextEpoch as nextBabeEpoch,
} from "./pallets/babe/epochs.ts";
export { configuration as babeConfiguration } from "./pallets/babe/pallet.ts";
export {
  authorities as grandpaAuthorities,
  currentSetId as grandpaCurrentSetId,
} from "./pallets/grandpa.ts";
export {
  type AccountData,
  type AccountInfo,
  accountInfo,
} from "./pallets/system/accounts.ts";
export { blockHash, blockNumber } from "./pallets/system/block.ts";
export * from "./parachains/runtime-api/index.ts";

export const version = (): RuntimeVersion => RUNTIME_VERSION;

/** First slot of the current epoch. */
export const currentBabeEpochStart = (state: State): number =>
  epochStartSlot(state, epochIndex(state));

/** The nonce of the account's next transaction, if the pool holds none. */
export const accountNonce = (state: State, who: AccountId): Nonce => accountInfo(state, who).nonce;

export interface RuntimeDispatchInfo {
  readonly weight: Weight;
  readonly class: DispatchClassName;
  /** Without a tip. */
  readonly partialFee: Balance;
}

/** What a transaction would cost in the next block. */
export function queryInfo(
  state: State,
  extrinsic: OpaqueExtrinsic,
): Result<RuntimeDispatchInfo, ExtrinsicDecodeError> {
  const decoded = decodeExtrinsic(extrinsic);
  if (!decoded.ok) return decoded;
  const info = infoOf(decoded.value.call);
  const isSigned = decoded.value.type === "signed";
  const partialFee = isSigned ? computeFee(state, info, extrinsic.length, 0n) : 0n;
  return ok({ weight: info.weight, class: info.class, partialFee });
}

export interface FeeDetails {
  /** Absent for what pays no fee. */
  readonly inclusionFee: InclusionFee | undefined;
  readonly tip: Balance;
}

export function queryFeeDetails(
  state: State,
  extrinsic: OpaqueExtrinsic,
): Result<FeeDetails, ExtrinsicDecodeError> {
  const decoded = decodeExtrinsic(extrinsic);
  if (!decoded.ok) return decoded;
  if (decoded.value.type === "bare") return ok({ inclusionFee: undefined, tip: 0n });
  const info = infoOf(decoded.value.call);
  const fee = inclusionFee(state, info, extrinsic.length);
  return ok({ inclusionFee: fee, tip: decoded.value.extra.tip });
}
