import assert from "node:assert/strict";
import test from "node:test";
import { ok } from "@parahost/base";
import { asParaId } from "@parahost/primitives";
import { exchange, takenAtOnce } from "../testing/two-ends.ts";
import {
  assertLayout,
  candidateHash,
  codeOf,
  fill,
  hashOf,
  receipt,
  receiptBytes,
  relayParent,
  wire,
} from "../testing/wire-bytes.ts";
import {
  CollationFetchingRequest,
  CollationFetchingResponse,
  collationFetchingProtocol,
} from "./collation-fetching.ts";

const protocol = collationFetchingProtocol({ genesisHash: hashOf(0) });
const requestBytes = wire(fill(0x11, 32), "e8030000", fill(0x77, 32));
const pov = { blockData: new Uint8Array([1, 2, 3]) };
const responseBytes = wire("00", receiptBytes, "0c010203");

test("requests and responses are laid out as in the reference", () => {
  const request = { relayParent, paraId: asParaId(1000), candidateHash };
  assertLayout(CollationFetchingRequest, request, requestBytes);
  assertLayout(
    CollationFetchingResponse,
    { type: "collation", value: { candidateReceipt: receipt, pov } },
    responseBytes,
  );
  assertLayout(
    CollationFetchingResponse,
    {
      type: "collationWithParentHeadData",
      value: { candidateReceipt: receipt, pov, parentHeadData: new Uint8Array([4]) },
    },
    wire("01", receiptBytes, "0c010203", "0404"),
  );
});

test("a collation is delivered", async () => {
  const { result } = await exchange(protocol, requestBytes, () => responseBytes);
  assert.deepEqual(result, ok(responseBytes));
});

test("version 1 of the request, without a candidate hash, is malformed", () => {
  assert.equal(codeOf(CollationFetchingRequest, requestBytes.subarray(0, 36)), "unexpectedEnd");
});

test("a descriptor of an unknown version is malformed", () => {
  const bytes = responseBytes.slice();
  bytes[1 + 36] = 1;
  assert.equal(codeOf(CollationFetchingResponse, bytes), "badVariant");
});

test("ten are answered at one time, after 1.2 seconds the asker gives up", async () => {
  assert.equal(await takenAtOnce(protocol, 50), 10);
  assert.equal((await exchange(protocol, requestBytes, () => "never")).afterMs, 1200);
});
