import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "@parahost/base";
import { bytes, fixedBytes } from "./bytes.ts";
import { type Codec, decode, encode, tryDecode } from "./codec.ts";
import { DecodeError } from "./error.ts";
import { u8, u16, u32 } from "./primitive.ts";
import { vec } from "./sequence.ts";
import { struct } from "./struct.ts";
import { opaque } from "./wrap.ts";

const Pair = struct({ first: u8, second: vec(u16) });
const pair = { first: 7, second: [1, 2, 3] };

test("a value survives the way there and back", () => {
  assert.deepEqual(decode(Pair, encode(Pair, pair)), pair);
});

test("every proper beginning of an encoding ends too early", () => {
  const encoded = encode(Pair, pair);
  for (let length = 0; length < encoded.length; length++) {
    const refused = tryDecode(Pair, encoded.subarray(0, length));
    assert.ok(!refused.ok);
    assert.equal(refused.error.code, "unexpectedEnd", `${length} bytes`);
    assert.equal(refused.error.offset, length);
  }
});

test("a byte too many is refused, and where it is said", () => {
  const encoded = encode(Pair, pair);
  const refused = tryDecode(Pair, concatBytes(encoded, new Uint8Array(1)));
  assert.ok(!refused.ok);
  assert.equal(refused.error.code, "trailingBytes");
  assert.equal(refused.error.offset, encoded.length);
});

test("decode throws what tryDecode answers", () => {
  assert.throws(
    () => decode(u32, new Uint8Array(3)),
    (error) => error instanceof DecodeError && error.code === "unexpectedEnd",
  );
});

test("a fault in a codec is not taken for bad input", () => {
  const broken: Codec<number> = {
    ...u8,
    read: () => {
      throw new TypeError("our own fault");
    },
  };
  assert.throws(() => tryDecode(broken, new Uint8Array(1)), TypeError);
});

test("an encoding is the caller's own: the next one does not change it", () => {
  const first = encode(u8, 1);
  encode(u8, 2);
  assert.deepEqual(first, new Uint8Array([1]));
});

test("encoding inside encoding does not disturb the outer one", () => {
  const nested = struct({ before: u8, inner: opaque(Pair), after: u8 });
  const value = { before: 1, inner: pair, after: 2 };
  assert.deepEqual(decode(nested, encode(nested, value)), value);
});

test("a refused value leaves the encoder usable", () => {
  assert.throws(() => encode(u8, 256), /256 is not in 0..255/);
  assert.deepEqual(encode(u8, 255), new Uint8Array([255]));
});

test("encodings longer than the first buffer grow it", () => {
  const long = new Uint8Array(100_000).fill(3);
  assert.deepEqual(decode(bytes(), encode(bytes(), long)), long);
});

test("byte strings are views of the input, also of a part of a larger buffer", () => {
  const input = new Uint8Array([9, 9, 1, 2, 3, 9]).subarray(2, 5);
  const view = decode(fixedBytes(3), input);
  assert.deepEqual(view, new Uint8Array([1, 2, 3]));
  assert.equal(view.buffer, input.buffer);
});
