import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { bytes } from "./bytes.ts";
import { decode, encode, tryDecode } from "./codec.ts";
import { str, u8, u16, u32 } from "./primitive.ts";
import { vec } from "./sequence.ts";
import { positional, struct, tuple } from "./struct.ts";

test("fields are in declared order, without padding", () => {
  const codec = struct({ small: u8, large: u32 });
  assert.equal(bytesToHex(encode(codec, { large: 1, small: 2 })), "0x0201000000");
  assert.deepEqual(Object.keys(decode(codec, hexToBytes("0201000000"))), ["small", "large"]);
});

test("tuples are arrays of fixed length", () => {
  const codec = vec(tuple(u32, bytes()));
  const encoded = encode(codec, [[7, hexToBytes("dead")]]);
  assert.equal(bytesToHex(encoded), "0x040700000008dead");
  assert.deepEqual(decode(codec, encoded), [[7, hexToBytes("dead")]]);
  assert.throws(() => encode(tuple(u8, u8), [1] as never), /1 items in a tuple of 2/);
});

test("structs and tuples without fields take no bytes", () => {
  assert.deepEqual(decode(struct({}), new Uint8Array(0)), {});
  assert.deepEqual(decode(tuple(), new Uint8Array(0)), []);
});

test("field names that are words of the language are names", () => {
  const codec = struct({ default: u8, class: u8, "with-dash": u8, 'quo"te': u8 });
  const value = { default: 1, class: 2, "with-dash": 3, 'quo"te': 4 };
  assert.deepEqual(decode(codec, encode(codec, value)), value);
});

test("a struct's smallest size is the sum of its fields'", () => {
  assert.equal(struct({ a: u16, b: str, c: tuple(u8, u32) }).sizeMin, 2 + 1 + 5);
});

test("a list refuses a count that its structs could not fit into the input", () => {
  const codec = vec(struct({ a: u32, b: u32 }));
  const refused = tryDecode(codec, hexToBytes(`08${"00".repeat(15)}`));
  assert.ok(!refused.ok && refused.error.code === "unexpectedEnd");
});

test("metadata sees wire names, and positions where Polkadot has no names", () => {
  const fields = struct({ paraId: u32, hrmpWatermark: u32 }, ["room", "Name"]);
  assert.deepEqual(fields.type, {
    kind: "composite",
    path: ["room", "Name"],
    fields: [
      { name: "para_id", type: u32.type },
      { name: "hrmp_watermark", type: u32.type },
    ],
  });
  assert.deepEqual(positional(struct({ a: u8, b: u32 })).type, {
    kind: "tuple",
    items: [u8.type, u32.type],
  });
  assert.deepEqual(positional(struct({ a: u8 }), ["Name"]).type, {
    kind: "composite",
    path: ["Name"],
    fields: [{ type: u8.type }],
  });
  assert.throws(() => positional(u8), /only a struct/);
});
