/**
 * A store in memory whose machine can crash. What was made durable survives; of what came after, the
 * disk has a log, which the crash leaves whole, loses, cuts or overwrites. A restart reads the log
 * up to the first record that is not as it was written.
 *
 * Every chance is the caller's: two runs with the same choices lose the same bytes.
 *
 * Reference: fault-catalogue.md 7 (K01 to K04, K15).
 */
import { crc32 } from "node:zlib";
import { concatBytes, HostError, type Random, randomBelow, u32Bytes } from "@parahost/base";
import { MemoryStore } from "../memory-store.ts";
import type { Change, Entry, KeyValueStore } from "../port.ts";

/** What a crash does to the log. */
export const CRASH_KINDS = [
  /** The process is killed; the system writes all it was given. */
  "killed",
  /** Power is lost, and with it everything since the last durable batch. */
  "lost",
  /** Power is lost in the middle of a record: it is cut, at a byte or at the end of a sector. */
  "torn",
  /** Power is lost, and the tail of the log is zeros or what lay there before. */
  "overwritten",
] as const;
export type CrashKind = (typeof CRASH_KINDS)[number];

/** When, with respect to one batch, the machine crashes. */
export type CrashMoment = "before" | "during" | "after";

/** A place in the code that writes, named by the columns it writes to. */
export interface WriteSite {
  readonly name: string;
  readonly isDurable: boolean;
  /** The place of the batch before, while that is not durable: a loss of power now takes it along. */
  readonly after: string | undefined;
}

export interface Crash {
  readonly moment: CrashMoment;
  readonly kind: CrashKind;
}

export interface CrashPlan {
  /** Which bytes are lost. */
  readonly random: Random;
  /** Asked before each batch: whether the machine crashes now. */
  crashAt(site: WriteSite): Crash | undefined;
}

const SECTORS = [512, 4096];
const HEAD_BYTES = 8;

export class CrashingStore<Column extends string> implements KeyValueStore<Column> {
  readonly #columns: readonly Column[];
  readonly #plan: CrashPlan;
  /** What a read sees; the same object through all crashes, so that others may look at it. */
  readonly #memory: MemoryStore<Column>;
  /** What is durable. */
  readonly #disk: MemoryStore<Column>;
  /** Batches since then, as the disk has them: one record each. */
  #log: Uint8Array[] = [];
  /** Where the last batch of it was written. */
  #after: string | undefined;
  /** Of the machine that is down. */
  #crashed: CrashKind | undefined;

  constructor(columns: readonly Column[], plan: CrashPlan) {
    this.#columns = columns;
    this.#plan = plan;
    this.#memory = new MemoryStore(columns);
    this.#disk = new MemoryStore(columns);
  }

  /** What has been written, for who looks from outside: also while the machine is down. */
  get contents(): MemoryStore<Column> {
    return this.#memory;
  }

  /** Whether the machine has crashed and was not started again. */
  get isDown(): boolean {
    return this.#crashed !== undefined;
  }

  get(column: Column, key: Uint8Array): Uint8Array | undefined {
    return this.#up().get(column, key);
  }

  has(column: Column, key: Uint8Array): boolean {
    return this.#up().has(column, key);
  }

  range(column: Column, start: Uint8Array, end?: Uint8Array): Iterable<Entry> {
    return this.#up().range(column, start, end);
  }

  write(changes: readonly Change<Column>[], options?: { readonly durable?: boolean }): void {
    const memory = this.#up();
    const name = [...new Set(changes.map(({ column }) => column))].sort().join("+");
    const isDurable = options?.durable === true;
    const crash = this.#plan.crashAt({ name, isDurable, after: this.#after });
    if (crash?.moment === "before") this.crash(crash.kind);
    memory.write(changes);
    this.#log.push(recordOf(changes, this.#columns));
    this.#after = name;
    if (crash?.moment === "during") this.crash(crash.kind);
    if (isDurable) this.#flush();
    if (crash?.moment === "after") this.crash(crash.kind);
  }

  /** The end of a node, not of the machine. */
  close(): void {}

  /** The power goes: this call and all that come after it throw `HostError` `crashed`. */
  crash(kind: CrashKind): never {
    this.#crashed = kind;
    throw new HostError("crashed");
  }

