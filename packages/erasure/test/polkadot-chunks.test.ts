/** Chunks, roots and proofs that two other implementations of the availability code agree on. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  bytesToHex,
  concatBytes,
  equalBytes,
  expectOk,
  type Hex,
  hexToBytes,
  type Random,
  shuffle,
  u32Bytes,
} from "@parahost/base";
import { blake2b256Concat, blake2b256Hex } from "@parahost/crypto";
import {
  branches,
  erasureParameters,
  type IndexedChunk,
  obtainChunks,
  reconstruct,
  reconstructFromSystematic,
  verifyChunkProof,
} from "@parahost/erasure";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import { seeded } from "../src/testing/seeded.ts";

interface Case {
  readonly id: string;
  readonly n_validators: number;
  readonly k_po2: number;
  readonly recovery_threshold: number;
  readonly data_len: number;
  readonly seed: number;
  readonly chunk_len: number;
  readonly data_blake2b256: string;
  readonly erasure_root: string;
  readonly data?: string;
  readonly chunks?: readonly string[];
  readonly all_chunks_blake2b256?: string;
  readonly chunk_hashes?: Readonly<Record<string, string>>;
  readonly proof?: { readonly index: number; readonly nodes: readonly string[] };
}

/** Chunks in total up to which a case is recovered from 200 random subsets. */
const SMALL_BYTES = 30_000;

/** The data of a case: given, or SHA-256 of the seed and a counter. */
function dataOf(vector: Case): Uint8Array {
  if (vector.data !== undefined) return hexToBytes(vector.data);
  const data = new Uint8Array(vector.data_len);
  for (let at = 0; at < data.length; at += 32) {
    const block = createHash("sha256")
      .update(concatBytes(u32Bytes(vector.seed), u32Bytes(at / 32)))
      .digest();
    data.set(block.subarray(0, data.length - at), at);
  }
  return data;
}

function checkChunks(vector: Case, chunks: readonly Uint8Array[]): void {
  assert.equal(chunks.length, vector.n_validators);
  assert.ok(chunks.every((chunk) => chunk.length === vector.chunk_len));
  if (vector.chunks !== undefined)
    assert.deepEqual(
      chunks.map((chunk) => bytesToHex(chunk).slice(2)),
      vector.chunks,
    );
  if (vector.all_chunks_blake2b256 !== undefined)
    assert.equal(bytesToHex(blake2b256Concat(...chunks)), `0x${vector.all_chunks_blake2b256}`);
  for (const [index, hash] of Object.entries(vector.chunk_hashes ?? {}))
    assert.equal(blake2b256Hex(chunks[Number(index)] as Uint8Array), `0x${hash}`, `chunk ${index}`);
}

function checkCommitment(vector: Case, chunks: readonly Uint8Array[]): void {
  const commitment = branches(chunks);
  const root: Hex = `0x${vector.erasure_root}`;
  assert.equal(commitment.root, root);
  if (vector.proof === undefined) return;
  const { index, nodes } = vector.proof;
  const proof = nodes.map(hexToBytes);
  assert.deepEqual(commitment.proof(index), proof);
  const chunk = chunks[index] as Uint8Array;
  assert.equal(verifyChunkProof(root, index, chunk, proof).ok, true);
  for (let other = 0; other < chunks.length; other++) {
    // Equal chunks may share a leaf, and what the proof says of them is then true.
    if (equalBytes(chunks[other] as Uint8Array, chunk)) continue;
    assert.equal(verifyChunkProof(root, other, chunk, proof).ok, false, `index ${other}`);
  }
}

/** Subsets that must give the data back: ends, every third, and random ones. */
function* subsets(
  chunks: readonly Uint8Array[],
  count: number,
  random: Random,
): Generator<IndexedChunk[]> {
  const all = chunks.map((chunk, index): IndexedChunk => [index, chunk]);
  yield all.slice(0, count);
  yield all.slice(-count);
  const alternating = [...all.filter(([i]) => i % 2 === 0), ...all.filter(([i]) => i % 2 === 1)];
  yield alternating.slice(0, count);
  const size = chunks.length * (chunks[0]?.length ?? 0);
  const draws = size <= SMALL_BYTES ? 200 : size <= 1_000_000 ? 5 : 1;
  for (let draw = 0; draw < draws; draw++) yield shuffle(random, [...all]).slice(0, count);
}

function checkRecovery(vector: Case, data: Uint8Array, chunks: readonly Uint8Array[]): void {
  const n = vector.n_validators;
  const isData = (result: Uint8Array): boolean =>
    equalBytes(result.subarray(0, data.length), data) &&
    result.subarray(data.length).every((byte) => byte === 0);
  assert.ok(isData(expectOk(reconstructFromSystematic(n, chunks), "systematic")));
  const random = seeded(vector.seed);
  for (const subset of subsets(chunks, vector.recovery_threshold, random))
    assert.ok(isData(expectOk(reconstruct(n, subset), "any chunks")));
}

if (skipWithoutVectors === false) {
  const { cases } = readVectorJson<{ cases: Case[] }>("erasure-coding", "polkadot-chunks.json");
  for (const vector of cases) {
    test(vector.id, () => {
      const parameters = expectOk(erasureParameters(vector.n_validators), "parameters");
      assert.equal(parameters.k, vector.k_po2);
      assert.equal(parameters.recoveryThreshold, vector.recovery_threshold);
      const data = dataOf(vector);
      assert.equal(blake2b256Hex(data), `0x${vector.data_blake2b256}`);
      const chunks = expectOk(obtainChunks(vector.n_validators, data), "chunks");
      checkChunks(vector, chunks);
      checkCommitment(vector, chunks);
      checkRecovery(vector, data, chunks);
    });
  }
}
