/**
 * JAM's code lays the same field out differently: little-endian symbols, contiguous shards, and for
 * 1,023 validators the 512-symbol code of which 342 symbols carry data. Hence these vectors test
 * the arithmetic, not the format.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import {
  type ErasureParameters,
  type IndexedChunk,
  tableKernel,
  wasmKernel,
} from "@parahost/erasure";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";

interface Layout {
  readonly parameters: ErasureParameters;
  readonly dataShards: number;
  /** The padded data is a multiple of this. */
  readonly paddedTo: number;
  /** Points of the code that the shards are, in order. */
  readonly points: readonly number[];
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

const tiny: Layout = {
  parameters: { n: 6, k: 2, codeLength: 8, recoveryThreshold: 2 },
  dataShards: 2,
  paddedTo: 4,
  points: range(0, 6),
};
const full: Layout = {
  parameters: { n: 1193, k: 512, codeLength: 2048, recoveryThreshold: 512 },
  dataShards: 342,
  paddedTo: 684,
  points: [...range(0, 342), ...range(512, 1193)],
};

function swapPairs(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, i) => bytes[i ^ 1] as number);
}

const files: readonly (readonly [string, Layout])[] = [
  ["jam-tiny-ec-3.json", tiny],
  ["jam-tiny-ec-32.json", tiny],
  ["jam-tiny-ec-4096.json", tiny],
  ["jam-tiny-ec-10000.json", tiny],
  ["jam-full-ec-100.json", full],
  ["jam-full-ec-4096.json", full],
  ["jam-full-ec-10000.json", full],
];

for (const [file, layout] of files) {
  test(file, { skip: skipWithoutVectors }, () => {
    const vector = readVectorJson<{ data: Hex; shards: Hex[] }>("erasure-coding", file);
    const data = hexToBytes(vector.data);
    const padded = new Uint8Array(Math.ceil(data.length / layout.paddedTo) * layout.paddedTo);
    padded.set(data);

    const { k } = layout.parameters;
    const shardLength = padded.length / layout.dataShards;
    const payload = new Uint8Array(k * shardLength);
    for (let shard = 0; shard < layout.dataShards; shard++)
      for (let at = 0; at < shardLength; at++)
        payload[k * (at & ~1) + 2 * shard + ((at & 1) ^ 1)] = padded[
          shard * shardLength + at
        ] as number;

    for (const kernel of [tableKernel, wasmKernel]) {
      const chunks = kernel.encode(layout.parameters, payload);
      const shards = layout.points.map((point) => swapPairs(chunks[point] as Uint8Array));
      assert.deepEqual(shards.map(bytesToHex), vector.shards);

      const last = chunks.map((chunk, index): IndexedChunk => [index, chunk]).slice(-k);
      assert.deepEqual(kernel.reconstruct(layout.parameters, last), payload);
    }
  });
}
