import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asciiBytes,
  compareBytes,
  concatBytes,
  EMPTY_BYTES,
  equalBytes,
  u32Bytes,
  u64Bytes,
} from "./bytes.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

test("byte strings are joined in order", () => {
  assert.deepEqual(concatBytes(bytes(1), bytes(), bytes(2, 3)), bytes(1, 2, 3));
  assert.deepEqual(concatBytes(), EMPTY_BYTES);
});

test("joining copies", () => {
  const part = bytes(1);
  const joined = concatBytes(part);
  part[0] = 2;
  assert.deepEqual(joined, bytes(1));
});

test("byte strings are equal when length and content are", () => {
  assert.ok(equalBytes(bytes(1, 2), bytes(1, 2)));
  assert.ok(equalBytes(bytes(), EMPTY_BYTES));
  assert.ok(!equalBytes(bytes(1, 2), bytes(1, 3)));
  assert.ok(!equalBytes(bytes(1, 2), bytes(1)));
});

test("byte strings are ordered byte by byte, the shorter first", () => {
  const sorted = [bytes(2), bytes(1, 255), bytes(), bytes(1), bytes(0, 9)].sort(compareBytes);
  assert.deepEqual(sorted, [bytes(), bytes(0, 9), bytes(1), bytes(1, 255), bytes(2)]);
  assert.equal(compareBytes(bytes(1, 2), bytes(1, 2)), 0);
});

test("ASCII text becomes its bytes, other text is refused", () => {
  assert.deepEqual(asciiBytes("BKNG"), bytes(0x42, 0x4b, 0x4e, 0x47));
  assert.throws(() => asciiBytes("ü"), /not ASCII at 0/);
});

test("numbers are little-endian", () => {
  assert.deepEqual(u32Bytes(0x01020304), bytes(4, 3, 2, 1));
  assert.deepEqual(u32Bytes(0xffff_ffff), bytes(255, 255, 255, 255));
  assert.deepEqual(u64Bytes(0x0102n), bytes(2, 1, 0, 0, 0, 0, 0, 0));
  assert.deepEqual(u64Bytes(2 ** 40), bytes(0, 0, 0, 0, 0, 1, 0, 0));
});
