/**
 * Whether a transaction may enter a block or the pool, and why not.
 *
 * Reference: json-rpc-and-metadata.md 10.1.
 */
import type { Result } from "@parahost/base";
import { u8, type ValueOf, variant } from "@parahost/scale";

/** It will not become valid by waiting, except where said so. */
export const InvalidTransaction = variant(
  {
    call: 0,
    /** The fee cannot be paid. */
    payment: 1,
    /** Its nonce lies ahead; waiting may help. */
    future: 2,
    /** Its nonce is used up. */
    stale: 3,
    /** Signature wrong, or made for another chain, version or birth block. */
    badProof: 4,
    /** Its birth block is no longer known. */
    ancientBirthBlock: 5,
    /** Too large for any block, or for what is left of this one; see `exhaustsResources`. */
    exhaustsResources: 6,
    custom: [7, u8],
    /** A mandatory extrinsic failed: the block is invalid. */
    badMandatory: 8,
    /** Only a block's author may make it. */
    mandatoryValidation: 9,
    badSigner: 10,
    /** What an extension adds to the signed bytes cannot be told. Nothing here refuses so. */
    indeterminateImplicit: 11,
    /** No extension said who sent it. Nothing here refuses so. */
    unknownOrigin: 12,
  },
  ["sp_runtime", "transaction_validity", "InvalidTransaction"],
);
export type InvalidTransaction = ValueOf<typeof InvalidTransaction>;

/** It cannot be judged. */
export const UnknownTransaction = variant(
  { cannotLookup: 0, noUnsignedValidator: 1, custom: [2, u8] },
  ["sp_runtime", "transaction_validity", "UnknownTransaction"],
);
export type UnknownTransaction = ValueOf<typeof UnknownTransaction>;

export const TransactionValidityError = variant(
  { invalid: [0, InvalidTransaction], unknown: [1, UnknownTransaction] },
  ["sp_runtime", "transaction_validity", "TransactionValidityError"],
);
export type TransactionValidityError = ValueOf<typeof TransactionValidityError>;

/** What the pool orders transactions by. */
export interface ValidTransaction {
  /** Higher goes first. */
  readonly priority: bigint;
  /** Tags that other transactions must provide first. */
  readonly requires: readonly Uint8Array[];
  /** Tags that no other transaction may provide. */
  readonly provides: readonly Uint8Array[];
  /** Blocks for which this stays true. */
  readonly longevity: bigint;
  /** Whether to pass it on to peers. */
  readonly propagate: boolean;
}

export type UnsignedValidity = Result<ValidTransaction, TransactionValidityError>;

export const invalid = (type: Exclude<InvalidTransaction["type"], "custom">) =>
  ({ type: "invalid", value: { type } }) as const satisfies TransactionValidityError;

export const unknownTransaction = (type: Exclude<UnknownTransaction["type"], "custom">) =>
  ({ type: "unknown", value: { type } }) as const satisfies TransactionValidityError;
