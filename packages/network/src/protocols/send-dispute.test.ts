import assert from "node:assert/strict";
import test from "node:test";
import { asSessionIndex, asValidatorIndex } from "@parahost/primitives";
import { exchange, takenAtOnce } from "../testing/two-ends.ts";
import {
  assertLayout,
  codeOf,
  fill,
  hashOf,
  receipt,
  receiptBytes,
  relayParent,
  wire,
} from "../testing/wire-bytes.ts";
import { SendDisputeRequest, SendDisputeResponse, sendDisputeProtocol } from "./send-dispute.ts";

const protocol = sendDisputeProtocol({ genesisHash: hashOf(0) });
const request = {
  candidateReceipt: receipt,
  sessionIndex: asSessionIndex(9),
  invalidVote: {
    validatorIndex: asValidatorIndex(1),
    signature: fill(0xaa, 64),
    kind: { type: "explicit" },
  },
  validVote: {
    validatorIndex: asValidatorIndex(2),
    signature: fill(0xbb, 64),
    kind: { type: "backingValid", value: relayParent },
  },
} as const;
const requestBytes = wire(
  receiptBytes,
  "09000000", // session
  "01000000", // who finds it invalid
  fill(0xaa, 64),
  "00", // explicitly
  "02000000", // who finds it valid
  fill(0xbb, 64),
  "02", // a backing vote
  fill(0x11, 32), // at this relay parent
);

test("requests and responses are laid out as in the reference", () => {
  assertLayout(SendDisputeRequest, request, requestBytes);
  assertLayout(SendDisputeResponse, { type: "confirmed" }, wire("00"));
});

test("a dispute with one side missing or of no kind is refused", () => {
  assert.equal(codeOf(SendDisputeRequest, wire(receiptBytes, "09000000")), "unexpectedEnd");
  const invalidKind = receiptBytes.length + 4 + 4 + 64;
  assert.equal(codeOf(SendDisputeRequest, requestBytes.with(invalidKind, 1)), "badVariant");
  assert.equal(codeOf(SendDisputeRequest, requestBytes.with(invalidKind + 69, 5)), "badVariant");
  assert.equal(codeOf(SendDisputeResponse, wire("01")), "badVariant");
});

test("a confirmation is short, a request too", async () => {
  assert.ok(requestBytes.length < protocol.requestBytesMax);
  const { result } = await exchange(protocol, requestBytes, () => fill(0, 101));
  assert.deepEqual(result, { ok: false, error: { code: "responseTooLarge", bytes: 101 } });
  const long = await exchange(protocol, fill(0, 1001), () => wire("00"));
  assert.deepEqual([long.result.ok, long.heard.length], [false, 0]);
});

test("a hundred are answered at one time, after 12 seconds the asker gives up", async () => {
  assert.equal(await takenAtOnce(protocol, 150), 100);
  assert.equal((await exchange(protocol, requestBytes, () => "never")).afterMs, 12_000);
});
