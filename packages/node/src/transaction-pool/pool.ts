/**
 * Transactions that wait for a block. The runtime judges each one and says what it needs and what it
 * offers (tags); a transaction is ready when everything it needs is offered by the chain or by ready
 * transactions before it, and waits in the future queue otherwise.
 *
 * Bounds: number and bytes of those that are ready, and of those that are not; when they are reached those of
 * least priority give way, or the newcomer is refused. A transaction that was found invalid or was crowded
 * out is refused for a while without asking the runtime again.
 *
 * After each block those that were judged longest ago are judged anew, after a reorganisation all. A
 * transaction leaves when it is in a block, or too old, or no longer valid.
 */
import { type Clock, err, ok, type Result } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { asHash, type Hash, OpaqueExtrinsic } from "@parahost/primitives";
import type { TransactionValidityError, ValidTransaction } from "@parahost/runtime";
import { encode } from "@parahost/scale";
import { BanList } from "./bans.ts";
import {
  byPriority,
  type Entry,
  isReady,
  type PoolTransaction,
  WaitingTransactions,
} from "./waiting.ts";

export type { PoolTransaction } from "./waiting.ts";

/** Where a transaction came from, as the runtime is told. */
export type TransactionSource = "inBlock" | "local" | "external";

export type PoolError =
  | { readonly code: "invalid"; readonly reason: TransactionValidityError }
  | { readonly code: "alreadyImported"; readonly hash: Hash }
  | { readonly code: "tooLowPriority"; readonly needed: bigint; readonly offered: bigint }
  | { readonly code: "temporarilyBanned"; readonly hash: Hash }
  | { readonly code: "poolFull" };

/** What becomes of a transaction after it was taken; for whoever watches it. */
export type PoolEvent =
  | { readonly type: "ready"; readonly hash: Hash }
  | { readonly type: "future"; readonly hash: Hash }
  /** In a block of the best chain. */
  | { readonly type: "inBlock"; readonly hash: Hash; readonly block: Hash; readonly index: number }
  /** Its block left the best chain. */
  | { readonly type: "retracted"; readonly hash: Hash; readonly block: Hash }
  | { readonly type: "usurped"; readonly hash: Hash; readonly by: Hash }
  | { readonly type: "dropped"; readonly hash: Hash }
  | { readonly type: "invalid"; readonly hash: Hash; readonly reason: TransactionValidityError };

export interface QueueLimits {
  readonly countMax: number;
  readonly bytesMax: number;
}

export interface PoolLimits {
  readonly ready: QueueLimits;
  /** Transactions ahead of their time: they cost their sender nothing until others come. */
  readonly future: QueueLimits;
}

/** As in Polkadot nodes. */
export const POOL_LIMITS: PoolLimits = {
  ready: { countMax: 8192, bytesMax: 20 * 1024 * 1024 },
  future: { countMax: 819, bytesMax: 2 * 1024 * 1024 },
};

/** Transactions judged anew after a block: all of a small pool, a part of a full one. */
const REJUDGED_PER_BLOCK_MAX = 512;

/** Judges a transaction against the state after a block. */
export type ValidateTransaction = (
  at: Hash,
  source: TransactionSource,
  extrinsic: Uint8Array,
) => Result<ValidTransaction, TransactionValidityError>;

/** A block's extrinsics as far as the pool cares. */
export interface PoolBlock {
  readonly hash: Hash;
  readonly body: readonly Uint8Array[];
}

export const transactionHash = (extrinsic: Uint8Array): Hash =>
  asHash(blake2b256Hex(encode(OpaqueExtrinsic, extrinsic)));

/** The runtime's word for what is too old. */
const STALE: TransactionValidityError = { type: "invalid", value: { type: "stale" } };

export class TransactionPool {
  readonly #validate: ValidateTransaction;
  readonly #limits: PoolLimits;
  readonly #waiting = new WaitingTransactions();
  readonly #banned: BanList;
  readonly #listeners = new Set<(event: PoolEvent) => void>();
  /** What was last said of each: whether it is ready. */
  readonly #told = new Map<Hash, boolean>();
  #order = 0;
  #best: { readonly hash: Hash; readonly number: number };

