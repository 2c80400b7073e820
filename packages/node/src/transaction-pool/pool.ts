/**
 * Transactions that wait for a block. The runtime judges each one and says what it needs and what it
 * offers (tags); a transaction is ready when everything it needs is offered by the chain or by ready
 * transactions before it, and waits in the future queue otherwise.
 *
 * Bounds: `countMax` transactions and `bytesMax` bytes over both queues; when they are reached the one
 * of least priority gives way, or the newcomer is refused. A transaction that was found invalid or was
 * crowded out is refused for a while without asking the runtime again.
 */
import { bytesToHex, type Clock, err, ok, type Result } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { asHash, type Hash, OpaqueExtrinsic } from "@parahost/primitives";
import type { TransactionValidityError, ValidTransaction } from "@parahost/runtime";
import { encode } from "@parahost/scale";

/** Where a transaction came from, as the runtime is told. */
export type TransactionSource = "inBlock" | "local" | "external";

export interface PoolTransaction {
  /** BLAKE2b-256 of the extrinsic with its length prefix. */
  readonly hash: Hash;
  /** Without its length prefix. */
  readonly extrinsic: Uint8Array;
  readonly validity: ValidTransaction;
}

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

export interface PoolLimits {
  readonly countMax: number;
  readonly bytesMax: number;
}

/** As in Polkadot nodes. */
export const POOL_LIMITS: PoolLimits = { countMax: 8192, bytesMax: 20 * 1024 * 1024 };

/** A refused transaction is not judged again for this long. */
const BAN_MS = 30 * 60 * 1000;
const BANNED_MAX = 10_000;

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

interface Entry extends PoolTransaction {
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  readonly bytes: number;
  /** Order of arrival decides between equal priorities. */
  readonly order: number;
}

export const transactionHash = (extrinsic: Uint8Array): Hash =>
  asHash(blake2b256Hex(encode(OpaqueExtrinsic, extrinsic)));

export class TransactionPool {
  readonly #validate: ValidateTransaction;
  readonly #clock: Clock;
  readonly #limits: PoolLimits;
  readonly #entries = new Map<Hash, Entry>();
  /** Which transaction offers a tag. */
  readonly #providers = new Map<string, Hash>();
  readonly #banned = new Map<Hash, number>();
  readonly #listeners = new Set<(event: PoolEvent) => void>();
  #bytes = 0;
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
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(hash: Hash): boolean {
    return this.#entries.has(hash);
  }

  get(hash: Hash): PoolTransaction | undefined {
    return this.#entries.get(hash);
  }

