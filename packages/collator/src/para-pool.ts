/**
 * Transactions of a parachain that wait for a block. A transaction enters once the state machine finds nothing wrong
 * with it that shows without a state; one with a sender goes in the order of that sender's nonces, and waits while
 * there is a gap before it. Transactions stay until their block is final, since a block may leave the chain again.
 *
 * Bounds: `countMax` transactions and `bytesMax` bytes that wait, `perSenderMax` of one sender, as many as
 * `INCLUDED_FACTOR` times that in blocks which are not final, `SETTLED_MAX` whose end is remembered and `BANNED_MAX`
 * that are refused unseen. A transaction that waits longer than `WAIT_MS` is dropped. A full pool makes room for a
 * ready one by dropping one that is not, or that blocks with room have been built without.
 */
import { type Clock, err, type Hex, LruMap, ok, type Result } from "@parahost/base";
import type { ParaStateMachine, TransactionProblem, TransactionRefusal } from "@parahost/kit";
import type { Hash } from "@parahost/primitives";
import type { ParaBlock, Route } from "./para-tree.ts";

export interface ParaPoolLimits {
  readonly countMax: number;
  readonly bytesMax: number;
  readonly perSenderMax: number;
  /** Longest transaction. */
  readonly transactionBytesMax: number;
}

/** Count and bytes as in Polkadot nodes. */
export const PARA_POOL_LIMITS: ParaPoolLimits = {
  countMax: 8192,
  bytesMax: 20 * 1024 * 1024,
  perSenderMax: 1024,
  transactionBytesMax: 256 * 1024,
};

/** A transaction that nothing can be done with for so long is given up. */
export const WAIT_MS = 30 * 60 * 1000;
/** As long as in Polkadot nodes. */
export const BAN_MS = 30 * 60 * 1000;
const BANNED_MAX = 10_000;
const SETTLED_MAX = 16_384;
const INCLUDED_FACTOR = 4;

/** Why a transaction left the pool without a block. */
export type DropReason =
  | TransactionProblem
  /** It waited for `waitedMs`. */
  | { readonly code: "expired"; readonly waitedMs: number }
  /** The pool was full, and this one was of the least use. */
  | { readonly code: "crowdedOut" }
  /** Its block left the chain, and another transaction holds its place. */
  | { readonly code: "nonceTaken"; readonly by: Hex };

export type TransactionStatus =
  /** Others of its sender must come first, and not all of them are here. */
  | { readonly type: "future" }
  /** May go into the next block. */
  | { readonly type: "ready" }
  /** In a block that the best relay chain includes. */
  | { readonly type: "inBlock"; readonly block: Hash; readonly number: number }
  | { readonly type: "finalized"; readonly block: Hash; readonly number: number }
  /** In a block of which the pool no longer waits to hear that it is final. */
  | { readonly type: "finalityTimeout"; readonly block: Hash; readonly number: number }
  | { readonly type: "dropped"; readonly reason: DropReason };

/** What becomes of a transaction. After `retracted` (its block left the chain) its new status follows. */
export interface TransactionEvent {
  readonly hash: Hex;
  readonly status: TransactionStatus | { readonly type: "retracted"; readonly block: Hash };
}

/** Must not throw: it would be the end of whoever told the pool. */
export type TransactionListener = (event: TransactionEvent) => void;

/** Why a transaction is not taken. */
export type SubmitError =
  | TransactionRefusal
  | { readonly code: "tooLarge"; readonly bytes: number; readonly bytesMax: number }
  | { readonly code: "temporarilyBanned"; readonly forMs: number }
  | { readonly code: "alreadyInPool" }
  | { readonly code: "alreadyInBlock"; readonly block: Hash; readonly number: number }
  | { readonly code: "staleNonce"; readonly nonce: number; readonly expected: number }
  /** So far ahead that the gap could not be filled. */
  | { readonly code: "nonceTooFar"; readonly nonce: number; readonly nonceMax: number }
  | { readonly code: "nonceTaken"; readonly by: Hex }
  | { readonly code: "tooManyOfSender"; readonly countMax: number }
  | { readonly code: "poolFull" };

