/** Values encoded and refused by other implementations of SCALE. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { Header } from "@parahost/primitives";
import {
  bitsFrom,
  bitVec,
  bool,
  type Codec,
  compactU8,
  compactU16,
  compactU32,
  compactU64,
  compactU128,
  DecodeError,
  type DecodeErrorCode,
  decode,
  encode,
  fixedHex,
  hexBytes,
  i8,
  i32,
  i64,
  mapped,
  option,
  result,
  str,
  struct,
  tryDecode,
  tuple,
  u8,
  u16,
  u32,
  u64,
  u128,
  unit,
  vec,
} from "@parahost/scale";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import { allocatedBytes } from "./allocation.ts";

/** Rust's special case: an optional boolean in one byte. No type of the protocol uses it. */
const optionBool = mapped(
  u8,
  (value: boolean | undefined) => (value === undefined ? 0 : value ? 1 : 2),
  (wire, offset) => {
    if (wire > 2) throw new DecodeError("badTag", offset, `${wire} is not an optional boolean`);
    return wire === 0 ? undefined : wire === 1;
  },
);

const NANOSECONDS_PER_SECOND = 1_000_000_000;
const nanoseconds = mapped(
  u32,
  (value: number) => value,
  (wire, offset) => {
    if (wire >= NANOSECONDS_PER_SECOND)
      throw new DecodeError("badValue", offset, `${wire} nanoseconds`);
    return wire;
  },
);

/** How a vector's JSON value becomes ours. */
interface TestType {
  readonly codec: Codec<never>;
  fromJson(value: unknown): unknown;
}

const as = <T>(
  codec: Codec<T>,
  fromJson: (value: never) => T = (value) => value as T,
): TestType => ({
  codec: codec as unknown as Codec<never>,
  fromJson: fromJson as (value: unknown) => unknown,
});
const absent = <T>(value: T | null): T | undefined => value ?? undefined;

const TYPES: Readonly<Record<string, TestType>> = {
  "Compact<u8>": as(compactU8),
  "Compact<u16>": as(compactU16),
  "Compact<u32>": as(compactU32, Number),
  "Compact<u64>": as(compactU64, (value: string) => BigInt(value)),
  "Compact<u128>": as(compactU128, (value: string) => BigInt(value)),
  Text: as(str),
  "Vec<u8>": as(vec(u8)),
  "Vec<u16>": as(vec(u16)),
  "Vec<Option<i8>>": as(vec(option(i8)), (value: (number | null)[]) => value.map(absent)),
  "Vec<OptionBool>": as(vec(optionBool), (value: (boolean | null)[]) => value.map(absent)),
  "Option<bool> (OptionBool)": as(optionBool),
  "Vec<Null>": as(vec(unit), (value: null[]) => value.map(() => undefined)),
  "Vec<Vec<u8>>": as(vec(vec(u8))),
  bool: as(bool),
  u8: as(u8),
  u16: as(u16),
  i8: as(i8),
  i32: as(i32),
  u64: as(u64, (value: string) => BigInt(value)),
  i64: as(i64, (value: string) => BigInt(value)),
  u128: as(u128, (value: string) => BigInt(value)),
  "[u8;4]": as(fixedHex(4)),
  "Option<u8>": as(option(u8)),
  "Option<u32>": as(option(u32)),
  "Result<u8,u8>": as(result(u8, u8)),
  "Vec<(u32,Bytes)>": as(vec(tuple(u32, hexBytes()))),
  "BitVec<u8,Lsb0>": as(bitVec(), (value: string) =>
    bitsFrom([...value].map((bit) => bit === "1")),
  ),
  Duration: as(struct({ seconds: u64, nanoseconds })),
  Header: as(Header),
};

interface Vector {
  readonly id: string;
  readonly type: string;
  readonly hex: string;
  readonly value: unknown;
}

function typeOf({ id, type }: Vector): TestType {
  const found = TYPES[type];
  assert.ok(found !== undefined, `${id} has the unknown type ${type}`);
  return found;
}

const skip = skipWithoutVectors;

test("published values encode to the published bytes and back", { skip }, () => {
  const vectors = readVectorJson<Vector[]>("scale-codec", "encode.json");
  assert.equal(vectors.length, 38);
  for (const vector of vectors) {
    const { codec, fromJson } = typeOf(vector);
    const value = fromJson(vector.value) as never;
    assert.equal(bytesToHex(encode(codec, value)), `0x${vector.hex}`, vector.id);
    const decoded = decode(codec, hexToBytes(vector.hex));
    assert.deepEqual(decoded, value, vector.id);
    assert.equal(bytesToHex(encode(codec, decoded)), `0x${vector.hex}`, vector.id);
  }
});

/** The code that each must be refused with, as the protocol's list of bad inputs has it. */
const REFUSALS: Readonly<Record<string, DecodeErrorCode>> = {
  "neg-0": "notMinimal",
  "neg-2": "notMinimal",
  "neg-3": "notMinimal",
  "neg-6": "notMinimal",
  "neg-7": "notMinimal",
  "neg-8": "notMinimal",
  "neg-10": "notMinimal",
  "neg-11": "notMinimal",
  "neg-12": "outOfRange",
  "neg-13": "outOfRange",
  "neg-15": "outOfRange",
  "neg-18": "unexpectedEnd",
  "neg-19": "unexpectedEnd",
  "neg-20": "unexpectedEnd",
  "neg-22": "badTag",
  "neg-23": "badTag",
  "neg-24": "badTag",
  "neg-25": "badTag",
  "neg-26": "badUtf8",
  "neg-30": "lengthTooLarge",
  "neg-33": "badValue",
  "neg-35": "unexpectedEnd",
  "neg-36": "unexpectedEnd",
};

test("published bad inputs are refused, each for its reason", { skip }, () => {
  const vectors = readVectorJson<Vector[]>("scale-codec", "must-fail.json");
  assert.deepEqual(vectors.map(({ id }) => id).sort(), Object.keys(REFUSALS).sort());
  for (const vector of vectors) {
    const refused = tryDecode(typeOf(vector).codec, hexToBytes(vector.hex));
    assert.ok(!refused.ok, vector.id);
    assert.equal(refused.error.code, REFUSALS[vector.id], vector.id);
  }
});

test("a refusal allocates at most twice the input and 4 KiB", { skip }, () => {
  for (const vector of readVectorJson<Vector[]>("scale-codec", "must-fail.json")) {
    const { codec } = typeOf(vector);
    const input = hexToBytes(vector.hex);
    const allocated = allocatedBytes(() => void tryDecode(codec, input));
    assert.ok(allocated <= 2 * input.length + 4096, `${vector.id}: ${allocated} bytes`);
  }
});