  /** Calls `listener` for every event from now on; the answer ends it. */
  watch(listener: (event: PoolEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  submit(extrinsic: Uint8Array, source: TransactionSource): Result<Hash, PoolError> {
    const hash = transactionHash(extrinsic);
    if (this.#entries.has(hash)) return err({ code: "alreadyImported", hash });
    if (this.#isBanned(hash)) return err({ code: "temporarilyBanned", hash });
    const validity = this.#validate(this.#best.hash, source, extrinsic);
    if (!validity.ok) {
      this.#ban(hash);
      return err({ code: "invalid", reason: validity.error });
    }
    return this.#insert(hash, extrinsic, validity.value);
  }

  /** Ready transactions, best first, each after those it needs. */
  ready(): PoolTransaction[] {
    const sorted = [...this.#entries.values()].sort(byPriority);
    const offered = new Set<string>();
    const taken: Entry[] = [];
    const waiting = new Map<string, Entry[]>();
    const take = (first: Entry): void => {
      const queue = [first];
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
        taken.push(entry);
        for (const tag of entry.provides) {
          offered.add(tag);
          const released = waiting.get(tag) ?? [];
          waiting.delete(tag);
          for (const next of released) {
            const missing = next.requires.find((need) => !offered.has(need));
            if (missing === undefined) queue.push(next);
            else waiting.set(missing, [...(waiting.get(missing) ?? []), next]);
          }
        }
      }
    };
    for (const entry of sorted) {
      const missing = entry.requires.find((need) => !offered.has(need));
      if (missing === undefined) take(entry);
      else waiting.set(missing, [...(waiting.get(missing) ?? []), entry]);
    }
    return taken;
  }

  /**
   * The best chain moved: what is in `enacted` leaves the pool, what was in `retracted` comes back
   * unless it is in the new chain as well, and everything left is judged anew at the new best block.
   */
  onBestBlock(
    best: { readonly hash: Hash; readonly number: number },
    retracted: readonly PoolBlock[],
    enacted: readonly PoolBlock[],
  ): void {
    this.#best = best;
    const included = new Set<Hash>();
    for (const { hash: block, body } of enacted)
      body.forEach((extrinsic, index) => {
        const hash = transactionHash(extrinsic);
        included.add(hash);
        const entry = this.#entries.get(hash);
        if (entry === undefined) return;
        this.#remove(entry);
        this.#emit({ type: "inBlock", hash, block, index });
      });
    for (const { hash: block, body } of retracted)
      for (const extrinsic of body) {
        const hash = transactionHash(extrinsic);
        if (included.has(hash) || this.#entries.has(hash)) continue;
        // Inherents were never in the pool: the runtime refuses them here.
        if (this.submit(extrinsic, "inBlock").ok) this.#emit({ type: "retracted", hash, block });
      }
    for (const entry of [...this.#entries.values()]) {
      const validity = this.#validate(best.hash, "external", entry.extrinsic);
      this.#remove(entry);
      if (validity.ok) {
        const kept = this.#insert(entry.hash, entry.extrinsic, validity.value, true);
        if (!kept.ok) this.#emit({ type: "dropped", hash: entry.hash });
      } else {
        this.#emit({ type: "invalid", hash: entry.hash, reason: validity.error });
      }
    }
  }

  /** Drops a transaction that a block builder found it cannot include, and what depends on it stays. */
  removeInvalid(hash: Hash, reason: TransactionValidityError): void {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return;
    this.#remove(entry);
    this.#ban(hash);
    this.#emit({ type: "invalid", hash, reason });
  }

  #insert(
    hash: Hash,
    extrinsic: Uint8Array,
    validity: ValidTransaction,
    silent = false,
  ): Result<Hash, PoolError> {
    const entry: Entry = {
      hash,
      extrinsic,
      validity,
      provides: validity.provides.map(bytesToHex),
      requires: validity.requires.map(bytesToHex),
      bytes: extrinsic.length,
      order: this.#order++,
    };
    const rivals = new Set<Entry>();
    for (const tag of entry.provides) {
      const rival = this.#entries.get(this.#providers.get(tag) ?? hash);
      if (rival !== undefined) rivals.add(rival);
    }
    for (const rival of rivals)
      if (rival.validity.priority >= validity.priority)
        return err({
          code: "tooLowPriority",
          needed: rival.validity.priority + 1n,
          offered: validity.priority,
        });
    for (const rival of rivals) {
      this.#remove(rival);
      this.#emit({ type: "usurped", hash: rival.hash, by: hash });
    }
    if (!this.#makeRoom(entry)) return err({ code: "poolFull" });
    this.#entries.set(hash, entry);
    this.#bytes += entry.bytes;
    for (const tag of entry.provides) this.#providers.set(tag, hash);
    if (!silent) this.#emit({ type: this.#isReady(entry) ? "ready" : "future", hash });
    return ok(hash);
  }

  /** Whether the chain of needs ends in transactions that need nothing. */
  #isReady(entry: Entry): boolean {
    const seen = new Set<Hash>();
    const stack = [entry];
    for (let next = stack.pop(); next !== undefined; next = stack.pop())
      for (const tag of next.requires) {
        const provider = this.#entries.get(this.#providers.get(tag) ?? next.hash);
        if (provider === undefined || provider === next) return false;
        if (seen.has(provider.hash)) continue;
        seen.add(provider.hash);
        stack.push(provider);
      }
    return true;
  }

  #makeRoom(entry: Entry): boolean {
    const fits = (): boolean =>
      this.#entries.size < this.#limits.countMax &&
      this.#bytes + entry.bytes <= this.#limits.bytesMax;
    if (fits()) return true;
    const victims = [...this.#entries.values()].sort(byPriority).reverse();
    for (const victim of victims) {
      if (victim.validity.priority >= entry.validity.priority) return false;
      this.#remove(victim);
      this.#ban(victim.hash);
      this.#emit({ type: "dropped", hash: victim.hash });
      if (fits()) return true;
    }
    return false;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.hash);
    this.#bytes -= entry.bytes;
    for (const tag of entry.provides)
      if (this.#providers.get(tag) === entry.hash) this.#providers.delete(tag);
  }

  #isBanned(hash: Hash): boolean {
    const until = this.#banned.get(hash);
    if (until === undefined) return false;
    if (until > this.#clock.now()) return true;
    this.#banned.delete(hash);
    return false;
  }

  #ban(hash: Hash): void {
    this.#banned.delete(hash);
    this.#banned.set(hash, this.#clock.now() + BAN_MS);
    if (this.#banned.size <= BANNED_MAX) return;
    const oldest = this.#banned.keys().next();
    if (oldest.done !== true) this.#banned.delete(oldest.value);
  }

  #emit(event: PoolEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** Higher priority first, then who came first. */
function byPriority(a: Entry, b: Entry): number {
  if (a.validity.priority !== b.validity.priority)
    return a.validity.priority > b.validity.priority ? -1 : 1;
  return a.order - b.order;
}