  constructor(
    best: { readonly hash: Hash; readonly number: number },
    validate: ValidateTransaction,
    clock: Clock,
    limits: PoolLimits = POOL_LIMITS,
  ) {
    this.#best = best;
    this.#validate = validate;
    this.#banned = new BanList(clock);
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(hash: Hash): boolean {
    return this.#waiting.get(hash) !== undefined;
  }

  get(hash: Hash): PoolTransaction | undefined {
    return this.#waiting.get(hash);
  }

  /** Ready transactions, best first, each after those it needs. */
  ready(): PoolTransaction[] {
    return this.#waiting.inOrder();
  }

  /** Everything that waits, ready or not, as it came. */
  all(): PoolTransaction[] {
    return [...this.#waiting.all()].sort((a, b) => a.order - b.order);
  }

  /** Calls `listener` for every event from now on; the answer ends it. */
  watch(listener: (event: PoolEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  submit(extrinsic: Uint8Array, source: TransactionSource): Result<Hash, PoolError> {
    const hash = transactionHash(extrinsic);
    if (this.has(hash)) return err({ code: "alreadyImported", hash });
    if (this.#banned.has(hash)) return err({ code: "temporarilyBanned", hash });
    const taken = this.#admit(hash, extrinsic, source);
    this.#tellAll();
    return taken;
  }

  /**
   * The best chain moved: what is in `enacted` leaves the pool, and what was in `retracted` comes back
   * unless it is in the new chain as well.
   */
  onBestBlock(
    best: { readonly hash: Hash; readonly number: number },
    retracted: readonly PoolBlock[],
    enacted: readonly PoolBlock[],
  ): void {
    this.#best = best;
    const included = this.#takeIncluded(enacted);
    this.#dropOld();
    this.#rejudge(retracted.length > 0 ? this.size : REJUDGED_PER_BLOCK_MAX);
    for (const { hash: block, body } of retracted)
      for (const extrinsic of body) {
        const hash = transactionHash(extrinsic);
        if (included.has(hash) || this.has(hash)) continue;
        // Inherents were never in the pool: the runtime refuses them here.
        if (this.#admit(hash, extrinsic, "inBlock").ok)
          this.#emit({ type: "retracted", hash, block });
      }
    this.#tellAll();
  }

  /** Drops a transaction that a block builder found it cannot include; what depends on it waits. */
  removeInvalid(hash: Hash, reason: TransactionValidityError): void {
    const entry = this.#waiting.get(hash);
    if (entry === undefined) return;
    this.#refuse(entry, reason);
    this.#tellAll();
  }

  // Leaving

  #takeIncluded(enacted: readonly PoolBlock[]): ReadonlySet<Hash> {
    const included = new Set<Hash>();
    for (const { hash: block, body } of enacted)
      for (const [index, extrinsic] of body.entries()) {
        const hash = transactionHash(extrinsic);
        included.add(hash);
        const entry = this.#waiting.get(hash);
        if (entry === undefined) continue;
        this.#waiting.removeIncluded(entry);
        this.#told.delete(hash);
        this.#emit({ type: "inBlock", hash, block, index });
      }
    return included;
  }

  #dropOld(): void {
    for (const entry of [...this.#waiting.all()])
      if (entry.validTill < this.#best.number) this.#refuse(entry, STALE);
  }

  #refuse(entry: Entry, reason: TransactionValidityError): void {
    this.#remove(entry);
    this.#banned.add(entry.hash);
    this.#emit({ type: "invalid", hash: entry.hash, reason });
  }

  #drop(entry: Entry): void {
    this.#remove(entry);
    this.#banned.add(entry.hash);
    this.#emit({ type: "dropped", hash: entry.hash });
  }

  #remove(entry: Entry): void {
    this.#waiting.remove(entry);
    this.#told.delete(entry.hash);
  }

  // Judging

  /** Judges anew those that were judged longest ago. */
  #rejudge(count: number): void {
    const due: Entry[] = [];
    for (const entry of this.#waiting.all()) {
      if (due.length === count) break;
      due.push(entry);
    }
    for (const entry of due) {
      const validity = this.#validate(this.#best.hash, "external", entry.extrinsic);
      if (!validity.ok) {
        this.#refuse(entry, validity.error);
        continue;
      }
      this.#waiting.remove(entry);
      const { hash, extrinsic, order, validTill } = entry;
      this.#waiting.add({ hash, extrinsic, validity: validity.value }, order, validTill);
    }
    this.#keepLimits();
  }

  #admit(hash: Hash, extrinsic: Uint8Array, source: TransactionSource): Result<Hash, PoolError> {
    const judged = this.#validate(this.#best.hash, source, extrinsic);
    if (!judged.ok) {
      this.#banned.add(hash);
      return err({ code: "invalid", reason: judged.error });
    }
    const validity = judged.value;
    const rivals = this.#waiting.rivalsOf(validity);
    for (const rival of rivals)
      if (rival.validity.priority >= validity.priority)
        return err({
          code: "tooLowPriority",
          needed: rival.validity.priority + 1n,
          offered: validity.priority,
        });
    const victims = this.#victimsOf(extrinsic.length, validity, rivals);
    if (victims === undefined) return err({ code: "poolFull" });
    for (const rival of rivals) {
      this.#remove(rival);
      this.#emit({ type: "usurped", hash: rival.hash, by: hash });
    }
    for (const victim of victims) this.#drop(victim);
    const validTill = this.#best.number + Number(validity.longevity);
    this.#waiting.add({ hash, extrinsic, validity }, this.#order++, validTill);
    this.#keepLimits();
    return ok(hash);
  }

  // Limits

  /**
   * Those of less priority in the newcomer's queue that give way to it, the least first; none if there is room,
   * `undefined` if that would not be enough. Its rivals leave anyway.
   */
  #victimsOf(
    bytes: number,
    validity: ValidTransaction,
    rivals: readonly Entry[],
  ): Entry[] | undefined {
    const ready = this.#waiting.wouldBeReady(validity);
    const leaving = rivals.filter((rival) => isReady(rival) === ready);
    const { countMax, bytesMax } = ready ? this.#limits.ready : this.#limits.future;
    const amount = this.#waiting.amount(ready);
    let count = amount.count - leaving.length + 1;
    let total = leaving.reduce((sum, rival) => sum - rival.extrinsic.length, amount.bytes + bytes);
    const victims: Entry[] = [];
    if (count <= countMax && total <= bytesMax) return victims;
    const others = [...this.#waiting.all()].filter(
      (entry) => isReady(entry) === ready && !leaving.includes(entry),
    );
    for (const victim of others.sort(byPriority).reverse()) {
      if (victim.validity.priority >= validity.priority) return undefined;
      victims.push(victim);
      count -= 1;
      total -= victim.extrinsic.length;
      if (count <= countMax && total <= bytesMax) return victims;
    }
    return undefined;
  }

  /** Those that became ready, or ceased to be, may be too many for their queue. */
  #keepLimits(): void {
    for (const ready of [true, false]) {
      const { countMax, bytesMax } = ready ? this.#limits.ready : this.#limits.future;
      const isOver = (): boolean => {
        const { count, bytes } = this.#waiting.amount(ready);
        return count > countMax || bytes > bytesMax;
      };
      if (!isOver()) continue;
      const least = [...this.#waiting.all()].filter((entry) => isReady(entry) === ready);
      for (const entry of least.sort(byPriority).reverse()) {
        if (!isOver()) break;
        if (isReady(entry) === ready) this.#drop(entry);
      }
    }
  }

  // Telling

  /** Says of each transaction whether it is ready, where that is news. */
  #tellAll(): void {
    for (const entry of this.#waiting.takeChanged()) {
      const ready = isReady(entry);
      if (this.#told.get(entry.hash) === ready) continue;
      this.#told.set(entry.hash, ready);
      this.#emit({ type: ready ? "ready" : "future", hash: entry.hash });
    }
  }

  #emit(event: PoolEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
