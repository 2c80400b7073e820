/**
 * The ledger, as collators run it: full states in a trie, blocks built with the witness of what they touch. The
 * validation function is `assembly/ledger.ts`.
 *
 * A block is built in two passes. The first finds out which transfers go in and how large their witness gets; the
 * second carries out exactly these on the parent's state and records. So the witness has no node that a
 * transfer which was left out has touched.
 */

import { assert, err, expectOk, type Hex, LruMap, ok, type Result } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import type { Hash, HeadData, ParaId } from "@parahost/primitives";
import { decode, encode, tryDecode } from "@parahost/scale";
import {
  EMPTY_ROOT,
  LiveStates,
  MemoryNodeStore,
  NodeCache,
  type NodeStore,
  Overlay,
  ProofRecorder,
  TrieBackend,
} from "@parahost/trie";
import type {
  BlockLimits,
  BuiltBlock,
  DroppedTransaction,
  ImportError,
  ImportedBlock,
  ParaAccount,
  ParaStateMachine,
  ParaSummary,
  TransactionInfo,
  TransactionRefusal,
  UnknownHead,
} from "../state-machine.ts";
import { applyTransfer, checkTransfer } from "./transfer.ts";
import {
  accountKey,
  bodyHash,
  LEDGER_STATE_VERSION,
  LEDGER_TRANSFER_BYTES,
  LedgerAccount,
  LedgerBlock,
  LedgerHead,
  LedgerTransfer,
  ledgerDomain,
  NO_ACCOUNT,
} from "./types.ts";

export interface LedgerGenesis {
  readonly paraId: ParaId;
  /** Balances at the beginning. */
  readonly endowments: readonly (readonly [account: Hex, balance: bigint])[];
  /** Where the states lie; in memory unless said otherwise. */
  readonly store?: NodeStore;
}

/** Transfers whose signature has been checked: the pool checks them first, blocks need not again. */
const CHECKED_MAX = 65_536;
/** Nodes kept decoded. */
const CACHED_NODES = 16_384;
/** Transfers of one block: whoever backs it checks a signature for each in a small part of its time. */
const TRANSFERS_MAX = 1000;

/** Most bytes that a node's length prefix takes, and the two counts of a block. */
const LENGTH_PREFIX_BYTES = 4;

export class LedgerStateMachine implements ParaStateMachine {
  readonly name = "ledger";
  readonly genesisHead: HeadData;
  readonly #domain: Hash;
  readonly #cache: NodeCache;
  readonly #states: LiveStates;
  readonly #checked = new LruMap<Hex, true>(CHECKED_MAX);

