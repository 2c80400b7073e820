import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { directCoder } from "./coder.ts";
import { verifyChunkProof } from "./commitment.ts";
import { packProofs, unpackProofs } from "./packed-proofs.ts";
import { coderSuite } from "./testing/coder-suite.ts";

coderSuite(() => ({ coder: directCoder, close: async () => {} }), {
  test: (name, body) => void test(name, body),
  deepEqual: assert.deepEqual,
});

test("packed proofs are those that were packed, and each node is there once", async () => {
  const n = 40;
  const data = new Uint8Array(1_000).fill(3);
  const { chunks, commitment } = expectOk(await directCoder.encode(n, data), "coded");
  const packed = packProofs(commitment, n);
  const unpacked = unpackProofs(structuredClone(packed));
  assert.equal(unpacked.root, commitment.root);
  let bytes = 0;
  for (const [index, chunk] of chunks.entries()) {
    const proof = unpacked.proof(index);
    assert.deepEqual(proof, commitment.proof(index));
    expectOk(verifyChunkProof(unpacked.root, index, chunk, proof), "the proof holds");
    bytes += proof.reduce((sum, node) => sum + node.length, 0);
  }
  assert.ok(packed.nodes.length < bytes / 2);
  assert.throws(() => unpacked.proof(n), /chunk 40 of 40/);
});
