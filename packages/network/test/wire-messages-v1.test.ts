/**
 * parachain-host/wire-messages-v1.json: messages of the first protocol versions, encoded by a Rust
 * program. Those whose layout is the same in the versions that we speak go through our codecs both
 * ways; of the others it is said here why they are not ours, and that we do not take them for ours.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { bytesToHex, concatBytes, hexToBytes } from "@parahost/base";
import { asCandidateHash, Statement } from "@parahost/primitives";
import { type Codec, decode, encode, tryDecode } from "@parahost/scale";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import {
  ChunkFetchingResponse,
  CollationFetchingRequest,
  CollationProtocol,
  PovFetchingRequest,
  StatementDistributionMessage,
  ValidationProtocol,
} from "../src/index.ts";

interface WireMessage {
  readonly id: string;
  readonly hex: string;
  readonly len: number;
}

const FOLDER = "parachain-host";
const messages = (): readonly WireMessage[] =>
  readVectorJson<readonly WireMessage[]>(FOLDER, "wire-messages-v1.json");
const bytesOf = (id: string): Uint8Array => {
  const message = messages().find((candidate) => candidate.id === id);
  assert.ok(message !== undefined, `${id} is among the vectors`);
  return hexToBytes(message.hex);
};

// biome-ignore lint/suspicious/noExplicitAny: a table of codecs of many types
type AnyCodec = Codec<any>;

/** The same bytes in our versions. */
const OURS: Readonly<Record<string, AnyCodec>> = {
  "validation/bitfieldDistribution": ValidationProtocol,
  "collation/declare": CollationProtocol,
  "collation/collationSeconded": CollationProtocol,
  "statement/statementVDTSeconded": Statement,
};

/** Bytes of a protocol or version that we do not speak, with the codec that must refuse them. */
const NOT_OURS: Readonly<Record<string, readonly [why: string, codec: AnyCodec]>> = {
  "validation/approvalDistributionMessageAssignments": [
    "assignments of version 1; we have no approval distribution yet",
    ValidationProtocol,
  ],
  "validation/statementDistributionMessageStatement": [
    "a statement with its whole receipt; ours are compact since version 2",
    ValidationProtocol,
  ],
  "statement/statementValid": [
    "a statement without BKNG, which compact statements open with",
    StatementDistributionMessage,
  ],
  "statement/statementWithLargePayload": [
    "metadata of a large statement, gone since version 2",
    StatementDistributionMessage,
  ],
  "chunk-encodeValue-1": ["a chunk of req_chunk/1, without its index", ChunkFetchingResponse],
  "collation-fetch-expextedEncode-0": [
    "a request of req_collation/1, without a candidate hash",
    CollationFetchingRequest,
  ],
};

/** Not messages of a protocol that we have, and nothing of ours to compare with. */
const OTHER: Readonly<Record<string, string>> = {
  "statement/hexOfStatementFetchingResponse": "an answer of req_statement/1, gone since version 2",
  "statement/all4InCommonHash": "two hashes, a part of other messages",
  "statement/all7InCommonHash": "two hashes, a part of other messages",
  "available-data-expextedEncode-0": "a request of req_available_data/1; compared below",
};

test("every vector is accounted for", { skip: skipWithoutVectors }, () => {
  const accounted = [OURS, NOT_OURS, OTHER].flatMap((table) => Object.keys(table));
  assert.deepEqual(
    messages()
      .map(({ id }) => id)
      .toSorted(),
    accounted.toSorted(),
  );
  for (const { id, hex, len } of messages()) assert.equal(hex.length, 2 * len, id);
});

for (const [id, codec] of Object.entries(OURS))
  test(`${id} decodes and encodes to the same bytes`, { skip: skipWithoutVectors }, () => {
    const bytes = bytesOf(id);
    assert.equal(bytesToHex(encode(codec, decode(codec, bytes))), bytesToHex(bytes));
    for (let length = 0; length < bytes.length; length++)
      assert.equal(tryDecode(codec, bytes.subarray(0, length)).ok, false, `${length} bytes`);
    assert.equal(tryDecode(codec, concatBytes(bytes, new Uint8Array(1))).ok, false, "one too many");
  });

for (const [id, [why, codec]] of Object.entries(NOT_OURS))
  test(`${id} is refused: ${why}`, { skip: skipWithoutVectors }, () => {
    assert.equal(tryDecode(codec, bytesOf(id)).ok, false);
  });

test("values come out of the bytes as they went in", { skip: skipWithoutVectors }, () => {
  const bitfield = decode(ValidationProtocol, bytesOf("validation/bitfieldDistribution"));
  assert.ok(bitfield.type === "bitfieldDistribution");
  const { relayParent, bitfield: signed } = bitfield.value.value;
  assert.equal(relayParent, `0x${"aa".repeat(32)}`);
  assert.deepEqual(signed.payload, { length: 32, bytes: new Uint8Array(4).fill(0xff) });
  assert.equal(signed.validatorIndex, 0);

  const declare = decode(CollationProtocol, bytesOf("collation/declare")).value;
  assert.ok(declare.type === "declare");
  assert.equal(declare.value.paraId, 5);
  assert.equal(
    declare.value.collatorId,
    "0x48215b9d322601e5b1a95164cea0dc4626f545f98343d07f1551eb9543c4b147",
  );

  const answer = decode(CollationProtocol, bytesOf("collation/collationSeconded")).value;
  assert.ok(answer.type === "collationSeconded");
  const { statement } = answer.value;
  assert.ok(statement.payload.type === "seconded");
  assert.equal(statement.validatorIndex, 5);
  assert.equal(statement.payload.value.descriptor.version, 1, "the descriptor names a collator");
  assert.deepEqual(statement.payload.value.commitments.headData, new Uint8Array([1, 2, 3]));
  assert.equal(statement.payload.value.commitments.hrmpWatermark, 0);
});

test("requests that grew at their end begin as they did", { skip: skipWithoutVectors }, () => {
  const relayParent = decodeHash(bytesOf("collation-fetch-expextedEncode-0"));
  const collation = { relayParent, paraId: 5, candidateHash: `0x${"77".repeat(32)}` };
  assert.deepEqual(
    encode<unknown>(CollationFetchingRequest as AnyCodec, collation).subarray(0, 36),
    bytesOf("collation-fetch-expextedEncode-0"),
  );
  const whole = bytesOf("available-data-expextedEncode-0");
  // req_available_data/1 asks as req_pov/1 does: by the candidate's hash alone.
  const candidateHash = asCandidateHash(decodeHash(whole));
  assert.deepEqual(encode(PovFetchingRequest, { candidateHash }), whole);
});

const decodeHash = (bytes: Uint8Array): string => bytesToHex(bytes.subarray(0, 32));
