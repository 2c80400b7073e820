/** Numbers, booleans and text. */
import { assert, type Branded } from "@parahost/base";
import type { Codec } from "./codec.ts";
import { DecodeError } from "./error.ts";
import type { PrimitiveName, TypeDescription } from "./type-description.ts";

const primitive = (name: PrimitiveName): TypeDescription => ({
  kind: "primitive",
  primitive: name,
});

function assertRange(value: number, max: number): void {
  assert(Number.isInteger(value) && value >= 0 && value <= max, `${value} is not in 0..${max}`);
}

export const u8: Codec<number> = {
  sizeMin: 1,
  type: primitive("u8"),
  write: (writer, value) => {
    assertRange(value, 0xff);
    writer.u8(value);
  },
  read: (reader) => reader.u8(),
};

export const u16: Codec<number> = {
  sizeMin: 2,
  type: primitive("u16"),
  write: (writer, value) => {
    assertRange(value, 0xffff);
    writer.u16(value);
  },
  read: (reader) => reader.u16(),
};

export const u32: Codec<number> = {
  sizeMin: 4,
  type: primitive("u32"),
  write: (writer, value) => {
    assertRange(value, 0xffff_ffff);
    writer.u32(value);
  },
  read: (reader) => reader.u32(),
};

export const u64: Codec<bigint> = {
  sizeMin: 8,
  type: primitive("u64"),
  write: (writer, value) => {
    assert(value >= 0n && value < 1n << 64n, `${value} is not a u64`);
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
    assert(Number.isSafeInteger(value) && value >= 0, `${value} is not a safe u64`);
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

export const u128: Codec<bigint> = {
  sizeMin: 16,
  type: primitive("u128"),
  write: (writer, value) => {
    assert(value >= 0n && value < 1n << 128n, `${value} is not a u128`);
    writer.u64(value & 0xffff_ffff_ffff_ffffn);
    writer.u64(value >> 64n);
  },
  read: (reader) => {
    const low = reader.u64();
    return low | (reader.u64() << 64n);
  },
};

export const i32: Codec<number> = {
  sizeMin: 4,
  type: primitive("i32"),
  write: (writer, value) => {
    assert(Number.isInteger(value) && (value | 0) === value, `${value} is not an i32`);
    writer.u32(value >>> 0);
  },
  read: (reader) => reader.i32(),
};

export const i64: Codec<bigint> = {
  sizeMin: 8,
  type: primitive("i64"),
  write: (writer, value) => {
    assert(value >= -(1n << 63n) && value < 1n << 63n, `${value} is not an i64`);
    writer.u64(BigInt.asUintN(64, value));
  },
  read: (reader) => reader.i64(),
};

export const bool: Codec<boolean> = {
  sizeMin: 1,
  type: primitive("bool"),
  write: (writer, value) => writer.u8(value ? 1 : 0),
  read: (reader) => {
    const tag = reader.u8();
    if (tag > 1) throw new DecodeError("badTag", reader.offset - 1, `${tag} is not a boolean`);
    return tag === 1;
  },
};

/** A compact number of at most 32 bits. */
export const compactU32: Codec<number> = {
  sizeMin: 1,
  type: { kind: "compact", of: primitive("u32") },
  write: (writer, value) => {
    assertRange(value, 0xffff_ffff);
    writer.compactU32(value);
  },
  read: (reader) => reader.compactU32(),
};

const compactBig = (name: "u64" | "u128", byteLength: number): Codec<bigint> => ({
  sizeMin: 1,
  type: { kind: "compact", of: primitive(name) },
  write: (writer, value) => {
    assert(value >= 0n && value < 1n << BigInt(8 * byteLength), `${value} is not a ${name}`);
    writer.compactBig(value);
  },
  read: (reader) => reader.compactBig(byteLength),
});

export const compactU64: Codec<bigint> = compactBig("u64", 8);
export const compactU128: Codec<bigint> = compactBig("u128", 16);

/** A compact u64 with the meaning and the bound of `u64Number`. */
export const compactU64Number: Codec<number> = {
  sizeMin: 1,
  type: { kind: "compact", of: primitive("u64") },
  write: (writer, value) => {
    assert(Number.isSafeInteger(value) && value >= 0, `${value} is not a safe u64`);
    writer.compactBig(BigInt(value));
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

export const str: Codec<string> = {
  sizeMin: 1,
  type: primitive("str"),
  write: (writer, value) => {
    const bytes = utf8Encoder.encode(value);
    writer.compactU32(bytes.length);
    writer.raw(bytes);
  },
  read: (reader) => {
    const bytes = reader.view(reader.count(1, 0xffff_ffff));
    try {
      return utf8Decoder.decode(bytes);
    } catch (cause) {
      throw new DecodeError("badUtf8", reader.offset - bytes.length, `text is not UTF-8: ${cause}`);
    }
  },
};

/** Nothing at all: zero bytes. */
export const unit: Codec<undefined> = {
  sizeMin: 0,
  type: { kind: "tuple", items: [] },
  write: () => {},
  read: () => undefined,
};

/**
 * The same codec with a brand on its value: `branded<"ParaId">()(u32)`. With a path it is a newtype
 * in metadata.
 */
export const branded =
  <Name extends string>() =>
  <T>(codec: Codec<T>, path?: readonly string[]): Codec<Branded<T, Name>> =>
    (path === undefined ? codec : newtype(path, codec)) as Codec<Branded<T, Name>>;

/** The same codec, described in metadata as a struct of its own with one unnamed field. */
export const newtype = <T>(path: readonly string[], codec: Codec<T>): Codec<T> => ({
  ...codec,
  type: { kind: "composite", path, fields: [{ type: codec.type }] },
});
