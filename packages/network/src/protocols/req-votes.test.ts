import assert from "node:assert/strict";
import test from "node:test";
import { asSessionIndex, asValidatorIndex, type DisputeVote } from "@parahost/primitives";
import { bitsAt, encode } from "@parahost/scale";
import { exchange, takenAtOnce } from "../testing/two-ends.ts";
import { assertLayout, candidateHash, codeOf, fill, hashOf, wire } from "../testing/wire-bytes.ts";
import { VOTES_PER_RESPONSE_MAX, VotesRequest, VotesResponse, votesProtocol } from "./req-votes.ts";

const protocol = votesProtocol({ genesisHash: hashOf(0) });
const requestBytes = wire(fill(0x77, 32), "09000000", "1405", "1410");
const vote = {
  statement: { type: "invalid", value: { type: "explicit" } },
  validatorIndex: asValidatorIndex(3),
  signature: fill(0xaa, 64),
} as const;

test("requests name the votes that are there, responses carry those that are not", () => {
  const request = {
    candidateHash,
    session: asSessionIndex(9),
    haveValid: bitsAt(5, [0, 2]),
    haveInvalid: bitsAt(5, [4]),
  };
  assertLayout(VotesRequest, request, requestBytes);
  const votes = wire("00", "04", "0100", "03000000", fill(0xaa, 64));
  assertLayout(VotesResponse, { type: "votes", value: [vote] }, votes);
  assertLayout(VotesResponse, { type: "noSuchDispute" }, wire("01"));
});

test("claims beyond any set of validators and any answer are refused", () => {
  const bits = wire(fill(0x77, 32), "09000000", "feffffff", "1410");
  assert.equal(codeOf(VotesRequest, bits), "boundExceeded");
  assert.equal(codeOf(VotesResponse, wire("00", "feffffff")), "boundExceeded");
  assert.equal(codeOf(VotesResponse, wire("02")), "badVariant");
});

test("the largest request and the largest answer fit", () => {
  const all = bitsAt(3_600, []);
  const request = { candidateHash, session: asSessionIndex(9), haveValid: all, haveInvalid: all };
  assert.ok(encode(VotesRequest, request).length <= protocol.requestBytesMax);
  const approval: DisputeVote = {
    ...vote,
    statement: {
      type: "valid",
      value: {
        type: "approvalCheckingMultipleCandidates",
        value: Array.from({ length: 6 }, () => candidateHash),
      },
    },
  };
  const value = Array.from({ length: VOTES_PER_RESPONSE_MAX }, () => approval);
  const bytes = encode(VotesResponse, { type: "votes", value });
  assert.ok(bytes.length <= protocol.responseBytesMax);
});

test("ten are answered at one time, after 2.5 seconds the asker gives up", async () => {
  assert.equal(await takenAtOnce(protocol, 50), 10);
  assert.equal((await exchange(protocol, requestBytes, () => "never")).afterMs, 2500);
});
