/**
 * Scalars: integers modulo the prime order of the Ristretto group, as secret keys, nonces and
 * challenges are. On the wire 32 little-endian bytes, canonical only below the order.
 */

export const GROUP_ORDER: bigint = 2n ** 252n + 27742317777372353535851937790883648493n;

/** A little-endian integer of any length. */
export function littleEndian(bytes: Uint8Array): bigint {
  let digits = "0x0";
  for (let i = bytes.length - 1; i >= 0; i--)
    digits += (bytes[i] as number).toString(16).padStart(2, "0");
  return BigInt(digits);
}

/** The scalar that `bytes` encodes, or `undefined` unless they are its one canonical encoding. */
export function decodeScalar(bytes: Uint8Array): bigint | undefined {
  if (bytes.length !== 32) return undefined;
  const value = littleEndian(bytes);
  return value < GROUP_ORDER ? value : undefined;
}

/** 64 uniform bytes reduced modulo the order: negligibly far from a uniform scalar. */
export const scalarFromWideBytes = (bytes: Uint8Array): bigint => littleEndian(bytes) % GROUP_ORDER;

/** Any integer reduced into `[0, order)`. */
export function reduceScalar(value: bigint): bigint {
  const reduced = value % GROUP_ORDER;
  return reduced < 0n ? reduced + GROUP_ORDER : reduced;
}

/** `value` as 32 little-endian bytes. */
export function encodeScalar(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  for (let word = 0; word < 4; word++)
    view.setBigUint64(8 * word, BigInt.asUintN(64, value >> BigInt(64 * word)), true);
  return bytes;
}
