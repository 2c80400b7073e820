/** Byte strings, as views or as hex text, and bit vectors. */
import { assert, type Hex } from "@parahost/base";
import type { Codec } from "./codec.ts";
import { DecodeError } from "./error.ts";
import { COUNT_MAX } from "./reader.ts";
import type { TypeDescription } from "./type-description.ts";

const u8Type: TypeDescription = { kind: "primitive", primitive: "u8" };

/** Length-prefixed bytes, `lengthMax` of them at most. The value is a view of the input. */
export const bytes = (lengthMax = COUNT_MAX): Codec<Uint8Array> => ({
  sizeMin: 1,
  type: { kind: "sequence", of: u8Type },
  write: (writer, value) => {
    writer.compactU32(value.length);
    writer.raw(value);
  },
  read: (reader) => reader.view(reader.count(1, lengthMax)),
});

/** Exactly `length` bytes without a prefix: signatures, proofs. The value is a view of the input. */
export const fixedBytes = (length: number): Codec<Uint8Array> => ({
  sizeMin: length,
  type: { kind: "array", of: u8Type, length },
  write: (writer, value) => {
    if (value.length !== length) assert(false, `${value.length} bytes, wanted ${length}`);
    writer.raw(value);
  },
  read: (reader) => reader.view(length),
});

/** Exactly `length` bytes as `0x` text: hashes, public keys, account ids. */
export const fixedHex = (length: number): Codec<Hex> => ({
  sizeMin: length,
  type: { kind: "array", of: u8Type, length },
  write: (writer, value) => writer.hex(value, length),
  read: (reader) => reader.hex(length),
});

/** Length-prefixed bytes as `0x` text, for short opaque values that are compared or used as keys. */
export const hexBytes = (lengthMax = COUNT_MAX): Codec<Hex> => ({
  sizeMin: 1,
  type: { kind: "sequence", of: u8Type },
  write: (writer, value) => {
    const length = (value.length - 2) >> 1;
    writer.compactU32(length);
    writer.hex(value, length);
  },
  read: (reader) => reader.hex(reader.count(1, lengthMax)),
});

/** Bits in little-endian bit order: bit i is bit (i mod 8) of byte i/8; unused high bits are zero. */
export interface BitVec {
  /** Number of bits. */
  readonly length: number;
  /** As many as the bits need. */
  readonly bytes: Uint8Array;
}

/** A bit vector of at most `lengthMax` bits; set padding bits are refused. */
export const bitVec = (lengthMax = COUNT_MAX): Codec<BitVec> => ({
  sizeMin: 1,
  type: { kind: "bits" },
  write: (writer, value) => {
    if (value.bytes.length !== (value.length + 7) >>> 3)
      assert(false, `${value.bytes.length} bytes for ${value.length} bits`);
    writer.compactU32(value.length);
    writer.raw(value.bytes);
  },
  read: (reader) => {
    const start = reader.offset;
    const length = reader.length();
    if (length > lengthMax)
      throw new DecodeError("boundExceeded", start, `${length} bits, at most ${lengthMax}`);
    const byteLength = Math.ceil(length / 8);
    reader.expect(byteLength, start);
    const packed = reader.view(byteLength);
    const used = length & 7;
    if (used !== 0 && (packed[byteLength - 1] as number) >> used !== 0)
      throw new DecodeError("paddingNotZero", reader.offset - 1, "bits beyond the length are set");
    return { length, bytes: packed };
  },
});

/** The bits of a list, in its order. */
export function bitsFrom(bits: readonly boolean[]): BitVec {
  const packed = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => {
    if (bit) packed[i >> 3] = (packed[i >> 3] as number) | (1 << (i & 7));
  });
  return { length: bits.length, bytes: packed };
}

/** `length` bits, all zero but those at `indices`. */
export function bitsAt(length: number, indices: Iterable<number>): BitVec {
  const packed = new Uint8Array(Math.ceil(length / 8));
  for (const i of indices) {
    if (!(i >= 0 && i < length)) assert(false, `bit ${i} of ${length}`);
    packed[i >> 3] = (packed[i >> 3] as number) | (1 << (i & 7));
  }
  return { length, bytes: packed };
}

/** One bit; those beyond the end are zero. */
export function bitAt(bits: BitVec, index: number): boolean {
  return index < bits.length && (((bits.bytes[index >> 3] as number) >> (index & 7)) & 1) === 1;
}

/** The same bits with one of them set to `value`; the original stays as it is. */
export function withBit(bits: BitVec, index: number, value: boolean): BitVec {
  assert(index < bits.length, `bit ${index} of ${bits.length}`);
  const packed = bits.bytes.slice();
  const mask = 1 << (index & 7);
  packed[index >> 3] = value
    ? (packed[index >> 3] as number) | mask
    : (packed[index >> 3] as number) & ~mask;
  return { length: bits.length, bytes: packed };
}

/** Number of set bits. */
export function countOnes(bits: BitVec): number {
  let count = 0;
  for (let byte of bits.bytes) for (; byte !== 0; byte &= byte - 1) count += 1;
  return count;
}

/** Positions of the set bits, ascending. */
export function onesOf(bits: BitVec): number[] {
  const ones: number[] = [];
  for (let i = 0; i < bits.length; i++) if (bitAt(bits, i)) ones.push(i);
  return ones;
}

/** All bits as a list. */
export function bitsToBooleans(bits: BitVec): boolean[] {
  return Array.from({ length: bits.length }, (_, i) => bitAt(bits, i));
}
