/**
 * A look at LMDB's file before LMDB maps it into memory: with a file that is none of its own, or that was cut
 * short, the library ends the process instead of saying so.
 *
 * Both of the first two pages describe the database, at offset 24: magic, version, …, page size, …, last
 * page, transaction. The one with the higher transaction counts.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { HostError } from "@parahost/base";

const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const META_BYTES = 160;
const PAGE_SIZES = [4096, 8192, 16_384, 32_768, 65_536];
/** Pages at the end that a commit allocated and freed again need not be in the file. */
const MISSING_PAGES_MAX = 256;

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
}

/** Throws `HostError` `storeUnreadable` for a file that is there, not empty, and no whole database. */
export function checkLmdbFile(file: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    if (size === 0) return;
    const metas = PAGE_SIZES.flatMap((pageSize) => {
      const second = readMeta(descriptor, pageSize, pageSize);
      const first = readMeta(descriptor, 0, pageSize);
      return [first, second].filter((meta) => meta !== undefined);
    });
    const newest = metas.toSorted((a, b) => b.transaction - a.transaction)[0];
    if (newest === undefined) throw damaged(file, "does not begin as a database does");
    const { pageSize, lastPage } = newest;
    if (size < (lastPage + 1 - MISSING_PAGES_MAX) * pageSize)
      throw damaged(file, `has ${size} bytes of ${(lastPage + 1) * pageSize}`);
  } finally {
    closeSync(descriptor);
  }
}

function readMeta(descriptor: number, at: number, pageSize: number): Meta | undefined {
  const bytes = new DataView(new ArrayBuffer(META_BYTES));
  if (readSync(descriptor, bytes, 0, META_BYTES, at) < META_BYTES) return undefined;
  if (bytes.getUint32(24, true) !== MAGIC || bytes.getUint32(28, true) !== FORMAT) return undefined;
  if (bytes.getUint32(48, true) !== pageSize) return undefined;
  return {
    pageSize,
    lastPage: Number(bytes.getBigUint64(144, true)),
    transaction: Number(bytes.getBigUint64(152, true)),
  };
}

const damaged = (file: string, how: string): HostError =>
  new HostError("storeUnreadable", {
    message: `${file} ${how}: restore the directory, or remove it with "parahost purge-chain" and sync again`,
  });
