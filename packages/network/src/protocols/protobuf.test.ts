import assert from "node:assert/strict";
import test from "node:test";
import { ok } from "@parahost/base";
import { wire } from "../testing/wire-bytes.ts";
import { decodeProtobuf, encodeProtobuf } from "./protobuf.ts";

/** From the encoding chapter of the protocol buffers documentation: 150 in field 1, "testing" in field 2. */
const documented = wire("089601", "120774657374696e67");
const fields = [
  { field: 1, value: 150 },
  { field: 2, value: wire("74657374696e67") },
];

test("the examples of the documentation are read and written", () => {
  assert.deepEqual(encodeProtobuf(fields), documented);
  assert.deepEqual(decodeProtobuf(documented, 2), ok(fields));
});

test("numbers up to 53 bits and fields of high numbers survive the way there and back", () => {
  for (const value of [0, 127, 128, 0xffff_ffff, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    const sent = [{ field: 2047, value }];
    assert.deepEqual(decodeProtobuf(encodeProtobuf(sent), 1), ok(sent));
  }
});

test("a message of a hundred thousand fields is written", () => {
  const many = Array.from({ length: 100_000 }, () => ({ field: 1, value: new Uint8Array(1) }));
  const bytes = encodeProtobuf(many);
  assert.equal(bytes.length, 300_000);
  const decoded = decodeProtobuf(bytes, 100_000);
  assert.equal(decoded.ok && decoded.value.length, 100_000);
});

test("fields of fixed size are skipped", () => {
  assert.deepEqual(decodeProtobuf(wire("0d01020304", "110102030405060708", "1805"), 3), {
    ok: true,
    value: [{ field: 3, value: 5 }],
  });
});

const refusals: readonly (readonly [string, string, number])[] = [
  ["a tag without a value", "08", 1],
  ["a number without end", "08ffffffffffffffffffff", 1],
  ["a number above 53 bits", "08ffffffffffffff7f", 1],
  ["bytes that are fewer than said", "1205ffffffff", 1],
  ["bytes of 2^53 - 1", "12ffffffffffffff0f", 1],
  ["a cut field of eight bytes", "0901020304", 1],
  ["a cut field of four bytes", "0d010203", 1],
  ["a group", "0b", 1],
  ["wire type 7", "0f", 1],
  ["field 0", "0001", 1],
  ["one field more than the limit", "08010801", 1],
  ["one skipped field more than the limit", "0d010203040d01020304", 1],
];
for (const [name, hex, fieldsMax] of refusals)
  test(`${name} is refused`, () => {
    const decoded = decodeProtobuf(wire(hex), fieldsMax);
    assert.equal(!decoded.ok && decoded.error.code, "badProtobuf");
  });
