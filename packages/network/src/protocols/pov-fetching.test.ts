import assert from "node:assert/strict";
import test from "node:test";
import { ok } from "@parahost/base";
import { exchange, takenAtOnce } from "../testing/two-ends.ts";
import { assertLayout, candidateHash, codeOf, fill, hashOf, wire } from "../testing/wire-bytes.ts";
import { POV_BYTES_MAX } from "./names.ts";
import { PovFetchingRequest, PovFetchingResponse, povFetchingProtocol } from "./pov-fetching.ts";

const protocol = povFetchingProtocol({ genesisHash: hashOf(0) });
const requestBytes = fill(0x77, 32);
const responseBytes = wire("00", "0c010203");

test("requests and responses are laid out as in the reference", () => {
  assertLayout(PovFetchingRequest, { candidateHash }, requestBytes);
  const pov = { blockData: new Uint8Array([1, 2, 3]) };
  assertLayout(PovFetchingResponse, { type: "pov", value: pov }, responseBytes);
  assertLayout(PovFetchingResponse, { type: "noSuchPov" }, wire("01"));
});

test("a PoV of the largest size comes through, a larger answer does not", async () => {
  // 10 MiB as a compact number of four bytes.
  const largest = wire("00", "02008002", fill(7, POV_BYTES_MAX));
  assert.equal(codeOf(PovFetchingResponse, largest), "ok");
  const { result } = await exchange(protocol, requestBytes, () => largest);
  assert.deepEqual(result, ok(largest));
  const larger = fill(0, protocol.responseBytesMax + 1);
  assert.deepEqual((await exchange(protocol, requestBytes, () => larger)).result, {
    ok: false,
    error: { code: "responseTooLarge", bytes: POV_BYTES_MAX + 10_001 },
  });
});

test("ten are answered at one time, after 1.2 seconds the asker gives up", async () => {
  assert.equal(await takenAtOnce(protocol, 50), 10);
  assert.equal((await exchange(protocol, requestBytes, () => "never")).afterMs, 1200);
});
