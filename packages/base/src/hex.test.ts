import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, bytesToHexPortable, hexInto, hexOfRange, hexToBytes, isHex } from "./hex.ts";

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);

test("bytes become lower-case text behind 0x", () => {
  assert.equal(bytesToHex(new Uint8Array([0, 1, 0xab, 0xff])), "0x0001abff");
  assert.equal(bytesToHex(new Uint8Array(0)), "0x");
});

test("text is the same whatever the length and the engine", () => {
  for (const length of [1, 32, 255, 256, 257, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    assert.equal(bytesToHex(bytes), bytesToHexPortable(bytes), `${length} bytes`);
    assert.equal(bytesToHex(bytes), `0x${Buffer.from(bytes).toString("hex")}`);
    assert.deepEqual(hexToBytes(bytesToHex(bytes)), bytes);
  }
});

test("views of larger buffers are read at their place", () => {
  assert.equal(bytesToHex(everyByte.subarray(16, 20)), "0x10111213");
  assert.equal(hexOfRange(everyByte.subarray(16), 4, 6), "0x1415");
  assert.equal(hexOfRange(everyByte, 0, 256), bytesToHex(everyByte));
  const long = Uint8Array.from({ length: 1000 }, (_, i) => i);
  assert.equal(
    hexOfRange(long.subarray(100), 10, 400),
    bytesToHexPortable(long.subarray(110, 500)),
  );
});

test("bytes are read from text in either case, with or without 0x", () => {
  assert.deepEqual(hexToBytes("0x00aBFf"), new Uint8Array([0, 0xab, 0xff]));
  assert.deepEqual(hexToBytes("00abff"), new Uint8Array([0, 0xab, 0xff]));
  assert.deepEqual(hexToBytes("0x"), new Uint8Array(0));
  assert.deepEqual(hexToBytes(""), new Uint8Array(0));
  assert.deepEqual(hexToBytes(bytesToHex(everyByte).toUpperCase().slice(2)), everyByte);
});

test("bytes are written into their place", () => {
  const target = new Uint8Array(6).fill(9);
  assert.equal(hexInto("0xabcd", target, 2), 2);
  assert.deepEqual(target, new Uint8Array([9, 9, 0xab, 0xcd, 9, 9]));
});

test("an odd number of digits is refused", () => {
  for (const text of ["0", "0x0", "0xabc", "abc"])
    assert.throws(() => hexToBytes(text), /odd number of hex digits/);
});

test("anything but digits is refused, at every place and in every length", () => {
  for (const digits of [2, 64, 512, 514, 600])
    for (const wrong of ["g", "G", "/", ":", "@", "`", " ", "\u0000", "é", "\u0130", "\uffff"])
      for (const at of [0, 1, digits - 1]) {
        const text = `${"0".repeat(at)}${wrong}${"0".repeat(digits - at - 1)}`;
        assert.throws(() => hexToBytes(`0x${text}`), /not hex digits/, `${wrong} at ${at}`);
        assert.ok(!isHex(`0x${text}`), `${wrong} at ${at}`);
      }
});

test("a prefix counts once and only in front", () => {
  assert.throws(() => hexToBytes("0x0x00"), /not hex digits/);
  assert.throws(() => hexToBytes("000x"), /not hex digits/);
});

test("refused text leaves nothing behind for the next", () => {
  assert.throws(() => hexToBytes("zz"));
  assert.deepEqual(hexToBytes("0x01"), new Uint8Array([1]));
  assert.equal(bytesToHex(new Uint8Array([1])), "0x01");
});

test("isHex wants 0x, pairs of digits, and the length if one is given", () => {
  assert.ok(isHex("0x"));
  assert.ok(isHex("0x00ff"));
  assert.ok(isHex("0xABCD"));
  assert.ok(isHex("0x00ff", 2));
  assert.ok(!isHex("0x00ff", 3));
  for (const text of ["", "00ff", "0x0", "0X00", "x000"]) assert.ok(!isHex(text), text);
});
