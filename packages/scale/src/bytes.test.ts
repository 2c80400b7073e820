import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import {
  bitAt,
  bitsAt,
  bitsFrom,
  bitsToBooleans,
  bitVec,
  bytes,
  countOnes,
  fixedBytes,
  fixedHex,
  hexBytes,
  onesOf,
  withBit,
} from "./bytes.ts";
import { type Codec, decode, encode, tryDecode } from "./codec.ts";
import type { DecodeErrorCode } from "./error.ts";

function refusal<T>(codec: Codec<T>, hex: string): DecodeErrorCode | undefined {
  const decoded = tryDecode(codec, hexToBytes(hex));
  return decoded.ok ? undefined : decoded.error.code;
}

const bits = (text: string) => bitsFrom([...text].map((bit) => bit === "1"));

test("byte strings carry their length, fixed ones do not", () => {
  assert.equal(bytesToHex(encode(bytes(), hexToBytes("dead"))), "0x08dead");
  assert.equal(bytesToHex(encode(fixedBytes(2), hexToBytes("dead"))), "0xdead");
  assert.throws(() => encode(fixedBytes(3), hexToBytes("dead")), /2 bytes, wanted 3/);
  assert.equal(refusal(fixedBytes(3), "dead"), "unexpectedEnd");
});

test("identities are the same bytes as text", () => {
  assert.equal(bytesToHex(encode(fixedHex(2), "0xdead")), "0xdead");
  assert.equal(decode(fixedHex(2), hexToBytes("dead")), "0xdead");
  assert.equal(bytesToHex(encode(hexBytes(), "0xdead")), "0x08dead");
  assert.equal(decode(hexBytes(), hexToBytes("08dead")), "0xdead");
  assert.equal(decode(hexBytes(), hexToBytes("00")), "0x");
});

test("an identity of another length or of other characters is our own fault", () => {
  assert.throws(() => encode(fixedHex(3), "0xdead"), /is not 3 bytes/);
  assert.throws(() => encode(fixedHex(2), "0xdeag"), /not hex digits/);
  assert.throws(() => encode(hexBytes(), "0xdea"), /odd number/);
});

test("byte strings longer than their bound are refused", () => {
  assert.equal(refusal(bytes(1), "08dead"), "boundExceeded");
  assert.equal(refusal(hexBytes(1), "08dead"), "boundExceeded");
});

test("bits have the published encodings", () => {
  assert.equal(bytesToHex(encode(bitVec(), bits(""))), "0x00");
  assert.equal(bytesToHex(encode(bitVec(), bits("1"))), "0x0401");
  assert.equal(bytesToHex(encode(bitVec(), bits("10110"))), "0x140d");
  assert.deepEqual(decode(bitVec(), hexToBytes("140d")), bits("10110"));
});

test("set bits behind the last one are refused", () => {
  for (const hex of ["04ff", "0402", "142d", "1c80"])
    assert.equal(refusal(bitVec(), hex), "paddingNotZero", hex);
  assert.deepEqual(decode(bitVec(), hexToBytes("20ff")), bits("11111111"));
});

test("bits that are not there and lengths beyond bounds are refused", () => {
  assert.equal(refusal(bitVec(), "14"), "unexpectedEnd");
  assert.equal(refusal(bitVec(), "24ff"), "unexpectedEnd");
  assert.equal(refusal(bitVec(4), "140d"), "boundExceeded");
  for (const hex of ["feffffff", "03ffffffff", "13ffffffffffffffff"])
    assert.equal(refusal(bitVec(), hex), "lengthTooLarge", hex);
});

test("a bit vector with too few or too many bytes is our own fault", () => {
  for (const length of [0, 2])
    assert.throws(
      () => encode(bitVec(), { length: 5, bytes: new Uint8Array(length) }),
      /for 5 bits/,
    );
});

test("bits are set, read, counted and listed", () => {
  const some = bitsAt(12, [1, 8, 11]);
  assert.deepEqual(onesOf(some), [1, 8, 11]);
  assert.equal(countOnes(some), 3);
  assert.ok(bitAt(some, 8) && !bitAt(some, 9) && !bitAt(some, 12) && !bitAt(some, 500));
  assert.deepEqual(bitsFrom(bitsToBooleans(some)), some);
  const other = withBit(some, 9, true);
  assert.deepEqual(onesOf(other), [1, 8, 9, 11]);
  assert.deepEqual(onesOf(withBit(other, 8, false)), [1, 9, 11]);
  assert.deepEqual(onesOf(some), [1, 8, 11]);
});

test("a bit beyond the end cannot be set", () => {
  assert.throws(() => bitsAt(8, [8]), /bit 8 of 8/);
  assert.throws(() => bitsAt(8, [-1]), /bit -1 of 8/);
  assert.throws(() => withBit(bits("1"), 1, true), /bit 1 of 1/);
});
