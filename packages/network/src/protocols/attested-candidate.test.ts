import assert from "node:assert/strict";
import test from "node:test";
import { ok } from "@parahost/base";
import { exchange, takenAtOnce } from "../testing/two-ends.ts";
import {
  assertLayout,
  candidateHash,
  codeOf,
  committedReceipt,
  committedReceiptBytes,
  fill,
  filter,
  filterBytes,
  hashOf,
  signedStatement,
  signedStatementBytes,
  wire,
} from "../testing/wire-bytes.ts";
import {
  AttestedCandidateRequest,
  AttestedCandidateResponse,
  attestedCandidateProtocol,
} from "./attested-candidate.ts";

const protocol = attestedCandidateProtocol({ genesisHash: hashOf(0) });
const requestBytes = wire(fill(0x77, 32), filterBytes);
/** Parent head, relay parent number, its state root, largest PoV. */
const validationDataBytes = wire("0c040506", "07000000", fill(0xaa, 32), "00005000");
const responseBytes = wire(
  committedReceiptBytes,
  validationDataBytes,
  "08",
  signedStatementBytes,
  signedStatementBytes,
);

test("requests and responses are laid out as in the reference", () => {
  assertLayout(AttestedCandidateRequest, { candidateHash, mask: filter }, requestBytes);
  assertLayout(
    AttestedCandidateResponse,
    {
      candidateReceipt: committedReceipt,
      persistedValidationData: {
        parentHead: new Uint8Array([4, 5, 6]),
        relayParentNumber: 7,
        relayParentStorageRoot: hashOf(0xaa),
        maxPovSize: 5 * 1024 * 1024,
      },
      statements: [signedStatement, signedStatement],
    },
    responseBytes,
  );
});

test("a candidate is delivered with the statements about it", async () => {
  const { result } = await exchange(protocol, requestBytes, () => responseBytes);
  assert.deepEqual(result, ok(responseBytes));
});

test("a padded mask and one of more bits than a group has members are malformed", () => {
  const request = (mask: string | Uint8Array): Uint8Array => wire(fill(0x77, 32), mask);
  assert.equal(codeOf(AttestedCandidateRequest, request("14051430")), "paddingNotZero");
  // 1,024 and 1,025 bits.
  const mask = (prefix: string, byteCount: number): Uint8Array =>
    wire(prefix, fill(0, byteCount), prefix, fill(0, byteCount));
  assert.equal(codeOf(AttestedCandidateRequest, request(mask("0110", 128))), "ok");
  assert.equal(codeOf(AttestedCandidateRequest, request(mask("0510", 129))), "boundExceeded");
});

test("more statements than a group can make are malformed", () => {
  // 2,048 and 2,049 as compact numbers of two bytes.
  const response = (prefix: string, count: number): Uint8Array =>
    wire(
      committedReceiptBytes,
      validationDataBytes,
      prefix,
      ...new Array<Uint8Array>(count).fill(signedStatementBytes),
    );
  assert.equal(codeOf(AttestedCandidateResponse, response("0120", 2048)), "ok");
  assert.equal(codeOf(AttestedCandidateResponse, response("0520", 2049)), "boundExceeded");
});

test("24 are answered at one time, after 2.5 seconds the asker gives up", async () => {
  assert.equal(await takenAtOnce(protocol, 50), 24);
  assert.equal((await exchange(protocol, requestBytes, () => "never")).afterMs, 2500);
});
