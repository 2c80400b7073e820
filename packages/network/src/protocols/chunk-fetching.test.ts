import assert from "node:assert/strict";
import test from "node:test";
import { ok } from "@parahost/base";
import { asValidatorIndex } from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { exchange, takenAtOnce } from "../testing/two-ends.ts";
import { assertLayout, candidateHash, codeOf, fill, hashOf, wire } from "../testing/wire-bytes.ts";
import {
  ChunkFetchingRequest,
  ChunkFetchingResponse,
  chunkFetchingProtocol,
} from "./chunk-fetching.ts";

const protocol = chunkFetchingProtocol({ genesisHash: hashOf(0) });
const request = { candidateHash, validatorIndex: asValidatorIndex(258) };
const requestBytes = wire(fill(0x77, 32), "02010000");
const response = {
  type: "chunk",
  value: { chunk: fill(9, 3), index: 258, proof: [fill(1, 2), fill(2, 1)] },
} as const;
/** The chunk, its index (which version 1 did not have), and the proof's nodes. */
const responseBytes = wire("00", "0c090909", "02010000", "08", "080101", "0402");

test("requests and responses are laid out as in the reference", () => {
  assertLayout(ChunkFetchingRequest, request, requestBytes);
  assertLayout(ChunkFetchingResponse, response, responseBytes);
  assertLayout(ChunkFetchingResponse, { type: "noSuchChunk" }, wire("01"));
});

test("a chunk that is there is delivered, one that is not is said to be missing", async () => {
  const answer = (bytes: Uint8Array): Uint8Array => {
    const { validatorIndex } = decode(ChunkFetchingRequest, bytes);
    return encode(
      ChunkFetchingResponse,
      validatorIndex === 258 ? response : { type: "noSuchChunk" },
    );
  };
  assert.deepEqual((await exchange(protocol, requestBytes, answer)).result, ok(responseBytes));
  const other = encode(ChunkFetchingRequest, { ...request, validatorIndex: asValidatorIndex(1) });
  assert.deepEqual((await exchange(protocol, other, answer)).result, ok(wire("01")));
});

test("proofs that are too long, in nodes or in bytes, are malformed", () => {
  const proof = (count: string, ...nodes: Uint8Array[]): Uint8Array =>
    wire("00", "0c090909", "02010000", count, ...nodes);
  const node = wire("04", "aa");
  assert.equal(codeOf(ChunkFetchingResponse, proof("20", ...new Array(8).fill(node))), "ok");
  const nine = proof("24", ...new Array<Uint8Array>(9).fill(node));
  assert.equal(codeOf(ChunkFetchingResponse, nine), "boundExceeded");
  // 612 and 613 as compact numbers of two bytes.
  assert.equal(codeOf(ChunkFetchingResponse, proof("04", wire("9109", fill(0, 612)))), "ok");
  assert.equal(
    codeOf(ChunkFetchingResponse, proof("04", wire("9509", fill(0, 613)))),
    "boundExceeded",
  );
});

test("a hundred are answered at one time, after one second the asker gives up", async () => {
  assert.equal(await takenAtOnce(protocol, 150), 100);
  const silence = await exchange(protocol, requestBytes, () => "never");
  assert.deepEqual(silence.result, { ok: false, error: { code: "timeout" } });
  assert.equal(silence.afterMs, 1000);
});