export interface PoolTransaction {
  readonly hash: Hex;
  readonly bytes: Uint8Array;
}

/** The next nonce of a sender, as some block leaves it. */
export type NonceOf = (sender: Hex) => number;

/** The block that transactions are wanted for: what its ancestors have done. */
export interface ReadyFor {
  readonly nonceOf: NonceOf;
  /** Whether an ancestor that is not final includes the transaction. */
  isIncluded(hash: Hex): boolean;
}

interface Entry extends PoolTransaction {
  readonly sender: Hex | undefined;
  readonly nonce: number;
  /** Order of arrival. */
  readonly order: number;
  readonly arrivedAt: number;
  isReady: boolean;
  /** Blocks with room that were built without it although it was offered. */
  passedOver: number;
  /** The block of the best chain that includes it. */
  block: { readonly hash: Hash; readonly number: number } | undefined;
}

/** Transactions and their bytes together. */
class Lot {
  readonly entries = new Map<Hex, Entry>();
  bytes = 0;

  add(entry: Entry): void {
    this.entries.set(entry.hash, entry);
    this.bytes += entry.bytes.length;
  }

  remove(entry: Entry): void {
    if (this.entries.delete(entry.hash)) this.bytes -= entry.bytes.length;
  }
}

export class ParaPool {
  readonly #machine: Pick<ParaStateMachine, "transactionHash" | "checkTransaction">;
  /** Of the best block whose state is known. */
  readonly #nonceOf: NonceOf;
  readonly #clock: Clock;
  readonly #limits: ParaPoolLimits;
  readonly #waiting = new Lot();
  readonly #included = new Lot();
  /** What waits, by sender and nonce. */
  readonly #bySender = new Map<Hex, Map<number, Entry>>();
  readonly #settled = new LruMap<Hex, TransactionStatus>(SETTLED_MAX);
  /** Until when. */
  readonly #banned = new LruMap<Hex, number>(BANNED_MAX);
  readonly #listeners = new Set<TransactionListener>();
  /** Who waits for news of one transaction. */
  readonly #watchers = new Map<Hex, Set<TransactionListener>>();
  #order = 0;

