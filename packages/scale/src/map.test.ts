import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { bytes, fixedHex, hexBytes } from "./bytes.ts";
import { type Codec, decode, encode, tryDecode } from "./codec.ts";
import { map, set } from "./map.ts";
import { i32, str, u8, u32, u64, unit } from "./primitive.ts";
import { vec } from "./sequence.ts";
import { struct, tuple } from "./struct.ts";
import { bool, option, variant } from "./variant.ts";
import { mapped } from "./wrap.ts";

const Counts = map(u32, u8);

test("entries are encoded in the order of their keys, however they were put in", () => {
  const entries = new Map([
    [256, 1],
    [2, 2],
    [10, 3],
  ]);
  const encoded = encode(Counts, entries);
  assert.equal(bytesToHex(encoded), `0x0c02000000020a000000030001000001`);
  assert.deepEqual([...decode(Counts, encoded).keys()], [2, 10, 256]);
});

test("keys twice or out of order are refused", () => {
  const refusal = (hex: string) => {
    const decoded = tryDecode(Counts, hexToBytes(hex));
    return decoded.ok ? undefined : [decoded.error.code, decoded.error.offset];
  };
  assert.deepEqual(refusal("08" + "0200000001" + "0100000001"), ["notSorted", 6]);
  assert.deepEqual(refusal("08" + "0200000001" + "0200000001"), ["notSorted", 6]);
  assert.equal(refusal("08" + "0100000001" + "0200000001"), undefined);
});

test("sets follow the rules of maps", () => {
  const Names = set(str);
  const encoded = encode(Names, new Set(["b", "a", "ab"]));
  assert.equal(bytesToHex(encoded), "0x0c04610861620462");
  assert.deepEqual([...decode(Names, encoded)], ["a", "ab", "b"]);
  const twice = tryDecode(Names, hexToBytes("0804610461"));
  assert.ok(!twice.ok && twice.error.code === "notSorted");
});

test("counts and bounds of maps are checked before reading", () => {
  for (const [hex, code] of [
    ["feffffff", "lengthTooLarge"],
    ["0401", "unexpectedEnd"],
  ] as const) {
    const refused = tryDecode(Counts, hexToBytes(hex));
    assert.ok(!refused.ok && refused.error.code === code, hex);
  }
  const bounded = tryDecode(map(u32, u8, 1), hexToBytes("08" + "0100000001" + "0200000001"));
  assert.ok(!bounded.ok && bounded.error.code === "boundExceeded");
});

/** The order in which a map with these keys is encoded. */
function ordered<K>(key: Codec<K>, keys: readonly K[]): K[] {
  const codec = map(key, unit);
  const encoded = encode(codec, new Map(keys.map((k) => [k, undefined])));
  return [...decode(codec, encoded).keys()];
}

test("numbers are ordered by value, not by their bytes", () => {
  assert.deepEqual(ordered(u32, [65_536, 255, 256]), [255, 256, 65_536]);
  assert.deepEqual(ordered(i32, [1, -1, 0, -2]), [-2, -1, 0, 1]);
  assert.deepEqual(ordered(u64, [1n << 60n, 3n, 1n << 40n]), [3n, 1n << 40n, 1n << 60n]);
  assert.deepEqual(ordered(bool, [true, false]), [false, true]);
});

test("bytes and hex text are ordered byte by byte, the shorter first", () => {
  const keys = ["0xff", "0x0a", "0x9f", "0x0aff", "0x", "0xa0"] as const;
  const sorted = ["0x", "0x0a", "0x0aff", "0x9f", "0xa0", "0xff"];
  assert.deepEqual(ordered(hexBytes(), keys), sorted);
  assert.deepEqual(
    ordered(
      bytes(),
      keys.map((key) => hexToBytes(key)),
    ).map(bytesToHex),
    sorted,
  );
  assert.deepEqual(ordered(fixedHex(2), ["0xa000", "0x9fff", "0x00ff"]), [
    "0x00ff",
    "0x9fff",
    "0xa000",
  ]);
});

test("text is ordered as its UTF-8 bytes are", () => {
  const keys = ["\u{1f600}", "\uffff", "\ue000", "z", "é", "za"];
  const byBytes = [...keys].sort((a, b) => {
    const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
    return bytesToHex(x) < bytesToHex(y) ? -1 : 1;
  });
  assert.deepEqual(ordered(str, keys), byBytes);
});

test("tuples, structs and lists are ordered item by item", () => {
  assert.deepEqual(
    ordered(tuple(u32, u32), [
      [2, 0],
      [1, 300],
      [1, 2],
    ]),
    [
      [1, 2],
      [1, 300],
      [2, 0],
    ],
  );
  const Channel = struct({ sender: u32, recipient: u32 });
  const channels = [
    { sender: 300, recipient: 1 },
    { sender: 2, recipient: 9 },
    { sender: 2, recipient: 3 },
  ];
  assert.deepEqual(
    ordered(Channel, channels).map(({ sender, recipient }) => [sender, recipient]),
    [
      [2, 3],
      [2, 9],
      [300, 1],
    ],
  );
  assert.deepEqual(ordered(vec(u32), [[2], [1, 5], [1], []]), [[], [1], [1, 5], [2]]);
});

test("enums are ordered by index, then by value, whatever their names", () => {
  const Kind = variant({ zebra: [0, u8], apple: [1, u32], mango: 2 });
  assert.deepEqual(
    ordered(Kind, [
      { type: "mango" },
      { type: "apple", value: 300 },
      { type: "apple", value: 2 },
      { type: "zebra", value: 9 },
    ]),
    [
      { type: "zebra", value: 9 },
      { type: "apple", value: 2 },
      { type: "apple", value: 300 },
      { type: "mango" },
    ],
  );
});

test("absence comes before presence, and mapped keys are ordered as on the wire", () => {
  assert.deepEqual(ordered(option(u32), [3, undefined, 0]), [undefined, 0, 3]);
  const negated = mapped(
    u32,
    (value: number) => 100 - value,
    (wire) => 100 - wire,
  );
  assert.deepEqual(ordered(negated, [1, 2, 3]), [3, 2, 1]);
});
