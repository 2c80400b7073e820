/**
 * The adder, as collators run it: a number, and transactions that each add another to it (modulo 2^64). A block adds
 * the sum of its transactions. The head commits to the number by its hash, so the number itself is kept here.
 *
 * The validation function is `assembly/adder.ts`.
 */

import { bytesToHex, err, type Hex, ok, type Result, u64Bytes } from "@parahost/base";
import { blake2b256Hex, keccak256 } from "@parahost/crypto";
import type { HeadData } from "@parahost/primitives";
import { encode, fixedHex, struct, tryDecode, u64, type ValueOf } from "@parahost/scale";
import type {
  BlockLimits,
  BuiltBlock,
  ImportError,
  ImportedBlock,
  ParaAccount,
  ParaStateMachine,
  ParaSummary,
  TransactionInfo,
  TransactionRefusal,
  UnknownHead,
} from "./state-machine.ts";

export const AdderHead = struct({
  number: u64,
  /** Keccak-256 of the parent head. */
  parentHash: fixedHex(32),
  /** Keccak-256 of the number as eight little-endian bytes. */
  postState: fixedHex(32),
});
export type AdderHead = ValueOf<typeof AdderHead>;

export const AdderBlock = struct({
  /** The number before. */
  state: u64,
  add: u64,
});
export type AdderBlock = ValueOf<typeof AdderBlock>;

export const AdderTransaction = struct({
  add: u64,
  /** Tells transactions apart that add the same. */
  salt: u64,
});
export type AdderTransaction = ValueOf<typeof AdderTransaction>;

const U64_MASK = 0xffff_ffff_ffff_ffffn;

const keccakHex = (bytes: Uint8Array): Hex => bytesToHex(keccak256(bytes));

/** The head with which an adder starts at `state`. */
export function adderGenesisHead(state = 0n): HeadData {
  return encode(AdderHead, {
    number: 0n,
    parentHash: bytesToHex(new Uint8Array(32)),
    postState: keccakHex(u64Bytes(state)),
  });
}

/** What `validate_block` makes of a block. */
function nextHead(parent: HeadData, parentNumber: bigint, state: bigint): HeadData {
  return encode(AdderHead, {
    number: (parentNumber + 1n) & U64_MASK,
    parentHash: keccakHex(parent),
    postState: keccakHex(u64Bytes(state)),
  });
}

interface AdderState {
  readonly number: bigint;
  readonly state: bigint;
}

export class AdderStateMachine implements ParaStateMachine {
  readonly name = "adder";
  readonly genesisHead: HeadData;
  readonly #states = new Map<Hex, AdderState>();

  constructor(initialState = 0n) {
    this.genesisHead = adderGenesisHead(initialState);
    this.#states.set(blake2b256Hex(this.genesisHead), { number: 0n, state: initialState });
  }

  transactionHash(transaction: Uint8Array): Hex {
    return blake2b256Hex(transaction);
  }

  checkTransaction(transaction: Uint8Array): Result<TransactionInfo, TransactionRefusal> {
    const decoded = tryDecode(AdderTransaction, transaction);
    if (!decoded.ok) return err({ code: "undecodable", message: decoded.error.message });
    return ok({ hash: blake2b256Hex(transaction), sender: undefined, nonce: undefined });
  }

  buildBlock(
    parent: HeadData,
    transactions: readonly Uint8Array[],
    limits: BlockLimits,
  ): Result<BuiltBlock, UnknownHead> {
    const before = this.#stateOf(parent);
    if (!before.ok) return before;
    const included: Hex[] = [];
    const dropped: BuiltBlock["dropped"][number][] = [];
    let add = 0n;
    for (const transaction of transactions) {
      const hash = blake2b256Hex(transaction);
      const decoded = tryDecode(AdderTransaction, transaction);
      if (!decoded.ok) {
        const message = decoded.error.message;
        dropped.push({ hash, problem: { code: "undecodable", message } });
        continue;
      }
      if (included.length >= limits.maxTransactions) break;
      included.push(hash);
      add = (add + decoded.value.add) & U64_MASK;
    }
    const { number, state } = before.value;
    return ok({
      blockData: encode(AdderBlock, { state, add }),
      head: nextHead(parent, number, (state + add) & U64_MASK),
      included,
      dropped,
    });
  }

  importBlock(parent: HeadData, blockData: Uint8Array): Result<ImportedBlock, ImportError> {
    const before = this.#stateOf(parent);
    if (!before.ok) return before;
    const block = tryDecode(AdderBlock, blockData);
    if (!block.ok) return err({ code: "undecodable", message: block.error.message });
    const { number, state } = before.value;
    if (block.value.state !== state)
      return err({
        code: "badBlock",
        message: `the block builds on ${block.value.state}, the state is ${state}`,
      });
    const after = (state + block.value.add) & U64_MASK;
    const head = nextHead(parent, number, after);
    this.#states.set(blake2b256Hex(head), { number: (number + 1n) & U64_MASK, state: after });
    return ok({ head, included: [] });
  }

  has(head: HeadData): boolean {
    return this.#states.has(blake2b256Hex(head));
  }

  forget(head: HeadData): void {
    this.#states.delete(blake2b256Hex(head));
  }

  /** The adder has one number and no accounts: it is everybody's balance. */
  account(head: HeadData): Result<ParaAccount, UnknownHead> {
    const state = this.#stateOf(head);
    return state.ok ? ok({ nonce: 0, balance: state.value.state }) : state;
  }

  summary(head: HeadData): Result<ParaSummary, UnknownHead> {
    const state = this.#stateOf(head);
    return state.ok ? ok({ ...state.value }) : state;
  }

  #stateOf(head: HeadData): Result<AdderState, UnknownHead> {
    const hash = blake2b256Hex(head);
    const state = this.#states.get(hash);
    return state === undefined ? err({ code: "unknownHead", head: hash }) : ok(state);
  }
}

/** A transaction that adds `add`; `salt` makes it another than the one before. */
export const adderTransaction = (add: bigint, salt = 0n): Uint8Array =>
  encode(AdderTransaction, { add, salt });
