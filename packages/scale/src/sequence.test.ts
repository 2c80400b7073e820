import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { allocatedBytes } from "../test/allocation.ts";
import { bytes, hexBytes } from "./bytes.ts";
import { type Codec, decode, encode, tryDecode } from "./codec.ts";
import type { DecodeErrorCode } from "./error.ts";
import { str, u8, u16, u32, unit } from "./primitive.ts";
import { DEPTH_MAX, EMPTY_ITEMS_MAX } from "./reader.ts";
import { array, vec } from "./sequence.ts";
import { bool } from "./variant.ts";
import { lazy, opaque } from "./wrap.ts";

function refusal<T>(codec: Codec<T>, hex: string): DecodeErrorCode | undefined {
  const decoded = tryDecode(codec, hexToBytes(hex));
  return decoded.ok ? undefined : decoded.error.code;
}

test("lists are behind their count", () => {
  const encoded = encode(vec(u16), [4, 8, 15, 16, 23, 42]);
  assert.equal(bytesToHex(encoded), "0x18040008000f00100017002a00");
  assert.deepEqual(decode(vec(u16), encoded), [4, 8, 15, 16, 23, 42]);
});

test("arrays have no count, and their length is fixed", () => {
  assert.equal(bytesToHex(encode(array(u8, 3), [1, 2, 3])), "0x010203");
  assert.deepEqual(decode(array(u8, 3), hexToBytes("010203")), [1, 2, 3]);
  assert.throws(() => encode(array(u8, 3), [1, 2]), /2 items in an array of 3/);
  assert.equal(refusal(array(u8, 3), "0102"), "unexpectedEnd");
});

test("a length that no input can hold is refused as such", () => {
  for (const hex of ["feffffff", "03ffffffff", "13ffffffffffffffff"])
    for (const codec of [vec(u8), vec(u32), vec(bool), vec(vec(u8)), bytes(), hexBytes(), str])
      assert.equal(refusal<unknown>(codec as Codec<unknown>, hex), "lengthTooLarge", hex);
});

test("a length that an input could hold, but this one does not, ends too early", () => {
  assert.equal(refusal(vec(u8), "28000101"), "unexpectedEnd");
  assert.equal(refusal(vec(u32), "0801000000" + "020000"), "unexpectedEnd");
  assert.equal(refusal(bytes(), "0c0102"), "unexpectedEnd");
});

test("an inner length is checked like the outer one", () => {
  assert.equal(refusal(vec(vec(u8)), "0cfeffffff" + "0000"), "lengthTooLarge");
});

test("items that take no bytes are counted up to a bound of their own", () => {
  assert.deepEqual(decode(vec(unit), hexToBytes("14")), new Array(5).fill(undefined));
  assert.equal(decode(vec(unit), encode(vec(unit), new Array(EMPTY_ITEMS_MAX))).length, 256);
  assert.equal(refusal(vec(unit), "0504"), "lengthTooLarge");
  assert.equal(refusal(vec(unit), "feffffff"), "lengthTooLarge");
});

test("one item more than the declared bound is refused", () => {
  const items = new Array<number>(10_000).fill(1);
  const encoded = encode(vec(u8), items);
  assert.equal(decode(vec(u8, 10_000), encoded).length, 10_000);
  const refused = tryDecode(vec(u8, 9_999), encoded);
  assert.ok(!refused.ok && refused.error.code === "boundExceeded" && refused.error.offset === 0);
});

test("a bound is checked before the length against the input", () => {
  assert.equal(refusal(vec(u8, 9), "feffffff"), "boundExceeded");
});

type Nested = readonly Nested[];
const Nested: Codec<Nested> = vec(lazy(() => Nested));

test("lists of lists of lists are refused beyond the depth of any type", () => {
  assert.equal(refusal(Nested, `${"04".repeat(10_000)}00`), "tooDeep");
  let deep: Nested = [];
  // A list and its item each count.
  for (let depth = 2; depth < DEPTH_MAX; depth += 2) deep = [deep];
  assert.deepEqual(decode(Nested, encode(Nested, deep)), deep);
  assert.equal(refusal(Nested, bytesToHex(encode(Nested, [deep])).slice(2)), "tooDeep");
});

test("depth is counted by nesting, not by number", () => {
  const wide: Nested = new Array(1_000).fill([]);
  assert.deepEqual(decode(Nested, encode(Nested, wide)), wide);
});

type Boxed = readonly Boxed[];
const Boxed: Codec<Boxed> = vec(opaque(lazy(() => Boxed)));

test("depth goes through values in their own length prefix", () => {
  let hex = "00";
  for (let i = 0; i < 200; i++) {
    const inner = encode(bytes(), hexToBytes(hex));
    hex = `04${bytesToHex(inner).slice(2)}`;
  }
  assert.equal(refusal(Boxed, hex), "tooDeep");
});

test("a refused count allocates at most twice the input and 4 KiB", () => {
  for (const hex of ["feffffff", "0cfeffffff", `feff0300${"00".repeat(1000)}`, "0504"])
    for (const codec of [vec(vec(u8)), vec(unit), bytes(), str]) {
      const input = hexToBytes(hex);
      const allocated = allocatedBytes(
        () => void tryDecode<unknown>(codec as Codec<unknown>, input),
      );
      assert.ok(allocated <= 2 * input.length + 4096, `${hex.slice(0, 12)}: ${allocated} bytes`);
    }
});
