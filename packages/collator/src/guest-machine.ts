/**
 * A parachain that is a guest of the kit, as collators run it: the code that validators run builds the blocks too. The
 * guest asks for nodes of the state as it needs them, which become the witness, and for transactions one by one, so
 * that limits are kept by whoever hands them out.
 *
 * A block is built in passes: when a transaction turns out not to fit, what it made the guest look at must not burden
 * the block, so the next pass leaves it out. The last pass is the block.
 */
import {
  asciiBytes,
  assert,
  bytesToHex,
  concatBytes,
  err,
  type Hex,
  hexToBytes,
  LruMap,
  ok,
  type Result,
} from "@parahost/base";
import { blake2b128, blake2b256Hex, twox128 } from "@parahost/crypto";
import {
  CODE_LIMIT_BYTES,
  callGuest,
  DEFAULT_ENGINE_PARAMETERS,
  decompressBlob,
  explainFault,
  faultLine,
  type GuestFault,
  type PreparedPvf,
  preparePvf,
  SourceMap,
  type WasmRefusal,
} from "@parahost/executor";
import type {
  BlockLimits,
  BuildError,
  BuiltBlock,
  DroppedTransaction,
  ImportError,
  ImportedBlock,
  ParaAccount,
  ParaCode,
  ParaStateMachine,
  ParaSummary,
  RelayParent,
  TransactionInfo,
  TransactionProblem,
  TransactionRefusal,
  UnknownHead,
  Validity,
} from "@parahost/kit";
import {
  Hash,
  type HeadData,
  Header,
  type ValidationCodeHash,
  ValidationParams,
  ValidationResult,
  validationCodeHash,
} from "@parahost/primitives";
import { PoolValidity, RuntimeDispatchInfo, TransactionValidityError } from "@parahost/runtime";
import {
  bytes,
  decode,
  encode,
  fixedHex,
  option,
  Reader,
  result,
  struct,
  tryDecode,
  tuple,
  u32,
  u128,
  type ValueOf,
  vec,
} from "@parahost/scale";
import {
  EMPTY_ROOT,
  LiveStates,
  MemoryNodeStore,
  NodeCache,
  type NodeStore,
  Overlay,
  TrieBackend,
} from "@parahost/trie";
import { ChainRuntime } from "./chain/chain-runtime.ts";

/** The guest's entries beside `validate_block`. */
const BUILD = "build_block";
const EXECUTE = "execute_block";
const CHECK = "check_transaction";
const INFO = "transaction_info";

/** First byte of a question. */
const NODE = 0;
const NEXT_EXTRINSIC = 1;
const CHANGES = 2;

/** An upgrade is rare, and blocks around it may be of either side. */
const CODES_MAX = 4;
/** State version of chains of the kit. */
const STATE_VERSION = 1;
const CACHED_NODES = 16_384;
/** Passes for one block: each leaves out at least one transaction. */
const PASSES_MAX = 16;
/** Part of a backer's time that a block may take: the rest is for machines slower than this one. */
const BUILD_FUEL = 2_000_000_000n;
/** A check of one transaction. */
const CHECK_FUEL = 100_000_000n;
/** Bytes that a length takes at most. */
const LENGTH_PREFIX_BYTES = 4;
/** Block data without any transaction or node. */
const FRAME_BYTES = 36 + 2 * LENGTH_PREFIX_BYTES;

/** What the guest's `validate_block` reads. */
export const GuestBlock = struct({
  relayParentNumber: u32,
  relayParentStorageRoot: Hash,
  extrinsics: vec(bytes()),
  witness: vec(bytes()),
});
export type GuestBlock = ValueOf<typeof GuestBlock>;

type Change = readonly [key: Hex, value: Uint8Array | undefined];
type NoCode = { readonly code: "noCode"; readonly hash: ValidationCodeHash };

const Changes = vec(tuple(bytes(), option(bytes())));

/** The beginning of `System.Account`, as far as it is looked at here. */
const AccountBeginning = struct({
  nonce: u32,
  consumers: u32,
  providers: u32,
  sufficients: u32,
  free: u128,
});

const Validated = result(PoolValidity, TransactionValidityError);

/** A tag of a transaction: the account, and its number. */
const Provides = struct({ sender: fixedHex(32), nonce: u32 });

