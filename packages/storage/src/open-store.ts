/**
 * Opening a store on disk: it must belong to this chain, be of a schema that we know, and be nobody else's.
 * An older schema is brought up step by step, each step one commit together with its number.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { asciiBytes, bytesToHex, type Hex, HostError, hexToBytes } from "@parahost/base";
import { type Database, open, type RootDatabase } from "lmdb";
import { lockDirectory } from "./directory-lock.ts";
import { checkLmdbFile } from "./lmdb-file.ts";
import { LmdbStore } from "./lmdb-store.ts";
import type { Change, KeyValueStore } from "./port.ts";

/** Brings a store from one schema to the next. All of it is written in one batch. */
export type Migration<Column extends string> = (
  store: Pick<KeyValueStore<Column>, "get" | "has" | "range">,
) => Iterable<Change<Column>>;

export interface StoreSchema<Column extends string> {
  readonly columns: readonly Column[];
  /** Step `i` leads from schema `i + 1` to schema `i + 2`; the newest schema is that after the last. */
  readonly migrations: readonly Migration<Column>[];
}

export interface OpenStoreOptions<Column extends string> extends StoreSchema<Column> {
  /** A directory, made when it is missing. */
  readonly path: string;
  /** Genesis hash of the chain. */
  readonly chain: Hex;
  /**
   * Columns that are read through before anything is taken from them. In others a damaged key makes an entry seem missing; where
   * that must not be, as in what a node has signed, the column belongs here.
   */
  readonly checkedAtStart?: readonly Column[];
  /** Hears of a commit that failed; nothing is taken from then on, and the process must end. */
  readonly onFailure?: (error: HostError) => void;
}

const HEADER = "store";
type HeaderColumn = typeof HEADER;
const SCHEMA = asciiBytes("schema");
const CHAIN = asciiBytes("chain");

/**
 * Throws `HostError` with a remedy in its message: `storeLocked`, `storeUnreadable`, `otherChain`,
 * `newerSchema`, `corruptRecord`.
 */
export function openStore<Column extends string>(
  options: OpenStoreOptions<Column>,
): LmdbStore<Column> {
  const { path } = options;
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const release = lockDirectory(path);
  try {
    checkLmdbFile(join(path, "data.mdb"));
    const store = openColumns(options, release);
    try {
      bringUp(store, options);
      for (const column of options.checkedAtStart ?? []) store.check(column);
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
  } catch (error) {
    release();
    throw error instanceof HostError ? error : unreadable(path, error);
  }
}

function openColumns<Column extends string>(
  { path, columns, onFailure }: OpenStoreOptions<Column>,
  release: () => void,
): LmdbStore<Column | HeaderColumn> {
  const environment: RootDatabase<Uint8Array, Uint8Array> = open({
    path,
    maxDbs: columns.length + 2,
    // Each commit is whole on disk when the call returns.
    overlappingSync: false,
    noSubdir: false,
  });
  const all = [HEADER, ...columns].map(
    (column): readonly [string, Database<Uint8Array, Uint8Array>] => [
      column,
      environment.openDB(column, { encoding: "binary", keyEncoding: "binary" }),
    ],
  );
  return new LmdbStore({ path, environment, columns: new Map(all), release, onFailure });
}

function bringUp<Column extends string>(
  store: LmdbStore<Column | HeaderColumn>,
  { path, chain, migrations }: OpenStoreOptions<Column>,
): void {
  const newest = migrations.length + 1;
  const known = store.get(HEADER, CHAIN);
  if (known === undefined) {
    store.write([schemaIs(newest), { column: HEADER, key: CHAIN, value: hexToBytes(chain) }], {
      durable: true,
    });
    return;
  }
  if (bytesToHex(known) !== chain)
    throw new HostError("otherChain", {
      message: `${path} holds the chain with genesis ${bytesToHex(known)}, not ${chain}: choose another --base-path, or remove it with "parahost purge-chain"`,
    });
  const written = store.get(HEADER, SCHEMA);
  const schema = written?.length === 4 ? new DataView(written.buffer).getUint32(0) : 0;
  if (schema === 0)
    throw new HostError("storeUnreadable", {
      message: `${path} does not say which schema it has: restore it, or remove it with "parahost purge-chain"`,
    });
  if (schema > newest)
    throw new HostError("newerSchema", {
      message: `${path} has schema ${schema}, this version knows ${newest}: use the version of parahost that wrote it, or remove it with "parahost purge-chain"`,
    });
  for (let at = schema; at < newest; at++) {
    const migration = migrations[at - 1];
    if (migration !== undefined)
      store.write([...migration(store), schemaIs(at + 1)], { durable: true });
  }
}

function schemaIs(schema: number): Change<HeaderColumn> {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, schema);
  return { column: HEADER, key: SCHEMA, value };
}

const unreadable = (path: string, cause: unknown): HostError =>
  new HostError("storeUnreadable", {
    message: `${path} cannot be opened (${String(cause)}): check its permissions and the disk, or choose another --base-path`,
    cause,
  });
