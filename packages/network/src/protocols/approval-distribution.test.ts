import assert from "node:assert/strict";
import test from "node:test";
import { asCoreIndex, asValidatorIndex } from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { assertLayout, codeOf, fill, relayParent, wire } from "../testing/wire-bytes.ts";
import { ApprovalDistributionMessage } from "./approval-distribution.ts";
import {
  AvailableDataFetchingRequest,
  AvailableDataFetchingResponse,
} from "./available-data-fetching.ts";
import { ValidationProtocol } from "./validation.ts";

const vrf = { preOutput: fill(0xaa, 32), proof: fill(0xbb, 64) };
const vrfBytes = wire(fill(0xaa, 32), fill(0xbb, 64));
const validator = asValidatorIndex(7);

const assignment = (cert: object, claimed: number) => ({
  assignment: { blockHash: relayParent, validator, cert },
  claimedCandidates: bitsAt(claimed + 1, [claimed]),
});

test("assignments and votes are laid out as in the reference", () => {
  const compact = {
    kind: { type: "relayVRFModuloCompact", value: { coreBitfield: bitsAt(3, [0, 2]) } },
    vrf,
  };
  const delay = { kind: { type: "relayVRFDelay", value: { coreIndex: asCoreIndex(5) } }, vrf };
  const value = [assignment(compact, 1), assignment(delay, 0)];
  const bytes = wire(
    "00", // assignments
    "08", // two
    fill(0x11, 32),
    "07000000",
    "000c05", // compact, three bits: cores 0 and 2
    vrfBytes,
    "0802", // two bits: candidate 1
    fill(0x11, 32),
    "07000000",
    "0105000000", // delay, core 5
    vrfBytes,
    "0401", // candidate 0
  );
  assertLayout(ApprovalDistributionMessage, { type: "assignments", value } as never, bytes);
  const vote = {
    blockHash: relayParent,
    candidateIndices: bitsAt(2, [1]),
    validator,
    signature: fill(0xcc, 64),
  };
  const voteBytes = wire("0104", fill(0x11, 32), "0802", "07000000", fill(0xcc, 64));
  const approvals = { type: "approvals", value: [vote] } as const;
  assertLayout(ApprovalDistributionMessage, approvals, voteBytes);
  const wrapped = { type: "approvalDistribution", value: approvals } as const;
  assertLayout(ValidationProtocol, wrapped, wire("04", voteBytes));
});

test("more bits than candidates may be, and kinds that nobody knows, are refused", () => {
  const vote = (bits: string | Uint8Array): Uint8Array =>
    wire("0104", fill(0x11, 32), bits, "07000000", fill(0xcc, 64));
  assert.equal(codeOf(ApprovalDistributionMessage, vote("0802")), "ok");
  // 501 bits.
  const many = wire("d507", fill(0, 63));
  assert.equal(codeOf(ApprovalDistributionMessage, vote(many)), "boundExceeded");
  const kind = wire("0004", fill(0x11, 32), "07000000", "05", vrfBytes, "0401");
  assert.equal(codeOf(ApprovalDistributionMessage, kind), "badVariant");
});

test("whole data is asked for by candidate", () => {
  assert.equal(codeOf(AvailableDataFetchingRequest, fill(0x77, 32)), "ok");
  assert.equal(codeOf(AvailableDataFetchingRequest, fill(0x77, 33)), "trailingBytes");
  assertLayout(AvailableDataFetchingResponse, { type: "noSuchData" }, wire("01"));
  const validationData = {
    parentHead: fill(1, 2),
    relayParentNumber: 5,
    relayParentStorageRoot: relayParent,
    maxPovSize: 9,
  };
  assertLayout(
    AvailableDataFetchingResponse,
    { type: "availableData", value: { pov: { blockData: fill(3, 2) }, validationData } },
    wire("00", "080303", "080101", "05000000", fill(0x11, 32), "09000000"),
  );
});
