/** Numbers and text. */
import { assert } from "@parahost/base";
import type { Codec } from "./codec.ts";
import { DecodeError } from "./error.ts";
import { COUNT_MAX, type Reader } from "./reader.ts";
import type { PrimitiveName, TypeDescription } from "./type-description.ts";
import type { Writer } from "./writer.ts";

const primitive = (name: PrimitiveName): TypeDescription => ({
  kind: "primitive",
  primitive: name,
});

// The messages are made only when there is something to say: these run for every number.

function checkUnsigned(value: number, max: number): void {
  if (!(Number.isInteger(value) && value >= 0 && value <= max))
    assert(false, `${value} is not in 0..${max}`);
}

function checkSigned(value: number, bits: number): void {
  if ((value << (32 - bits)) >> (32 - bits) !== value) assert(false, `${value} is not an i${bits}`);
}

function checkBig(value: bigint, bits: number): void {
  if (BigInt.asUintN(bits, value) !== value) assert(false, `${value} is not a u${bits}`);
}

function checkSafe(value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 0)) assert(false, `${value} is not a safe u64`);
}

export const u8: Codec<number> = {
  sizeMin: 1,
  type: primitive("u8"),
  write: (writer, value) => {
    checkUnsigned(value, 0xff);
    writer.u8(value);
  },
  read: (reader) => reader.u8(),
};

export const u16: Codec<number> = {
  sizeMin: 2,
  type: primitive("u16"),
  write: (writer, value) => {
    checkUnsigned(value, 0xffff);
    writer.u16(value);
  },
  read: (reader) => reader.u16(),
};

export const u32: Codec<number> = {
  sizeMin: 4,
  type: primitive("u32"),
  write: (writer, value) => {
    checkUnsigned(value, 0xffff_ffff);
    writer.u32(value);
  },
  read: (reader) => reader.u32(),
};

export const u64: Codec<bigint> = {
  sizeMin: 8,
  type: primitive("u64"),
  write: (writer, value) => {
    checkBig(value, 64);
    writer.u64(value);
  },
  read: (reader) => reader.u64(),
};

/**
 * A u64 that means a slot, a round, a set id, milliseconds or a weight. Such numbers stay far below
 * 2^53, so they are plain numbers here; anything larger is refused, never rounded.
 */
export const u64Number: Codec<number> = {
  sizeMin: 8,
  type: primitive("u64"),
  write: (writer, value) => {
    checkSafe(value);
    writer.u32(value % 0x1_0000_0000);
    writer.u32(Math.floor(value / 0x1_0000_0000));
  },
  read: (reader) => {
    const low = reader.u32();
    const high = reader.u32();
    if (high >= 0x20_0000)
      throw new DecodeError("outOfRange", reader.offset - 8, "number above 2^53 - 1");
    return high * 0x1_0000_0000 + low;
  },
};

export const u128: Codec<bigint> = bigUnsigned("u128", 128);
export const u256: Codec<bigint> = bigUnsigned("u256", 256);

/** Wider than a machine word: words of 64 bits, lowest first. */
function bigUnsigned(name: "u128" | "u256", bits: number): Codec<bigint> {
  return {
    sizeMin: bits / 8,
    type: primitive(name),
    write: (writer, value) => {
      checkBig(value, bits);
      writeWords(writer, value, bits);
    },
    read: (reader) => readWords(reader, bits),
  };
}

function writeWords(writer: Writer, value: bigint, bits: number): void {
  for (let shift = 0; shift < bits; shift += 64)
    writer.u64(BigInt.asUintN(64, value >> BigInt(shift)));
}

function readWords(reader: Reader, bits: number): bigint {
  let value = 0n;
  for (let shift = 0; shift < bits; shift += 64) value |= reader.u64() << BigInt(shift);
  return value;
}

export const i8: Codec<number> = {
  sizeMin: 1,
  type: primitive("i8"),
  write: (writer, value) => {
    checkSigned(value, 8);
    writer.u8(value & 0xff);
  },
  read: (reader) => reader.i8(),
};