  constructor(
    machine: Pick<ParaStateMachine, "transactionHash" | "checkTransaction">,
    nonceOf: NonceOf,
    clock: Clock,
    limits: ParaPoolLimits = PARA_POOL_LIMITS,
  ) {
    this.#machine = machine;
    this.#nonceOf = nonceOf;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Transactions that wait for a block. */
  get waitingCount(): number {
    return this.#waiting.entries.size;
  }

  /** Their bytes, as they came. */
  waiting(): Uint8Array[] {
    const entries = [...this.#waiting.entries.values()].sort((a, b) => a.order - b.order);
    return entries.map(({ bytes }) => bytes);
  }

  get waitingBytes(): number {
    return this.#waiting.bytes;
  }

  /** Transactions in blocks that are not final. */
  get includedCount(): number {
    return this.#included.entries.size;
  }

  /** `undefined` for a transaction that was never here, or so long ago that it is forgotten. */
  status(hash: Hex): TransactionStatus | undefined {
    const entry = this.#waiting.entries.get(hash) ?? this.#included.entries.get(hash);
    return entry === undefined ? this.#settled.get(hash) : statusOf(entry);
  }

  /** Calls `listener` for every event from now on, or for those of one transaction; the answer ends it. */
  watch(listener: TransactionListener, hash?: Hex): () => void {
    const own: TransactionListener = (event) => listener(event);
    if (hash === undefined) {
      this.#listeners.add(own);
      return () => void this.#listeners.delete(own);
    }
    const watchers = this.#watchers.get(hash) ?? new Set();
    this.#watchers.set(hash, watchers.add(own));
    return () => {
      watchers.delete(own);
      if (watchers.size === 0 && this.#watchers.get(hash) === watchers) this.#watchers.delete(hash);
    };
  }

  submit(transaction: Uint8Array): Result<Hex, SubmitError> {
    const { transactionBytesMax, perSenderMax } = this.#limits;
    if (transaction.length > transactionBytesMax)
      return err({ code: "tooLarge", bytes: transaction.length, bytesMax: transactionBytesMax });
    const hash = this.#machine.transactionHash(transaction);
    const known = this.#refuseKnown(hash);
    if (known !== undefined) return err(known);
    const checked = this.#machine.checkTransaction(transaction);
    if (!checked.ok) {
      this.#ban(hash);
      return checked;
    }
    const { sender, nonce = 0 } = checked.value;
    if (sender !== undefined) {
      const expected = this.#nonceOf(sender);
      if (nonce < expected) return err({ code: "staleNonce", nonce, expected });
      const nonceMax = expected + perSenderMax - 1;
      if (nonce > nonceMax) return err({ code: "nonceTooFar", nonce, nonceMax });
      const own = this.#bySender.get(sender);
      const rival = own?.get(nonce);
      if (rival !== undefined) return err({ code: "nonceTaken", by: rival.hash });
      if (own !== undefined && own.size >= perSenderMax)
        return err({ code: "tooManyOfSender", countMax: perSenderMax });
    }
    const entry: Entry = {
      hash,
      // The caller may use its buffer again.
      bytes: transaction.slice(),
      sender,
      nonce,
      order: this.#order++,
      arrivedAt: this.#clock.now(),
      isReady: false,
      passedOver: 0,
      block: undefined,
    };
    if (!this.#makeRoom(entry)) return err({ code: "poolFull" });
    this.#settled.delete(hash);
    this.#wait(entry);
    if (sender === undefined) this.#becomeReady(entry);
    else this.#judge(sender);
    if (!entry.isReady) this.#emit(hash, { type: "future" });
    return ok(hash);
  }

  /** Transactions that may go into a block, each behind those of its sender that must precede it, else by arrival. */
  ready({ nonceOf, isIncluded }: ReadyFor): PoolTransaction[] {
    const taken: Entry[] = [];
    const next = new Map<Hex, number>();
    const early = new Map<Hex, Map<number, Entry>>();
    // What the best chain includes may yet be wanted on a fork of it.
    const entries = [...this.#included.entries.values(), ...this.#waiting.entries.values()];
    for (const entry of entries.sort((a, b) => a.order - b.order)) {
      if (isIncluded(entry.hash)) continue;
      const { sender } = entry;
      if (sender === undefined) {
        taken.push(entry);
        continue;
      }
      let expected = next.get(sender) ?? nonceOf(sender);
      const ahead = early.get(sender) ?? new Map<number, Entry>();
      early.set(sender, ahead.set(entry.nonce, entry));
      for (let fit = ahead.get(expected); fit !== undefined; fit = ahead.get(expected)) {
        taken.push(fit);
        expected += 1;
      }
      next.set(sender, expected);
    }
    return taken;
  }

  /** A block was built without these although it had room for them. */
  onPassedOver(hashes: Iterable<Hex>): void {
    for (const hash of hashes) {
      const entry = this.#waiting.entries.get(hash);
      if (entry !== undefined) entry.passedOver += 1;
    }
  }

  /** A block builder found out that the transaction cannot go in. */
  drop(hash: Hex, problem: TransactionProblem): void {
    const entry = this.#waiting.entries.get(hash);
    if (entry === undefined) return;
    this.#ban(hash);
    this.#drop(entry, problem);
    if (entry.sender !== undefined) this.#judge(entry.sender);
  }

  /** The best chain moved along the route; nonces are those of its new end already. */
  onBestChain({ retracted, enacted }: Route): void {
    const stillIn = new Set(enacted.flatMap(({ transactions }) => transactions));
    for (const block of retracted)
      for (const hash of block.transactions) {
        if (stillIn.has(hash)) continue;
        const entry = this.#included.entries.get(hash);
        const isForgotten = this.#settled.get(hash)?.type === "finalityTimeout";
        if (entry === undefined && !isForgotten) continue;
        this.#emit(hash, { type: "retracted", block: block.hash });
        // Of one that is forgotten the bytes are gone: it has to be submitted again.
        this.#settled.delete(hash);
        if (entry === undefined) continue;
        this.#included.remove(entry);
        entry.block = undefined;
        this.#return(entry);
      }
    for (const { hash: block, number, transactions } of enacted)
      for (const hash of transactions) {
        const entry = this.#waiting.entries.get(hash) ?? this.#included.entries.get(hash);
        if (entry === undefined) continue;
        this.#stopWaiting(entry);
        // Inserted anew, so that the ones included longest stand first.
        this.#included.remove(entry);
        entry.block = { hash: block, number };
        this.#included.add(entry);
        this.#emit(hash, { type: "inBlock", block, number });
      }
    this.#boundIncluded();
    for (const sender of this.#bySender.keys()) this.#judge(sender);
  }

  /** These blocks are final; nonces are those of the last of them. What has become impossible is dropped. */
  onFinalized(blocks: readonly ParaBlock[], nonceOf: NonceOf): void {
    for (const block of blocks) this.#settle(block, "finalized");
    for (const entry of [...this.#waiting.entries.values()]) {
      if (entry.sender === undefined) continue;
      const expected = nonceOf(entry.sender);
      if (entry.nonce < expected)
        this.#drop(entry, { code: "staleNonce", nonce: entry.nonce, expected });
    }
  }

  /** Nobody waits any longer to hear that these blocks are final. */
  onFinalityTimeout(blocks: readonly ParaBlock[]): void {
    for (const block of blocks) this.#settle(block, "finalityTimeout");
  }

  /** Drops what has waited too long. */
  dropExpired(): void {
    const now = this.#clock.now();
    for (const entry of [...this.#waiting.entries.values()]) {
      const waitedMs = now - entry.arrivedAt;
      if (waitedMs < WAIT_MS) continue;
      this.#drop(entry, { code: "expired", waitedMs });
      if (entry.sender !== undefined) this.#judge(entry.sender);
    }
  }

  #refuseKnown(hash: Hex): SubmitError | undefined {
    if (this.#waiting.entries.has(hash)) return { code: "alreadyInPool" };
    const status = this.status(hash);
    if (status !== undefined && "block" in status)
      return { code: "alreadyInBlock", block: status.block, number: status.number };
    const forMs = (this.#banned.get(hash) ?? 0) - this.#clock.now();
    if (forMs > 0) return { code: "temporarilyBanned", forMs };
    this.#banned.delete(hash);
    return undefined;
  }

  #wait(entry: Entry): void {
    this.#waiting.add(entry);
    if (entry.sender === undefined) return;
    const own = this.#bySender.get(entry.sender) ?? new Map<number, Entry>();
    this.#bySender.set(entry.sender, own.set(entry.nonce, entry));
  }

  #stopWaiting(entry: Entry): void {
    this.#waiting.remove(entry);
    if (entry.sender === undefined) return;
    const own = this.#bySender.get(entry.sender);
    if (own?.get(entry.nonce) !== entry) return;
    own.delete(entry.nonce);
    if (own.size === 0) this.#bySender.delete(entry.sender);
  }

  /** Back from a block that left the chain. */
  #return(entry: Entry): void {
    const rival =
      entry.sender === undefined ? undefined : this.#bySender.get(entry.sender)?.get(entry.nonce);
    if (rival !== undefined) {
      this.#end(entry, { type: "dropped", reason: { code: "nonceTaken", by: rival.hash } });
      return;
    }
    entry.isReady = false;
    this.#wait(entry);
    if (entry.sender === undefined) this.#becomeReady(entry);
  }

  /** Finds out which transactions of a sender are ready, now that one has come or gone or the chain has moved. */
  #judge(sender: Hex): void {
    const own = this.#bySender.get(sender);
    if (own === undefined) return;
    const ready = new Set<Entry>();
    let nonce = this.#nonceOf(sender);
    for (let entry = own.get(nonce); entry !== undefined; entry = own.get(++nonce)) {
      ready.add(entry);
      if (!entry.isReady) this.#becomeReady(entry);
    }
    for (const entry of own.values())
      if (entry.isReady && !ready.has(entry)) {
        entry.isReady = false;
        this.#emit(entry.hash, { type: "future" });
      }
  }

  #becomeReady(entry: Entry): void {
    entry.isReady = true;
    this.#emit(entry.hash, { type: "ready" });
  }

  #makeRoom(newcomer: Entry): boolean {
    const { countMax, bytesMax } = this.#limits;
    const hasRoom = (): boolean =>
      this.#waiting.entries.size < countMax &&
      this.#waiting.bytes + newcomer.bytes.length <= bytesMax;
    if (hasRoom()) return true;
    if (!this.#wouldBeReady(newcomer)) return false;
    const victims = [...this.#waiting.entries.values()]
      .filter(
        ({ isReady, passedOver, sender }) =>
          (!isReady || passedOver > 0) && (sender === undefined || sender !== newcomer.sender),
      )
      .sort((a, b) => b.passedOver - a.passedOver || b.order - a.order);
    let freeBytes = bytesMax - this.#waiting.bytes;
    for (const { bytes } of victims) freeBytes += bytes.length;
    if (victims.length === 0 || freeBytes < newcomer.bytes.length) return false;
    for (const victim of victims) {
      this.#drop(victim, { code: "crowdedOut" });
      if (victim.sender !== undefined) this.#judge(victim.sender);
      if (hasRoom()) return true;
    }
    return false;
  }

  #wouldBeReady({ sender, nonce }: Entry): boolean {
    if (sender === undefined) return true;
    const own = this.#bySender.get(sender);
    for (let before = this.#nonceOf(sender); before < nonce; before++)
      if (own?.has(before) !== true) return false;
    return true;
  }

  /** The ones included longest are no longer kept for a return. */
  #boundIncluded(): void {
    const countMax = INCLUDED_FACTOR * this.#limits.countMax;
    const bytesMax = INCLUDED_FACTOR * this.#limits.bytesMax;
    for (const entry of this.#included.entries.values()) {
      if (this.#included.entries.size <= countMax && this.#included.bytes <= bytesMax) return;
      this.#included.remove(entry);
      if (entry.block !== undefined)
        this.#end(entry, {
          type: "finalityTimeout",
          block: entry.block.hash,
          number: entry.block.number,
        });
    }
  }

  #settle(
    { hash: block, number, transactions }: ParaBlock,
    type: "finalized" | "finalityTimeout",
  ): void {
    for (const hash of transactions) {
      const entry = this.#included.entries.get(hash) ?? this.#waiting.entries.get(hash);
      const hasTimedOut = this.#settled.get(hash)?.type === "finalityTimeout";
      if (entry === undefined && !(hasTimedOut && type === "finalized")) continue;
      if (entry !== undefined) {
        this.#stopWaiting(entry);
        this.#included.remove(entry);
      }
      this.#settled.set(hash, { type, block, number });
      this.#emit(hash, { type, block, number });
    }
  }

  #drop(entry: Entry, reason: DropReason): void {
    this.#stopWaiting(entry);
    this.#end(entry, { type: "dropped", reason });
  }

  #end({ hash }: Entry, status: TransactionStatus): void {
    this.#settled.set(hash, status);
    this.#emit(hash, status);
  }

  #ban(hash: Hex): void {
    this.#banned.set(hash, this.#clock.now() + BAN_MS);
  }

  #emit(hash: Hex, status: TransactionEvent["status"]): void {
    for (const listener of this.#listeners) listener({ hash, status });
    for (const listener of this.#watchers.get(hash) ?? []) listener({ hash, status });
  }
}

function statusOf({ block, isReady }: Entry): TransactionStatus {
  if (block !== undefined) return { type: "inBlock", block: block.hash, number: block.number };
  return { type: isReady ? "ready" : "future" };
}
