/**
 * Questions to the state of a block, by the names of Polkadot's runtime APIs. They run on the state after
 * the block and change nothing.
 *
 * Core, BlockBuilder and TaggedTransactionQueue are the functions of `executive.ts` and `inherents.ts`;
 * ParachainHost is in `parachains/runtime-api`.
 *
 * Reference: json-rpc-and-metadata.md 7, runtime-and-primitives.md 1.9.
 */
import { type Hex, hexToBytes, ok, type Result } from "@parahost/base";
import type { KeyTypeId } from "@parahost/crypto";
import type {
  AccountId,
  BabeEquivocationProof,
  BabeId,
  Balance,
  GrandpaEquivocationProof,
  GrandpaId,
  KeyOwnershipProof,
  Nonce,
  OpaqueExtrinsic,
} from "@parahost/primitives";
import { tryDecode } from "@parahost/scale";
import type { DispatchClassName, State, Weight } from "./framework/index.ts";
import { epochStartSlot } from "./pallets/babe/epochs.ts";
import { epochIndex } from "./pallets/babe/storage.ts";
import { proveKeyOwnership } from "./pallets/historical.ts";
import { KEY_ORDER, SessionKeys, typedKeys } from "./pallets/session/keys.ts";
import { exposureOverview, payoutPages } from "./pallets/staking/exposure.ts";
import { type EraIndex, NOMINATIONS_MAX } from "./pallets/staking/storage.ts";
import { accountInfo } from "./pallets/system/accounts.ts";
import { computeFee, type InclusionFee, inclusionFee } from "./pallets/transaction-payment.ts";
import { infoOf } from "./runtime.ts";
import {
  decodeExtrinsic,
  type ExtrinsicDecodeError,
  encodeBare,
  encodedLength,
} from "./transaction/extrinsic.ts";

export { eventsOf } from "./framework/index.ts";
export { buildState, getPreset, presetNames } from "./genesis/presets.ts";
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
export { pendingRewards } from "./pallets/staking/payout.ts";
export {
  type AccountData,
  type AccountInfo,
  accountInfo,
} from "./pallets/system/accounts.ts";
export { blockHash, blockNumber } from "./pallets/system/block.ts";
export { runtimeVersion as version } from "./pallets/system/code.ts";
export { lengthToFee, weightToFee } from "./pallets/transaction-payment.ts";
export * from "./parachains/runtime-api/index.ts";

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

/** What a transaction would cost in the next block, if it had `length` bytes there instead of its own. */
export function queryInfo(
  state: State,
  extrinsic: OpaqueExtrinsic,
  length: number = encodedLength(extrinsic),
): Result<RuntimeDispatchInfo, ExtrinsicDecodeError> {
  const decoded = decodeExtrinsic(extrinsic);
  if (!decoded.ok) return decoded;
  const info = infoOf(decoded.value.call);
  const isSigned = decoded.value.type === "signed";
  const partialFee = isSigned ? computeFee(state, info, length, 0n) : 0n;
  return ok({ weight: info.weight, class: info.class, partialFee });
}

export interface FeeDetails {
  /** Absent for what pays no fee. */
  readonly inclusionFee: InclusionFee | undefined;
  readonly tip: Balance;
}

/** The parts of that. */
export function queryFeeDetails(
  state: State,
  extrinsic: OpaqueExtrinsic,
  length: number = encodedLength(extrinsic),
): Result<FeeDetails, ExtrinsicDecodeError> {
  const decoded = decodeExtrinsic(extrinsic);
  if (!decoded.ok) return decoded;
  if (decoded.value.type === "bare") return ok({ inclusionFee: undefined, tip: 0n });
  const info = infoOf(decoded.value.call);
  const fee = inclusionFee(state, info, length);
  return ok({ inclusionFee: fee, tip: decoded.value.extra.tip });
}

// Offences

/**
 * Proves that the key was an author's in the session of the block; `undefined` if it was not. To be asked
 * of a block of the session in which it was misused.
 */
export const generateBabeKeyOwnershipProof = (
  state: State,
  authority: BabeId,
): KeyOwnershipProof | undefined => proveKeyOwnership(state, "babe", authority);

/** The same for a voter of finality. */
export const generateGrandpaKeyOwnershipProof = (
  state: State,
  authority: GrandpaId,
): KeyOwnershipProof | undefined => proveKeyOwnership(state, "gran", authority);

/** The transaction that reports an author; it needs no signature. */
export const babeEquivocationReport = (
  equivocationProof: BabeEquivocationProof,
  keyOwnerProof: KeyOwnershipProof,
): OpaqueExtrinsic =>
  encodeBare({
    type: "babe",
    value: { type: "reportEquivocationUnsigned", value: { equivocationProof, keyOwnerProof } },
  });

/** The transaction that reports a voter; it needs no signature. */
export const grandpaEquivocationReport = (
  equivocationProof: GrandpaEquivocationProof,
  keyOwnerProof: KeyOwnershipProof,
): OpaqueExtrinsic =>
  encodeBare({
    type: "grandpa",
    value: { type: "reportEquivocationUnsigned", value: { equivocationProof, keyOwnerProof } },
  });

// Session keys

/**
 * Encoded session keys: `newKey` makes one of each type and keeps its secret. `undefined` when it cannot make one,
 * which keys of fresh secrets are never.
 */
export function generateSessionKeys(
  newKey: (type: KeyTypeId) => Hex | undefined,
): Uint8Array | undefined {
  const keys = KEY_ORDER.map(newKey);
  return keys.includes(undefined)
    ? undefined
    : hexToBytes(`0x${keys.map((key) => key?.slice(2)).join("")}`);
}

/** Each public key with its type; `undefined` for bytes that are no session keys. */
export function decodeSessionKeys(
  encoded: Uint8Array,
): readonly (readonly [key: Uint8Array, type: KeyTypeId])[] | undefined {
  const keys = tryDecode(SessionKeys, encoded);
  if (!keys.ok) return undefined;
  return typedKeys(keys.value).map(([type, key]) => [hexToBytes(key), type] as const);
}

// Staking

/** How many candidates a nominator may name. */
export const nominationsQuota = (): number => NOMINATIONS_MAX;

/** Payouts that pay everybody behind the validator in the era: none if it did not validate in it. */
export function erasStakersPageCount(state: State, era: EraIndex, validator: AccountId): number {
  const overview = exposureOverview(state, era, validator);
  return overview === undefined ? 0 : payoutPages(overview);
}
