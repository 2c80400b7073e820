import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk, randomBelow, randomBytes, shuffle } from "@parahost/base";
import { type IndexedChunk, tableKernel } from "./kernel.ts";
import { chunkLength, erasureParameters } from "./parameters.ts";
import { seeded } from "./testing/seeded.ts";
import { WasmKernel } from "./wasm-kernel.ts";

const kernels = [new WasmKernel("relaxed"), new WasmKernel("portable")];
const random = seeded(11);

/** Numbers of validators around every way through the kernel, and payloads around its tiles. */
const COUNTS = [2, 3, 4, 5, 7, 10, 13, 22, 31, 33, 100, 130, 257, 300, 513, 1_000];
const LENGTHS = (k: number): readonly number[] => [
  1,
  2 * k - 1,
  2 * k,
  126 * k + 1,
  128 * k,
  300 * k + 5,
];

test("chunks are the bytes that plain TypeScript computes", () => {
  for (const n of COUNTS) {
    const parameters = expectOk(erasureParameters(n), "parameters");
    for (const length of LENGTHS(parameters.k)) {
      const data = randomBytes(random, length);
      const expected = tableKernel.encode(parameters, data);
      for (const kernel of kernels)
        assert.deepEqual(kernel.encode(parameters, data), expected, `${n}, ${length} bytes`);
    }
  }
});

test("any chunks give the payload back, whatever was computed before", () => {
  for (const n of COUNTS) {
    const parameters = expectOk(erasureParameters(n), "parameters");
    const { k } = parameters;
    for (const length of LENGTHS(k)) {
      const data = randomBytes(random, length);
      const chunks = tableKernel.encode(parameters, data);
      const padded = new Uint8Array(k * chunkLength(parameters, length));
      padded.set(data);
      const indexed = chunks.map((bytes, index): IndexedChunk => [index, bytes]);
      const byIndex = (picked: readonly IndexedChunk[]) => picked.toSorted((a, b) => a[0] - b[0]);
      for (const picked of [
        indexed.slice(0, k),
        indexed.slice(-k),
        byIndex(shuffle(random, [...indexed]).slice(0, k)),
        // One of the first chunks is missing, and one stands in for it.
        byIndex([
          ...indexed.slice(0, k).toSpliced(randomBelow(random, k), 1),
          indexed[k + randomBelow(random, n - k)] as IndexedChunk,
        ]),
      ])
        for (const kernel of kernels)
          assert.deepEqual(kernel.reconstruct(parameters, picked), padded, `${n}, ${length} bytes`);
    }
  }
});

test("the largest network is coded, with factors from the whole field", () => {
  const parameters = expectOk(erasureParameters(65_536), "parameters");
  const data = randomBytes(random, 2 * parameters.k);
  const chunks = tableKernel.encode(parameters, data);
  const [kernel] = kernels;
  assert.ok(kernel !== undefined);
  assert.deepEqual(kernel.encode(parameters, data), chunks);
  const last = chunks.map((bytes, index): IndexedChunk => [index, bytes]).slice(-parameters.k);
  assert.deepEqual(kernel.reconstruct(parameters, last), data);
});

test("chunks stay what they are when others are computed", () => {
  const parameters = expectOk(erasureParameters(10), "parameters");
  const [kernel] = kernels;
  assert.ok(kernel !== undefined);
  const chunks = kernel.encode(parameters, new Uint8Array(1_000).fill(1));
  const copies = chunks.map((chunk) => chunk.slice());
  const recovered = kernel.reconstruct(
    parameters,
    chunks.slice(-4).map((bytes, i): IndexedChunk => [6 + i, bytes]),
  );
  kernel.encode(parameters, new Uint8Array(1_000).fill(2));
  assert.deepEqual(chunks, copies);
  assert.deepEqual(recovered.subarray(0, 1_000), new Uint8Array(1_000).fill(1));
});
