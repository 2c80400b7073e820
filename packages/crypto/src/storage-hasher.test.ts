import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { storageHasher } from "./storage-hasher.ts";

const ALICE = hexToBytes("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");

test("Alice's account is found where Polkadot keeps it", () => {
  assert.equal(
    bytesToHex(storageHasher("blake2_128Concat")(ALICE)),
    "0xde1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
  );
});

test("hashers that concatenate end with the key, the others do not", () => {
  const key = new Uint8Array([7, 0, 0, 0]);
  const lengths = {
    identity: 4,
    blake2_128: 16,
    blake2_256: 32,
    blake2_128Concat: 20,
    twox128: 16,
    twox256: 32,
    twox64Concat: 12,
  } as const;
  for (const [name, length] of Object.entries(lengths)) {
    const hashed = storageHasher(name as keyof typeof lengths)(key);
    assert.equal(hashed.length, length, name);
    if (name.endsWith("Concat")) assert.deepEqual(hashed.subarray(-4), key, name);
  }
  assert.deepEqual(storageHasher("identity")(key), key);
});
