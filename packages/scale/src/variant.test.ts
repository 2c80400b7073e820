import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { type Codec, decode, encode, tryDecode } from "./codec.ts";
import type { DecodeErrorCode } from "./error.ts";
import { i8, u8, u32 } from "./primitive.ts";
import { vec } from "./sequence.ts";
import { positional, struct } from "./struct.ts";
import { bool, option, result, variant } from "./variant.ts";

function refusal<T>(codec: Codec<T>, hex: string): DecodeErrorCode | undefined {
  const decoded = tryDecode(codec, hexToBytes(hex));
  return decoded.ok ? undefined : decoded.error.code;
}

const Statement = variant({ seconded: [1, u32], valid: [2, u8], nothing: 9 });

test("an enum is its index, then its value", () => {
  assert.equal(bytesToHex(encode(Statement, { type: "seconded", value: 5 })), "0x0105000000");
  assert.equal(bytesToHex(encode(Statement, { type: "nothing" })), "0x09");
  assert.deepEqual(decode(Statement, hexToBytes("0207")), { type: "valid", value: 7 });
  assert.deepEqual(decode(Statement, hexToBytes("09")), { type: "nothing" });
});

test("an index that no variant has is refused", () => {
  for (const hex of ["00", "03", "08", "0a", "ff"])
    assert.equal(refusal(Statement, hex), "badVariant");
  assert.equal(refusal(Statement, ""), "unexpectedEnd");
});

test("a name that no variant has is our own fault", () => {
  assert.throws(() => encode(Statement, { type: "invalid" } as never), /no variant invalid/);
});

test("an enum is declared with indices of one byte, each once", () => {
  assert.throws(() => variant({ a: 1, b: 1 }), /two variants with one index/);
  assert.throws(() => variant({ a: 256 }), /one byte/);
  assert.throws(() => variant({}), /has a variant/);
});

test("options and booleans know two tags", () => {
  assert.equal(bytesToHex(encode(vec(option(i8)), [1, -1, undefined])), "0x0c010101ff00");
  assert.equal(bytesToHex(encode(option(bool), true)), "0x0101");
  assert.equal(decode(option(u32), hexToBytes("00")), undefined);
  assert.equal(decode(option(u32), hexToBytes("0101000000")), 1);
  assert.equal(decode(bool, hexToBytes("01")), true);
  for (const hex of ["02", "ff"]) {
    assert.equal(refusal(bool, hex), "badTag");
    assert.equal(refusal(option(u8), `${hex}00`), "badTag");
    assert.equal(refusal(result(u8, u8), `${hex}00`), "badTag");
  }
});

test("a result is one of two values", () => {
  const codec = result(u8, bool);
  assert.equal(bytesToHex(encode(codec, { type: "ok", value: 7 })), "0x0007");
  assert.equal(bytesToHex(encode(codec, { type: "err", value: true })), "0x0101");
  assert.deepEqual(decode(codec, hexToBytes("0100")), { type: "err", value: false });
});

test("metadata shows named fields, positions, or one value", () => {
  const codec = variant({
    named: [0, struct({ paraId: u32 })],
    placed: [1, positional(struct({ a: u8, b: u32 }))],
    whole: [2, struct({ a: u8 }, ["Type"])],
    bare: 3,
  });
  assert.ok(codec.type.kind === "variant");
  assert.deepEqual(codec.type.variants, [
    { name: "Named", index: 0, fields: [{ name: "para_id", type: u32.type }] },
    { name: "Placed", index: 1, fields: [{ type: u8.type }, { type: u32.type }] },
    {
      name: "Whole",
      index: 2,
      fields: [
        { type: { kind: "composite", path: ["Type"], fields: [{ name: "a", type: u8.type }] } },
      ],
    },
    { name: "Bare", index: 3, fields: [] },
  ]);
});
