import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { decode, encode, tryDecode } from "@parahost/scale";
import {
  Era,
  encodeExtrinsic,
  eraBirth,
  eraDeath,
  extrinsicPreamble,
  MultiAddress,
  mortalEra,
  transactionHash,
} from "./extrinsic.ts";
import { asAccountId } from "./ids.ts";

test("the first byte tells version and kind", () => {
  const preamble = (byte: number) => extrinsicPreamble(new Uint8Array([byte, 0]));
  assert.deepEqual(preamble(0x04), { ok: true, value: { type: "bare", version: 4 } });
  assert.deepEqual(preamble(0x84), { ok: true, value: { type: "signed", version: 4 } });
  assert.deepEqual(preamble(0x05), { ok: true, value: { type: "bare", version: 5 } });
  assert.deepEqual(preamble(0x45), { ok: true, value: { type: "general", version: 5 } });
});

test("nothing, old versions and signed version 5 are refused", () => {
  const refusal = (...bytes: number[]) => {
    const result = extrinsicPreamble(new Uint8Array(bytes));
    return result.ok ? undefined : result.error.code;
  };
  assert.equal(refusal(), "emptyExtrinsic");
  for (const byte of [0x00, 0x03, 0x83, 0x85, 0x44, 0xff])
    assert.equal(refusal(byte), "unknownExtrinsicFormat");
});

test("hash and trie leaf are over the bytes with their length", () => {
  // The timestamp inherent of Polkadot 1.
  const inherent = hexToBytes("0403000b5095a0517201");
  assert.equal(bytesToHex(encodeExtrinsic(inherent)), "0x280403000b5095a0517201");
  assert.equal(transactionHash(inherent), blake2b256Hex(encodeExtrinsic(inherent)));
});

test("eras have the published encodings", () => {
  assert.equal(bytesToHex(encode(Era, { type: "immortal" })), "0x00");
  assert.deepEqual(mortalEra(64, 42), { type: "mortal", period: 64, phase: 42 });
  assert.equal(bytesToHex(encode(Era, mortalEra(64, 42))), "0xa502");
  assert.deepEqual(mortalEra(32_768, 20_000), { type: "mortal", period: 32_768, phase: 20_000 });
  assert.equal(bytesToHex(encode(Era, mortalEra(32_768, 20_000))), "0x4e9c");
});

test("eras decode to what was encoded", () => {
  for (const period of [4, 8, 64, 4096, 8192, 65_536])
    for (const current of [0, 3, 999, 1_000_003]) {
      const era = mortalEra(period, current);
      assert.deepEqual(decode(Era, encode(Era, era)), era);
    }
});

test("periods are rounded up to a power of two within bounds", () => {
  assert.deepEqual(mortalEra(1, 6), { type: "mortal", period: 4, phase: 2 });
  assert.deepEqual(mortalEra(100, 0), { type: "mortal", period: 128, phase: 0 });
  assert.deepEqual(mortalEra(1_000_000, 0), { type: "mortal", period: 65_536, phase: 0 });
});

test("an era whose phase is beyond its period is refused", () => {
  // Period 4 (exponent 1), phase 4.
  const refused = tryDecode(Era, new Uint8Array([0x41, 0x00]));
  assert.ok(!refused.ok && refused.error.code === "badValue");
  // Exponent 0: a period of 2.
  const short = tryDecode(Era, new Uint8Array([0x10, 0x00]));
  assert.ok(!short.ok && short.error.code === "badValue");
});

test("a mortal transaction lives from the birth of its era for one period", () => {
  const era = mortalEra(64, 42);
  assert.equal(eraBirth(era, 42), 42);
  assert.equal(eraBirth(era, 105), 42);
  assert.equal(eraBirth(era, 106), 106);
  assert.equal(eraDeath(era, 60), 106);
  assert.equal(eraBirth({ type: "immortal" }, 60), 0);
  assert.equal(eraDeath({ type: "immortal" }, 60), undefined);
});

test("an account is addressed by its id", () => {
  const id = asAccountId(`0x${"ab".repeat(32)}`);
  assert.equal(
    bytesToHex(encode(MultiAddress, { type: "id", value: id })),
    `0x00${"ab".repeat(32)}`,
  );
  assert.deepEqual(decode(MultiAddress, new Uint8Array([1])), { type: "index", value: undefined });
  const refused = tryDecode(MultiAddress, new Uint8Array([5]));
  assert.ok(!refused.ok && refused.error.code === "badVariant");
});
