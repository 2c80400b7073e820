import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { fixedHex } from "./bytes.ts";
import { type Codec, decode, encode, tryDecode } from "./codec.ts";
import { DecodeError } from "./error.ts";
import { u8, u16, u32 } from "./primitive.ts";
import { vec } from "./sequence.ts";
import { struct } from "./struct.ts";
import { option, variant } from "./variant.ts";
import {
  branded,
  documented,
  generic,
  lazy,
  mapped,
  named,
  newtype,
  opaque,
  renamed,
} from "./wrap.ts";

test("names, brands and explanations leave the bytes alone", () => {
  const codecs: Codec<number>[] = [
    named(["A"], u16),
    newtype(["A"], u16),
    branded<"A">()(u16) as Codec<number>,
    documented(["explained"], u16),
    generic({ T: u8 }, named(["A"], u16)),
  ];
  for (const codec of codecs) {
    assert.equal(bytesToHex(encode(codec, 258)), "0x0201");
    assert.equal(decode(codec, hexToBytes("0201")), 258);
  }
});

test("a newtype is a struct of one unnamed field in metadata", () => {
  const described = { kind: "composite", path: ["p", "Id"], fields: [{ type: u32.type }] };
  assert.deepEqual(newtype(["p", "Id"], u32).type, described);
  assert.deepEqual(branded<"Id">()(u32, ["p", "Id"]).type, described);
  assert.deepEqual(branded<"Id">()(u32).type, u32.type);
  assert.deepEqual(documented(["why"], u32).type, { ...u32.type, docs: ["why"] });
});

test("fields and variants may have other names in metadata than in values", () => {
  const pair = renamed({ left_half: "left" }, struct({ leftHalf: u8, right: u8 }));
  assert.deepEqual(pair.type, struct({ left: u8, right: u8 }).type);
  assert.deepEqual(decode(pair, hexToBytes("0102")), { leftHalf: 1, right: 2 });
  const choice = renamed({ A: "First" }, variant({ a: [0, u8], b: 1 }));
  assert.deepEqual(choice.type, variant({ first: [0, u8], b: 1 }).type);
  assert.deepEqual(decode(choice, hexToBytes("0007")), { type: "a", value: 7 });
  assert.throws(() => renamed({ middle: "centre" }, struct({ left: u8 })), /no middle to rename/);
  assert.throws(() => renamed({}, u8), /have names/);
});

test("generic parameters are described by their codecs", () => {
  assert.deepEqual(generic({ T: u8 }, u16).type, {
    ...u16.type,
    params: [{ name: "T", type: u8.type }],
  });
});

test("a mapped value is refused with the position where it began", () => {
  const even = mapped(
    u8,
    (value: number) => value,
    (wire, offset) => {
      if (wire % 2 !== 0) throw new DecodeError("badValue", offset, `${wire} is odd`);
      return wire;
    },
  );
  const refused = tryDecode(vec(even), hexToBytes("080203"));
  assert.ok(!refused.ok);
  assert.deepEqual([refused.error.code, refused.error.offset], ["badValue", 2]);
});

test("a value in its own length prefix fills it exactly", () => {
  const Wrapped = opaque(u16);
  assert.equal(bytesToHex(encode(Wrapped, 258)), "0x080201");
  assert.equal(decode(Wrapped, hexToBytes("080201")), 258);
  const refusal = (hex: string) => {
    const decoded = tryDecode(vec(Wrapped), hexToBytes(hex));
    return decoded.ok ? undefined : [decoded.error.code, decoded.error.offset];
  };
  assert.deepEqual(refusal("040c020100"), ["trailingBytes", 4]);
  assert.deepEqual(refusal("04040201"), ["unexpectedEnd", 3]);
  assert.deepEqual(refusal("04fd0302"), ["unexpectedEnd", 4]);
  assert.equal(refusal("08080201080403"), undefined);
});

test("a length prefix is bounded", () => {
  const refused = tryDecode(opaque(fixedHex(2), 1), hexToBytes("080201"));
  assert.ok(!refused.ok && refused.error.code === "boundExceeded");
});

interface Chain {
  readonly value: number;
  readonly next: Chain | undefined;
}
const Chain: Codec<Chain> = struct({ value: u8, next: option(lazy(() => Chain)) });

test("recursive types work, and their depth is bounded", () => {
  const short: Chain = { value: 1, next: { value: 2, next: undefined } };
  assert.deepEqual(decode(Chain, encode(Chain, short)), short);
  const refused = tryDecode(Chain, hexToBytes("0101".repeat(10_000)));
  assert.ok(!refused.ok && refused.error.code === "tooDeep");
  assert.equal(Chain.type.kind, "composite");
});