  constructor({ paraId, endowments, store = new MemoryNodeStore() }: LedgerGenesis) {
    this.#cache = new NodeCache(store, CACHED_NODES);
    this.#states = new LiveStates(store);
    const state = new Overlay(new TrieBackend(this.#cache, EMPTY_ROOT));
    for (const [id, balance] of endowments)
      state.write(accountKey(id), { nonce: 0, balance }, LedgerAccount);
    const update = state.commitment(LEDGER_STATE_VERSION);
    this.#domain = ledgerDomain(paraId, update.root);
    this.genesisHead = encode(LedgerHead, {
      parentHash: `0x${"00".repeat(32)}` as Hash,
      number: 0,
      stateRoot: update.root as Hash,
      bodyHash: bodyHash([]),
      domain: this.#domain,
    });
    this.#states.insert(blake2b256Hex(this.genesisHead), undefined, update);
  }

  /** What signatures of this chain's transfers are bound to. */
  get domain(): Hash {
    return this.#domain;
  }

  transactionHash(transaction: Uint8Array): Hex {
    return blake2b256Hex(transaction);
  }

  checkTransaction(transaction: Uint8Array): Result<TransactionInfo, TransactionRefusal> {
    const transfer = tryDecode(LedgerTransfer, transaction);
    if (!transfer.ok) return err({ code: "undecodable", message: transfer.error.message });
    const hash = blake2b256Hex(transaction);
    const checked = this.#check(hash, transfer.value);
    if (!checked.ok) return checked;
    return ok({ hash, sender: transfer.value.from, nonce: transfer.value.nonce });
  }

  buildBlock(
    parent: HeadData,
    transactions: readonly Uint8Array[],
    limits: BlockLimits,
  ): Result<BuiltBlock, UnknownHead> {
    const known = this.#parent(parent);
    if (!known.ok) return known;
    const { transfers, included, dropped } = this.#select(
      known.value.stateRoot,
      transactions,
      limits,
    );

    const recorder = new ProofRecorder();
    const state = this.#stateAt(known.value.stateRoot, recorder);
    for (const transfer of transfers)
      expectOk(applyTransfer(state, transfer), "a transfer that went in before");
    // Computing a root looks at the old one, which a block that changes nothing need not bring along.
    const stateRoot =
      transfers.length === 0 ? known.value.stateRoot : (state.root(LEDGER_STATE_VERSION) as Hash);
    return ok({
      blockData: encode(LedgerBlock, { transfers, witness: recorder.proof() }),
      head: this.#nextHead(parent, known.value, stateRoot, transfers),
      included,
      dropped,
    });
  }

  importBlock(parent: HeadData, blockData: Uint8Array): Result<ImportedBlock, ImportError> {
    const known = this.#parent(parent);
    if (!known.ok) return known;
    const block = tryDecode(LedgerBlock, blockData);
    if (!block.ok) return err({ code: "undecodable", message: block.error.message });
    const { transfers } = block.value;
    const state = this.#stateAt(known.value.stateRoot);
    const included: Hex[] = [];
    for (const [index, transfer] of transfers.entries()) {
      const hash = blake2b256Hex(encode(LedgerTransfer, transfer));
      const checked = this.#check(hash, transfer);
      const applied = checked.ok ? applyTransfer(state, transfer) : checked;
      if (!applied.ok) return err({ code: "badTransaction", index, problem: applied.error });
      included.push(hash);
    }
    const update = state.commitment(LEDGER_STATE_VERSION);
    const head = this.#nextHead(parent, known.value, update.root as Hash, transfers);
    const id = blake2b256Hex(head);
    if (!this.#states.has(id)) this.#states.insert(id, blake2b256Hex(parent), update);
    return ok({ head, included });
  }

  has(head: HeadData): boolean {
    return this.#states.has(blake2b256Hex(head));
  }

  forget(head: HeadData): void {
    const id = blake2b256Hex(head);
    if (this.#states.has(id)) this.#states.release(id);
  }

  account(head: HeadData, id: Hex): Result<ParaAccount, UnknownHead> {
    const known = this.#parent(head);
    if (!known.ok) return known;
    return ok(
      this.#stateAt(known.value.stateRoot).read(accountKey(id), LedgerAccount) ?? NO_ACCOUNT,
    );
  }

  summary(head: HeadData): Result<ParaSummary, UnknownHead> {
    const known = this.#parent(head);
    if (!known.ok) return known;
    const { number, stateRoot } = known.value;
    return ok({ number, stateRoot });
  }

  /** The head of a block whose state is here. */
  #parent(head: HeadData): Result<LedgerHead, UnknownHead> {
    const id = blake2b256Hex(head);
    if (!this.#states.has(id)) return err({ code: "unknownHead", head: id });
    return ok(decode(LedgerHead, head));
  }

  #stateAt(root: Hex, recorder?: ProofRecorder): Overlay {
    return new Overlay(new TrieBackend(this.#cache, root, recorder));
  }

  #check(hash: Hex, transfer: LedgerTransfer): Result<void, TransactionRefusal> {
    if (this.#checked.get(hash) === true) return ok(undefined);
    const checked = checkTransfer(this.#domain, transfer);
    if (checked.ok) this.#checked.set(hash, true);
    return checked;
  }

  /** The transfers that go in, one after the other, until a limit is reached. */
  #select(
    root: Hex,
    transactions: readonly Uint8Array[],
    limits: BlockLimits,
  ): {
    readonly transfers: LedgerTransfer[];
    readonly included: Hex[];
    readonly dropped: DroppedTransaction[];
  } {
    const transfers: LedgerTransfer[] = [];
    const included: Hex[] = [];
    const dropped: DroppedTransaction[] = [];
    const recorder = new ProofRecorder();
    // Reads of this backend are what a block with these transfers must bring along.
    const touched = new TrieBackend(this.#cache, root, recorder);
    const state = this.#stateAt(root);
    for (const transaction of transactions) {
      if (transfers.length >= Math.min(limits.maxTransactions, TRANSFERS_MAX)) break;
      const hash = blake2b256Hex(transaction);
      const transfer = tryDecode(LedgerTransfer, transaction);
      if (!transfer.ok) {
        const message = transfer.error.message;
        dropped.push({ hash, problem: { code: "undecodable", message } });
        continue;
      }
      const checked = this.#check(hash, transfer.value);
      state.begin();
      const applied = checked.ok ? applyTransfer(state, transfer.value) : checked;
      if (!applied.ok) {
        state.rollback();
        // It may go in behind others, or once somebody has paid the sender.
        const mayStillGo =
          applied.error.code === "futureNonce" || applied.error.code === "insufficientBalance";
        if (!mayStillGo) dropped.push({ hash, problem: applied.error });
        continue;
      }
      touched.value(accountKey(transfer.value.from));
      touched.value(accountKey(transfer.value.to));
      if (blockDataBytes(transfers.length + 1, recorder) > limits.maxBlockDataBytes) {
        state.rollback();
        break;
      }
      state.commit();
      transfers.push(transfer.value);
      included.push(hash);
    }
    return { transfers, included, dropped };
  }

  #nextHead(
    parentHead: HeadData,
    parent: LedgerHead,
    stateRoot: Hash,
    transfers: readonly LedgerTransfer[],
  ): HeadData {
    assert(parent.number < 0xffff_ffff, "the last block of this chain has been built");
    return encode(LedgerHead, {
      parentHash: blake2b256Hex(parentHead) as Hash,
      number: parent.number + 1,
      stateRoot,
      bodyHash: bodyHash(transfers),
      domain: parent.domain,
    });
  }
}

/** An upper bound of the block data with so many transfers and the nodes recorded so far. */
function blockDataBytes(transferCount: number, recorder: ProofRecorder): number {
  return (
    2 * LENGTH_PREFIX_BYTES +
    transferCount * LEDGER_TRANSFER_BYTES +
    recorder.byteLength +
    recorder.size * LENGTH_PREFIX_BYTES
  );
}
