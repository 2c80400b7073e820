/**
 * What calls are declared to cost, by one formula of counts:
 *
 *   refTime = 25 µs × reads + 100 µs × writes + 60 µs × signatures + 2 ns × bytes hashed or copied
 *
 * The database figures are the constants that Polkadot declares for RocksDB. Weights bound a block and
 * price a transaction; they are not measured times.
 */
import type { Weight } from "./dispatch.ts";

/** Picoseconds. */
export const WEIGHT_PER_SECOND = 1_000_000_000_000;
const MICROSECOND = 1_000_000;

export const READ_WEIGHT = 25 * MICROSECOND;
export const WRITE_WEIGHT = 100 * MICROSECOND;
export const SIGNATURE_WEIGHT = 60 * MICROSECOND;
export const BYTE_WEIGHT = 2_000;

/** Counts of a call's work in the worst case. */
export interface Work {
  /** Storage items read. */
  readonly reads?: number;
  /** Storage items written. */
  readonly writes?: number;
  /** Signatures verified by the call itself, not that of its transaction. */
  readonly signatures?: number;
  /** Bytes hashed or copied in proportion to an argument. */
  readonly bytes?: number;
}

export function weightOf({ reads = 0, writes = 0, signatures = 0, bytes = 0 }: Work): Weight {
  const refTime =
    reads * READ_WEIGHT +
    writes * WRITE_WEIGHT +
    signatures * SIGNATURE_WEIGHT +
    bytes * BYTE_WEIGHT;
  return { refTime, proofSize: 0 };
}