export const i16: Codec<number> = {
  sizeMin: 2,
  type: primitive("i16"),
  write: (writer, value) => {
    checkSigned(value, 16);
    writer.u16(value & 0xffff);
  },
  read: (reader) => reader.i16(),
};

export const i32: Codec<number> = {
  sizeMin: 4,
  type: primitive("i32"),
  write: (writer, value) => {
    checkSigned(value, 32);
    writer.u32(value >>> 0);
  },
  read: (reader) => reader.i32(),
};

export const i64: Codec<bigint> = {
  sizeMin: 8,
  type: primitive("i64"),
  write: (writer, value) => {
    if (BigInt.asIntN(64, value) !== value) assert(false, `${value} is not an i64`);
    writer.u64(BigInt.asUintN(64, value));
  },
  read: (reader) => reader.i64(),
};

export const i128: Codec<bigint> = {
  sizeMin: 16,
  type: primitive("i128"),
  write: (writer, value) => {
    if (BigInt.asIntN(128, value) !== value) assert(false, `${value} is not an i128`);
    writeWords(writer, BigInt.asUintN(128, value), 128);
  },
  read: (reader) => BigInt.asIntN(128, readWords(reader, 128)),
};

/** A compact number of at most `max`, which the name of its type implies. */
const compactSmall = (name: "u8" | "u16" | "u32", max: number): Codec<number> => ({
  sizeMin: 1,
  type: { kind: "compact", of: primitive(name) },
  write: (writer, value) => {
    checkUnsigned(value, max);
    writer.compactU32(value);
  },
  read: (reader) => {
    const start = reader.offset;
    const value = reader.compactU32();
    if (value > max) throw new DecodeError("outOfRange", start, `${value} is not a ${name}`);
    return value;
  },
});

export const compactU8: Codec<number> = compactSmall("u8", 0xff);
export const compactU16: Codec<number> = compactSmall("u16", 0xffff);
export const compactU32: Codec<number> = compactSmall("u32", 0xffff_ffff);

const compactBig = (name: "u64" | "u128", bits: number): Codec<bigint> => ({
  sizeMin: 1,
  type: { kind: "compact", of: primitive(name) },
  write: (writer, value) => {
    checkBig(value, bits);
    writer.compactBig(value);
  },
  read: (reader) => reader.compactBig(bits / 8),
});

export const compactU64: Codec<bigint> = compactBig("u64", 64);
export const compactU128: Codec<bigint> = compactBig("u128", 128);

/** A compact u64 with the meaning and the bound of `u64Number`. */
export const compactU64Number: Codec<number> = {
  sizeMin: 1,
  type: { kind: "compact", of: primitive("u64") },
  write: (writer, value) => {
    checkSafe(value);
    if (value <= 0xffff_ffff) writer.compactU32(value);
    else writer.compactBig(BigInt(value));
  },
  read: (reader) => {
    const start = reader.offset;
    const value = reader.compactBig(8);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new DecodeError("outOfRange", start, "number above 2^53 - 1");
    return Number(value);
  },
};

const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Text as UTF-8 behind its length in bytes, `lengthMax` of them at most. */
export const text = (lengthMax = COUNT_MAX): Codec<string> => ({
  sizeMin: 1,
  type: primitive("str"),
  write: (writer, value) => {
    const encoded = utf8Encoder.encode(value);
    writer.compactU32(encoded.length);
    writer.raw(encoded);
  },
  read: (reader) => {
    const encoded = reader.view(reader.count(1, lengthMax));
    try {
      return utf8Decoder.decode(encoded);
    } catch (cause) {
      const start = reader.offset - encoded.length;
      throw new DecodeError("badUtf8", start, `text is not UTF-8: ${cause}`);
    }
  },
});

export const str: Codec<string> = text();

/** Nothing at all: zero bytes. */
export const unit: Codec<undefined> = {
  sizeMin: 0,
  type: { kind: "tuple", items: [] },
  write: () => {},
  read: () => undefined,
};
