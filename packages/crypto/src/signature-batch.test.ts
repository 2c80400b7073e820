import assert from "node:assert/strict";
import { test } from "node:test";
import { isPackable, packBatch, unpackBatch } from "./signature-batch.ts";
import type { SignatureItem } from "./verifier.ts";

const items: readonly SignatureItem[] = [
  {
    scheme: "sr25519",
    publicKey: "0x01",
    message: new Uint8Array(),
    signature: new Uint8Array(64),
  },
  {
    scheme: "ed25519",
    publicKey: "0x",
    message: new Uint8Array(70_000).fill(2),
    signature: new Uint8Array(),
  },
  {
    scheme: "ecdsa",
    publicKey: "0xaabb",
    message: new Uint8Array([1]),
    signature: new Uint8Array(255).fill(3),
  },
];

test("a batch comes back as it was", () => {
  assert.deepEqual(unpackBatch(packBatch(items)), items);
  assert.deepEqual(unpackBatch(packBatch([])), []);
});

test("claims longer than their length fields are kept out", () => {
  const [item] = items;
  assert.ok(item !== undefined && items.every(isPackable));
  const longSignature = { ...item, signature: new Uint8Array(256) };
  const longKey = { ...item, publicKey: `0x${"00".repeat(256)}` } as const;
  for (const long of [longSignature, longKey]) {
    assert.ok(!isPackable(long));
    assert.throws(() => packBatch([long]));
  }
});
