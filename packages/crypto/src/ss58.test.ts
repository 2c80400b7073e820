import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, expectOk, type Hex, hexToBytes } from "@parahost/base";
import { decodeBase58, encodeBase58 } from "./base58.ts";
import { ss58Decode, ss58Encode } from "./ss58.ts";

const ALICE: Hex = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
const ALICE_GENERIC = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

test("Alice's addresses are the known ones", () => {
  assert.equal(ss58Encode(ALICE), ALICE_GENERIC);
  assert.equal(ss58Encode(ALICE, 0), "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5");
  assert.equal(ss58Encode(ALICE, 255), "yGHXkYLYqxijLKKfd9Q2CB9shRVu8rPNBS53wvwGTutYg4zTg");
});

test("every prefix comes back with its key", () => {
  const ecdsaKey: Hex = `0x02${"5a".repeat(32)}`;
  for (let prefix = 0; prefix < 16_384; prefix += prefix < 300 ? 1 : 97)
    for (const publicKey of [ALICE, ecdsaKey])
      assert.deepEqual(expectOk(ss58Decode(ss58Encode(publicKey, prefix)), "ours"), {
        publicKey,
        prefix,
      });
  assert.equal(expectOk(ss58Decode(ss58Encode(ALICE, 16_383)), "ours").prefix, 16_383);
});

test("what we cannot encode is our fault", () => {
  assert.throws(() => ss58Encode(ALICE, 16_384), /prefix/);
  assert.throws(() => ss58Encode(ALICE, -1), /prefix/);
  assert.throws(() => ss58Encode("0x1234"), /no account/);
});

test("damaged addresses are refused with the reason", () => {
  const code = (text: string): string => {
    const decoded = ss58Decode(text);
    return decoded.ok ? "ok" : decoded.error.code;
  };
  const bytes = decodeBase58(ALICE_GENERIC);
  assert.ok(bytes !== undefined);
  assert.equal(code(ALICE_GENERIC.replace("5Grw", "5Grx")), "badChecksum");
  assert.equal(code(`${ALICE_GENERIC.slice(0, -1)}0`), "badBase58");
  assert.equal(code(` ${ALICE_GENERIC}`), "badBase58");
  assert.equal(code(encodeBase58(bytes.subarray(0, 34))), "badLength");
  assert.equal(code(encodeBase58(concatBytes(bytes, bytes.subarray(0, 2)))), "badLength");
  assert.equal(code("1".repeat(100_000)), "badLength");
  assert.equal(code(""), "badPrefix");
  assert.equal(code(encodeBase58(concatBytes(new Uint8Array([200]), bytes))), "badPrefix");
  // Prefix 42 in the two bytes that only larger ones have.
  assert.equal(
    code(encodeBase58(concatBytes(new Uint8Array([0x4a, 0x80]), bytes.subarray(1)))),
    "badPrefix",
  );
});

test("base58 keeps leading zeros and refuses other characters", () => {
  for (const hex of ["", "00", "0000", "0001", "ff", "00ff00", "0102030405060708090a"]) {
    const bytes = hexToBytes(hex);
    assert.deepEqual(decodeBase58(encodeBase58(bytes)), bytes);
  }
  assert.equal(encodeBase58(hexToBytes("0000287fb4cd")), "11233QC4");
  assert.equal(encodeBase58(new TextEncoder().encode("Hello World!")), "2NEpo7TZRRrLZSi2U");
  for (const text of ["0", "O", "I", "l", "é"]) assert.equal(decodeBase58(text), undefined);
});
