/**
 * The store on disk, over LMDB: one database per column.
 *
 * Every commit is synced, so that the file is whole whatever happens to the machine. What need not be
 * durable at once is kept in memory for a moment and goes to disk with the next durable batch, when there is
 * much of it, or after `COMMIT_WITHIN_MS`: a block costs one commit, not one per chunk. Batches reach
 * the disk in their order, so whoever sees a durable one after a restart sees all that came before it.
 *
 * After a commit has failed nobody knows what is on disk: the store refuses everything from then on, and
 * the process must start again from what is there.
 */
import { assert, bytesToHex, type Hex, HostError, hexToBytes } from "@parahost/base";
import type { Database, RootDatabase } from "lmdb";
import { checkedValue, corruptRecord, withChecksum } from "./checked-value.ts";
import type { Change, Entry, KeyValueStore } from "./port.ts";
import { KEY_BYTES_MAX } from "./port.ts";

/** What is not durable is on disk after this time at the latest. */
const COMMIT_WITHIN_MS = 500;
/** Waiting bytes from which on a commit does not wait any longer. */
const WAITING_BYTES_MAX = 8 << 20;
/** LMDB's flag for a transaction that is committed and synced when the call returns. */
const SYNCHRONOUS_COMMIT = 2;

/** Attempts at a transaction that LMDB gives up by itself. */
const ATTEMPTS_MAX = 4;

type Column = string;
type Waiting = Map<Column, Map<Hex, Uint8Array | undefined>>;

export interface LmdbParts {
  readonly path: string;
  readonly environment: RootDatabase<Uint8Array, Uint8Array>;
  readonly columns: ReadonlyMap<Column, Database<Uint8Array, Uint8Array>>;
  /** Called once, when the store is closed. */
  readonly release: () => void;
  /** Called once, when a commit has failed: the process must end and start again from what is on disk. */
  readonly onFailure?: ((error: HostError) => void) | undefined;
}

export class LmdbStore<C extends Column> implements KeyValueStore<C> {
  readonly #parts: LmdbParts;
  /** Batches that are not on disk: the last value of each key, with its checksum. */
  #waiting: Waiting = new Map();
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #refusal: HostError | undefined;

  /** Opened by `openStore`. */
  constructor(parts: LmdbParts) {
    this.#parts = parts;
  }

  get(column: C, key: Uint8Array): Uint8Array | undefined {
    const stored = this.#stored(column, key);
    return stored === undefined ? undefined : this.#checked(column, key, stored);
  }

  has(column: C, key: Uint8Array): boolean {
    return this.#stored(column, key) !== undefined;
  }

  *range(column: C, start: Uint8Array, end?: Uint8Array): Iterable<Entry> {
    const database = this.#database(column);
    if (this.#waiting.has(column)) this.#commit();
    const found = database.getRange({
      ...(start.length === 0 ? {} : { start }),
      ...(end === undefined ? {} : { end }),
      snapshot: true,
    });
    for (const { key, value } of found) {
      const plain = new Uint8Array(key);
      yield { key: plain, value: this.#checked(column, plain, value) };
    }
  }

  /**
   * Reads all of a column: every entry is whole, is found by its key, and none is lacking. Throws `HostError`
   * `corruptRecord`.
   */
  check(column: C): void {
    const { path } = this.#parts;
    const database = this.#database(column);
    let count = 0;
    for (const { key } of this.range(column, new Uint8Array(0))) {
      if (!this.has(column, key)) throw corruptRecord(path, column, bytesToHex(key));
      count += 1;
    }
    if (count !== entriesOf(database)) throw corruptRecord(path, column, `of ${count} keys`);
  }

  write(changes: readonly Change<C>[], options?: { readonly durable?: boolean }): void {
    for (const { column, key } of changes) {
      this.#database(column);
      assert(key.length > 0 && key.length <= KEY_BYTES_MAX, `a key of ${key.length} bytes`);
    }
    for (const { column, key, value } of changes) {
      const stored = value === undefined ? undefined : withChecksum(column, key, value);
      const waiting = this.#waiting.get(column) ?? new Map<Hex, Uint8Array | undefined>();
      this.#waiting.set(column, waiting.set(bytesToHex(key), stored));
      this.#waitingBytes += key.length + (stored?.length ?? 0);
    }
    if (options?.durable === true || this.#waitingBytes > WAITING_BYTES_MAX) this.#commit();
    else this.#commitLater();
  }

  close(): void {
    if (this.#refusal?.code === "storeClosed") return;
    if (this.#refusal === undefined) this.#commit();
    clearTimeout(this.#timer);
    this.#refusal = new HostError("storeClosed", { message: this.#parts.path });
    void this.#parts.environment.close();
    this.#parts.release();
  }

  #stored(column: C, key: Uint8Array): Uint8Array | undefined {
    const database = this.#database(column);
    const name = bytesToHex(key);
    const waiting = this.#waiting.get(column);
    return waiting?.has(name) === true ? waiting.get(name) : database.getBinaryFast(key);
  }

  #checked(column: C, key: Uint8Array, stored: Uint8Array): Uint8Array {
    const value = checkedValue(column, key, stored);
    if (value === undefined) throw corruptRecord(this.#parts.path, column, bytesToHex(key));
    return value;
  }

  #database(column: C): Database<Uint8Array, Uint8Array> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const database = this.#parts.columns.get(column);
    if (database === undefined) throw new HostError("unknownColumn", { message: column });
    return database;
  }

  #commitLater(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      if (this.#refusal === undefined) this.#tryCommit();
    }, COMMIT_WITHIN_MS);
    this.#timer.unref();
  }

  #commit(): void {
    this.#tryCommit();
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  #tryCommit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    if (waiting.size === 0) return;
    const { path } = this.#parts;
    try {
      this.#transact(waiting);
      this.#waiting = new Map();
      this.#waitingBytes = 0;
    } catch (cause) {
      this.#refusal = new HostError("storeFailed", {
        message: `${path} could not be written (${String(cause)}): see to the disk, then start again`,
        cause,
      });
      this.#parts.onFailure?.(this.#refusal);
    }
  }

  #transact(changes: Waiting): void {
    const { environment, columns } = this.#parts;
    for (let attempt = 1; ; attempt++)
      try {
        environment.transactionSync(() => {
          for (const [column, values] of changes) {
            const database = columns.get(column);
            assert(database !== undefined, "columns are known when they are written");
            for (const [key, stored] of values)
              if (stored === undefined) database.removeSync(hexToBytes(key));
              else database.putSync(hexToBytes(key), stored);
          }
        }, SYNCHRONOUS_COMMIT);
        return;
      } catch (error) {
        if (attempt === ATTEMPTS_MAX || !isAborted(error)) throw error;
      }
  }
}

/**
 * Whether LMDB gave the transaction up before it wrote anything. Once in some hundred restarts it does, most likely since its
 * allocator of pages met an empty entry in its list of free pages (kriszyp/lmdb-js#317 shows the like). A transaction that is
 * given up takes the list that is held in memory with it (`mdb_txn_end`), so the next attempt reads it from the disk again.
 */
const isAborted = (error: unknown): boolean => String(error).includes("MDB_BAD_TXN");

/** How many entries LMDB says that there are. */
function entriesOf(database: Database<Uint8Array, Uint8Array>): number {
  const { entryCount } = database.getStats() as { readonly entryCount: number };
  return entryCount;
}
