import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { type Codec, decode, encode, tryDecode } from "./codec.ts";
import type { DecodeErrorCode } from "./error.ts";
import {
  compactU8,
  compactU16,
  compactU32,
  compactU64,
  compactU64Number,
  compactU128,
  i8,
  i16,
  i32,
  i64,
  i128,
  str,
  text,
  u8,
  u16,
  u32,
  u64,
  u64Number,
  u128,
  u256,
  unit,
} from "./primitive.ts";

function refusal<T>(codec: Codec<T>, hex: string): DecodeErrorCode | undefined {
  const decoded = tryDecode(codec, hexToBytes(hex));
  return decoded.ok ? undefined : decoded.error.code;
}

function both<T>(codec: Codec<T>, value: T, hex: string): void {
  assert.equal(bytesToHex(encode(codec, value)), `0x${hex}`);
  assert.deepEqual(decode(codec, hexToBytes(hex)), value);
}

test("whole numbers are little-endian and of fixed width", () => {
  both(u8, 69, "45");
  both(u16, 42, "2a00");
  both(u32, 16_777_215, "ffffff00");
  both(u64, (1n << 64n) - 1n, "ff".repeat(8));
  both(u128, (1n << 128n) - 1n, "ff".repeat(16));
  both(u256, 1n << 255n, `${"00".repeat(31)}80`);
});

test("negative numbers are in two's complement", () => {
  both(i8, -128, "80");
  both(i8, 69, "45");
  both(i16, -2, "feff");
  both(i32, -1, "ffffffff");
  both(i64, -(1n << 63n), `${"00".repeat(7)}80`);
  both(i128, -1n, "ff".repeat(16));
  both(i128, (1n << 127n) - 1n, `${"ff".repeat(15)}7f`);
});

test("numbers outside their type are our own fault", () => {
  for (const wrong of [-1, 256, 0.5, Number.NaN]) assert.throws(() => encode(u8, wrong));
  for (const wrong of [-1, 65_536]) assert.throws(() => encode(u16, wrong));
  for (const wrong of [-1, 2 ** 32]) assert.throws(() => encode(u32, wrong));
  for (const wrong of [-1n, 1n << 64n]) assert.throws(() => encode(u64, wrong));
  for (const wrong of [-1n, 1n << 128n]) assert.throws(() => encode(u128, wrong));
  for (const wrong of [128, -129, 0.5]) assert.throws(() => encode(i8, wrong));
  for (const wrong of [2 ** 31, -(2 ** 31) - 1]) assert.throws(() => encode(i32, wrong));
  for (const wrong of [1n << 63n, -(1n << 63n) - 1n]) assert.throws(() => encode(i64, wrong));
  for (const wrong of [1n << 127n]) assert.throws(() => encode(i128, wrong));
  for (const wrong of [-1, 2 ** 53, 0.5]) assert.throws(() => encode(u64Number, wrong));
  for (const wrong of [-1, 2 ** 53]) assert.throws(() => encode(compactU64Number, wrong));
  for (const wrong of [-1n, 1n << 64n]) assert.throws(() => encode(compactU64, wrong));
});

test("a u64 above 2^53 is exact", () => {
  both(u64, 9_007_199_254_740_993n, "0100000000002000");
});

test("a u64 that means a slot or a time stops at 2^53 - 1 and is never rounded", () => {
  both(u64Number, Number.MAX_SAFE_INTEGER, "ffffffffffff1f00");
  assert.equal(refusal(u64Number, "0000000000002000"), "outOfRange");
  both(compactU64Number, Number.MAX_SAFE_INTEGER, "0fffffffffffff1f");
  assert.equal(refusal(compactU64Number, "0f00000000000020"), "outOfRange");
});

test("compact numbers take the mode that fits at each boundary", () => {
  both(compactU32, 0, "00");
  both(compactU32, 63, "fc");
  both(compactU32, 64, "0101");
  both(compactU32, 16_383, "fdff");
  both(compactU32, 16_384, "02000100");
  both(compactU32, 1_073_741_823, "feffffff");
  both(compactU32, 1_073_741_824, "0300000040");
  both(compactU32, 4_294_967_295, "03ffffffff");
  both(compactU64, 1n << 32n, "070000000001");
  both(compactU64, (1n << 64n) - 1n, "13ffffffffffffffff");
  both(compactU128, 1n << 64n, "17000000000000000001");
  both(compactU128, (1n << 128n) - 1n, `33${"ff".repeat(16)}`);
  both(compactU64Number, 1 << 30, "0300000040");
  both(compactU64Number, 2 ** 32, "070000000001");
});

test("compact numbers that have a shorter form are refused", () => {
  const longForms = ["0100", "fd00", "02000000", "feff0000", "0300000000", "03ffffff3f"];
  for (const hex of longForms)
    for (const codec of [compactU32, compactU64, compactU128, compactU64Number])
      assert.equal(
        refusal<number | bigint>(codec as Codec<number | bigint>, hex),
        "notMinimal",
        hex,
      );
  for (const hex of ["07ffffffff00", "0f00000000000000", "13ffffffffffffff00"])
    for (const codec of [compactU32, compactU64, compactU128])
      assert.equal(
        refusal<number | bigint>(codec as Codec<number | bigint>, hex),
        "notMinimal",
        hex,
      );
});

test("compact numbers beyond their type are refused", () => {
  assert.equal(refusal(compactU8, "0104"), "outOfRange");
  assert.equal(refusal(compactU16, "02000400"), "outOfRange");
  assert.equal(refusal(compactU32, "070000000001"), "outOfRange");
  assert.equal(refusal(compactU64, `17${"00".repeat(8)}01`), "outOfRange");
  assert.equal(refusal(compactU128, `37${"00".repeat(16)}01`), "outOfRange");
  assert.equal(refusal(compactU32, `ff${"ff".repeat(67)}`), "outOfRange");
});

test("compact numbers that end too early are refused", () => {
  for (const hex of ["", "01", "0200", "020000", "03", "03000000", "07000000", "13ffff"])
    for (const codec of [compactU32, compactU64, compactU128])
      assert.equal(
        refusal<number | bigint>(codec as Codec<number | bigint>, hex),
        "unexpectedEnd",
        hex,
      );
});

test("text is UTF-8 behind its length in bytes", () => {
  both(str, "", "00");
  both(str, "Hello, World!", "3448656c6c6f2c20576f726c6421");
  both(str, "Größe 😀", "304772c3b6c39f6520f09f9880");
  both(str, "\ufeffmark", "1cefbbbf6d61726b");
});

test("text that is not UTF-8 is refused", () => {
  for (const hex of ["0ceda080", "04c3", "04ff", "1472a70a1472", "08c080"])
    assert.equal(refusal(str, hex), "badUtf8", hex);
});

test("text longer than its bound is refused", () => {
  assert.equal(refusal(text(4), "1461626364" + "65"), "boundExceeded");
  both(text(4), "abcd", "1061626364");
});

test("nothing takes no bytes", () => {
  both(unit, undefined, "");
});