  /** The machine starts again with what the crash left on its disk. */
  restart(): void {
    const { random } = this.#plan;
    const last = this.#log.at(-1)?.length ?? 0;
    const left = damage(concatBytes(...this.#log), this.#crashed ?? "killed", random, last);
    for (const batch of readLog(left, this.#columns)) this.#disk.write(batch);
    this.#empty();
    makeEqual(this.#memory, this.#disk, this.#columns);
    this.#crashed = undefined;
  }

  /** A copy of what is durable now, for a later `restore`. */
  backup(): KeyValueStore<Column> {
    const copy = new MemoryStore(this.#columns);
    makeEqual(copy, this.#disk, this.#columns);
    return copy;
  }

  /** The disk is replaced by an older copy of it. */
  restore(backup: KeyValueStore<Column>): void {
    this.#empty();
    for (const store of [this.#disk, this.#memory]) makeEqual(store, backup, this.#columns);
    this.#crashed = undefined;
  }

  #flush(): void {
    for (const batch of readLog(concatBytes(...this.#log), this.#columns)) this.#disk.write(batch);
    this.#empty();
  }

  #empty(): void {
    this.#log = [];
    this.#after = undefined;
  }

  #up(): MemoryStore<Column> {
    if (this.isDown) throw new HostError("crashed");
    return this.#memory;
  }
}

/** Makes a store hold what another holds, and nothing else. */
function makeEqual<Column extends string>(
  store: KeyValueStore<Column>,
  other: KeyValueStore<Column>,
  columns: readonly Column[],
): void {
  const all = new Uint8Array(0);
  for (const column of columns) {
    store.write([...store.range(column, all)].map(({ key }) => ({ column, key })));
    store.write([...other.range(column, all)].map((entry) => ({ column, ...entry })));
  }
}

/** What the disk has of the log after a crash; `last` is the length of its last record. */
function damage(log: Uint8Array, kind: CrashKind, random: Random, last: number): Uint8Array {
  if (kind === "killed") return log;
  if (kind === "lost" || log.length === 0) return new Uint8Array(0);
  const start = log.length - last;
  const cuts = [0, 1, last >> 1, last - 1].map((at) => start + at);
  const sectors = SECTORS.map((size) => log.length - (log.length % size));
  const places = [...cuts, ...sectors];
  const cut = places[randomBelow(random, places.length)] as number;
  if (kind === "torn") return log.slice(0, cut);
  // What lay there before: zeros, or the beginning of the log once more.
  const before =
    randomBelow(random, 2) === 0 ? new Uint8Array(log.length - cut) : log.slice(cut % 7);
  return concatBytes(log.subarray(0, cut), before.subarray(0, log.length - cut));
}

// A record is its length, the CRC-32 of its contents, and the changes one after the other.

function recordOf<Column extends string>(
  changes: readonly Change<Column>[],
  columns: readonly Column[],
): Uint8Array {
  const parts = changes.flatMap(({ column, key, value }) => [
    u32Bytes(columns.indexOf(column)),
    u32Bytes(key.length),
    key,
    u32Bytes(value === undefined ? 0 : value.length + 1),
    value ?? new Uint8Array(0),
  ]);
  const body = concatBytes(...parts);
  return concatBytes(u32Bytes(body.length), u32Bytes(crc32(body)), body);
}

function* readLog<Column extends string>(
  log: Uint8Array,
  columns: readonly Column[],
): Iterable<Change<Column>[]> {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  for (let at = 0; at + HEAD_BYTES <= log.length; ) {
    const length = view.getUint32(at, true);
    const body = log.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
    // An empty record is what a run of zeros looks like.
    if (length === 0 || body.length < length) return;
    if (crc32(body) !== view.getUint32(at + 4, true)) return;
    yield changesOf(body, columns);
    at += HEAD_BYTES + length;
  }
}

function changesOf<Column extends string>(
  body: Uint8Array,
  columns: readonly Column[],
): Change<Column>[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const changes: Change<Column>[] = [];
  for (let at = 0; at < body.length; ) {
    const column = columns[view.getUint32(at, true)] as Column;
    const keyEnd = at + 8 + view.getUint32(at + 4, true);
    const key = body.slice(at + 8, keyEnd);
    const stored = view.getUint32(keyEnd, true);
    at = keyEnd + 4 + Math.max(0, stored - 1);
    if (stored === 0) changes.push({ column, key });
    else changes.push({ column, key, value: body.slice(keyEnd + 4, at) });
  }
  return changes;
}