export interface GuestChain {
  readonly name: string;
  /** What the chain begins with: decompressed. */
  readonly wasm: Uint8Array;
  readonly genesis: readonly (readonly [key: Hex, value: Uint8Array])[];
  /** In memory unless said otherwise. */
  readonly store?: NodeStore;
  /** Instructions in which transactions are taken into a block; as much again is for finishing it. */
  readonly buildFuel?: bigint;
  /** The source map of some code, where there is one: faults are told by file and line then. */
  readonly sourceMap?: (code: ValidationCodeHash) => string | undefined;
}

/** Code of the chain, ready to run. */
interface Guest {
  readonly hash: ValidationCodeHash;
  /** As on the relay chain, perhaps compressed. */
  readonly blob: Uint8Array;
  readonly pvf: PreparedPvf;
  readonly wasm: Uint8Array;
}

/** Where the state has the code that executed the block: `:code`. */
const CODE_KEY = bytesToHex(asciiBytes(":code"));

interface Refused {
  readonly transaction: Uint8Array;
  readonly problem: TransactionProblem;
}

/** How one execution of the guest for a block went. */
interface Pass {
  readonly included: readonly Uint8Array[];
  readonly refused: readonly Refused[];
  /** What was under way when the guest ended, if it did. */
  readonly pending: Uint8Array | undefined;
  readonly witness: readonly Uint8Array[];
  /** Whether some were not handed out. */
  readonly isFull: boolean;
  /** Whether everything that was handed out is in the block. */
  readonly isClean: boolean;
  readonly result: Result<ValidationResult, GuestFault>;
}

/** Whether another block may take what this one refused. */
const mayStillGo = (problem: TransactionProblem): boolean =>
  problem.code === "refused" && (problem.validity === "future" || problem.validity === "payment");

const NO_RELAY: RelayParent = {
  number: 0xffff_ffff,
  storageRoot: EMPTY_ROOT as Hash,
  node: () => undefined,
};

export class GuestStateMachine implements ParaStateMachine {
  readonly name: string;
  readonly genesisHead: HeadData;
  readonly #genesisCode: ValidationCodeHash;
  /** By hash; the one that was used last stands last. */
  readonly #codes = new LruMap<ValidationCodeHash, Guest>(CODES_MAX);
  readonly #sourceMap: GuestChain["sourceMap"];
  readonly #buildFuel: bigint;
  readonly #store: NodeStore;
  readonly #cache: NodeCache;
  readonly #states: LiveStates;
  readonly #runtimes = new LruMap<Hex, ChainRuntime>(CODES_MAX);
  /** Transactions that were found good by their signature are looked at once for each code. */
  readonly #checked = new LruMap<string, TransactionInfo>(65_536);
  #newest: HeadData;
  #newestCode: Guest;
  #relayParent: RelayParent = NO_RELAY;

