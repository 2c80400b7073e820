/**
 * Values as they lie on disk: with a CRC-32 over column, key and value, so that a flipped bit, a torn
 * record and the record of another key are found when they are read.
 */
import { crc32 } from "node:zlib";
import { HostError } from "@parahost/base";

const CHECKSUM_BYTES = 4;

/** Also a copy: the caller may change its buffer afterwards. */
export function withChecksum(column: string, key: Uint8Array, value: Uint8Array): Uint8Array {
  const stored = new Uint8Array(value.length + CHECKSUM_BYTES);
  stored.set(value);
  viewOf(stored).setUint32(value.length, checksum(column, key, value));
  return stored;
}

/** A copy of the value; `undefined` when it is not what was written under this key. */
export function checkedValue(
  column: string,
  key: Uint8Array,
  stored: Uint8Array,
): Uint8Array | undefined {
  const length = stored.length - CHECKSUM_BYTES;
  if (length < 0) return undefined;
  const value = new Uint8Array(stored.subarray(0, length));
  return viewOf(stored).getUint32(length) === checksum(column, key, value) ? value : undefined;
}

export const corruptRecord = (path: string, column: string, key: string): HostError =>
  new HostError("corruptRecord", {
    message: `the record ${key} in column "${column}" of ${path} is not what was written: the disk or the file is damaged. Restore the directory, or remove it with "parahost purge-chain" and sync again`,
  });

function checksum(column: string, key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key, crc32(column)));
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
