import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk, randomBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { obtainChunks } from "./chunks.ts";
import { branches, type ChunkProofError, verifyChunkProof } from "./commitment.ts";
import { seeded } from "./testing/seeded.ts";

const chunks = expectOk(obtainChunks(300, randomBytes(seeded(1), 2000)), "chunks");
const { root, proof } = branches(chunks);
const chunk = (index: number): Uint8Array => chunks[index] as Uint8Array;

function refusal(index: number, bytes: Uint8Array, nodes: readonly Uint8Array[]): ChunkProofError {
  const result = verifyChunkProof(root, index, bytes, nodes);
  assert.equal(result.ok, false);
  return result.ok ? { code: "emptyProof" } : result.error;
}

test("every chunk has a proof, whatever the order of its nodes", () => {
  for (let index = 0; index < chunks.length; index++) {
    const nodes = proof(index);
    assert.equal(verifyChunkProof(root, index, chunk(index), nodes).ok, true);
    assert.equal(verifyChunkProof(root, index, chunk(index), nodes.toReversed()).ok, true);
  }
});

test("a proof speaks of one index and one chunk", () => {
  assert.equal(refusal(8, chunk(7), proof(8)).code, "wrongChunk");
  // 519 is 0207 on the wire: beside 0007 and 0107, at a place that is proven empty.
  assert.deepEqual(refusal(519, chunk(7), proof(7)), { code: "noSuchChunk", index: 519 });
  assert.equal(refusal(200, chunk(200), proof(7)).code, "brokenProof");
});

test("damaged, oversized and empty proofs are refused", () => {
  const nodes = proof(7);
  assert.deepEqual(refusal(7, chunk(7), []), { code: "emptyProof" });
  assert.equal(refusal(7, chunk(7), nodes.slice(1)).code, "brokenProof");
  assert.equal(refusal(7, chunk(7), nodes.slice(0, -1)).code, "brokenProof");
  assert.deepEqual(refusal(7, chunk(7), Array(9).fill(nodes[0])), {
    code: "tooManyNodes",
    nodes: 9,
  });
  assert.deepEqual(refusal(7, chunk(7), [...nodes, new Uint8Array(613)]), {
    code: "nodeTooLarge",
    length: 613,
  });
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at] as Uint8Array;
    for (let byte = 0; byte < node.length; byte += 7) {
      const damaged = nodes.with(
        at,
        node.map((value, i) => (i === byte ? value ^ 0x40 : value)),
      );
      assert.equal(refusal(7, chunk(7), damaged).code, "brokenProof");
    }
  }
});

test("a root over bytes that are no node is the fault of its maker", () => {
  const nonsense = new Uint8Array([0x80, 0, 0]);
  const result = verifyChunkProof(blake2b256Hex(nonsense), 0, chunk(0), [nonsense]);
  assert.equal(result.ok ? "ok" : result.error.code, "malformedNode");
});