  private constructor(chain: GuestChain, guest: Guest) {
    const { name, genesis, store, sourceMap, buildFuel = BUILD_FUEL } = chain;
    this.name = name;
    this.#buildFuel = buildFuel;
    this.#genesisCode = guest.hash;
    this.#newestCode = guest;
    this.#codes.set(guest.hash, guest);
    this.#sourceMap = sourceMap;
    this.#store = store ?? new MemoryNodeStore();
    this.#cache = new NodeCache(this.#store, CACHED_NODES);
    this.#states = new LiveStates(this.#store);
    const state = new Overlay(new TrieBackend(this.#cache, EMPTY_ROOT));
    for (const [key, value] of genesis) state.set(key, value);
    state.set(CODE_KEY, guest.blob);
    const update = state.commitment(STATE_VERSION);
    this.genesisHead = encode(Header, {
      parentHash: `0x${"00".repeat(32)}` as Hash,
      number: 0,
      stateRoot: update.root as Hash,
      extrinsicsRoot: EMPTY_ROOT as Hash,
      digest: [],
    });
    this.#states.insert(blake2b256Hex(this.genesisHead), undefined, update);
    this.#newest = this.genesisHead;
  }

  /** Refuses code that validators would refuse. */
  static create(chain: GuestChain): Result<GuestStateMachine, WasmRefusal> {
    const prepared = prepare(chain.wasm);
    if (!prepared.ok) return prepared;
    const hash = validationCodeHash(chain.wasm);
    const { wasm } = chain;
    return ok(new GuestStateMachine(chain, { hash, blob: wasm, pvf: prepared.value, wasm }));
  }

  /** As clients of Polkadot reckon it: with its length before it. */
  transactionHash(transaction: Uint8Array): Hex {
    return transactionHash(transaction);
  }

  checkTransaction(transaction: Uint8Array): Result<TransactionInfo, TransactionRefusal> {
    const hash = transactionHash(transaction);
    const guest = this.#newestCode;
    const checkedAs = `${guest.hash}${hash}`;
    const known = this.#checked.get(checkedAs);
    if (known !== undefined) return ok(known);
    const answer = this.#check(this.#newest, transaction);
    if (!answer.ok) return err({ code: "undecodable", message: this.#told(guest, answer.error) });
    const reader = new Reader(answer.value);
    if (reader.u8() !== 0) {
      const kind = reader.u8();
      return err(refusal(kind, reader.u8()));
    }
    const { provides: tags } = PoolValidity.read(reader);
    const [provides] = tags;
    assert(provides !== undefined, "a transaction of the kit provides its number");
    const info = { hash, ...decode(Provides, provides) };
    this.#checked.set(checkedAs, info);
    return ok(info);
  }

  buildBlock(
    parent: HeadData,
    transactions: readonly Uint8Array[],
    limits: BlockLimits,
    relayParent: RelayParent,
  ): Result<BuiltBlock, BuildError> {
    if (!this.has(parent)) return err(this.#unknown(parent));
    const guest = this.#guest(relayParent.code);
    if (!guest.ok) return guest;
    this.#relayParent = relayParent;
    this.#newestCode = guest.value;
    const dropped: DroppedTransaction[] = [];
    let offered = transactions.slice(0, limits.maxTransactions);
    let isFull = offered.length < transactions.length;
    for (let passes = 0; passes < PASSES_MAX; passes++) {
      const pass = this.#pass(guest.value, parent, offered, limits, relayParent);
      for (const { transaction, problem } of pass.refused)
        if (!mayStillGo(problem)) dropped.push({ hash: transactionHash(transaction), problem });
      // A pass that ends early has not seen them all for another reason.
      if (pass.result.ok) isFull ||= pass.isFull;
      if (pass.result.ok && pass.isClean)
        return ok({ ...this.#built(pass, pass.result.value, dropped, relayParent), isFull });
      if (!pass.result.ok) {
        if (pass.pending === undefined) break;
        const message = this.#told(guest.value, pass.result.error);
        dropped.push({ hash: transactionHash(pass.pending), problem: { code: "trap", message } });
      }
      // Behind what ended a pass, others may still fit; behind a full block none does.
      const behind = pass.result.ok
        ? []
        : offered.slice(offered.indexOf(pass.pending as Uint8Array) + 1);
      offered = [...pass.included, ...behind];
    }
    const empty = this.#pass(guest.value, parent, [], limits, relayParent);
    if (!empty.result.ok)
      return err({ code: "trap", message: this.#told(guest.value, empty.result.error) });
    return ok(this.#built(empty, empty.result.value, dropped, relayParent));
  }

  importBlock(
    parent: HeadData,
    blockData: Uint8Array,
    code?: ParaCode,
  ): Result<ImportedBlock, ImportError> {
    if (!this.has(parent)) return err(this.#unknown(parent));
    const block = tryDecode(GuestBlock, blockData);
    if (!block.ok) return err({ code: "undecodable", message: block.error.message });
    if (code !== undefined) {
      const guest = this.#guest(code);
      return guest.ok ? this.#execute(guest.value, parent, block.value, blockData) : guest;
    }
    const newest = this.#newestCode;
    let outcome = this.#execute(newest, parent, block.value, blockData);
    for (const hash of [...this.#codes.keys()]) {
      if (outcome.ok) break;
      const guest = hash === newest.hash ? undefined : this.#codes.get(hash);
      if (guest !== undefined) outcome = this.#execute(guest, parent, block.value, blockData);
    }
    return outcome;
  }

  #execute(
    guest: Guest,
    parent: HeadData,
    { relayParentNumber, relayParentStorageRoot, extrinsics }: GuestBlock,
    blockData: Uint8Array,
  ): Result<ImportedBlock, ImportError> {
    let changes: Uint8Array | undefined;
    const answer = callGuest(guest.pvf, {
      entry: EXECUTE,
      input: encode(ValidationParams, {
        parentHead: parent,
        blockData,
        relayParentNumber,
        relayParentStorageRoot,
      }),
      oracle: (question) => {
        if (question[0] === CHANGES) changes = question.slice(1);
        return undefined;
      },
    });
    if (!answer.ok) return err({ code: "badBlock", message: this.#told(guest, answer.error) });
    const result = tryDecode(ValidationResult, answer.value.output);
    if (!result.ok || changes === undefined)
      return err({ code: "badBlock", message: "the chain's code gives no result" });
    const { headData: head } = result.value;
    const entries = this.#entries(changes);
    if (!entries.ok) return entries;
    this.#keep(parent, head, entries.value);
    return ok({ head, included: extrinsics.map(transactionHash) });
  }

  has(head: HeadData): boolean {
    return this.#states.has(blake2b256Hex(head));
  }

  forget(head: HeadData): void {
    if (this.has(head)) this.#states.release(blake2b256Hex(head));
  }

  /** The state after that block. */
  stateAt(head: HeadData): Result<Overlay, UnknownHead> {
    if (!this.has(head)) return err(this.#unknown(head));
    const { stateRoot } = decode(Header, head);
    return ok(new Overlay(new TrieBackend(this.#cache, stateRoot)));
  }

  /** The trie of the state after that block. */
  backend(head: HeadData): Result<{ readonly cache: NodeCache; readonly root: Hex }, UnknownHead> {
    if (!this.has(head)) return err(this.#unknown(head));
    return ok({ cache: this.#cache, root: decode(Header, head).stateRoot });
  }

  /** What the chain's code says to a transaction that is to wait for a block upon this one. */
  validate(
    head: HeadData,
    transaction: Uint8Array,
  ): Result<ValueOf<typeof PoolValidity>, TransactionValidityError> {
    const answer = this.#check(head, transaction);
    // Only bytes that are no transaction of the chain end the guest.
    if (!answer.ok) return err({ type: "invalid", value: { type: "call" } });
    const { type, value } = decode(Validated, answer.value);
    return type === "ok" ? ok(value) : err(value);
  }

  /** What the code that executed the block says about itself; `undefined` without the state, or a word. */
  runtimeAt(head: HeadData): ChainRuntime | undefined {
    if (!this.has(head)) return undefined;
    const state = new TrieBackend(this.#cache, decode(Header, head).stateRoot);
    // The same for the same code, without a look at the code.
    const place = state.merkleValue(CODE_KEY);
    const known = place && this.#runtimes.get(bytesToHex(place));
    if (place === undefined || known !== undefined) return known;
    const wasm = decompressed(state.value(CODE_KEY)?.bytes);
    const runtime = wasm && ChainRuntime.ofCode(wasm);
    if (runtime !== undefined) this.#runtimes.set(bytesToHex(place), runtime);
    return runtime;
  }

  /** What a block upon this one takes for a transaction, without its tip. */
  info(
    head: HeadData,
    transaction: Uint8Array,
  ): Result<ValueOf<typeof RuntimeDispatchInfo>, { readonly code: "notATransaction" }> {
    const answer = this.#ask(INFO, head, transaction);
    return answer.ok
      ? ok(decode(RuntimeDispatchInfo, answer.value))
      : err({ code: "notATransaction" });
  }

  account(head: HeadData, id: Hex): Result<ParaAccount, UnknownHead> {
    const state = this.stateAt(head);
    if (!state.ok) return state;
    const stored = state.value.get(systemAccountKey(id));
    if (stored === undefined) return ok({ nonce: 0, balance: 0n });
    const { nonce, free } = AccountBeginning.read(new Reader(stored));
    return ok({ nonce, balance: free });
  }

  summary(head: HeadData): Result<ParaSummary, UnknownHead> {
    if (!this.has(head)) return err(this.#unknown(head));
    const { number, stateRoot } = decode(Header, head);
    return ok({ number, stateRoot });
  }

  // Code

  /** Code that is here, or that can be had. */
  #guest(code: ParaCode | undefined): Result<Guest, NoCode> {
    const hash = code?.hash ?? this.#genesisCode;
    const known = this.#codes.get(hash);
    if (known !== undefined) return ok(known);
    const blob = code?.bytes();
    const wasm = decompressed(blob);
    const prepared = wasm === undefined ? undefined : prepare(wasm);
    if (blob === undefined || wasm === undefined || prepared?.ok !== true)
      return err({ code: "noCode", hash });
    const guest = { hash, blob, pvf: prepared.value, wasm };
    this.#codes.set(hash, guest);
    return ok(guest);
  }

  /** A fault in its author's words. */
  #told(guest: Guest, fault: GuestFault): string {
    const text = this.#sourceMap?.(guest.hash);
    const map = text === undefined ? undefined : SourceMap.parse(text);
    return faultLine(explainFault(fault, guest.wasm, map?.ok === true ? map.value : undefined));
  }

  /** `Result<ValidTransaction, TransactionValidityError>`, encoded. */
  #check(head: HeadData, transaction: Uint8Array): Result<Uint8Array, GuestFault> {
    return this.#ask(CHECK, head, transaction);
  }

  /** What the newest code says of a transaction upon a block. */
  #ask(
    entry: typeof CHECK | typeof INFO,
    head: HeadData,
    transaction: Uint8Array,
  ): Result<Uint8Array, GuestFault> {
    const relayParent = this.#relayParent;
    const nodes = this.#nodes(relayParent);
    const answer = callGuest(this.#newestCode.pvf, {
      entry,
      input: this.#params(head, relayParent, transaction),
      fuel: CHECK_FUEL,
      oracle: (question) =>
        question[0] === NODE ? nodes(bytesToHex(question.subarray(1))) : undefined,
    });
    return answer.ok ? ok(answer.value.output) : answer;
  }

  // Building

  /** Executes the guest with transactions as they are offered, as far as they fit. */
  #pass(
    guest: Guest,
    parent: HeadData,
    offered: readonly Uint8Array[],
    { maxBlockDataBytes }: BlockLimits,
    relayParent: RelayParent,
  ): Pass {
    const nodes = this.#nodes(relayParent);
    const witness = new Map<Hex, Uint8Array>();
    const included: Uint8Array[] = [];
    const refused: Refused[] = [];
    let size = FRAME_BYTES;
    let next = 0;
    let pending: Uint8Array | undefined;
    let isOverfull = false;

    const settle = ([kind, detail]: Uint8Array): void => {
      if (pending === undefined) return;
      if (kind !== undefined && detail !== undefined)
        refused.push({ transaction: pending, problem: refusal(kind, detail) });
      // What it made the guest look at is more than the block can bring along.
      else if (size > maxBlockDataBytes) isOverfull = true;
      else included.push(pending);
      pending = undefined;
    };
    const hand = (fuelLeft: bigint): Uint8Array | undefined => {
      const candidate = offered[next];
      if (candidate === undefined || isOverfull || fuelLeft < this.#buildFuel) return undefined;
      if (size + candidate.length + LENGTH_PREFIX_BYTES > maxBlockDataBytes) return undefined;
      size += candidate.length + LENGTH_PREFIX_BYTES;
      next += 1;
      pending = candidate;
      return candidate;
    };
    const look = (hash: Hex): Uint8Array | undefined => {
      const node = nodes(hash);
      if (node === undefined || witness.has(hash)) return node;
      witness.set(hash, node);
      size += node.length + LENGTH_PREFIX_BYTES;
      return node;
    };

    const answer = callGuest(guest.pvf, {
      entry: BUILD,
      input: this.#params(parent, relayParent, new Uint8Array()),
      fuel: 2n * this.#buildFuel,
      oracle: (question, fuelLeft) => {
        if (question[0] === NODE) return look(bytesToHex(question.subarray(1)));
        if (question[0] !== NEXT_EXTRINSIC) return undefined;
        settle(question.subarray(1));
        return hand(fuelLeft);
      },
    });
    return {
      included,
      refused,
      pending,
      witness: [...witness.values()],
      isFull: next < offered.length,
      isClean: refused.length === 0 && !isOverfull,
      result: answer.ok ? ok(decode(ValidationResult, answer.value.output)) : answer,
    };
  }

  #built(
    { included, witness }: Pass,
    result: ValidationResult,
    dropped: readonly DroppedTransaction[],
    { number, storageRoot }: RelayParent,
  ): BuiltBlock {
    const blockData = encode(GuestBlock, {
      relayParentNumber: number,
      relayParentStorageRoot: storageRoot,
      extrinsics: included,
      witness,
    });
    const { headData: head, newValidationCode, upwardMessages } = result;
    const built = {
      blockData,
      head,
      included: included.map(transactionHash),
      dropped,
      upwardMessages,
    };
    return newValidationCode === undefined ? built : { ...built, newValidationCode };
  }

  #params(
    parentHead: HeadData,
    { number, storageRoot }: RelayParent,
    blockData: Uint8Array,
  ): Uint8Array {
    return encode(ValidationParams, {
      parentHead,
      blockData,
      relayParentNumber: number,
      relayParentStorageRoot: storageRoot,
    });
  }

  /** Nodes of our states, and of the relay chain's. */
  #nodes(relayParent: RelayParent): (hash: Hex) => Uint8Array | undefined {
    return (hash) => this.#store.get(hash) ?? relayParent.node(hash);
  }

  // Keeping

  /** What a block changes, with the code that the guest knows by its hash only. */
  #entries(changes: Uint8Array): Result<readonly Change[], NoCode> {
    const entries: Change[] = [];
    for (const [bytesOfKey, value] of decode(Changes, changes)) {
      const key = bytesToHex(bytesOfKey);
      if (key !== CODE_KEY || value === undefined) {
        entries.push([key, value]);
        continue;
      }
      const hash = bytesToHex(value) as ValidationCodeHash;
      const guest = this.#codes.get(hash);
      if (guest === undefined) return err({ code: "noCode", hash });
      entries.push([key, guest.blob]);
    }
    return ok(entries);
  }

  #keep(parent: HeadData, head: HeadData, entries: readonly Change[]): void {
    const id = blake2b256Hex(head);
    this.#newest = head;
    if (this.#states.has(id)) return;
    const { stateRoot: before } = decode(Header, parent);
    const { stateRoot: after } = decode(Header, head);
    const state = new Overlay(new TrieBackend(this.#cache, before));
    for (const [key, value] of entries) {
      if (value === undefined) state.delete(key);
      else state.set(key, value);
    }
    const update = state.commitment(STATE_VERSION);
    assert(update.root === after, "a guest and its collator come to different states");
    this.#states.insert(id, blake2b256Hex(parent), update);
  }

  #unknown(head: HeadData): UnknownHead {
    return { code: "unknownHead", head: blake2b256Hex(head) };
  }
}

const transactionHash = (transaction: Uint8Array): Hex =>
  blake2b256Hex(encode(bytes(), transaction));

const ACCOUNT_PREFIX = concatBytes(twox128(asciiBytes("System")), twox128(asciiBytes("Account")));

function systemAccountKey(id: Hex): Hex {
  const account = hexToBytes(id);
  return bytesToHex(concatBytes(ACCOUNT_PREFIX, blake2b128(account), account));
}

/** `InvalidTransaction` in wire order. */
const INVALID: readonly Validity[] = [
  "call",
  "payment",
  "future",
  "stale",
  "badProof",
  "ancientBirthBlock",
  "exhaustsResources",
  "custom",
  "badMandatory",
  "mandatoryValidation",
  "badSigner",
];

/** `TransactionValidityError` as the guest reports it: the kind of error, then which. */
function refusal(kind: number, detail: number): TransactionRefusal {
  const validity = (kind === 0 ? INVALID[detail] : undefined) ?? "cannotLookup";
  return validity === "badProof" ? { code: "badSignature" } : { code: "refused", validity };
}

const prepare = (wasm: Uint8Array): Result<PreparedPvf, WasmRefusal> =>
  preparePvf(wasm, DEFAULT_ENGINE_PARAMETERS, {
    metered: true,
    entries: [BUILD, EXECUTE, CHECK, INFO],
  });

function decompressed(code: Uint8Array | undefined): Uint8Array | undefined {
  const plain = code && decompressBlob(code, "code", CODE_LIMIT_BYTES);
  return plain?.ok === true ? plain.value : undefined;
}
