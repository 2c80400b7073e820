/**
 * What a collator needs of a parachain: its genesis, a look at a transaction, a block made from transactions, a block
 * of another collator taken in, and answers about accounts. A state machine keeps the states of the blocks it has
 * made its own, by their heads, and knows nothing of relay chains, networks or time.
 *
 * What it builds, `validate_block` of its validation code accepts: the two are tested against each other.
 */

import type { Hex, Result } from "@parahost/base";
import type { Hash, HeadData, ValidationCodeHash } from "@parahost/primitives";

/** What a transaction pool may know of a transaction without its state. */
export interface TransactionInfo {
  /** BLAKE2b-256 of the encoded transaction. */
  readonly hash: Hex;
  /** Whose transactions must go in the order of their nonces; `undefined` where order does not matter. */
  readonly sender: Hex | undefined;
  readonly nonce: number | undefined;
}

/** Why a transaction can never be included. */
export type TransactionRefusal =
  | { readonly code: "undecodable"; readonly message: string }
  | { readonly code: "badSignature" }
  | { readonly code: "zeroAmount" }
  /** The chain's own code refuses it. */
  | { readonly code: "refused"; readonly validity: Validity };

/** Why a chain refuses a transaction, by Substrate's names. */
export type Validity =
  | "call"
  | "payment"
  | "future"
  | "stale"
  | "badProof"
  | "ancientBirthBlock"
  | "exhaustsResources"
  | "custom"
  | "badMandatory"
  | "mandatoryValidation"
  | "badSigner"
  | "cannotLookup";

/** Why a transaction cannot be included on top of a certain block. */
export type TransactionProblem =
  | TransactionRefusal
  /** Its number has been used. */
  | { readonly code: "staleNonce"; readonly nonce: number; readonly expected: number }
  /** Others of the same sender must come before. */
  | { readonly code: "futureNonce"; readonly nonce: number; readonly expected: number }
  | { readonly code: "insufficientBalance"; readonly balance: bigint; readonly amount: bigint }
  | { readonly code: "balanceOverflow" }
  /** Executing it ends the guest: a fault of the transaction, or of the chain's code. */
  | { readonly code: "trap"; readonly message: string };

export interface BlockLimits {
  /** Bytes of block data, before compression. */
  readonly maxBlockDataBytes: number;
  readonly maxTransactions: number;
}

/** The relay chain block that a block is made for. */
export interface RelayParent {
  readonly number: number;
  readonly storageRoot: Hash;
  /** A node of its state by hash, `undefined` where it is not to be had. */
  readonly node: (hash: Hex) => Uint8Array | undefined;
  /** What validators will run for the block; the code that the chain began with where it is not said. */
  readonly code?: ParaCode;
}

/** Validation code by its hash. A machine that has it already does not ask for the bytes. */
export interface ParaCode {
  readonly hash: ValidationCodeHash;
  /** As on the relay chain, perhaps compressed; `undefined` where they are not to be had. */
  readonly bytes: () => Uint8Array | undefined;
}

export interface DroppedTransaction {
  readonly hash: Hex;
  readonly problem: TransactionProblem;
}

export interface BuiltBlock {
  readonly blockData: Uint8Array;
  readonly head: HeadData;
  /** In the order of the block. */
  readonly included: readonly Hex[];
  /** Will not be included by trying again. Others that were left out may be tried with the next block. */
  readonly dropped: readonly DroppedTransaction[];
  /** Some were left out unseen: the block has all that its backers have time for. */
  readonly isFull?: boolean;
  /** Announced to the relay chain with this block. */
  readonly newValidationCode?: Uint8Array;
  readonly upwardMessages?: readonly Uint8Array[];
}

/** The state of that block is not here: unknown, or forgotten. */
export interface UnknownHead {
  readonly code: "unknownHead";
  /** BLAKE2b-256 of the head. */
  readonly head: Hex;
}

/** Why no block came of it. */
export type BuildError =
  | UnknownHead
  /** The code to build with is not here, or none that validators would take. */
  | { readonly code: "noCode"; readonly hash: ValidationCodeHash }
  /** The chain's own code ends without any transaction; the message has file and line where they are known. */
  | { readonly code: "trap"; readonly message: string };

export type ImportError =
  | UnknownHead
  | { readonly code: "noCode"; readonly hash: ValidationCodeHash }
  | { readonly code: "undecodable"; readonly message: string }
  | { readonly code: "badBlock"; readonly message: string }
  /** A transaction of the block may not stand where it does. */
  | {
      readonly code: "badTransaction";
      readonly index: number;
      readonly problem: TransactionProblem;
    };

export interface ImportedBlock {
  readonly head: HeadData;
  readonly included: readonly Hex[];
}

export interface ParaAccount {
  /** Transactions of it that have been included. */
  readonly nonce: number;
  readonly balance: bigint;
}

/** What a block of the parachain says about itself, for people: field names and values. */
export type ParaSummary = Readonly<Record<string, string | number | bigint>>;

export interface ParaStateMachine {
  /** For logs and commands: `adder`, `ledger`. */
  readonly name: string;
  /** The head with which the parachain is registered. Its state is there from the beginning. */
  readonly genesisHead: HeadData;

  /** What a transaction is called, whether it is one or not. */
  transactionHash(transaction: Uint8Array): Hex;

  /** Everything that can be checked about a transaction without a state, its signature included. */
  checkTransaction(transaction: Uint8Array): Result<TransactionInfo, TransactionRefusal>;

  /** A block on top of `parent` with as many of the transactions as go in. Keeps nothing; import it to build on it. */
  buildBlock(
    parent: HeadData,
    transactions: readonly Uint8Array[],
    limits: BlockLimits,
    relayParent: RelayParent,
  ): Result<BuiltBlock, BuildError>;

  /**
   * Executes a block and keeps its state. Importing a block twice does no harm. Without `code`, a machine that holds
   * several takes the first that accepts the block, the newest before the others.
   */
  importBlock(
    parent: HeadData,
    blockData: Uint8Array,
    code?: ParaCode,
  ): Result<ImportedBlock, ImportError>;

  /** Whether the state of that block is kept. */
  has(head: HeadData): boolean;

  /** Lets go of a state, once nobody will build on it or ask about it. */
  forget(head: HeadData): void;

  /** What an account has after that block; zeros where there is none. */
  account(head: HeadData, id: Hex): Result<ParaAccount, UnknownHead>;

  summary(head: HeadData): Result<ParaSummary, UnknownHead>;
}
